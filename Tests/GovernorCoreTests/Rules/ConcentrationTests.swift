import GovernorCore
import Seeds
import Testing

@Suite struct `Shares of the whole` {
    private func bench(
        above: Ratio? = .percent(70), hhi: Ratio? = nil, of unit: Limit.Unit = .usd, minCalls: Int64 = 1,
        over: Span = .days(30)
    ) -> RuleBench {
        RuleBench(
            .concentration(
                Concentration(
                    by: .label(.provider), of: unit, above: above, aboveHHI: hhi, minCalls: minCalls, over: over)))
    }

    private func filled(_ parts: [(String?, Int64)], _ bench: RuleBench) -> RuleBench {
        var bench = bench
        for (provider, cost) in parts {
            var labels = Labels()
            labels.provider = provider
            bench.spend(Money(nanodollars: cost), labels, at: monday)
        }
        return bench
    }

    @Test func `the share itself is not above it, a nano-dollar more is`() {
        let even = filled([("anthropic", 7_000), ("openai", 3_000)], bench())
        #expect(even.finding(at: monday) == .no(monday))
        let finding = filled([("anthropic", 7_001), ("openai", 3_000)], bench()).finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == 7_001 && finding.limit == Limit(unit: .usd, value: 7_000))
    }

    @Test func `the text says who has how much of what`() {
        let bench = filled([("anthropic", 825), ("openai", 175)], bench())
        #expect(
            bench.finding(at: monday).text
                == "anthropic has 82.5% of the cost of the last 30d, above 70% (HHI 0.71)")
    }

    @Test func `the index is the sum of the squared shares, and fires above its line`() {
        let halves = [("anthropic", 500), ("openai", 500)] as [(String?, Int64)]
        let line = Ratio(partsPerMillion: 500_000)
        #expect(!filled(halves, bench(above: nil, hhi: line)).holds(at: monday))
        let finding = filled(halves + [("anthropic", 10)], bench(above: nil, hhi: line)).finding(at: monday)
        #expect(finding.holds && finding.value == nil)
        #expect(
            finding.text
                == "the providers' shares of the cost of the last 30d have an HHI of 0.50, above 0.5; anthropic has 50.5%"
        )
        // Either is enough.
        #expect(filled([("a", 6), ("b", 4)], bench(above: .percent(70), hhi: line)).holds(at: monday))
    }

    @Test func `what names no provider counts in the whole, and may be the largest itself`() {
        #expect(!filled([("anthropic", 6), (nil, 4)], bench()).holds(at: monday))
        #expect(
            filled([("anthropic", 2), (nil, 8)], bench()).finding(at: monday).text.hasPrefix("(no provider) has 80%"))
    }

    @Test func `a correction to less than nothing takes nothing from the whole`() {
        #expect(!filled([("anthropic", 6), ("openai", 4), ("google", -5)], bench()).holds(at: monday))
    }

    @Test func `millions of dollars are still told apart by a nano-dollar`() {
        let half = Int64(1) << 51
        let line = Ratio(partsPerMillion: 500_000)
        #expect(!filled([("a", half), ("b", half)], bench(above: nil, hhi: line)).holds(at: monday))
        #expect(filled([("a", half + 1), ("b", half - 1)], bench(above: nil, hhi: line)).holds(at: monday))
    }

    @Test func `of equal ones the first by name is named`() {
        let bench = filled([("b", 5), ("a", 5)], bench(above: .percent(40)))
        #expect(bench.finding(at: monday).text.hasPrefix("a has 50%"))
    }

    @Test func `fewer calls than asked say nothing`() {
        let three = [("anthropic", 5), ("anthropic", 5), ("openai", 1)] as [(String?, Int64)]
        #expect(filled(three, bench(minCalls: 3)).holds(at: monday))
        #expect(!filled(three, bench(minCalls: 4)).holds(at: monday))
    }

    @Test func `tokens and calls are shared out too`() {
        func filled(_ unit: Limit.Unit) -> Finding {
            var bench = bench(of: unit)
            bench.add(spend(.dollars(9), Labels([.provider: "anthropic"]), at: monday, tokens: 1))
            for _ in 0..<3 { bench.add(spend(.dollars(1), Labels([.provider: "openai"]), at: monday, tokens: 3)) }
            return bench.finding(at: monday)
        }
        #expect(filled(.usd).text.hasPrefix("anthropic has 75% of the cost of"))
        #expect(filled(.tokens).text.hasPrefix("openai has 90% of the tokens of"))
        #expect(filled(.calls).text.hasPrefix("openai has 75% of the calls of"))
    }

    @Test func `what left the window is no part of the whole`() {
        var bench = bench(over: .days(30))
        bench.spend(.dollars(9), Labels([.provider: "openai"]), at: monday - .days(20))
        bench.spend(.dollars(5), Labels([.provider: "anthropic"]), at: monday)
        #expect(!bench.holds(at: monday))
        #expect(bench.finding(at: monday + .days(11)).text.hasPrefix("anthropic has 100%"))
        #expect(!bench.holds(at: monday + .days(31)))
    }

    @Test func `whichever account changed, the whole is judged`() {
        let condition = Concentration(by: .label(.provider), of: .usd, minCalls: 1, over: .days(1))
        #expect(condition.judged(split("anthropic")) == .fleet)
        #expect(bench().meters.map(\.per) == [[.label(.provider)]])
    }

    @Test func `no amount or line traps, and the largest amounts still share alike`() {
        let equal = (0..<4).map { ("p\($0)" as String?, Int64.max) }
        let quarter = Ratio(partsPerMillion: 250_000)
        #expect(!filled(equal, bench(above: quarter, hhi: quarter)).holds(at: monday))
        let less = Ratio(partsPerMillion: 249_999)
        #expect(filled(equal, bench(above: less)).finding(at: monday).text.hasSuffix("above 24.9999% (HHI 0.25)"))
        #expect(filled(equal, bench(above: nil, hhi: less)).holds(at: monday))
        for line in [Int64.min, 0, .max] {
            let line = Ratio(partsPerMillion: line)
            for parts in [[], [("a", Int64.min)], [("a", 0)], [("a", .max), ("b", .min)], equal] as [[(String?, Int64)]]
            {
                _ = filled(parts, bench(above: line, hhi: line)).finding(at: monday)
            }
        }
        // Nothing is above the whole.
        #expect(!filled([("a", 1)], bench(above: .percent(100), hhi: .percent(100))).holds(at: monday))
    }

    @Test(arguments: Seed.some(200))
    func `it agrees with the definition in long arithmetic, in any order, at any scale`(seed: Seed) {
        var generator = SeededGenerator(seed)
        let parts = (0..<generator.number(1..<6)).map { ("p\($0)" as String?, generator.number(0...2_000)) }
        let total = parts.map(\.1).reduce(0, +)
        let largest = parts.map(\.1).max() ?? 0
        let squares = parts.map { $0.1 * $0.1 }.reduce(0, +)
        guard total > 0 else { return }
        // Around the shares themselves, where it is decided.
        let share = Ratio(partsPerMillion: largest * 1_000_000 / total + generator.number(-1...1))
        let index = Ratio(partsPerMillion: squares * 1_000_000 / (total * total) + generator.number(-1...1))
        let isShare = largest * 1_000_000 > share.partsPerMillion * total && share < .percent(100)
        let isIndex = squares * 1_000_000 > index.partsPerMillion * total * total && index < .percent(100)
        for scale: Int64 in [1, 1_000_000] {
            let scaled = parts.shuffled(using: &generator).map { ($0.0, $0.1 * scale) }
            #expect(filled(scaled, bench(above: share)).holds(at: monday) == isShare)
            #expect(filled(scaled, bench(above: nil, hhi: index)).holds(at: monday) == isIndex)
        }
    }
}
