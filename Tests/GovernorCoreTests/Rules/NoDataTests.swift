import GovernorCore
import Testing

@Suite struct `No data` {
    private func bench(
        after: Span = .minutes(20), schedule: Schedule? = nil, zone: Zone = .utc, seen: Timestamp? = monday
    ) -> RuleBench {
        var bench = RuleBench(
            .noData(NoData(after: after)), per: [.label(.source)], schedule: schedule, zone: zone)
        if let seen { bench.spend(.zero, Labels([.source: "transcript"]), at: seen) }
        return bench
    }

    private let transcript = split("transcript")

    @Test func `silence fires after its time, to the millisecond`() {
        #expect(!bench().holds(of: transcript, at: monday + .minutes(20) - tick))
        let now = monday + .minutes(20)
        let finding = bench().finding(of: transcript, at: now)
        #expect(finding.holds && finding.asOf == now)
        #expect(finding.text == "nothing from transcript for 20m, since 09:00")
        #expect(finding.value == nil && finding.limit == nil)
    }

    @Test func `a later record ends it, an earlier one that comes late does not`() {
        var bench = bench()
        bench.spend(.zero, Labels([.source: "transcript"]), at: monday - .hours(5))
        #expect(bench.holds(of: transcript, at: monday + .minutes(20)))
        bench.spend(.zero, Labels([.source: "transcript"]), at: monday + tick)
        #expect(!bench.holds(of: transcript, at: monday + .minutes(20)))
    }

    @Test func `after a week it is gone for good`() {
        #expect(bench().holds(of: transcript, at: monday + .days(7) - tick))
        #expect(!bench().holds(of: transcript, at: monday + .days(7)))
        #expect(bench().meters.map(\.slots) == [.calls(keep: .days(7))])
    }

    @Test func `each is missed for itself`() {
        var bench = bench()
        bench.spend(.zero, Labels([.source: "coordinator"]), at: monday + .minutes(15))
        let now = monday + .minutes(30)
        #expect(bench.holds(of: transcript, at: now) && !bench.holds(of: split("coordinator"), at: now))
        #expect(!bench.holds(of: split("telemetry"), at: now))
    }

    @Test func `times are the zone's, with their date when it is not today's`() {
        let warsaw = bench(zone: zone("Europe/Warsaw"))
        #expect(
            warsaw.finding(of: transcript, at: monday + .minutes(25)).text
                == "nothing from transcript for 25m, since 10:00")
        #expect(
            warsaw.finding(of: transcript, at: monday + .hours(14)).text
                == "nothing from transcript for 14h, since 2026-03-02 10:00")
    }

    @Test func `the hours outside a schedule are not waited for`() {
        let office = Schedule(name: "office", days: [1, 2, 3, 4, 5], from: .hours(9), to: .hours(17))
        let last = instant("2026-03-02T16:50:00Z")
        let bench = bench(schedule: office, seen: last)
        let morning = instant("2026-03-03T09:00:00Z")
        for (now, holds) in [
            (last + .minutes(10) - tick, false), (last + .hours(3), false), (morning, false),
            (morning + .minutes(20) - tick, false), (morning + .minutes(20), true),
        ] {
            #expect(bench.holds(of: transcript, at: now) == holds, "\(RFC3339.utc(now))")
        }
        #expect(
            bench.finding(of: transcript, at: morning + .minutes(20)).text
                == "nothing from transcript for 20m, since 09:00")
        // Friday evening to Monday morning is no silence either, but a week is a week.
        #expect(!bench.holds(of: transcript, at: instant("2026-03-09T16:50:00Z")))
    }

    @Test func `no span or time traps`() {
        let ends = [Timestamp.distantPast, monday, .distantFuture]
        for after in [Span(milliseconds: .min), .zero, Span(milliseconds: .max)] {
            for seen in ends {
                for now in ends { _ = bench(after: after, seen: seen).finding(of: transcript, at: now) }
            }
        }
        #expect(!bench(seen: .distantFuture).holds(of: transcript, at: monday))
    }
}
