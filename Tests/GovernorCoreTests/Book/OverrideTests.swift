import GovernorCore
import Testing

/// A limit that is another one for a while.
@Suite struct OverrideTests {
    private static let from = monday + .hours(1)
    private static let until = monday + .hours(3)
    private static let millisecond = Span(milliseconds: 1)

    private static func desk(_ limit: Int64, pause: Pause? = .untilReset, window: Window = .calendar(.day)) -> Desk {
        let override = Override(
            limit: .usd(.dollars(limit)), interval: Interval(start: from, end: until), reason: "release", by: "ada")
        return Desk([
            pot(
                window: window, overrides: [override],
                at: [
                    Threshold(ratio: .percent(50), notify: ["ops"]),
                    Threshold(ratio: .percent(100), notify: ["ops"], pause: pause),
                ])
        ])
    }

    @Test func `the limit in force changes at its ends, to the millisecond`() {
        let budget = Self.desk(20).book.policy.budgets[0]
        let expected: [(Timestamp, Int64)] = [
            (Self.from - Self.millisecond, 10), (Self.from, 20), (Self.until - Self.millisecond, 20), (Self.until, 10),
        ]
        for (time, limit) in expected {
            #expect(budget.limit(at: time) == .usd(.dollars(limit)))
            #expect((budget.override(at: time)?.by == "ada") == (limit == 20))
            #expect(Self.desk(20).decide(at: time).remaining == .dollars(limit), "without a tick")
        }
    }

    @Test(arguments: [Pause.untilReset, .lasting(.hours(8)), .untilResumed])
    func `a raised limit lets go from its first instant, before the tick as after it`(pause: Pause) {
        var desk = Self.desk(20, pause: pause)
        desk.spent("12", at: monday)
        desk.tick(at: Self.from - Self.millisecond)
        #expect(desk.decide(at: Self.from - Self.millisecond).kind == .pause)
        #expect(desk.decide(at: Self.from).kind == .allow)
        let plan = desk.tick(at: Self.from)
        #expect(plan.resolved.map(\.end) == [.limitChanged, .limitChanged] && plan.fired.map(\.name) == ["b@50%"])
        #expect(plan.fired[0].limit == .usd(.dollars(20)) && plan.limits.count == 1)
        #expect(desk.decide(at: Self.from).kind == .allow)
        // At its end the old limit is crossed again, as a crossing of its own.
        #expect(desk.decide(at: Self.until).kind == .pause)
        let end = desk.tick(at: Self.until)
        #expect(end.fired.map(\.name) == ["b@50%", "b@100%"] && end.resolved.map(\.end) == [.limitChanged])
        #expect(desk.decide(at: Self.until).kind == .pause && desk.isSound)
    }

    @Test func `a lowered limit pauses from its first instant and lets go at its end`() {
        var desk = Self.desk(5)
        desk.spent("6", at: monday)
        #expect(desk.decide(at: Self.from - Self.millisecond).kind == .allow)
        #expect(desk.decide(at: Self.from).kind == .pause)
        #expect(desk.tick(at: Self.from).fired.map(\.name) == ["b@50%", "b@100%"])
        #expect(desk.decide(at: Self.until).kind == .allow)
        desk.tick(at: Self.until)
        #expect(desk.decide(at: Self.until).kind == .allow && desk.isSound)
    }

    @Test func `a record at its first instant is held against its limit, though no tick came yet`() {
        var desk = Self.desk(20)
        desk.spent("4", at: monday)
        desk.tick(at: Self.from - .seconds(1))
        let plan = desk.spent("7", at: Self.from)
        #expect(plan.fired.map(\.name) == ["b@50%"] && plan.fired.first?.limit == .usd(.dollars(20)))
        #expect(desk.tick(at: Self.from + .seconds(1)).alerts.isEmpty && desk.isSound)
        // One worker's record looks at the others' accounts too.
        var two = Desk([
            pot(per: perWorker, overrides: desk.book.policy.budgets[0].overrides, at: [Threshold(ratio: .percent(80))])
        ])
        two.spent("8", Labels([.worker: "w-1"]), at: monday)
        let moved = two.spent("1", Labels([.worker: "w-2"]), at: Self.from)
        #expect(moved.resolved.map(\.who) == ["w-1"] && two.isSound)
    }

    @Test func `a daemon that was down over its ends knows the limit in force`() {
        var desk = Self.desk(20)
        desk.spent("12", at: monday)
        desk.restart(at: Self.from + .minutes(30))
        #expect(desk.decide(at: Self.from + .minutes(30)).kind == .allow)
        let plan = desk.tick(at: Self.from + .minutes(30))
        #expect(plan.resolved.count == 2 && plan.fired.count == 1)
        desk.restart(at: Self.until + .minutes(30))
        #expect(desk.tick(at: Self.until + .minutes(30)).fired.count == 2)
        desk.restart(at: Self.until + .minutes(31))
        #expect(desk.tick(at: Self.until + .minutes(31)).alerts.isEmpty && desk.isSound)
    }

    @Test func `what stops work in the instant its limit changes is told to watchers in that instant`() {
        let override = Override(
            limit: .usd(.dollars(11)), interval: Interval(start: Self.from, end: Self.until), reason: "r")
        let stop = Threshold(ratio: .percent(100), stop: true, hold: .hours(1))
        var desk = Desk([pot(overrides: [override], at: [stop])])
        desk.spent("12", at: monday)
        let plan = desk.tick(at: Self.from)
        #expect(plan.fired.count == 1 && plan.limits.count == 1)
        #expect(plan.events.map(\.kind) == [.threshold, .stopped])
        #expect(desk.decide(at: Self.from).stop)
    }

    @Test func `two overrides that meet, and one that says what holds anyway, change what they change`() {
        let meeting = [(Self.from, Self.until, Int64(20)), (Self.until, Self.until + .hours(1), 30)].map {
            Override(limit: .usd(.dollars($2)), interval: Interval(start: $0, end: $1), reason: "r")
        }
        var desk = Desk([pot(overrides: meeting, at: [Threshold(ratio: .percent(50))])])
        desk.spent("10", at: monday)
        desk.tick(at: Self.from)
        #expect(desk.tick(at: Self.until).resolved.count == 1)
        #expect(desk.tick(at: Self.until + .hours(1)).fired.count == 1 && desk.isSound)
        var same = Self.desk(10)
        same.spent("6", at: monday)
        #expect(same.ticks(from: monday, to: Self.until + .minutes(1)).isEmpty)
    }
}
