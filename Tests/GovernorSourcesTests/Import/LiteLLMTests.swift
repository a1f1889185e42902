import GovernorCore
import GovernorSources
import Testing

/// LiteLLM's payloads and spend logs.
@Suite struct LiteLLMTests {
    private static func read(_ text: String) -> LiteLLMPayloads.Reading {
        Array(text.utf8).withUnsafeBytes { LiteLLMPayloads.read($0, zone: .utc) }
    }

    /// A payload with some members changed; nil leaves one out.
    private static func payload(_ changes: [String: String?] = [:]) -> String {
        var members = [
            "id": #""chatcmpl-1""#, "litellm_call_id": #""c-1""#, "trace_id": #""t-1""#, "call_type": #""acompletion""#,
            "response_cost": "0.0123", "status": #""success""#, "custom_llm_provider": #""anthropic""#,
            "prompt_tokens": "1000", "completion_tokens": "50", "total_tokens": "1050", "startTime": "1795187936.120",
            "endTime": "1795187938.620", "completionStartTime": "1795187936.500", "model": #""claude-opus-4-5""#,
            "model_group": #""smart""#, "model_id": #""m-1""#, "cache_hit": "null", "request_tags": "[]",
            "end_user": #""""#, "messages": #"[{"role":"user","content":"\u0000"}]"#, "response": #"{"id":"x"}"#,
            "metadata":
                #"{"user_api_key_hash":"h","user_api_key_alias":"w-1","user_api_key_team_id":"team-7","user_api_key_user_id":"ada","spend_logs_metadata":null,"usage_object":{"prompt_tokens":1000,"completion_tokens":50,"completion_tokens_details":{"reasoning_tokens":20},"prompt_tokens_details":{"cached_tokens":600,"cache_creation_tokens":300,"cache_creation_token_details":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200}}}}"#,
        ]
        for (key, value) in changes { members[key] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    @Test func `a payload gives its call`() throws {
        let reading = Self.read(Self.payload())
        let record = try #require(reading.records.first)
        var labels = Labels([
            .worker: "w-1", .user: "ada", .team: "team-7", .provider: "anthropic", .model: "claude-opus-4-5",
            .source: "litellm",
        ])
        labels.tags = ["model_group": "smart", "call_type": "acompletion"]
        #expect(record.labels == labels)
        #expect(record.identity == CallIdentity(key: "litellm/chatcmpl-1") && record.growth == .later)
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:18:56.120Z")
        #expect(
            record.tokens
                == TokenCounts(
                    input: 100, output: 50, cacheRead: 600, cacheWrite5m: 100, cacheWrite1h: 200, reasoning: 20))
        #expect(record.reportedCost == Money(dollars: "0.0123"))
        #expect(record.durationMilliseconds == 2500 && record.firstTokenMilliseconds == 380)
        #expect(record.outcome == .success && record.raw == nil)
    }

    @Test(arguments: [
        (
            #"{"usage_object":{"prompt_tokens_details":{"cached_tokens":600}}}"#,
            TokenCounts(input: 400, output: 50, cacheRead: 600)
        ),
        (
            #"{"usage_object":{"cache_read_input_tokens":600,"cache_creation_input_tokens":100}}"#,
            TokenCounts(input: 300, output: 50, cacheRead: 600, cacheWrite5m: 100)
        ),
        (
            #"{"additional_usage_values":{"cache_read_input_tokens":600}}"#,
            TokenCounts(input: 400, output: 50, cacheRead: 600)
        ),
        (#"{"usage_object":{"prompt_tokens_details":{"cached_tokens":null}}}"#, TokenCounts(input: 1000, output: 50)),
        (
            #"{"usage_object":{"prompt_tokens_details":{"cached_tokens":1600}}}"#,
            TokenCounts(input: 1000, output: 50, cacheRead: 1600)
        ),
        (
            #""{\"usage_object\":{\"prompt_tokens_details\":{\"cached_tokens\":600}}}""#,
            TokenCounts(input: 400, output: 50, cacheRead: 600)
        ),
        ("null", TokenCounts(input: 1000, output: 50)),
    ]) func `what came from the cache is taken out of the prompt`(metadata: String, tokens: TokenCounts) {
        let reading = Self.read(Self.payload(["metadata": metadata]))
        #expect(reading.records.map(\.tokens) == [tokens], "\(reading.rejected)")
    }

    @Test func `a total alone is input`() {
        let changes = ["metadata": nil, "prompt_tokens": nil, "completion_tokens": nil] as [String: String?]
        #expect(Self.read(Self.payload(changes)).records.map(\.tokens) == [TokenCounts(input: 1050)])
    }

    @Test func `an answer from the proxy's cache costs nothing, and takes nobody's place`() throws {
        let paid = Self.read(Self.payload()).records[0]
        let hit = try #require(
            Self.read(Self.payload(["cache_hit": "true", "litellm_call_id": #""c-2""#])).records.first)
        #expect(hit.tokens == TokenCounts() && hit.reportedCost == .zero)
        #expect(hit.labels.tags["cache_hit"] == "true" && hit.labels.tags["cache_hit_tokens"] == "1050")
        #expect(hit.identity != paid.identity)
        var priced = hit
        PriceBook(rows: []).price(&priced)
        #expect(priced.cost == .zero && priced.costOrigin == .reported)
        #expect(Self.read(Self.payload(["cache_hit": #""False""#])).records.map(\.tokens) == [paid.tokens])
        let named = Self.read(Self.payload(["cache_hit": "true", "id": #""chatcmpl-1_cache_hit17""#])).records
        #expect(named.map(\.identity.key) == ["litellm/chatcmpl-1_cache_hit17"])
    }

    @Test func `failed calls are errors`() {
        let reading = Self.read(
            [
                Self.payload([
                    "status": #""failure""#, "error_str": #""litellm.RateLimitError: 429 too many""#,
                    "response_cost": "0",
                ]),
                Self.payload([
                    "status": #""failure""#, "error_information": #"{"error_class":"Timeout","error_code":"408"}"#,
                ]),
                Self.payload(["status": nil, "error_str": #""boom""#]),
                Self.payload(["status": nil, "error_str": "null"]),
            ].joined(separator: "\n"))
        #expect(reading.records.map(\.outcome) == [.error, .error, .error, .success])
        #expect(reading.records.map(\.errorKind) == ["rate_limit", "timeout", "other", nil])
        #expect(reading.records.first?.reportedCost == nil)
    }

    @Test(
        arguments: [
            (["response_cost": nil, "cost": "0.5"], "0.5"),
            (["response_cost": nil, "cost_breakdown": #"{"total_cost":0.25}"#], "0.25"),
            (["response_cost": "0.0"], ""), (["response_cost": "null"], ""), (["response_cost": "1e-7"], "0.0000001"),
        ] as [([String: String?], String)]) func `a cost is known by its names`(
            changes: [String: String?], cost: String
        )
    {
        #expect(Self.read(Self.payload(changes)).records.map { $0.reportedCost?.text ?? "" } == [cost])
    }

    @Test(
        arguments: [
            (["id": nil], "litellm/c-1"), (["id": nil, "request_id": #""r-1""#], "litellm/r-1"),
            (["id": #""msg_01abcdefghijklmnopqrst""#], "transcript/msg_01abcdefghijklmnopqrst"),
        ] as [([String: String?], String)]) func `a call is known by its ids`(changes: [String: String?], key: String)
    {
        #expect(Self.read(Self.payload(changes)).records.map(\.identity.key) == [key])
    }

    @Test(
        arguments: [
            (["id": nil, "litellm_call_id": nil], "no id, request_id or litellm_call_id"),
            (["startTime": nil, "endTime": nil], "no startTime"),
            (["model": #""""#, "model_group": "null"], "no model"),
            (
                ["startTime": #""soon""#],
                "starttime must be an ISO 8601 time or a Unix time of this century; got \"soon\""
            ),
            (["response_cost": "-1"], "response_cost must be dollars from 0 to 1000000; got -1"),
            (["prompt_tokens": "-1"], "prompt_tokens must be a whole number from 0 to 10000000000; got -1"),
            (["metadata": #""{'a': 1}""#], "metadata: expected a key in quotes (byte 1)"),
        ] as [([String: String?], String)]) func `what can't be booked is refused with its reason`(
            changes: [String: String?], reason: String
        )
    {
        let reading = Self.read(
            "[\(Self.payload(["id": #""a""#])),\(Self.payload(changes)),\(Self.payload(["id": #""b""#]))]")
        #expect(reading.records.map(\.identity.id) == ["a", "b"])
        #expect(reading.rejected.map(\.reason) == [reason] && reading.rejected.map(\.place.number) == [2])
    }

    @Test func `labels come from its metadata, its end user and its tags`() throws {
        let record = try #require(
            Self.read(
                Self.payload([
                    "session_id": #""s-1""#, "end_user": #""customer-9""#,
                    "request_tags": #"["prod","job: 17","worker:other","project=web","User-Agent: x/1"]"#,
                    "metadata":
                        #"{"user_api_key_alias":"key-1","user_api_key_team_alias":"core","user_api_key_team_id":"t","spend_logs_metadata":{"worker":"w-7","task_id":"gh-1"}}"#,
                ])
            ).records.first)
        #expect(
            record.labels
                == {
                    var labels = Labels([
                        .worker: "w-7", .session: "s-1", .task: "gh-1", .project: "web", .user: "customer-9",
                        .team: "core", .provider: "anthropic", .model: "claude-opus-4-5", .source: "litellm",
                    ])
                    labels.tags = [
                        "prod": "true", "job": "17", "worker": "other", "User-Agent": "x/1", "end_user": "customer-9",
                        "model_group": "smart", "call_type": "acompletion",
                    ]
                    return labels
                }())
    }

    @Test func `Claude Code's session is in its user`() {
        let user = "user_0a1b_account_5f6a_session_0bca6902-a3ee-409d-b23f-6f6ee1b0ac43"
        let records = Self.read(Self.payload(["end_user": "\"\(user)\""])).records
        #expect(records.map(\.labels.session) == ["0bca6902-a3ee-409d-b23f-6f6ee1b0ac43"])
    }

    // MARK: Spend logs

    private static let spendHeader =
        "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,model,"
        + "custom_llm_provider,user,metadata,cache_hit,request_tags,team_id,end_user,session_id,agent_id,status\n"

    @Test func `rows of its spend logs are the same calls`() throws {
        let metadata = #"{"user_api_key_alias":"k","usage_object":{"prompt_tokens_details":{"cached_tokens":600}}}"#
        let cell = "\"" + metadata.replacing("\"", with: "\"\"") + "\""
        let csv = Imported(
            Self.spendHeader
                + "chatcmpl-1,acompletion,h,0.0123,1050,1000,50,2026-11-20 15:18:56.12,2026-11-20 15:18:58.62,"
                + "claude-opus-4-5,anthropic,ada,\(cell),False,\"[\"\"prod\"\"]\",team-7,,s-1,w-1,success\n")
        #expect(csv.report.format == .litellm && csv.reasons == [])
        let json = Imported(
            #"[{"request_id":"chatcmpl-1","call_type":"acompletion","api_key":"h","spend":0.0123,"prompt_tokens":1000,"#
                + #""completion_tokens":50,"startTime":"2026-11-20T15:18:56.120+00:00","endTime":"2026-11-20T15:18:58.620Z","#
                + #""model":"claude-opus-4-5","custom_llm_provider":"anthropic","user":"ada","team_id":"team-7","#
                + #""session_id":"s-1","agent_id":"w-1","status":"success","cache_hit":"False","request_tags":["prod"],"#
                + #""metadata":"\#(metadata.replacing("\"", with: "\\\""))"}]"#)
        var record = try #require(csv.records.first)
        var labels = Labels([
            .worker: "w-1", .session: "s-1", .user: "ada", .team: "team-7", .provider: "anthropic",
            .model: "claude-opus-4-5", .source: "litellm",
        ])
        labels.tags = ["prod": "true", "call_type": "acompletion"]
        #expect(record.labels == labels)
        #expect(record.identity.key == "litellm/chatcmpl-1" && record.durationMilliseconds == 2500)
        #expect(record.tokens == TokenCounts(input: 400, output: 50, cacheRead: 600))
        record.raw = json.records.first?.raw
        #expect(json.records == [record])
    }

    @Test(arguments: ["[\u{1}]", "{\u{1}}", "\u{1}\n\u{1}\n"]) func `payloads are known in a file`(form: String) {
        let two = "\(Self.payload()),\(Self.payload(["id": #""chatcmpl-2""#]))"
        let text =
            form == "{\u{1}}" ? Self.payload() : form == "[\u{1}]" ? "[\(two)]" : "\(Self.payload())\n\(Self.payload())"
        let imported = Imported(text)
        #expect(imported.report.format == .litellm && imported.reasons == [])
        #expect(imported.records.count == (form == "{\u{1}}" ? 1 : 2))
    }

    @Test func `a body that is nothing gives nothing but its reason`() {
        #expect(Self.read("").records.isEmpty && Self.read("").rejected.isEmpty)
        #expect(Self.read("hello").rejected.map(\.reason) == ["expected an object; got hello"])
        #expect(Self.read("[1").rejected.count == 2)
    }
}
