import GovernorCore
import Seeds
import Testing

/// Providers' rows are spend only where nothing else can be.
@Suite struct ProviderCountingTests {
    private static let day = CivilDate(year: 2026, month: 11, day: 20)
    private static let now = day.adding(days: 2).startInUTC
    private static let tokens = TokenCounts(input: 900, output: 100)

    private static func row(_ model: String = "claude-opus-5-20260401", on day: CivilDate = day) -> [ProviderReport] {
        [
            ProviderReport(provider: .anthropic, kind: .usage, day: day, model: model, tokens: tokens),
            ProviderReport(provider: .anthropic, kind: .cost, day: day, model: model, cost: Money(dollars: "1.2345")),
        ]
    }

    private static func told(
        _ model: String?, provider: String? = "anthropic", source: String = "transcript", days: Int64 = 0,
        calls: Int64 = 1, unpriced: Int64 = 0, shadowed: Int64 = 0
    ) -> DaySums {
        DaySums(
            day: day.adding(days: days), provider: provider, model: model, source: source,
            sums: UsageSums(calls: calls, success: 0, unpriced: unpriced, cost: .dollars(calls), tokens: TokenCounts()),
            shadowedCalls: shadowed)
    }

    private static func records(
        _ reports: [ProviderReport] = row(), _ seen: [DaySums] = [], isWanted: Bool = true, zone: Zone = .utc,
        now: Timestamp = now
    ) -> [UsageRecord] {
        ProviderCounting.records(
            reports: reports, days: [day], seen: seen, isWanted: isWanted, zone: zone, now: now)
    }

    @Test func `a model that no other source sees is booked once, by its own name, at the provider's cost`() throws {
        let record = try #require(Self.records().first)
        #expect(Self.records().count == 1)
        #expect(record.identity.key == "provider/anthropic/2026-11-20/claude-opus-5")
        #expect(record.growth == .later)
        #expect(record.tokens == Self.tokens)
        #expect(record.reportedCost == Money(dollars: "1.2345"))
        #expect(record.labels.text == "provider=anthropic model=claude-opus-5 source=provider")
        #expect(record.time == Self.day.startInUTC)
    }

    @Test func `it is off unless the policy names the source`() {
        #expect(Self.records(isWanted: false).isEmpty)
        var policy = Policy(revision: "r")
        #expect(!ProviderCounting.isWanted(by: policy))
        policy.authority = [.transcript, .provider]
        #expect(ProviderCounting.isWanted(by: policy))
    }

    struct Obstacle: Sendable, CustomTestStringConvertible {
        var name: String
        var seen: DaySums
        var stands = true
        var testDescription: String { name }
    }

    @Test(arguments: [
        Obstacle(name: "the model by a transcript", seen: told("claude-opus-5")),
        Obstacle(name: "by another name of it", seen: told("us.anthropic.claude-opus-5-20260401-v1:0", provider: nil)),
        Obstacle(name: "the day before", seen: told("claude-opus-5", days: -1)),
        Obstacle(name: "the day after", seen: told("claude-opus-5", days: 1)),
        Obstacle(name: "only shadowed", seen: told("claude-opus-5", calls: 0, shadowed: 1)),
        Obstacle(
            name: "an alias without a price", seen: told("our-best", provider: nil, source: "litellm", unpriced: 1)),
        Obstacle(name: "an alias of the same provider", seen: told("our-best", source: "litellm", unpriced: 1)),
        Obstacle(name: "no model at all", seen: told(nil, provider: nil, source: "coordinator")),
        Obstacle(name: "two days before", seen: told("claude-opus-5", days: -2), stands: false),
        Obstacle(name: "another model", seen: told("claude-haiku-4-5"), stands: false),
        Obstacle(
            name: "another provider's alias", seen: told("our-best", provider: "openai", unpriced: 1), stands: false),
        Obstacle(name: "nothing any more", seen: told("claude-opus-5", calls: 0), stands: false),
        Obstacle(name: "its own record", seen: told("claude-opus-5", source: "provider"), stands: false),
    ]) func `any other account that may hold the same calls stands in the way`(_ obstacle: Obstacle) {
        let records = Self.records(Self.row(), [obstacle.seen])
        #expect(records.isEmpty == obstacle.stands)
    }

