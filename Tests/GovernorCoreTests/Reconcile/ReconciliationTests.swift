import GovernorCore
import Testing

/// The likely cause of each way in which the ledger and a provider differ.
@Suite struct ReconciliationTests {
    private static let day = CivilDate(year: 2026, month: 11, day: 20)
    /// The day is long over, and fully reported.
    private static let settled = day.adding(days: 3).startInUTC

    /// One line: what a provider says of a model on a day, and what sources tell of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var theirs: [ProviderReport] = []
        var ours: [DaySums] = []
        var asOf: Timestamp? = settled
        var cause: DriftCause
        var isBeyond: Bool
        /// Words that the explanation has.
        var says = ""

        var testDescription: String { name }
    }

    private static func usage(
        _ tokens: TokenCounts, provider: ReportingProvider = .anthropic, model: String = "claude-opus-5",
        splits: Bool = true
    ) -> ProviderReport {
        ProviderReport(
            provider: provider, kind: .usage, day: day, model: model, tokens: tokens, splitsWrites: splits)
    }

    private static func cost(_ dollars: String, model: String = "claude-opus-5", item: String = "") -> ProviderReport {
        ProviderReport(
            provider: .anthropic, kind: .cost, day: day, model: model, item: item, cost: Money(dollars: dollars))
    }

    private static func ours(
        _ tokens: TokenCounts, _ dollars: String, source: String = "transcript", model: String? = "claude-opus-5",
        provider: String? = "anthropic", shadowed: String = "0"
    ) -> DaySums {
        let sums = UsageSums(
            calls: 4, success: 4, unpriced: 0, cost: Money(dollars: dollars) ?? .zero, tokens: tokens)
        return DaySums(
            day: day, provider: provider, model: model, source: source, sums: sums,
            shadowedCalls: shadowed == "0" ? 0 : 2, shadowedCost: Money(dollars: shadowed) ?? .zero)
    }

    private static let some = TokenCounts(
        input: 100_000, output: 50_000, cacheRead: 1_000_000, cacheWrite5m: 20_000, cacheWrite1h: 10_000)
    private static var twice: TokenCounts { some.plus(some) }

    static let cases = [
        Case(
            name: "the same to the nano-dollar", theirs: [usage(some), cost("10")], ours: [ours(some, "10")],
            cause: .agrees, isBeyond: false),
        Case(
            name: "at the tolerance", theirs: [usage(some), cost("10")], ours: [ours(some, "10.1")], cause: .agrees,
            isBeyond: false),
        Case(
            name: "a nano-dollar above it", theirs: [usage(some), cost("10")], ours: [ours(some, "10.100000001")],
            cause: .priceChange, isBeyond: true),
        Case(
            name: "a dated name is the same model",
            theirs: [usage(some, model: "claude-opus-5-20260401"), cost("10", model: "claude-opus-5-20260401")],
            ours: [ours(some, "10", model: "us.anthropic.claude-opus-5-20260401-v1:0")], cause: .agrees, isBeyond: false
        ),
        Case(
            name: "tokens without costs agree", theirs: [usage(some)], ours: [ours(some, "10")], cause: .agrees,
            isBeyond: false),
        Case(
            name: "a provider nobody here knows of", theirs: [usage(some), cost("10")], cause: .unseenSource,
            isBeyond: true, says: "$10.00 that no source here tells of"),
        Case(
            name: "a part is unseen", theirs: [usage(twice), cost("20")], ours: [ours(some, "10")],
            cause: .unseenSource,
            isBeyond: true, says: "another machine"),
        Case(
            name: "a part is unseen, in tokens", theirs: [usage(twice)], ours: [ours(some, "10")], cause: .unseenSource,
            isBeyond: true, says: "\(some.total) tokens"),
        Case(
            name: "costs alone, and we have less", theirs: [cost("20")], ours: [ours(some, "10")], cause: .unseenSource,
            isBeyond: true),
        Case(
            name: "a new price", theirs: [usage(some), cost("12.5")], ours: [ours(some, "10")], cause: .priceChange,
            isBeyond: true, says: "1.25 times as much"),
        Case(
            name: "a discount", theirs: [usage(some), cost("5")], ours: [ours(some, "10")], cause: .priceChange,
            isBeyond: true, says: "0.5 times as much"),
        Case(
            name: "an hour's cache counted as five minutes'", theirs: [usage(some), cost("11")],
            ours: [
                ours(
                    TokenCounts(input: 100_000, output: 50_000, cacheRead: 1_000_000, cacheWrite5m: 30_000), "10")
            ], cause: .cacheClass, isBeyond: true,
            says: "cache_write_5m 30000 against 20000, cache_write_1h 0 against 10000"
        ),
        Case(
            name: "cache reads counted as input", theirs: [usage(some), cost("5")],
            ours: [
                ours(
                    TokenCounts(input: 1_100_000, output: 50_000, cacheWrite5m: 20_000, cacheWrite1h: 10_000), "9")
            ], cause: .cacheClass, isBeyond: true, says: "cache_read 0 against 1000000"),
        Case(
            name: "a provider that doesn't split cache writes is not held to it",
            theirs: [
                usage(
                    TokenCounts(input: 9000, output: 1000, cacheWrite5m: 3000), provider: .openai, model: "gpt-5",
                    splits: false)
            ],
            ours: [
                ours(
                    TokenCounts(input: 9000, output: 1000, cacheWrite12h: 3000), "1", model: "gpt-5-2025-08-07",
                    provider: nil)
            ], cause: .agrees, isBeyond: false),
        Case(
            name: "a coordinator's log beside a transcript", theirs: [usage(some), cost("10")],
            ours: [ours(some, "10"), ours(some, "10.2", source: "coordinator")], cause: .seenTwice, isBeyond: true,
            says: "what coordinator tells"),
        Case(
            name: "three times", theirs: [usage(some), cost("10")], ours: [ours(twice.plus(some), "30")],
            cause: .seenTwice, isBeyond: true, says: "3 times what Anthropic has"),
        Case(
            name: "as much too much as is shadowed", theirs: [usage(some), cost("10")],
            ours: [ours(TokenCounts(input: 1_500_000), "14", shadowed: "4.1")], cause: .seenTwice, isBeyond: true,
            says: "as much as is shadowed"),
        Case(
            name: "more, for no reason that shows", theirs: [usage(some), cost("10")],
            ours: [ours(TokenCounts(input: 1_500_000), "14")], cause: .unexplained, isBeyond: true),
        Case(
            name: "more, but the day was not over", theirs: [usage(some), cost("10")], ours: [ours(twice, "20")],
            asOf: day.startInUTC + .hours(12), cause: .late, isBeyond: false),
        Case(
            name: "more, within the provider's delay", theirs: [usage(some), cost("10")], ours: [ours(twice, "20")],
            asOf: day.adding(days: 1).startInUTC + .minutes(29), cause: .late, isBeyond: false),
        Case(
            name: "less is not for want of time", theirs: [usage(twice), cost("20")], ours: [ours(some, "10")],
            asOf: day.startInUTC + .hours(12), cause: .unseenSource, isBeyond: true),
        Case(
            name: "nothing there yet", ours: [ours(some, "10")], asOf: day.startInUTC + .hours(12), cause: .late,
            isBeyond: false),
        Case(
            name: "nothing there at all", ours: [ours(some, "10")], cause: .notReported, isBeyond: true,
            says: "a subscription, another organisation's key"),
        Case(
            name: "a subscription",
            theirs: [
                ProviderReport(
                    provider: .anthropic, kind: .agent, day: day, model: "claude-opus-5", item: "subscription",
                    tokens: some, cost: .dollars(10))
            ], ours: [ours(some, "10")], cause: .notReported, isBeyond: false, says: "not billed by the call"),
        Case(
            name: "nobody asked", ours: [ours(some, "10")], asOf: nil, cause: .notReported, isBeyond: false,
            says: "has not been asked"),
        Case(
            name: "a provider without an interface", ours: [ours(some, "3", model: "gemini-3.5-flash", provider: nil)],
            asOf: nil, cause: .notReported, isBeyond: false, says: "Google has no cost interface"),
        Case(
            name: "searches that are told apart from models", theirs: [cost("0.02", model: "", item: "web_search")],
            cause: .noModel, isBeyond: true, says: "web_search"),
    ]

    @Test(arguments: cases) func `a drift has its cause`(_ example: Case) throws {
        let result = Self.reconcile(example.theirs, example.ours, asOf: example.asOf)
        #expect(result.lines.count == 1)
        let line = try #require(result.lines.first)
        #expect(line.cause == example.cause, "\(line.text)")
        #expect(line.isBeyond == example.isBeyond)
        #expect(result.isBeyond == example.isBeyond)
        #expect(line.text.contains(example.says), "\(line.text)")
        #expect(line.isCovered == (example.asOf != nil))
    }

    @Test func `every cause has a case`() {
        #expect(Set(Self.cases.map(\.cause)) == Set(DriftCause.allCases))
    }

    @Test func `costs that belong to no model are no drift on a day that agrees as a whole`() {
        let result = Self.reconcile(
            [Self.usage(Self.some), Self.cost("9"), Self.cost("1", model: "", item: "web_search")],
            [Self.ours(Self.some, "10")], asOf: Self.settled)
        #expect(result.lines.map(\.cause) == [.noModel, .priceChange])
        #expect(result.lines.map(\.isBeyond) == [false, true])
        #expect(result.total.drift == .zero)
    }

    @Test func `a drift is ours less theirs, in dollars and in millionths of theirs`() throws {
        let result = Self.reconcile([Self.usage(Self.twice), Self.cost("30")], [Self.ours(Self.some, "10")])
        #expect(result.total.drift == Money(dollars: "-20"))
        #expect(result.total.driftRatio == Ratio(partsPerMillion: -666_667))
        #expect(result.total.tokenDrift == -Self.some.total)
        #expect(result.total.tokenDriftRatio == Ratio(partsPerMillion: -500_000))
        let none = Self.reconcile([], [Self.ours(Self.some, "10")], asOf: nil)
        #expect(none.total.drift == nil && none.total.driftRatio == nil && none.total.tokenDrift == nil)
        #expect(!none.isCompared)
    }

    @Test func `what was booked from a report is on neither side`() {
        let result = Self.reconcile(
            [Self.usage(Self.some), Self.cost("10")], [Self.ours(Self.some, "10", source: "provider")])
        #expect(result.lines.map(\.cause) == [.unseenSource])
        #expect(result.total.ours.cost == .zero)
    }

    @Test func `a day that was asked about and had nothing is compared`() {
        let result = Self.reconcile([], [])
        #expect(result.isCompared && !result.isBeyond && result.lines.isEmpty)
    }

    private static func reconcile(
        _ theirs: [ProviderReport], _ ours: [DaySums], asOf: Timestamp? = settled
    ) -> Reconciliation {
        let question = Reconciliation.Question(
            since: day, until: day.adding(days: 1), providers: ["anthropic", "openai", "gemini"])
        let coverage = ReportingProvider.allCases.flatMap { provider in
            ProviderReport.Kind.allCases.compactMap { kind in
                asOf.map { ReportCoverage(provider: provider, kind: kind, day: day, asOf: $0) }
            }
        }
        return Reconciliation(question, reports: theirs, coverage: coverage, ours: ours)
    }
}
