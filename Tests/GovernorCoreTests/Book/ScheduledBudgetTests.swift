import GovernorCore
import Testing

/// Budgets that count and decide within their shifts only.
@Suite struct ScheduledBudgetTests {
    private static let night = Schedule(name: "night", days: [1, 2, 3, 4, 5], from: .hours(22), to: .hours(6))
    private static let millisecond = Span(milliseconds: 1)

    private static func desk(
        zone name: String = "UTC", window: Window = .calendar(.day), now: Timestamp, during: Schedule = night
    ) -> Desk {
        Desk(
            [
                pot(
                    "night", window: window, during: during, zone: zone(name),
                    at: [
                        Threshold(ratio: .percent(50), notify: ["ops"]),
                        Threshold(ratio: .percent(100), pause: .untilReset),
                    ])
            ], now: now)
    }

    @Test func `a record counts exactly within a shift, to the millisecond`() {
        let ten = instant("2026-03-02T22:00:00Z")
        let six = instant("2026-03-03T06:00:00Z")
        for (time, counts) in [
            (ten - Self.millisecond, false), (ten, true), (six - Self.millisecond, true), (six, false),
        ] {
            var desk = Self.desk(window: .lifetime, now: ten - .hours(1))
            desk.tick(at: ten - .hours(1))
            let plan = desk.commit([spend(usd("6"), at: time)], at: six + .minutes(1))
            #expect(plan.fired.count == (counts ? 1 : 0))
            #expect(plan.deltas.isEmpty == !counts)
        }
    }

    @Test func `a check outside is not decided, nor in what is left, nor named`() {
        let now = instant("2026-03-02T23:00:00Z")
        var desk = Self.desk(window: .lifetime, now: now)
        desk.spent("10", at: now)
        #expect(desk.decide(at: now).kind == .pause && desk.decide(at: now).remaining == .zero)
        let day = instant("2026-03-03T12:00:00Z")
        desk.tick(at: day)
        let outside = desk.decide(estimate: .dollars(100), at: day)
        #expect(
            outside.kind == .allow && outside.remaining == nil && outside.reasons.isEmpty && outside.caveats.isEmpty)
        let standing = desk.book.standing(of: AccountKey(meter: 0, split: .fleet), now: day)
        #expect(
            standing.state == .ok && standing.spent == 10_000_000_000, "status shows what was spent, and that it is ok")
        #expect(desk.decide(at: instant("2026-03-03T22:00:00Z")).kind == .pause, "the next shift")
    }

    @Test func `a shift over midnight is two days of a daily budget`() {
        let eleven = instant("2026-03-02T23:00:00Z")
        var desk = Self.desk(now: eleven)
        desk.spent("10", at: eleven)
        let midnight = instant("2026-03-03T00:00:00Z")
        #expect(desk.decide(at: midnight - Self.millisecond).resumeAt == midnight)
        #expect(desk.tick(at: midnight).resolved.count == 2)
        #expect(desk.decide(at: midnight).kind == .allow && desk.decide(at: midnight).remaining == .dollars(10))
        #expect(desk.spent("6", at: midnight + .hours(1)).fired.map(\.name) == ["night@50%"])
        // Friday's shift lasts into Saturday; Saturday has none.
        let saturday = instant("2026-03-07T05:59:59Z")
        #expect(desk.spent("6", at: saturday).fired.count == 1)
        #expect(desk.spent("6", at: instant("2026-03-07T23:00:00Z")).deltas.isEmpty)
    }

    @Test func `shifts go by the zone's clock when it changes`() {
        // Warsaw, 29 March: from 22:00 to 06:00 is an hour less; 25 October: an hour more.
        for (evening, hours) in [("2026-03-28T21:00:00Z", Int64(7)), ("2026-10-24T20:00:00Z", 9)] {
            let start = instant(evening)
            let always = Schedule(name: "n", from: .hours(22), to: .hours(6))
            var desk = Self.desk(zone: "Europe/Warsaw", window: .lifetime, now: start, during: always)
            desk.spent("10", at: start)
            let end = start + .hours(hours)
            #expect(desk.decide(at: start).resumeAt == end)
            #expect(desk.decide(at: end - Self.millisecond).kind == .pause && desk.decide(at: end).kind == .allow)
            #expect(desk.spent("1", at: end - Self.millisecond).deltas.count == 1)
            #expect(desk.spent("1", at: end).deltas.isEmpty)
        }
    }

    @Test func `shifts without a gap are one: work goes on when the last of them ends`() {
        let weekdays = Schedule(name: "work", days: [1, 2, 3, 4, 5], from: .zero, to: .hours(24))
        var desk = Self.desk(window: .calendar(.month), now: monday, during: weekdays)
        desk.spent("10", at: monday)
        #expect(desk.decide(at: monday).resumeAt == instant("2026-03-07T00:00:00Z"))
        let always = Schedule(name: "always", from: .hours(6), to: .hours(6))
        var endless = Self.desk(window: .calendar(.month), now: monday, during: always)
        endless.spent("10", at: monday)
        #expect(endless.decide(at: monday).resumeAt == instant("2026-04-01T00:00:00Z"))
    }

    @Test func `a book that was not looked at for days knows its shifts all the same`() {
        var desk = Self.desk(window: .lifetime, now: monday)
        for hours in stride(from: Int64(0), to: 24 * 9, by: 1) {
            let now = monday + .hours(hours)
            let counts = Self.night.contains(now, in: .utc)
            // Ticks come seldom, so that what is remembered of shifts is mostly of another time.
            if hours % 31 == 0 { desk.tick(at: now) }
            #expect(desk.spent("0.01", at: now).deltas.isEmpty == !counts, "\(RFC3339.utc(now))")
            #expect((desk.decide(at: now).remaining != nil) == counts)
        }
    }

    @Test func `a rule with shifts judges within them only`() {
        let rule = Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .hours(2), above: .dollars(2))), schedule: Self.night,
            actions: Actions(notify: ["ops"]))
        let start = instant("2026-03-03T05:30:00Z")
        var desk = Desk(rules: [rule], now: start)
        #expect(desk.spent("9", at: start).fired.count == 1)
        let end = instant("2026-03-03T06:00:00Z")
        desk.ticks(from: start, to: end)
        #expect(desk.tick(at: end + .minutes(5)).resolved.map(\.end) == [.cleared])
        #expect(desk.spent("9", at: end + .hours(1)).alerts.isEmpty && desk.isSound)
    }
}