    @Test func `what was booked is taken back when another source shows up, the report ends, or the policy`() throws {
        let booked = Self.told("claude-opus-5", source: "provider")
        let cases = [
            Self.records(Self.row(), [booked, Self.told("claude-opus-5")]), Self.records([], [booked]),
            Self.records(Self.row(), [booked], isWanted: false),
        ]
        for records in cases {
            let record = try #require(records.first)
            #expect(records.count == 1)
            #expect(record.identity == Self.records().first?.identity)
            #expect(record.reportedCost == .zero && record.tokens == TokenCounts())
        }
        // What was taken back already stays as it is; a day that wasn't asked about too.
        let empty = DaySums(
            day: Self.day, provider: "anthropic", model: "claude-opus-5", source: "provider",
            sums: UsageSums(calls: 1, success: 1, unpriced: 0, cost: .zero, tokens: TokenCounts()))
        #expect(Self.records([], [empty]).isEmpty)
        #expect(Self.records([], [Self.told("claude-opus-5", source: "provider", days: -1)]).isEmpty)
    }

    @Test func `without a cost it is priced by the book, and without a model it is not booked`() {
        let usage = Array(Self.row().prefix(1))
        #expect(Self.records(usage).map(\.reportedCost) == [nil])
        #expect(Self.records(Self.row("")).isEmpty)
        let subscription = ProviderReport(
            provider: .anthropic, kind: .agent, day: Self.day, model: "claude-opus-5", item: "subscription",
            tokens: Self.tokens, cost: .dollars(3))
        #expect(Self.records([subscription]).isEmpty)
    }

    @Test func `a row lands on its own date by the policy's clock, and in its own day by the provider's`() throws {
        let warsaw = try #require(Zone(identifier: "Europe/Warsaw"))
        let denver = try #require(Zone(identifier: "America/Denver"))
        let (start, local) = (Self.day.startInUTC, Self.day.startInUTC + .hours(7))
        #expect(Self.records(zone: warsaw).map(\.time) == [start])
        #expect(Self.records(zone: denver).map(\.time) == [local])
        // Denver's day of that date has not begun.
        #expect(Self.records(zone: denver, now: start + .hours(3)).map(\.time) == [start])
    }

    @Test(arguments: Seed.some(60))
    func `a model's spend is never booked beside anybody else's, and a second look changes nothing`(_ seed: Seed) {
        var random = SeededGenerator(seed)
        let models = ["claude-opus-5", "claude-haiku-4-5", "alias"]
        let days = (0..<5).map { Self.day.adding(days: Int64($0)) }
        let reports = (0..<random.number(0..<12)).flatMap { _ in Self.row(random.pick(models), on: random.pick(days)) }
        let seen = (0..<random.number(0..<6)).map { _ in
            Self.told(
                random.pick(models), source: random.pick(["transcript", "provider"]), days: random.number(-1...6),
                calls: random.number(0...2), unpriced: random.once(in: 5) ? 1 : 0)
        }
        func look(_ seen: [DaySums]) -> [UsageRecord] {
            ProviderCounting.records(
                reports: reports, days: Set(days), seen: seen, isWanted: true, zone: .utc, now: Self.now + .days(9))
        }
        let records = look(seen)
        // The ledger as it is then.
        var booked: [String: DaySums] = [:]
        for sums in seen where sums.isReport { booked["\(sums.day.text) \(sums.model ?? "")"] = sums }
        for record in records {
            let day = CivilDate(inUTC: record.time)
            booked["\(day.text) \(record.labels.model ?? "")"] = DaySums(
                day: day, provider: "anthropic", model: record.labels.model, source: "provider",
                sums: UsageSums(
                    calls: 1, success: 1, unpriced: 0, cost: record.reportedCost ?? .zero, tokens: record.tokens))
        }
        let others = seen.filter { !$0.isReport }
        for sums in booked.values where sums.sums.cost != .zero && days.contains(sums.day) {
            #expect(!others.contains { $0.model == sums.model && $0.day == sums.day && $0.sums.calls != 0 })
        }
        let again = look(others + booked.values)
        #expect(Set(again).isSubset(of: Set(records)))
        #expect(Set(again.map(\.identity)).count == again.count)
    }
}
