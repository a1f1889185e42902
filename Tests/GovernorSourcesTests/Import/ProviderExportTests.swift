import GovernorCore
import GovernorSources
import Testing

/// Providers' exports, by every name that their columns have.
@Suite struct ProviderExportTests {
    /// One column of a provider, under all its names, with a value and what the record then says.
    struct Column: Sendable, CustomStringConvertible {
        var provider: String
        var names: String
        var value: String
        /// In JSON, whether the value is written as a number.
        var isNumber = false
        var says: @Sendable (UsageRecord) -> String
        var expected: String

        var description: String { "\(provider): \(names)" }
    }

    /// What each provider's row has beside the column that is tried, by the first name of each.
    static let rows: [String: [(String, String)]] = [
        "anthropic": [
            ("id", "a-1"), ("created_at", "2026-11-20T15:18:56Z"), ("model", "claude-opus-4-5"),
            ("task_type", "review"),
            ("input_tokens", "100"), ("output_tokens", "50"), ("cost_usd", "0.5"), ("duration_ms", "900"),
            ("stop_reason", "end_turn"),
        ],
        "openai": [
            ("id", "o-1"), ("created", "1795187936"), ("model", "gpt-5"), ("object", "chat.completion"),
            ("prompt_tokens", "100"), ("completion_tokens", "50"), ("cost_usd", "0.5"), ("duration_ms", "900"),
            ("finish_reason", "stop"),
        ],
        "gemini": [
            ("name", "g-1"), ("create_time", "2026-11-20T15:18:56Z"), ("model", "gemini-2.5-pro"),
            ("prompt_token_count", "100"), ("candidates_token_count", "50"), ("cost_usd", "0.5"),
            ("duration_ms", "900"), ("finish_reason", "STOP"),
        ],
    ]

    static let time: @Sendable (UsageRecord) -> String = { RFC3339.utc($0.time) }
    static let columns: [Column] = [
        Column(
            provider: "anthropic", names: "id request_id log_id", value: "x-9", says: { $0.identity.key },
            expected: "import/anthropic/x-9"),
        Column(
            provider: "anthropic", names: "created_at timestamp date logged_at", value: "2026-01-02T03:04:05+01:00",
            says: time, expected: "2026-01-02T02:04:05Z"),
        Column(
            provider: "anthropic", names: "model anthropic_model model_id", value: "claude-x",
            says: { $0.labels.model ?? "" }, expected: "claude-x"),
        Column(
            provider: "anthropic", names: "task_type type task", value: "docs", says: { $0.labels.task ?? "" },
            expected: "docs"),
        Column(
            provider: "anthropic", names: "input_tokens prompt_tokens input_token_count", value: "77", isNumber: true,
            says: { "\($0.tokens.input)" }, expected: "77"),
        Column(
            provider: "anthropic", names: "output_tokens completion_tokens output_token_count", value: "78",
            isNumber: true, says: { "\($0.tokens.output)" }, expected: "78"),
        Column(
            provider: "anthropic", names: "cost_usd cost total_cost price_usd", value: "0.0123", isNumber: true,
            says: { $0.reportedCost?.text ?? "" }, expected: "0.0123"),
        Column(
            provider: "anthropic", names: "duration_ms latency_ms", value: "1500", isNumber: true,
            says: { "\($0.durationMilliseconds ?? -1)" }, expected: "1500"),
        Column(
            provider: "anthropic", names: "duration_seconds", value: "1.25", isNumber: true,
            says: { "\($0.durationMilliseconds ?? -1)" }, expected: "1250"),
        Column(
            provider: "anthropic", names: "stop_reason status finish_reason", value: "error",
            says: { $0.outcome.rawValue }, expected: "error"),
        Column(
            provider: "openai", names: "id", value: "x-9", says: { $0.identity.key }, expected: "import/openai/x-9"),
        Column(
            provider: "openai", names: "created created_at timestamp date", value: "1700000000", isNumber: true,
            says: time, expected: "2023-11-14T22:13:20Z"),
        Column(
            provider: "openai", names: "created created_at timestamp date", value: "2026-01-02T03:04:05Z", says: time,
            expected: "2026-01-02T03:04:05Z"),
        Column(
            provider: "openai", names: "model", value: "gpt-x", says: { $0.labels.model ?? "" }, expected: "gpt-x"),
        Column(
            provider: "openai", names: "object type task_type", value: "batch", says: { $0.labels.task ?? "" },
            expected: "batch"),
        Column(
            provider: "openai", names: "prompt_tokens input_tokens", value: "77", isNumber: true,
            says: { "\($0.tokens.input)" }, expected: "77"),
        Column(
            provider: "openai", names: "completion_tokens output_tokens", value: "78", isNumber: true,
            says: { "\($0.tokens.output)" }, expected: "78"),
        Column(
            provider: "openai", names: "cost_usd cost total_cost price_usd", value: "0.0123", isNumber: true,
            says: { $0.reportedCost?.text ?? "" }, expected: "0.0123"),
        Column(
            provider: "openai", names: "finish_reason status", value: "content_filter", says: { $0.outcome.rawValue },
            expected: "error"),
        Column(
            provider: "gemini", names: "name id request_id", value: "x-9", says: { $0.identity.key },
            expected: "import/gemini/x-9"),
        Column(
            provider: "gemini", names: "create_time created_at timestamp date", value: "2026-01-02T03:04:05Z",
            says: time, expected: "2026-01-02T03:04:05Z"),
        Column(
            provider: "gemini", names: "model model_version model_id", value: "gemini-x",
            says: { $0.labels.model ?? "" }, expected: "gemini-x"),
        Column(
            provider: "gemini", names: "prompt_token_count promptTokenCount", value: "77", isNumber: true,
            says: { "\($0.tokens.input)" }, expected: "77"),
        Column(
            provider: "gemini", names: "candidates_token_count candidatesTokenCount", value: "78", isNumber: true,
            says: { "\($0.tokens.output)" }, expected: "78"),
        Column(
            provider: "gemini", names: "cost_usd cost total_cost price_usd", value: "0.0123", isNumber: true,
            says: { $0.reportedCost?.text ?? "" }, expected: "0.0123"),
        Column(
            provider: "gemini", names: "finish_reason status", value: "SAFETY", says: { $0.outcome.rawValue },
            expected: "error"),
    ]

