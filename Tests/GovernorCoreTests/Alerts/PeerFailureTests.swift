import GovernorCore
import Testing

/// Failures that others had, each by its name.
@Suite struct PeerFailureTests {
    private static let midnight = instant("2026-03-03T00:00:00Z")
    private static let pausing = [Threshold(ratio: .percent(100), notify: ["ops"], pause: .untilReset)]

    @Test(arguments: Window.CalendarUnit.allCases)
    func `a window that never resets`(unit: Window.CalendarUnit) {
        // Nothing looks at the book in between: no tick, no record, no reset job.
        var desk = Desk([pot(window: .calendar(Window.Period(unit)), at: Self.pausing)])
        desk.spent("10", at: monday)
        let end = Window.calendar(Window.Period(unit)).slot(containing: monday, in: .utc).end
        #expect(desk.decide(at: end - Span(milliseconds: 1)).kind == .pause)
        #expect(desk.decide(at: end).kind == .allow && desk.decide(at: end).remaining == .dollars(10))
        #expect(desk.tick(at: end + .days(3)).resolved.map(\.end) == [.windowEnded])
        #expect(desk.spent("10", at: end + .days(400)).fired.count == 1)
    }

    @Test func `a boundary that loses the last write`() {
        var desk = Desk([pot(at: Self.pausing)])
        desk.spent("9", at: monday)
        let last = Self.midnight - Span(milliseconds: 1)
        let plan = desk.commit(
            [spend(usd("1"), at: last, id: "a"), spend(usd("1"), at: Self.midnight, id: "b")], at: Self.midnight)
        #expect(plan.fired.count == 1 && plan.resolved.count == 1, "yesterday reached its limit")
        #expect(plan.deltas.values.map(\.cost).sorted() == [.dollars(1), .dollars(1)] && plan.deltas.count == 2)
        #expect(desk.decide(at: Self.midnight).remaining == .dollars(9))
        let much = desk.commit([spend(usd("5"), at: last, id: "c")], at: Self.midnight + .hours(5))
        #expect(much.deltas.values.map(\.cost) == [.dollars(5)], "later still the ledger's window has it")
    }

    @Test func `one threshold's alert swallowing the next`() {
        let close = [85, 95].map { Threshold(ratio: .percent($0), notify: ["ops"]) }
        var desk = Desk([pot(at: close)])
        #expect(desk.spent("8.5", at: monday, id: "a").notifications.map(\.items.count) == [1])
        let second = desk.spent("1", at: monday + .seconds(1), id: "b")
        #expect(
            second.fired.map(\.name) == ["b@95%"]
                && second.notifications.flatMap(\.items).map(\.alert.name) == ["b@95%"])
        #expect(desk.book.firing.count == 2)
    }

    @Test func `no alert after a raised limit`() {
        var desk = Desk([pot(at: Self.pausing)])
        desk.spent("10", at: monday)
        for (minute, limit) in [(Int64(1), Int64(20)), (2, 30), (3, 40)] {
            var policy = desk.book.policy
            policy.budgets[0].limit = .usd(.dollars(limit))
            let now = monday + .minutes(minute)
            desk.restart(policy, at: now)
            #expect(desk.tick(at: now).resolved.map(\.end) == [.limitChanged])
            #expect(desk.spent("10", at: now).fired.map(\.limit) == [.usd(.dollars(limit))])
        }
        #expect(desk.isSound)
    }

    @Test func `five concurrent crossings, five alerts`() {
        // Five records cross one threshold in five groups, and in one.
        var apart = Desk([pot()])
        for number in 0..<5 { apart.spent("8", at: monday, id: "\(number)") }
        #expect(apart.fired.count == 1 && apart.book.outbox.count == 1)
        var at1 = Desk([pot()])
        #expect(at1.commit((0..<5).map { spend(usd("8"), id: "\($0)") }, at: monday).fired.count == 1)
    }

    @Test func `alerts that flap at the line`() {
        var rolling = Desk([pot(window: .rolling(.minutes(30)))])
        var alerts: [Alert] = []
        for round in Int64(0)..<100 {
            // $8 of $10 in 30 minutes, again and again just as the last leave.
            let now = monday + .minutes(32 * round)
            alerts += rolling.spent("8", at: now).alerts
            alerts += rolling.ticks(from: now, to: now + .minutes(31))
        }
        #expect(alerts.count == 1)
        var day = Desk([pot()])
        var before = spend(usd("8"), id: "a")
        alerts = day.commit([.insert(before)], at: monday).alerts
        for second in Int64(1)..<50 {
            var after = before
            after.cost = second.isMultiple(of: 2) ? usd("8") : usd("7.99")
            alerts +=
                day.commit(
                    [.revise(StoredRecord(sequence: 1, record: before), to: after)], at: monday + .seconds(second)
                ).alerts
            before = after
        }
        #expect(alerts.count == 2 && day.isSound, "up and down once")
    }

    @Test func `editing a limit that forgets usage`() {
        var desk = Desk([pot(per: perWorker, at: Self.pausing)])
        let one = Labels([.worker: "w-1"])
        desk.spent("7", one, at: monday)
        for limit in [Limit.usd(.dollars(9)), .usd(.dollars(7)), Limit(unit: .calls, value: 2), .usd(.dollars(20))] {
            var policy = desk.book.policy
            policy.budgets[0].limit = limit
            desk.restart(policy, at: monday)
            desk.tick(at: monday)
            let standing = desk.book.standing(of: AccountKey(meter: 0, split: Split(raw: "w-1")), now: monday)
            #expect(standing.spent == (limit.unit == .usd ? 7_000_000_000 : 1))
        }
        #expect(desk.decide(one, at: monday).remaining == .dollars(13))
    }

    @Test(arguments: [
        ("Europe/Warsaw", "2026-03-02T23:00:00Z"), ("America/New_York", "2026-03-03T05:00:00Z"),
        ("Asia/Kathmandu", "2026-03-02T18:15:00Z"),
    ])
    func `a time zone stored and ignored`(name: String, midnight: String) {
        var desk = Desk([pot(zone: zone(name), at: Self.pausing)])
        let plan = desk.spent("10", at: monday)
        #expect(plan.fired.map(\.window.end) == [instant(midnight)])
        #expect(desk.decide(at: monday).resumeAt == instant(midnight))
        #expect(desk.decide(at: instant(midnight) - Span(milliseconds: 1)).kind == .pause)
        #expect(desk.decide(at: instant(midnight)).kind == .allow)
    }

    @Test func `alerts lost at a restart`() {
        var desk = Desk([pot()])
        desk.spent("9", at: monday)
        let messages = desk.book.outbox
        #expect(messages.count == 1)
        desk.restart(at: monday + .minutes(1))
        #expect(desk.book.outbox == messages && desk.book.firing.count == 1)
    }
}
