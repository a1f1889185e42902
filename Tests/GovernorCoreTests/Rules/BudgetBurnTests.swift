import GovernorCore
import Seeds
import Testing

@Suite struct `Budget burn` {
    private func bench(_ window: Window, limit: Limit, per: [LabelKey] = []) -> RuleBench {
        var bench = RuleBench(.budgetBurn(BudgetBurn(budget: "fleet-month", window: window)), per: per)
        bench.limits["fleet-month"] = limit
        return bench
    }

    private let month = Window.calendar(.month)
    private let limit = Limit.usd(.dollars(2000))

    @Test func `a month has the workbook's windows and factors`() {
        let period = BudgetBurn.period(of: month)
        let pairs = BudgetBurn.pairs(of: month)
        #expect(pairs.map(\.share) == ["2%", "5%"])
        #expect(pairs.map(\.long) == [.hours(1), .hours(6)])
        #expect(pairs.map(\.short) == [.minutes(5), .minutes(30)])
        #expect(pairs.map { $0.factor(period: period) } == [14.4, 6])
    }

    @Test(arguments: [
        (Window.calendar(.hour), Span.hours(1)), (.calendar(.day), .days(1)), (.calendar(.week), .days(7)),
        (.calendar(.month), .days(30)), (.calendar(.quarter), .days(90)), (.calendar(.year), .days(365)),
        (.rolling(.hours(9)), .hours(9)), (.block(.hours(5)), .hours(5)), (.lifetime, .zero),
    ])
    func `every window has a nominal length`(window: Window, period: Span) {
        #expect(BudgetBurn.period(of: window) == period)
    }

    @Test(arguments: [
        (Window.calendar(.day), 1.92, 4.8), (.calendar(.week), 13.44, 6), (.rolling(.hours(12)), 0.96, 2.4),
        (.block(.hours(5)), 0.4, 1), (.calendar(.hour), 0.08, 0.2),
    ])
    func `where a window is no shorter than its floor, the factor is that of what is used`(
        window: Window, two: Double, five: Double
    ) {
        let period = BudgetBurn.period(of: window)
        let pairs = BudgetBurn.pairs(of: window)
        #expect(pairs.allSatisfy { $0.long >= .minutes(15) && $0.short >= .minutes(1) })
        for (pair, expected) in zip(pairs, [two, five]) {
            #expect(abs(pair.factor(period: period) - expected) < 1e-9)
            #expect(pair.isOfUse(period: period) == (expected >= 1))
        }
    }

