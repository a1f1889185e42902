import GovernorCore
import Seeds
import Testing

/// Whatever both sides say, nothing of it is lost or counted twice.
@Suite struct ReconciliationPropertyTests {
    private static let first = CivilDate(year: 2026, month: 11, day: 18)
    private static let models = ["claude-opus-5", "claude-opus-5-20260401", "claude-haiku-4-5", "gpt-5", ""]
    private static let providers = ["anthropic", "openai", "gemini"]

    @Test(arguments: Seed.some(60))
    func `parts sum to the whole, by line, by day and in all`(_ seed: Seed) {
        var random = SeededGenerator(seed)
        let reports = (0..<random.number(0..<30)).map { _ in Self.report(&random) }
        let ours = (0..<random.number(0..<30)).map { _ in Self.sums(&random) }
        let coverage = (0..<random.number(0..<8)).map { _ in Self.coverage(&random) }
        let question = Reconciliation.Question(
            since: Self.first.adding(days: 1), until: Self.first.adding(days: 3), providers: Self.providers,
            tolerance: .percent(random.number(0...20)))
        let result = Reconciliation(question, reports: reports, coverage: coverage, ours: ours)

        let days = [Self.first.adding(days: 1), Self.first.adding(days: 2)]
        let theirs = reports.filter { days.contains($0.day) && $0.kind != .agent }
        let mine = ours.filter { sums in
            days.contains(sums.day) && sums.source != "provider"
                && ReportingProvider.label(sums.provider, model: sums.model).map(Self.providers.contains) ?? false
        }
        #expect(result.total.theirs.cost ?? .zero == theirs.reduce(.zero) { $0 + ($1.cost ?? .zero) })
        #expect(result.total.theirs.tokens?.total ?? 0 == theirs.reduce(0) { $0 + ($1.tokens?.total ?? 0) })
        #expect(result.total.ours.cost == mine.reduce(.zero) { $0 + $1.sums.cost })
        #expect(result.total.ours.tokens?.total == mine.reduce(0) { $0 + $1.sums.tokens.total })
        #expect(result.total.ours.calls == mine.reduce(0) { $0 + $1.sums.calls })
        #expect(result.total.shadowedCost == mine.reduce(.zero) { $0 + $1.shadowedCost })

        let byDay = result.days.map(\.sums)
        #expect(byDay.reduce(.zero) { $0 + ($1.theirs.cost ?? .zero) } == result.total.theirs.cost ?? .zero)
        #expect(byDay.reduce(.zero) { $0 + ($1.ours.cost ?? .zero) } == result.total.ours.cost)
        #expect(result.days.map(\.day) == Set(result.lines.map(\.day)).sorted())
        for (day, sums) in result.days {
            let lines = result.lines.filter { $0.day == day }
            #expect(lines.reduce(.zero) { $0 + ($1.sums.ours.cost ?? .zero) } == sums.ours.cost)
            #expect(lines.reduce(.zero) { $0 + ($1.sums.theirs.cost ?? .zero) } == sums.theirs.cost ?? .zero)
        }
        for line in result.lines {
            #expect(line.sources.reduce(.zero) { $0 + $1.cost } == line.sums.ours.cost)
            #expect(!line.text.isEmpty)
            // What agrees, is late or could not be asked is nobody's fault.
            if [.agrees, .late].contains(line.cause) || !line.isCovered { #expect(!line.isBeyond, "\(line)") }
        }
        #expect(Set(result.lines.map { [$0.day.text, $0.provider, $0.model, $0.item] }).count == result.lines.count)
    }

    @Test(arguments: Seed.some(20))
    func `what the provider has to the token and the nano-dollar always agrees`(_ seed: Seed) {
        var random = SeededGenerator(seed)
        let reports = (0..<10).map { index in
            var report = Self.report(&random)
            (report.kind, report.cost, report.item) = (.cost, Money(nanodollars: random.number(1...1 << 40)), "")
            report.tokens = Self.tokens(&random)
            report.splitsWrites = true
            (report.provider, report.model, report.day) = (.anthropic, "claude-\(index)-x", Self.first)
            return report
        }
        let ours = reports.map { report in
            DaySums(
                day: report.day, provider: report.provider.rawValue, model: report.model, source: "transcript",
                sums: UsageSums(
                    calls: 1, success: 1, unpriced: 0, cost: report.cost ?? .zero,
                    tokens: report.tokens ?? TokenCounts()))
        }
        let question = Reconciliation.Question(
            since: Self.first, until: Self.first.adding(days: 1), providers: Self.providers,
            tolerance: Ratio(partsPerMillion: 0))
        let coverage = [ReportCoverage(provider: .anthropic, kind: .cost, day: Self.first, asOf: .distantFuture)]
        let result = Reconciliation(question, reports: reports, coverage: coverage, ours: ours)
        #expect(result.lines.count == 10)
        #expect(result.lines.allSatisfy { $0.cause == .agrees && $0.sums.drift == .zero })
    }

    private static func tokens(_ random: inout SeededGenerator) -> TokenCounts {
        TokenCounts(
            input: random.number(0...1 << 40), output: random.number(0...1 << 30),
            cacheRead: random.number(0...1 << 40),
            cacheWrite5m: random.number(0...1 << 20), cacheWrite1h: random.number(0...1 << 20))
    }

    private static func report(_ random: inout SeededGenerator) -> ProviderReport {
        let kind = random.pick(ProviderReport.Kind.allCases)
        return ProviderReport(
            provider: random.pick(ReportingProvider.allCases), kind: kind, day: day(&random),
            model: random.pick(models), item: random.once(in: 4) ? "web_search" : "",
            tokens: kind == .cost ? nil : tokens(&random), splitsWrites: random.once(in: 2),
            calls: random.once(in: 2) ? random.number(0...1000) : nil,
            cost: kind == .usage ? nil : Money(nanodollars: random.number(-1 << 30...1 << 44)))
    }

    private static func sums(_ random: inout SeededGenerator) -> DaySums {
        let calls = random.number(0...100)
        let sums = UsageSums(
            calls: calls, success: 0, unpriced: 0,
            cost: calls == 0 ? .zero : Money(nanodollars: random.number(0...1 << 44)),
            tokens: calls == 0 ? TokenCounts() : tokens(&random))
        return DaySums(
            day: day(&random), provider: random.pick(providers + ["bedrock"]), model: random.pick(models + [nil]),
            source: random.pick(["transcript", "coordinator", "provider", nil]), sums: sums,
            shadowedCalls: random.number(0...3), shadowedCost: Money(nanodollars: random.number(0...1 << 40)))
    }

    private static func coverage(_ random: inout SeededGenerator) -> ReportCoverage {
        ReportCoverage(
            provider: random.pick(ReportingProvider.allCases), kind: random.pick(ProviderReport.Kind.allCases),
            day: day(&random), asOf: first.startInUTC + .hours(random.number(0...150)))
    }

    private static func day(_ random: inout SeededGenerator) -> CivilDate { first.adding(days: random.number(0...3)) }
}

extension SeededGenerator {
    fileprivate mutating func pick(_ elements: [String?]) -> String? { elements[number(0..<elements.count)] }
}