    /// The provider's row with the column under one of its names, in place of whatever it had for it.
    private static func cells(_ column: Column, _ name: String) -> [(String, String)] {
        let all = Set(column.names.split(separator: " ").map(String.init)).union(
            column.names.hasPrefix("duration") ? ["duration_ms"] : [])
        let others = rows[column.provider, default: []].filter { !all.contains($0.0) }
        return others + [(name, column.value)]
    }

    @Test(arguments: columns) func `a column is known by all its names, in CSV`(column: Column) throws {
        for name in column.names.split(separator: " ").map(String.init) {
            let cells = Self.cells(column, name)
            let header = cells.map(\.0).joined(separator: ",")
            for spelled in [header, header.uppercased(), "\u{FEFF}" + header] {
                let imported = Imported("\(spelled)\r\n\(cells.map(\.1).joined(separator: ","))\r\n")
                #expect(imported.error == nil && imported.reasons == [], "\(spelled)")
                #expect(imported.report.format?.rawValue == column.provider, "\(spelled)")
                #expect(imported.records.map(column.says) == [column.expected], "\(spelled)")
            }
        }
    }

    @Test(arguments: columns) func `and in JSON`(column: Column) throws {
        for name in column.names.split(separator: " ").map(String.init) {
            let members = Self.cells(column, name).map { cell in
                "\"\(cell.0)\": " + (cell.0 == name && column.isNumber ? cell.1 : "\"\(cell.1)\"")
            }
            let object = "{\(members.joined(separator: ", "))}"
            for text in [object, "[\(object)]", "{\"data\": [\(object)]}"] {
                let imported = Imported(text)
                #expect(imported.error == nil && imported.reasons == [], "\(text)")
                #expect(imported.report.format?.rawValue == column.provider, "\(text)")
                #expect(imported.records.map(column.says) == [column.expected], "\(text)")
            }
        }
    }

