import GovernorCore
import Testing

@Suite struct `Anomalies` {
    private func bench(
        over: Span = .hours(1), baseline: Span = .days(14), above: Ratio = .percent(300), minimum: Money = .dollars(5),
        zone: Zone = .utc
    ) -> RuleBench {
        RuleBench(.anomaly(Anomaly(over: over, baseline: baseline, above: above, minimum: minimum)), zone: zone)
    }

    /// The same spend at this time on each of the last so many days.
    private func daily(_ cost: Money, days: Int64, _ bench: RuleBench, before now: Timestamp = monday) -> RuleBench {
        var bench = bench
        for day in 1...days { bench.spend(cost, at: now - .days(day)) }
        return bench
    }

    @Test(arguments: [
        (Span.hours(1), Span.minutes(5)), (.minutes(5), .minutes(1)), (.hours(24), .hours(1)),
        (.minutes(15), .seconds(75)),
    ])
    func `spend is kept in steps of a twelfth, from a minute to an hour, as far back as is looked`(
        over: Span, step: Span
    ) {
        let keep = Span(milliseconds: Span.days(15).milliseconds + 2 * over.milliseconds)
        #expect(bench(over: over).meters.map(\.slots) == [.steps(step, keep: keep)])
    }

    @Test func `three times the usual is an anomaly, a nano-dollar less is none`() {
        var bench = daily(.dollars(2), days: 14, bench())
        bench.spend(.dollars(6) - grain, at: monday)
        #expect(bench.finding(at: monday) == .no(monday))
        bench.spend(grain, at: monday)
        let finding = bench.finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == Money.dollars(6).nanodollars && finding.limit == .usd(.dollars(6)))
        #expect(finding.text == "the fleet spent $6.00 in the last 1h, 3 times the $2.00 usual around 09:00")
    }

    @Test func `less than the minimum is none, whatever is usual`() {
        var bench = daily(usd("0.01"), days: 14, bench())
        bench.spend(.dollars(5) - grain, at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday)
        #expect(bench.holds(at: monday))
    }

    @Test func `where nothing is usual the minimum alone decides, and the text says so`() {
        var bench = daily(.dollars(2), days: 5, bench(), before: monday - .hours(6))
        bench.spend(.dollars(5), at: monday)
        let finding = bench.finding(at: monday)
        #expect(finding.limit == .usd(.dollars(5)))
        #expect(finding.text == "the fleet spent $5.00 in the last 1h, where nothing is usual around 09:00")
    }

    @Test func `what goes up and down every day must go further`() {
        // Medians: $10 and, of the distances from it, $4; three deviations are $17.7912.
        var bench = bench(above: .percent(110))
        for (day, cost) in zip(Int64(1)..., [2, 4, 6, 8, 10, 12, 14, 16, 18] as [Int64]) {
            bench.spend(.dollars(cost), at: monday - .days(day))
        }
        // The Monday before is only one, so it is no pattern of its own.
        bench.spend(usd("27.7912"), at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday)
        #expect(bench.finding(at: monday).limit == .usd(usd("27.791200001")))
    }

    @Test func `three earlier days are enough, two are not`() {
        for days: Int64 in 1...3 {
            var bench = daily(.dollars(2), days: days, bench())
            bench.spend(.dollars(100), at: monday)
            #expect(bench.holds(at: monday) == (days == 3))
        }
    }

    @Test func `days before the first spend are not days without spend`() {
        // Were they, nothing would be usual here.
        var bench = daily(.dollars(10), days: 3, bench())
        bench.spend(.dollars(29), at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(.dollars(1), at: monday)
        #expect(bench.holds(at: monday))
    }

    @Test func `a call that cost nothing begins no history`() {
        var bench = bench()
        bench.spend(.zero, at: monday - .days(10))
        bench.spend(.dollars(1), at: monday - .days(2))
        bench.spend(.dollars(100), at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday - .days(3))
        #expect(bench.holds(at: monday))
    }

    @Test func `what every Monday costs is usual from the third on`() {
        var bench = daily(.dollars(2), days: 14, bench())
        bench.spend(.dollars(18), at: monday - .days(7))
        var once = bench
        once.spend(.dollars(20), at: monday)
        #expect(once.holds(at: monday))
        bench.spend(.dollars(18), at: monday - .days(14))
        bench.spend(.dollars(60) - grain, at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday)
        #expect(
            bench.finding(at: monday).text
                == "the fleet spent $60.00 in the last 1h, 3 times the $20.00 usual on a Monday around 09:00")
        // The same on a Tuesday is none of Monday's business.
        var tuesday = daily(.dollars(2), days: 14, self.bench())
        tuesday.spend(.dollars(18), at: monday - .days(6))
        tuesday.spend(.dollars(18), at: monday - .days(13))
        tuesday.spend(.dollars(20), at: monday)
        #expect(tuesday.holds(at: monday))
    }

    @Test func `of two different Mondays the smaller is usual`() {
        var bench = daily(.dollars(1), days: 14, bench(above: .percent(100), minimum: .zero))
        bench.spend(.dollars(9), at: monday - .days(7))
        bench.spend(.dollars(99), at: monday - .days(14))
        // $10 and $100: half the distance between them is the median one, $45.
        bench.spend(usd("210.151"), at: monday)
        #expect(!bench.holds(at: monday))
        bench.spend(grain, at: monday)
        #expect(bench.finding(at: monday).limit == .usd(usd("210.151000001")))
    }

    @Test func `it looks at the last hour, to the step`() {
        let bench = daily(.dollars(2), days: 14, bench())
        for (ago, holds) in [(Span.zero, true), (.minutes(55), true), (.minutes(60), false)] {
            var bench = bench
            bench.spend(.dollars(20), at: monday - ago)
            #expect(bench.holds(at: monday) == holds, "\(ago.text)")
        }
        var bench2 = bench
        bench2.spend(.dollars(20), at: monday)
        #expect(bench2.holds(at: monday + .hours(1) - tick))
        #expect(!bench2.holds(at: monday + .hours(1)))
    }

    @Test func `a job that moves by up to half the stretch is usual`() {
        for (shift, holds) in [(Span.minutes(25), false), (.minutes(-25), false), (.minutes(95), true)] {
            var bench = daily(.dollars(8), days: 14, bench(), before: monday + shift)
            bench.spend(.dollars(8), at: monday)
            #expect(bench.holds(at: monday) == holds, "\(shift.text)")
        }
    }

    @Test func `a clock that changes moves the usual time with it`() {
        let warsaw = zone("Europe/Warsaw")
        // Eight by the wall clock; on 29 March it goes from +01:00 to +02:00.
        let before = (20...28).map { instant("2026-03-\($0)T08:00:00+01:00") }
        let after = instant("2026-03-29T08:00:00+02:00")
        for (zone, holds) in [(warsaw, false), (Zone.utc, true)] {
            var bench = bench(over: .minutes(30), zone: zone)
            for time in before { bench.spend(.dollars(8), at: time) }
            bench.spend(.dollars(8), at: after)
            #expect(bench.holds(at: after) == holds, "\(zone.identifier)")
        }
    }

    @Test func `a day that would reach into the stretch itself is cut there`() {
        // Over six days at $1 a day: were the last five days, at $20, looked at as days before, they would be usual.
        var bench = bench(over: .days(6))
        for day: Int64 in 6...40 { bench.spend(.dollars(1), at: monday - .days(day)) }
        for day: Int64 in 0...4 { bench.spend(.dollars(20), at: monday - .days(day)) }
        let finding = bench.finding(at: monday)
        #expect(finding.value == Money.dollars(100).nanodollars && finding.limit == .usd(.dollars(18)))
    }

    @Test func `a correction to less than nothing counts as nothing`() {
        // In every stretch that is looked at: the hours to 08:30, 09:00 and 09:30.
        var bench = daily(.dollars(-3), days: 8, bench(), before: monday - .minutes(45))
        bench = daily(.dollars(-3), days: 8, bench, before: monday + .minutes(15))
        bench.spend(.dollars(1), at: monday - .days(9))
        bench.spend(.dollars(5), at: monday)
        #expect(bench.finding(at: monday).limit == .usd(.dollars(5)))
    }

    @Test func `what is dropped never decides`() {
        var bench = daily(.dollars(2), days: 40, bench())
        bench.spend(.dollars(6), at: monday)
        let whole = bench.finding(at: monday)
        bench.prune(at: monday)
        #expect(bench.finding(at: monday) == whole && whole.holds)
    }

    @Test func `no amount, span or time traps`() {
        let spans = [Span.zero, tick, .days(3), Span(milliseconds: .max)]
        for cost in [Int64.min, 1, .max] {
            for over in spans {
                for above in [Ratio(partsPerMillion: .min), Ratio(partsPerMillion: .max)] {
                    var bench = bench(
                        over: over, baseline: Span(milliseconds: .max), above: above,
                        minimum: Money(nanodollars: .min))
                    for day: Int64 in 0...9 { bench.spend(Money(nanodollars: cost), at: monday - .days(day)) }
                    for now in [Timestamp.distantPast, monday, .distantFuture] { _ = bench.finding(at: now) }
                }
            }
        }
    }
}
