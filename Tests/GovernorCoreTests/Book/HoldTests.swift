import GovernorCore
import Testing

/// `for` and `keep_firing_for` on thresholds.
@Suite struct HoldTests {
    private static let windows: [Window] = [.calendar(.day), .rolling(.hours(2)), .block(.hours(5)), .lifetime]
    private static let fixed: [Window] = [.calendar(.day), .rolling(.hours(2)), .lifetime]

    private static func desk(
        _ window: Window, hold: Span = .zero, keep: Span? = nil, pause: Pause? = nil, throttle: Throttle? = nil
    ) -> Desk {
        let actions = Actions(notify: ["ops"], throttle: throttle, pause: pause)
        return Desk([
            pot(
                window: window,
                at: [Threshold(ratio: .percent(80), actions: actions, hold: hold, keepFiringFor: keep)])
        ])
    }

    @Test(arguments: windows) func `it fires once the share was reached for that long`(window: Window) {
        var desk = Self.desk(window, hold: .minutes(10))
        #expect(desk.spent("8", at: monday).alerts.isEmpty)
        #expect(desk.ticks(from: monday, to: monday + .seconds(599), every: .seconds(1)).isEmpty)
        let plan = desk.tick(at: monday + .minutes(10))
        #expect(plan.fired.map(\.name) == ["b@80%"] && plan.notifications.count == 1)
        #expect(desk.ticks(from: monday + .minutes(10), to: monday + .minutes(30)).isEmpty)
        #expect(desk.ledger.timers.isEmpty && desk.isSound)
    }

    @Test(arguments: windows) func `the wait begins anew when it was not reached for a moment`(window: Window) {
        var desk = Self.desk(window, hold: .minutes(10))
        let first = spend(usd("8"), id: "a")
        desk.commit([.insert(first)], at: monday)
        desk.commit(corrected(first, to: "7"), at: monday + .minutes(5))
        #expect(desk.ledger.timers.isEmpty)
        desk.spent("1", at: monday + .minutes(6))
        #expect(desk.ticks(from: monday + .minutes(6), to: monday + .minutes(15)).isEmpty)
        #expect(desk.tick(at: monday + .minutes(16)).fired.count == 1)
    }

    @Test(arguments: windows) func `a restart while it waits forgets nothing and fires nothing twice`(window: Window) {
        var desk = Self.desk(window, hold: .minutes(10))
        desk.spent("8", at: monday)
        desk.restart(at: monday + .minutes(9))
        #expect(desk.tick(at: monday + .minutes(9)).alerts.isEmpty)
        desk.restart(at: monday + .minutes(10))
        #expect(desk.tick(at: monday + .minutes(10)).fired.count == 1)
        desk.restart(at: monday + .minutes(11))
        #expect(desk.ticks(from: monday + .minutes(11), to: monday + .minutes(40)).isEmpty && desk.isSound)
    }

    @Test(arguments: fixed) func `a clock that is set back makes it wait from there, not for ever`(window: Window) {
        var desk = Self.desk(window, hold: .minutes(10))
        desk.spent("8", at: monday)
        desk.tick(at: monday + .minutes(5))
        let back = monday - .minutes(55)
        desk.restart(at: back)
        #expect(desk.ticks(from: back, to: back + .minutes(9)).isEmpty)
        #expect(desk.tick(at: back + .minutes(10)).fired.count == 1 && desk.isSound)
    }

    @Test func `a window that ends takes what waited with it`() {
        var desk = Self.desk(.calendar(.hour), hold: .minutes(10))
        let late = monday + .minutes(55)
        desk.spent("8", at: late)
        let ten = monday + .hours(1)
        #expect(desk.ticks(from: late, to: ten + .minutes(2)).isEmpty)
        // The last write of the old window is known late: five minutes are not ten.
        #expect(desk.commit([spend(usd("1"), at: ten - .seconds(1), id: "late")], at: ten + .minutes(6)).alerts.isEmpty)
        #expect(desk.ticks(from: ten + .minutes(7), to: ten + .hours(3)).isEmpty)
        #expect(desk.ledger.timers.isEmpty && desk.book.accounts[0].isEmpty)
    }

    @Test func `what was reached for that long within its window is told by a late record`() {
        var desk = Self.desk(.calendar(.hour), hold: .minutes(10), pause: .untilReset)
        desk.spent("8", at: monday + .minutes(40))
        // The machine slept from here on.
        let ten = monday + .hours(1)
        #expect(desk.tick(at: ten + .minutes(1)).alerts.isEmpty)
        let plan = desk.commit([spend(usd("1"), at: ten - .seconds(1), id: "late")], at: ten + .minutes(2))
        #expect(plan.fired.map(\.action) == ["nothing, the window had ended before this spend was known"])
        #expect(plan.resolved.map(\.end) == [.windowEnded] && desk.decide(at: ten + .minutes(2)).kind == .allow)
    }