    @Test func `a whole row gives its call`() throws {
        let header = """
            request_id,logged_at,anthropic_model,task,input_token_count,output_token_count,price_usd,latency_ms,\
            stop_reason,cache_read_input_tokens,cache_creation_input_tokens,worker,team,region,cost_centre
            """
        let imported = Imported(
            """
            \(header)
            r-1,2026-11-20 15:18:56,claude-opus-4-5,review,100,50,$0.25,1200,end_turn,1000,40,w-1,core,eu,17

            """)
        let record = try #require(imported.records.first)
        var labels = Labels([
            .worker: "w-1", .task: "review", .team: "core", .provider: "anthropic", .model: "claude-opus-4-5",
            .source: "import",
        ])
        labels.tags = ["region": "eu", "cost_centre": "17"]
        #expect(record.labels == labels)
        #expect(record.identity == CallIdentity(key: "import/anthropic/r-1") && record.growth == .later)
        #expect(record.tokens == TokenCounts(input: 100, output: 50, cacheRead: 1000, cacheWrite5m: 40))
        #expect(record.reportedCost == Money(dollars: "0.25") && record.durationMilliseconds == 1200)
        #expect(record.outcome == .success && record.errorKind == nil)
        #expect(record.raw?.offset == Int64(header.utf8.count + 1))
        #expect(imported.report.keptColumns.names == ["region", "cost_centre"])
    }

    // MARK: Tokens

