import GovernorCore
import Seeds
import Testing

@Suite struct `Burn rate` {
    private func bench(over: Span = .minutes(15), above: Money = .dollars(12), per: [LabelKey] = []) -> RuleBench {
        RuleBench(.burnRate(BurnRate(over: over, above: above)), per: per)
    }

    @Test func `exactly the line is not above it, a nano-dollar more is`() {
        var bench = bench()
        bench.spend(.dollars(3), at: monday)
        #expect(bench.finding(at: monday) == .no(monday))
        bench.spend(grain, at: monday)
        let finding = bench.finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == 12_000_000_004 && finding.limit == .usd(.dollars(12)))
    }

    @Test func `the text says who, how fast, over what and above what`() {
        var bench = bench(per: [.label(.worker)])
        bench.spend(usd("3.55"), Labels([.worker: "w-1"]), at: monday)
        #expect(
            bench.finding(of: split("w-1"), at: monday).text
                == "w-1 spends $14.20 an hour over the last 15m, above $12.00")
        #expect(!bench.holds(of: split("w-2"), at: monday))
    }

    @Test func `spend leaves when its slot has left, to the millisecond`() {
        var bench = bench()
        bench.spend(.dollars(4), at: monday)
        // Slots of 15 minutes are three seconds long.
        let last = monday + .minutes(15) + .seconds(3) - tick
        #expect(bench.holds(at: last))
        #expect(!bench.holds(at: last + tick))
    }

    @Test func `a rate that is no whole number is compared exactly and shown rounded`() {
        // A nano-dollar in 7 ms is 514,285.71… nano-dollars an hour.
        let line = Int64(3_600_000 / 7)
        for (above, expected) in [(line, true), (line + 1, false)] {
            var bench = bench(over: Span(milliseconds: 7), above: Money(nanodollars: above))
            bench.spend(grain, at: monday)
            let finding = bench.finding(at: monday)
            #expect(finding.holds == expected)
            #expect(finding.value == (expected ? 514_286 : nil))
        }
    }

    @Test func `no amount, span or time traps`() {
        let spans = [Span.zero, tick, .minutes(15), Span(milliseconds: .max)]
        for cost in [Int64.min, -1, 0, 1, .max] {
            for above in [Int64.min, 0, .max] {
                for span in spans {
                    var bench = bench(over: span, above: Money(nanodollars: above))
                    bench.spend(Money(nanodollars: cost), at: monday)
                    for now in [Timestamp.distantPast, monday, .distantFuture] { _ = bench.finding(at: now) }
                }
            }
        }
        var bench = bench(over: .hours(1), above: Money(nanodollars: .max - 1))
        bench.spend(.max, at: monday)
        #expect(bench.finding(at: monday).value == .max)
    }

    @Test(arguments: Seed.some(100))
    func `it agrees with long division, whatever the order and the scale`(seed: Seed) {
        var generator = SeededGenerator(seed)
        let over = Span(milliseconds: generator.number(1...10_000_000))
        let costs = (0..<generator.number(1..<6)).map { _ in generator.number(0...1_000_000_000_000) }
        let total = costs.reduce(0, +)
        // Around the rate itself, where it is decided.
        let (rate, rest) = (Int128(total) * 3_600_000).quotientAndRemainder(dividingBy: Int128(over.milliseconds))
        let above = Int64(clamping: rate) + generator.number(-1...1)
        let expected = rest > 0 ? above <= Int64(clamping: rate) : above < Int64(clamping: rate)
        for scale: Int64 in [1, 7] where rate < Int128(Int64.max / 8) {
            var bench = bench(over: over, above: Money(nanodollars: above * scale))
            for cost in costs.shuffled(using: &generator) { bench.spend(Money(nanodollars: cost * scale), at: monday) }
            #expect(bench.holds(at: monday) == expected)
        }
    }
}