    @Test(arguments: windows) func `it resolves once the share was not reached for that long`(window: Window) {
        var desk = Self.desk(window, keep: .minutes(10))
        let first = spend(usd("8"), id: "a")
        #expect(desk.commit([.insert(first)], at: monday).fired.count == 1)
        desk.commit(corrected(first, to: "7"), at: monday + .minutes(1))
        #expect(desk.ticks(from: monday + .minutes(2), to: monday + .minutes(10)).isEmpty)
        // Up and down again: the same crossing goes on, and the ten minutes begin anew.
        desk.spent("1", at: monday + .minutes(10), id: "b")
        #expect(desk.ledger.timers.isEmpty)
        desk.commit(corrected(spend(usd("1"), at: monday + .minutes(10), id: "b"), to: "0"), at: monday + .minutes(20))
        desk.restart(at: monday + .minutes(25))
        #expect(desk.ticks(from: monday + .minutes(25), to: monday + .minutes(29)).isEmpty)
        let plan = desk.tick(at: monday + .minutes(30))
        #expect(plan.resolved.map(\.end) == [.spendFell] && plan.fired.isEmpty)
        #expect(desk.ledger.timers.isEmpty && desk.isSound)
    }

    @Test func `a window's end ends the alert however long it would keep firing`() {
        var desk = Self.desk(.calendar(.hour), keep: .hours(5))
        let first = spend(usd("8"), id: "a")
        desk.commit([.insert(first)], at: monday)
        desk.commit(corrected(first, to: "1"), at: monday + .minutes(30))
        #expect(desk.ticks(from: monday + .minutes(30), to: monday + .minutes(59)).isEmpty)
        #expect(desk.tick(at: monday + .hours(1)).resolved.map(\.end) == [.windowEnded])
        desk.ticks(from: monday + .hours(1), to: monday + .hours(3))
        #expect(desk.ledger.timers.isEmpty)
    }

    @Test func `without keep_firing_for a calendar resolves at once, and a rolling window when it says zero`() {
        var calendar = Self.desk(.calendar(.day))
        let first = spend(usd("8"), id: "a")
        calendar.commit([.insert(first)], at: monday)
        #expect(calendar.commit(corrected(first, to: "7"), at: monday).resolved.count == 1)
        var rolling = Self.desk(.rolling(.hours(1)), keep: .zero)
        rolling.commit([.insert(first)], at: monday)
        #expect(rolling.commit(corrected(first, to: "7"), at: monday).resolved.count == 1)
    }

    @Test func `what has to hold for a while acts when its alert fires, not before`() {
        var desk = Self.desk(
            .calendar(.day), hold: .minutes(10), pause: .untilReset, throttle: Throttle(maxWorkers: 2))
        desk.spent("9", at: monday)
        #expect(desk.decide(at: monday + .minutes(9)).kind == .allow)
        #expect(desk.decide(estimate: .dollars(50), at: monday + .minutes(9)).kind == .allow)
        desk.tick(at: monday + .minutes(10))
        let decision = desk.decide(at: monday + .minutes(10))
        #expect(decision.kind == .pause && decision.maxWorkers == 2)
        #expect(decision.resumeAt == instant("2026-03-03T00:00:00Z"))
    }

    @Test func `the time since an alert fell is not taken for the time a lower limit is reached`() {
        var desk = Self.desk(.rolling(.hours(6)), hold: .minutes(10), keep: .hours(2))
        let first = spend(usd("8"), id: "a")
        desk.commit([.insert(first)], at: monday)
        #expect(desk.tick(at: monday + .minutes(10)).fired.count == 1)
        desk.commit(corrected(first, to: "6"), at: monday + .minutes(20))
        var policy = desk.book.policy
        policy.budgets[0].limit = .usd(.dollars(5))
        let lowered = monday + .hours(1)
        desk.restart(policy, at: lowered)
        let plan = desk.tick(at: lowered)
        #expect(plan.resolved.map(\.end) == [.limitChanged] && plan.fired.isEmpty)
        #expect(desk.ticks(from: lowered, to: lowered + .minutes(9)).isEmpty)
        #expect(desk.tick(at: lowered + .minutes(10)).fired.count == 1)
    }

    @Test func `a threshold that is gone leaves no timer behind`() {
        for window in Self.windows {
            var desk = Self.desk(window, hold: .minutes(10))
            desk.spent("8", at: monday)
            var policy = desk.book.policy
            policy.budgets[0].thresholds = [Threshold(ratio: .percent(100))]
            desk.restart(policy, at: monday + .minutes(1))
            desk.tick(at: monday + .minutes(1))
            #expect(desk.ledger.timers.isEmpty)
        }
    }
}