    @Test(arguments: [
        // Input of OpenAI and Google includes what came from the cache, where that is told.
        (
            "openai",
            #"{"usage":{"prompt_tokens":100,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":60}}}"#,
            TokenCounts(input: 40, output: 9, cacheRead: 60)
        ),
        (
            "openai",
            #"{"usage":{"input_tokens":100,"output_tokens":9,"input_tokens_details":{"cached_tokens":60},"output_tokens_details":{"reasoning_tokens":4}}}"#,
            TokenCounts(input: 40, output: 9, cacheRead: 60, reasoning: 4)
        ),
        (
            "openai", #"{"input_tokens":100,"input_cached_tokens":60,"output_tokens":9}"#,
            TokenCounts(input: 40, output: 9, cacheRead: 60)
        ),
        ("openai", #"{"prompt_tokens":100,"completion_tokens":9}"#, TokenCounts(input: 100, output: 9)),
        // More than all can't be inside.
        (
            "openai", #"{"prompt_tokens":10,"completion_tokens":9,"cached_tokens":60}"#,
            TokenCounts(input: 10, output: 9, cacheRead: 60)
        ),
        ("openai", #"{"total_tokens":109}"#, TokenCounts(input: 109)),
        ("openai", #"{"total_tokens":109,"completion_tokens":9}"#, TokenCounts(input: 100, output: 9)),
        ("anthropic", #"{"total_tokens":109,"input_tokens":100}"#, TokenCounts(input: 100, output: 9)),
        ("anthropic", #"{"total_tokens":"109"}"#, TokenCounts(input: 109)),
        // Anthropic's excludes it.
        (
            "anthropic",
            #"{"usage":{"input_tokens":10,"output_tokens":9,"cache_read_input_tokens":60,"cache_creation_input_tokens":50,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":30}}}"#,
            TokenCounts(input: 10, output: 9, cacheRead: 60, cacheWrite5m: 20, cacheWrite1h: 30)
        ),
        (
            "gemini",
            #"{"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":9,"cachedContentTokenCount":60,"thoughtsTokenCount":5,"totalTokenCount":114}}"#,
            TokenCounts(input: 40, output: 14, cacheRead: 60, reasoning: 5)
        ),
        (
            "gemini",
            #"{"usageMetadata":{"prompt_token_count":100,"candidates_token_count":9,"thoughts_token_count":5,"total_token_count":109}}"#,
            TokenCounts(input: 100, output: 9, reasoning: 5)
        ),
        ("gemini", #"{"prompt_token_count":"100.0","candidates_token_count":9}"#, TokenCounts(input: 100, output: 9)),
    ]) func `tokens are counted in our classes`(provider: String, usage: String, expected: TokenCounts) throws {
        let text = #"{"id":"a","timestamp":1795187936,"model":"m","# + usage.dropFirst()
        let imported = Imported(String(text), provider: provider)
        #expect(imported.records.map(\.tokens) == [expected], "\(imported.reasons)")
    }

    // MARK: Outcomes, times and costs

    @Test(arguments: [
        ("end_turn", Outcome.success), ("stop", .success), ("STOP", .success), ("length", .success),
        ("tool_use", .success), ("max_tokens", .success), ("200", .success), ("error", .error),
        ("content_filter", .error), ("SAFETY", .error), ("RECITATION", .error), ("FINISH_REASON_SAFETY", .error),
        ("429", .error), ("cancelled", .cancelled), ("CANCELED", .cancelled),
    ]) func `how it ended says its outcome`(word: String, outcome: Outcome) {
        let imported = Imported("id,created,model,prompt_tokens,finish_reason\na,1795187936,gpt-5,1,\(word)\n")
        #expect(imported.records.map(\.outcome) == [outcome])
        let kind: String? = outcome == .success ? nil : word == "429" ? "rate_limit" : "other"
        #expect(imported.records.map(\.errorKind) == [kind])
    }

    @Test(arguments: [
        ("2026-11-20T15:18:56.120Z", "2026-11-20T15:18:56.120Z"), ("2026-11-20T15:18:56+01:00", "2026-11-20T14:18:56Z"),
        ("2026-11-20T15:18:56", "2026-11-20T14:18:56Z"), ("2026-11-20 15:18:56.5", "2026-11-20T14:18:56.500Z"),
        ("2026-11-20 15:18:56+00", "2026-11-20T15:18:56Z"), ("2026-11-20 15:18:56 UTC", "2026-11-20T15:18:56Z"),
        ("2026-11-20", "2026-11-19T23:00:00Z"), ("1795187936", "2026-11-20T15:18:56Z"),
        ("1795187936.120", "2026-11-20T15:18:56.120Z"), ("1795187936120", "2026-11-20T15:18:56.120Z"),
        ("1.795187936e9", "2026-11-20T15:18:56Z"), ("1795187936120000", "2026-11-20T15:18:56.120Z"),
        (" 1795187936 ", "2026-11-20T15:18:56Z"),
    ]) func `a time is read in all its forms, without a zone in the given one`(text: String, expected: String) throws {
        let zone = try #require(Zone(identifier: "Europe/Warsaw"))
        let imported = Imported("id,created,model,prompt_tokens\na,\(text),gpt-5,1\n", zone: zone)
        #expect(imported.records.map { RFC3339.utc($0.time) } == [expected], "\(imported.reasons)")
    }

    @Test(arguments: ["yesterday", "20261120", "-5", "1e300", "11/20/2026", "2026-13-01", "99999999999999999999"])
    func `what is no time is refused`(text: String) {
        let imported = Imported("id,created,model,prompt_tokens\na,\(text),gpt-5,1\nb,1795187936,gpt-5,1\n")
        #expect(imported.records.map(\.identity.id) == ["openai/b"])
        #expect(
            imported.reasons == [
                "created must be an ISO 8601 time or a Unix time of this century; got \"\(text)\""
            ])
    }

    @Test func `zero is no price, and less is refused`() {
        let imported = Imported(
            """
            id,created,model,prompt_tokens,cost_usd
            a,1795187936,gpt-5,1,0
            b,1795187936,gpt-5,1,0.00
            c,1795187936,gpt-5,1,
            d,1795187936,gpt-5,1,-0.01
            e,1795187936,gpt-5,1,free
            f,1795187936,gpt-5,1,0.000000001
            g,1795187936,gpt-5,1,2000000
            h,1795187936,,,0.3

            """)
        #expect(
            imported.records.map(\.reportedCost) == [nil, nil, nil, Money(nanodollars: 1), Money(dollars: "0.3")])
        #expect(imported.report.rejected.map(\.place.line) == [5, 6, 8])
        #expect(imported.reasons.first == "cost_usd must be dollars from 0 to 1000000; got \"-0.01\"")
    }

    @Test(arguments: [
        (",1795187936,gpt-5,-1", "prompt_tokens must be a whole number from 0 to 10000000000; got \"-1\""),
        (",1795187936,gpt-5,1.5", "prompt_tokens must be a whole number from 0 to 10000000000; got \"1.5\""),
        (
            ",1795187936,gpt-5,10000000001",
            "prompt_tokens must be a whole number from 0 to 10000000000; got \"10000000001\""
        ),
        (",1795187936,gpt-5,", "no token counts, and no cost"), (",,gpt-5,1", "no time"),
        (",1795187936,,1", "no model, and no cost"),
        (",1795187936,gpt-5,1,2", "5 cells under 4 columns; a cell that holds a separator belongs in quotes"),
        ("\(String(repeating: "i", count: 257)),1795187936,gpt-5,1", "the id is longer than 256 bytes"),
    ]) func `a row that says nothing or nonsense is refused with its reason`(row: String, reason: String) {
        let imported = Imported("id,created,model,prompt_tokens\n\(row)\nz,1795187936,gpt-5,1\n")
        #expect(imported.reasons == [reason])
        let place = imported.report.rejected.first?.place
        #expect(place?.line == 2 && place?.offset == 31 && place?.number == 2)
        #expect(imported.report.read == 1 && imported.records.count == 1)
    }

    // MARK: Identity

    @Test func `rows without an id are told apart by their number among equals`() {
        let header = "created,model,prompt_tokens,completion_tokens,object\n"
        let (one, other) = ("1795187936,gpt-5,1,2,a\n", "1795187937,gpt-5,1,2,a\n")
        let all = Imported(header + one + other + one + one)
        let keys = all.records.map(\.identity.key)
        #expect(Set(keys).count == 4 && keys.allSatisfy { $0.hasPrefix("import/openai/row/17951879") })
        #expect(Imported(header + one + other + one + one).records.map(\.identity.key) == keys)
        // Another file that overlaps finds the same calls.
        #expect(Imported(header + other + one).records.map(\.identity.key) == [keys[1], keys[0]])
        #expect(keys[2].hasSuffix("/1") && keys[3].hasSuffix("/2"))
    }

    @Test func `a provider's own ids are the same call in every source`() {
        let imported = Imported(
            """
            id,created_at,model,input_tokens,output_tokens,stop_reason
            msg_01abcdefghijklmnopqrst,2026-11-20,claude-opus-4-5,1,2,stop
            req_01abcdefghijklmnopqrst,2026-11-20,claude-opus-4-5,1,2,stop
            msg_1,2026-11-20,claude-opus-4-5,1,2,stop

            """)
        #expect(
            imported.records.map(\.identity) == [
                .foreign("msg_01abcdefghijklmnopqrst", scope: ""), .request("req_01abcdefghijklmnopqrst"),
                CallIdentity(key: "import/anthropic/msg_1"),
            ])
    }

    // MARK: Whose it is

    @Test func `a file that nobody knows is refused with the columns it has`() {
        let unknown = Imported("when,what,how_much\n1,2,3\n")
        #expect(unknown.error == .undecidable(columns: ["when", "what", "how_much"]))
        #expect(unknown.error?.description.contains("when, what, how_much; say --provider") == true)
        #expect(Imported(#"[{"When":1,"nested":{}},{"x":2}]"#).error == .undecidable(columns: ["when", "nested", "x"]))
        let ambiguous = "id,timestamp,model,cost\na,2026-11-20,m,1\n"
        #expect(Imported(ambiguous).error == .undecidable(columns: ["id", "timestamp", "model", "cost"]))
        #expect(Imported(ambiguous, provider: "anthropic").records.map(\.labels.provider) == ["anthropic"])
        #expect(Imported("id,timestamp,model,cost\na,2026-11-20,claude-x,1\n").error == nil)
        #expect(Imported("", format: nil).error == nil && Imported(" \n\n").records.isEmpty)
    }

    @Test func `the caller's word goes before the columns'`() throws {
        let text = #"[{"id":"a","created":1795187936,"model":"m","prompt_tokens":100,"cached_tokens":60}]"#
        let told = Imported(text, provider: "anthropic")
        #expect(told.report.format == .anthropic && told.records.map(\.identity.key) == ["import/anthropic/a"])
        let google = Imported(text, provider: "Google")
        #expect(google.records.map(\.labels.provider) == ["gemini"] && google.records.map(\.tokens.input) == [40])
        let bedrock = Imported(text, provider: "bedrock")
        #expect(bedrock.report.format == .rows && bedrock.records.map(\.labels.provider) == ["bedrock"])
        #expect(Imported(text, format: "openai").report.format == .openai)
        #expect(Imported(text, format: "json").report.format == .openai)
        #expect(Imported(text, format: "excel").error == .unknownFormat("excel"))
    }

    @Test func `a row of several providers' file says its own`() {
        let imported = Imported(
            """
            provider,id,timestamp,model,input_tokens,output_tokens,cached_tokens
            openai,a,2026-11-20,gpt-5,100,5,60
            Anthropic,b,2026-11-20,claude-x,100,5,
            mistral,c,2026-11-20,large,100,5,

            """)
        #expect(imported.records.map(\.labels.provider) == ["openai", "anthropic", "mistral"])
        #expect(imported.records.map(\.tokens.input) == [40, 100, 100])
    }
}
