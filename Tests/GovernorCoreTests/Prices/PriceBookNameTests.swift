import GovernorCore
import Testing

@Suite struct PriceBookNameTests {
    @Test(arguments: [
        ("claude-opus-5", "claude-opus-5"), ("anthropic/claude-opus-5", "claude-opus-5"),
        ("us.anthropic.claude-opus-5", "claude-opus-5"),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("vertex_ai/claude-opus-4-1@20250805", "claude-opus-4-1"),
        ("vertex_ai/claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("bedrock/us.anthropic.claude-opus-4-20250514-v1:0", "claude-opus-4-20250514"),
        ("claude-opus-4", "claude-opus-4-20250514"), ("claude-opus-4-latest", "claude-opus-4-20250514"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"), ("claude-sonnet-4-5[1m]", "claude-sonnet-4-5"),
        ("claude-opus-5-5", "claude-opus-5-5"), ("claude-fable-5-1-latest", "claude-fable-5-1"),
        ("openrouter/openai/gpt-5.5-pro", "gpt-5.5-pro"), ("gpt-5.5-pro-2026-04-24", "gpt-5.5-pro"),
        ("gpt-5-mini-high", "gpt-5-mini"),
        ("gpt-4o-2024-08-06", "gpt-4o"), ("gpt-5-codex-high", "gpt-5-codex"),
        ("gpt-5.1-codex-max", "gpt-5.1-codex-max"),
        ("o4-mini-2025-04-16", "o4-mini"), ("gemini/gemini-2.5-pro", "gemini-2.5-pro"),
        ("google/gemini-2.5-flash-lite", "gemini-2.5-flash-lite"),
        ("gemini-2.5-flash-latest", "gemini-2.5-flash"),
        ("openrouter/anthropic/claude-opus-5", "claude-opus-5"), ("azure/gpt-5-2025-08-07", "gpt-5"),
        ("azure/eu/gpt-4o-2024-08-06", "gpt-4o"), ("azure_ai/claude-opus-4-8", "claude-opus-4-8"),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("bedrock/us-east-1/anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307"),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-5-v1:0", "claude-opus-5"),
        ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"), ("models/gemini-3.5-flash", "gemini-3.5-flash"),
        ("openrouter/anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("claude-opus-4.8-thinking", "claude-opus-4-8"),
        ("claude-3.7-sonnet", "claude-3-7-sonnet-20250219"), ("openrouter/openai/gpt-5.1:free", "gpt-5.1"),
        ("claude-sonnet-4-5-20250929-thinking", "claude-sonnet-4-5"),
    ])
    func `a model is found under any of its spellings`(name: String, model: String) throws {
        #expect(try PriceBook.embedded().row(for: name, at: monday)?.model == model)
    }

    @Test(arguments: [
        "", "claude", "claude-opus", "claude-opus-6", "claude-opus-5-9", "claude-opus-50", "gpt-7", "gpt-5.9", "gpt",
        "-", "@", "/", "[]",
        "claude-sonnet-4-6-1", "deepseek-v4", "llama-3", "Claude-Opus-5", "@20250101", "-20250101", "ollama",
        "claude-opus-5 ", "gpt-5.2-pro", "gpt-5.2-pro-high", "gemini-3.8-flash-lite", "gpt-5.5-mini",
        "gpt-5.4-audio-preview",
        "claude-opus-4.9", "claude-opus-4-8-fast",
    ])
    func `a model that is not listed is unknown, not its cousin`(name: String) throws {
        #expect(try PriceBook.embedded().row(for: name, at: monday) == nil)
    }

    @Test func `only a Claude's bare revision is a spelling of the same model`() {
        let book = PriceBook(rows: [
            PriceRow(provider: "deepseek", model: "deepseek-v3", base: ClassPrices(input: 1, output: 2))
        ])
        #expect(book.row(for: "deepseek-v3", at: monday) != nil)
        #expect(book.row(for: "deepseek-v4", at: monday) == nil)
        #expect(ModelName.withoutVersion("anthropic.claude-v2") == "anthropic.claude")
        #expect(ModelName.withoutVersion("amazon.nova-pro-v1:0") == "amazon.nova-pro")
    }

    @Test func `claude-sonnet-4-5 had a dearer tier until the end of 2025`() throws {
        let book = try PriceBook.embedded()
        func cost(_ input: Int64, _ time: String) -> Money {
            var record = UsageRecord(
                identity: CallIdentity(key: "k"), growth: .larger, time: instant(time),
                labels: Labels([.model: "claude-sonnet-4-5-20250929"]), tokens: TokenCounts(input: input))
            book.price(&record)
            return record.cost
        }
        #expect(cost(200_000, "2025-12-31T23:59:59Z") == usd("0.6"))
        #expect(cost(200_001, "2025-12-31T23:59:59.999Z") == usd("1.200006"))
        #expect(cost(200_001, "2026-01-01T00:00:00Z") == usd("0.600003"))
        #expect(cost(1_000_000, "2026-06-01T00:00:00Z") == usd("3"))
    }

    @Test func `a dated row wins while it holds, and the last of two`() {
        func row(_ input: Int64, from: Timestamp? = nil, until: Timestamp? = nil) -> PriceRow {
            var row = PriceRow(provider: "p", model: "m", base: ClassPrices(input: input, output: 1))
            (row.from, row.until) = (from, until)
            return row
        }
        let book = PriceBook(rows: [
            row(1), row(2), row(3, from: monday, until: monday + .days(1)), row(4, until: monday),
        ])
        #expect(book.row(for: "m", at: monday - Span(milliseconds: 1))?.base.input == 4)
        #expect(book.row(for: "m", at: monday)?.base.input == 3)
        #expect(book.row(for: "m", at: monday + .days(1))?.base.input == 2)
        // Each later one takes over without an end of the one before: how imports write them.
        let imported = PriceBook(rows: [
            row(7, from: monday + .days(2)), row(6, from: monday), row(5), row(8, from: monday + .days(2)),
        ])
        for (day, price) in [(-1, 5), (0, 6), (1, 6), (2, 8), (900, 8)] as [(Int64, Int64)] {
            #expect(imported.row(for: "m", at: monday + .days(day))?.base.input == price, "day \(day)")
        }
    }

    @Test func `a policy's own rows go before the list's, whatever their dates`() {
        func row(_ model: String, _ input: Int64, from: Timestamp? = nil, until: Timestamp? = nil) -> PriceRow {
            var row = PriceRow(provider: "p", model: model, base: ClassPrices(input: input, output: 1))
            (row.from, row.until) = (from, until)
            return row
        }
        let book = PriceBook(
            rows: [
                row("a", 1), row("a", 2, until: monday + .days(5)), row("b-20250101", 3), row("c", 4), row("d", 5),
                row("d-mini", 6),
            ],
            own: [
                row("a", 10, from: monday), row("b", 30), row("c-2026-01-02", 40), row("d", 50),
                row("azure/d", 51), row("new", 60),
            ])
        func price(_ model: String, _ day: Int64 = 1) -> Int64? {
            book.row(for: model, at: monday + .days(day))?.base.input
        }
        #expect(price("a", -1) == 2 && price("a") == 10 && price("a", 9) == 10)
        // Who prices a model without its version means every version that is listed.
        #expect(price("b") == 30 && price("b-20250101") == 30 && price("b-20260101") == 30)
        // One version of a model is not the model.
        #expect(price("c") == 4 && price("c-2026-01-02") == 40 && price("c-2026-09-09") == 4)
        #expect(price("d") == 50 && price("d-mini") == 6 && price("azure/d") == 51 && price("x/azure/d-latest") == 51)
        #expect(price("new") == 60 && price("newer") == nil)
        // What never counts is not listed.
        #expect(
            book.listed.map(\.model) == [
                "a", "a", "a", "azure/d", "b", "b-20250101", "c", "c-2026-01-02", "d", "d-mini", "new",
            ])
        #expect(book.entries.filter(\.isOwn).count == 6)
    }

    @Test func `of several versions the newest stands for the model`() {
        let rows = ["m-20240101", "m-20250101", "m-20230101"].enumerated().map { place, model in
            PriceRow(provider: "p", model: model, base: ClassPrices(input: Int64(place), output: 1))
        }
        let book = PriceBook(rows: rows)
        #expect(book.row(for: "m-latest", at: monday)?.model == "m-20250101")
        #expect(book.row(for: "m", at: monday)?.model == "m-20250101")
        #expect(book.row(for: "m-20240101", at: monday)?.model == "m-20240101")
    }
}

@Suite struct PriceBookOriginTests {
    private static func priced(
        _ model: String?, provider: String? = nil, reported: Money? = nil, free: [Glob] = []
    ) throws -> UsageRecord {
        var labels = Labels()
        (labels.model, labels.provider) = (model, provider)
        var record = UsageRecord(
            identity: CallIdentity(key: "k"), growth: .larger, time: monday, labels: labels,
            tokens: TokenCounts(input: 1_000_000, output: 1_000_000), reportedCost: reported)
        try PriceBook.embedded(free: free).price(&record)
        return record
    }

    @Test(
        arguments: [
            // The dearest output of its provider, at its upper tier here; of all when nobody knows the provider.
            ("claude-opus-9", nil, "90", "anthropic"), ("gpt-9", nil, "330", "openai"),
            ("gemini-9-pro", nil, "22", "gemini"),
            ("mystery", nil, "330", nil), ("mystery", "gemini", "22", "gemini"), ("mystery", "acme", "330", "acme"),
            (nil, nil, "330", nil),
            ("", "anthropic", "90", "anthropic"),
        ] as [(String?, String?, String, String?)])
    func `an unknown model is unpriced and never free`(model: String?, provider: String?, cost: String, found: String?)
        throws
    {
        let record = try Self.priced(model, provider: provider)
        #expect(record.costOrigin == .unpriced)
        #expect(record.cost == usd(cost))
        #expect(record.labels.provider == found)
    }

    @Test(arguments: ["ollama/llama3:70b", "ollama_chat/qwen", "<synthetic>", "house-1"])
    func `some models are free on purpose`(model: String) throws {
        let record = try Self.priced(model, free: [Glob("house-*")])
        #expect(record.cost == .zero && record.costOrigin == .priced)
    }

    @Test(arguments: ["claude-opus-5", "mystery", "ollama/llama3", "<synthetic>"])
    func `a reported cost wins over every price`(model: String) throws {
        let record = try Self.priced(model, reported: usd("0.123456789"))
        #expect(record.cost == usd("0.123456789") && record.costOrigin == .reported)
    }

    @Test func `an unknown model costs what was dearest on its day`() {
        func row(_ model: String, _ output: Int64, from: Timestamp? = nil, until: Timestamp? = nil) -> PriceRow {
            var row = PriceRow(provider: "p", model: model, base: ClassPrices(input: 0, output: output))
            (row.from, row.until) = (from, until)
            return row
        }
        let book = PriceBook(
            rows: [row("old", 90, until: monday), row("usual", 50), row("cut", 70)], own: [row("cut", 7)])
        func cost(_ time: Timestamp, provider: String? = "p") -> Int64 {
            var record = UsageRecord(
                identity: CallIdentity(key: "k"), growth: .larger, time: time,
                labels: Labels([.model: "mystery"]), tokens: TokenCounts(output: 1_000_000))
            record.labels.provider = provider
            book.price(&record)
            #expect(record.costOrigin == .unpriced)
            return record.cost.nanodollars
        }
        #expect(cost(monday - .days(1)) == 90)
        // A row that another takes the place of is no price any more.
        #expect(cost(monday) == 50)
        #expect(cost(monday, provider: nil) == 50 && cost(monday, provider: "somewhere") == 50)
    }

    @Test func `a cloud that lists nothing leaves an unknown model to its maker`() throws {
        let record = try Self.priced("anthropic.claude-opus-9", provider: "bedrock")
        #expect(record.cost == usd("90") && record.labels.provider == "bedrock")
    }

    @Test(
        arguments: [
            // The book's cost where it has a price, also of nothing; the source's where it has none or nothing to go by.
            ("claude-opus-5", 1_000_000, "5", CostOrigin.priced), ("ollama/llama3", 1_000_000, "0", .priced),
            ("mystery", 1_000_000, "0.25", .reported), ("claude-opus-5", 0, "0.25", .reported),
        ] as [(String, Int64, String, CostOrigin)])
    func `a policy may have costs calculated`(model: String, tokens: Int64, cost: String, origin: CostOrigin) throws {
        var record = UsageRecord(
            identity: CallIdentity(key: "k"), growth: .larger, time: monday, labels: Labels([.model: model]),
            tokens: TokenCounts(input: tokens), reportedCost: usd("0.25"))
        try PriceBook(rows: PriceBook.embeddedRows(), calculates: true).price(&record)
        #expect(record.cost == usd(cost) && record.costOrigin == origin)
    }

    @Test func `a bare name is local where its source says who runs it`() throws {
        let local = try Self.priced("llama3:70b", provider: "ollama")
        #expect(local.cost == .zero && local.costOrigin == .priced)
        // Naming a local server makes no listed model free.
        #expect(try Self.priced("claude-opus-5", provider: "ollama").cost == usd("30"))
    }

    @Test func `a book without rows still says unpriced`() {
        var record = spend(.zero)
        record.reportedCost = nil
        PriceBook(rows: []).price(&record)
        #expect(record.costOrigin == .unpriced && record.cost == .zero)
    }

    @Test(arguments: [
        ("", "prices.csv:1: the table is empty"), ("provider,model\r\n", "prices.csv:2: the table has no models"),
        ("a,b\n1", "prices.csv:2: 1 cells under 2 columns"),
        ("provider,model,input,output\r\np,m,x,1", "prices.csv:2: input is no price: x"),
        ("provider,model,input,output\n\np,m,1,", "prices.csv:3: output is missing"),
        ("provider,model,input,output\np,m,-1,1", "prices.csv:2: input is no price: -1"),
        ("provider,model,input,output\np,m,100001,1", "prices.csv:2: input is no price: 100001"),
        ("provider,model,input,output\n,m,1,1", "prices.csv:2: provider or model is missing"),
        ("provider,model,input,output\np,m@year-11,1,1", "prices.csv:2: no year behind @ in m@year-11"),
        ("provider,model,input,output,tier_over_tokens\np,m,1,1,0", "prices.csv:2: tier_over_tokens is no number: 0"),
        ("provider,model,input,output,tier_over_tokens\np,m,1,1,5", "prices.csv:2: input_hi is missing"),
    ])
    func `a table with a mistake says which line`(text: String, message: String) {
        let failure = #expect(throws: PriceTable.Failure.self) { try PriceTable.read(text) }
        #expect(failure?.description == message)
    }
}