    @Test func `there are four meters, and the rule's own labels split them`() {
        let bench = bench(month, limit: limit, per: [.label(.worker)])
        #expect(
            bench.meters.map(\.name) == [
                "rule rule 2%/long", "rule rule 2%/short", "rule rule 5%/long", "rule rule 5%/short",
            ]
        )
        #expect(
            bench.meters.map(\.slots) == [
                .window(.rolling(.hours(1))), .window(.rolling(.minutes(5))), .window(.rolling(.hours(6))),
                .window(.rolling(.minutes(30))),
            ])
        #expect(bench.meters.allSatisfy { $0.per == [.label(.worker)] })
    }

    @Test func `the long line itself is not above it, a nano-dollar more is`() {
        var bench = bench(month, limit: limit)
        bench.spend(.dollars(30), at: monday - .minutes(40))
        bench.spend(.dollars(10), at: monday)
        #expect(bench.finding(at: monday) == .no(monday))
        bench.spend(grain, at: monday)
        let finding = bench.finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == 40_000_000_001 && finding.limit == .usd(.dollars(40)))
    }

    @Test func `the short line itself is not above it, a nano-dollar more is`() {
        // 2% of $3600 in an hour is $72; a twelfth of it in five minutes is $6.
        var bench = bench(month, limit: .usd(.dollars(3600)))
        bench.spend(.dollars(70), at: monday - .minutes(20))
        bench.spend(.dollars(6), at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday)
        #expect(bench.holds(at: monday))
    }

    @Test func `the second pair tells of what the first lets pass`() {
        var bench = bench(month, limit: limit)
        for number: Int64 in 0..<12 { bench.spend(.dollars(9), at: monday - .minutes(30 * number)) }
        let finding = bench.finding(at: monday)
        #expect(finding.value == Money.dollars(108).nanodollars && finding.limit == .usd(.dollars(100)))
    }

    @Test func `it is over as soon as the short window is`() {
        var bench = bench(month, limit: limit)
        bench.spend(.dollars(60), at: monday)
        // Slots of five minutes are a second long.
        #expect(bench.holds(at: monday + .minutes(5) + .seconds(1) - tick))
        #expect(!bench.holds(at: monday + .minutes(5) + .seconds(1)))
    }

    @Test func `the text says how fast, over what, above what, and how long that would last`() {
        var bench = bench(month, limit: limit)
        bench.spend(usd("41.20"), at: monday)
        #expect(
            bench.finding(at: monday).text
                == "the fleet burns fleet-month 14.8 times too fast: $41.20 in the last 1h (line $40.00); at this pace "
                + "$2000.00 would last 2d")
    }

    @Test func `tokens and calls burn too`() {
        var tokens = bench(month, limit: Limit(unit: .tokens, value: 5_000_000))
        tokens.add(spend(.zero, at: monday, tokens: 100_000))
        #expect(!tokens.holds(at: monday))
        tokens.add(spend(.zero, at: monday, tokens: 1))
        #expect(tokens.finding(at: monday).limit == Limit(unit: .tokens, value: 100_000))
        #expect(tokens.finding(at: monday).text.contains("100001 tokens in the last 1h (line 100000 tokens)"))

        var calls = bench(month, limit: Limit(unit: .calls, value: 199))
        // 2% of 199 calls are 3.98.
        for _ in 0..<3 { calls.add(spend(.zero, at: monday)) }
        #expect(!calls.holds(at: monday))
        calls.add(spend(.zero, at: monday))
        #expect(calls.holds(at: monday))
    }

    @Test func `a raised limit ends it`() {
        var bench = bench(month, limit: limit)
        bench.spend(.dollars(41), at: monday)
        #expect(bench.holds(at: monday))
        bench.limits["fleet-month"] = .usd(.dollars(3000))
        #expect(!bench.holds(at: monday))
        bench.limits["fleet-month"] = nil
        #expect(bench.finding(at: monday) == .no(monday))
    }

    @Test func `a pair that is slower than the window lasts is left out`() {
        // 2% of a five-hour block is $0.40, but at that pace it lasts twelve and a half.
        var block = bench(.block(.hours(5)), limit: .usd(.dollars(20)))
        block.spend(.dollars(1), at: monday)
        #expect(!block.holds(at: monday))
        block.spend(grain, at: monday)
        #expect(block.holds(at: monday))
        for window in [Window.calendar(.hour), .rolling(.minutes(10)), .lifetime] {
            var bench = bench(window, limit: .usd(.dollars(20)))
            bench.spend(.dollars(1000), at: monday)
            #expect(bench.finding(at: monday) == .no(monday))
        }
    }

    @Test func `no amount, limit or window traps`() {
        let windows: [Window] = [month, .lifetime, .rolling(Span(milliseconds: .max)), .block(.zero), .rolling(tick)]
        for window in windows {
            for cost in [Int64.min, 0, 1, .max] {
                for value in [Int64.min, 0, 1, .max] {
                    var bench = bench(window, limit: Limit(unit: .usd, value: value))
                    bench.spend(Money(nanodollars: cost), at: monday)
                    for now in [Timestamp.distantPast, monday, .distantFuture] { _ = bench.finding(at: now) }
                }
            }
        }
    }

    @Test(arguments: Seed.some(100))
    func `more spend never ends it, and scale and order change nothing`(seed: Seed) {
        var generator = SeededGenerator(seed)
        let window = generator.pick([month, .calendar(.day), .block(.hours(5)), .rolling(.days(9))])
        let limit = generator.number(1_000...1_000_000)
        let spends = (0..<generator.number(1..<20)).map { _ in
            (cost: generator.number(0...limit / 20), time: monday - .seconds(generator.number(0...30_000)))
        }
        func finding(scale: Int64, extra: Int64 = 0) -> Finding {
            var bench = bench(window, limit: Limit(unit: .usd, value: limit * scale))
            for spend in spends.shuffled(using: &generator) {
                bench.spend(Money(nanodollars: spend.cost * scale), at: spend.time)
            }
            bench.spend(Money(nanodollars: extra * scale), at: monday)
            return bench.finding(at: monday)
        }
        let plain = finding(scale: 1)
        #expect(finding(scale: 1) == plain)
        #expect(finding(scale: 1_000_003).holds == plain.holds)
        if plain.holds { #expect(finding(scale: 1, extra: generator.number(1...limit)).holds) }
    }
}
