import GovernorCore
import Testing

/// The ways to pause, as decisions show them.
@Suite struct PauseTests {
    private static let midnight = instant("2026-03-03T00:00:00Z")
    private static let millisecond = Span(milliseconds: 1)
    static let night = Schedule(name: "night", from: .hours(22), to: .hours(6))

    private static func desk(
        _ pause: Pause?, window: Window = .calendar(.day), during: Schedule? = nil, per: [LabelKey] = [],
        stop: Bool = false, now: Timestamp = monday
    ) -> Desk {
        Desk(
            [
                pot(
                    per: per, window: window, during: during,
                    at: [Threshold(ratio: .percent(80), notify: ["ops"], pause: pause, stop: stop)])
            ], now: now)
    }

    // MARK: until_reset

    @Test func `until_reset of a calendar ends with its window, of a block with the block`() {
        var day = Self.desk(.untilReset)
        day.spent("8", at: monday)
        #expect(day.decide(at: Self.midnight - Self.millisecond).resumeAt == Self.midnight)
        #expect(day.decide(at: Self.midnight).kind == .allow)
        var block = Self.desk(.untilReset, window: .block(.hours(5)))
        block.spent("8", at: monday)
        #expect(block.decide(at: monday + .hours(5) - Self.millisecond).resumeAt == monday + .hours(5))
        #expect(block.decide(at: monday + .hours(5)).kind == .allow)
    }

    @Test(arguments: [Pause.untilReset, .lasting(.hours(9)), .untilResumed])
    func `a budget with shifts lets go at the shift's end at the latest`(pause: Pause) {
        let start = instant("2026-03-03T01:00:00Z")
        var desk = Self.desk(pause, during: Self.night, now: start)
        desk.spent("8", at: start)
        let six = instant("2026-03-03T06:00:00Z")
        let decision = desk.decide(at: start)
        #expect(decision.kind == .pause && decision.resumeAt == six)
        desk.tick(at: six - Self.millisecond)
        #expect(desk.decide(at: six - Self.millisecond).kind == .pause)
        #expect(desk.decide(at: six).kind == .allow)
    }

    @Test func `a window that ends within the shift lets go before the shift does`() {
        let start = instant("2026-03-02T23:00:00Z")
        var desk = Self.desk(.untilReset, during: Self.night, now: start)
        desk.spent("8", at: start)
        #expect(desk.decide(at: start).resumeAt == Self.midnight)
    }

    // MARK: for a while

    @Test func `a pause for a while lasts from the crossing, past its window's end and a restart`() {
        var desk = Self.desk(.lasting(.hours(2)), window: .calendar(.hour))
        let crossing = monday + .minutes(50)
        desk.spent("9", at: crossing)
        #expect(desk.decide(at: crossing).resumeAt == crossing + .hours(2))
        for minutes in Int64(1)..<120 {
            let now = crossing + .minutes(minutes)
            desk.tick(at: now)
            if minutes == 100 { desk.restart(at: now) }
            #expect(desk.decide(at: now).resumeAt == crossing + .hours(2), "after \(minutes) m")
        }
        desk.tick(at: crossing + .hours(2))
        #expect(desk.decide(at: crossing + .hours(2)).kind == .allow)
        desk.tick(at: crossing + .hours(3))
        #expect(desk.book.accounts[0].isEmpty && desk.isSound)
    }

    @Test func `a raised limit ends a pause for a while, and what was known too late makes none`() {
        var desk = Self.desk(.lasting(.hours(2)))
        desk.spent("9", at: monday)
        var policy = desk.book.policy
        policy.budgets[0].limit = .usd(.dollars(20))
        desk.restart(policy, at: monday + .minutes(1))
        #expect(desk.decide(at: monday + .minutes(1)).kind == .allow)
        desk.tick(at: monday + .minutes(1))
        #expect(desk.decide(at: monday + .minutes(1)).kind == .allow)
        var late = Self.desk(.lasting(.hours(2)))
        let known = Self.midnight + .minutes(5)
        #expect(late.commit([spend(usd("9"), at: Self.midnight - .seconds(1))], at: known).fired.count == 1)
        #expect(late.decide(at: known).kind == .allow)
    }

    // MARK: until_resumed

    @Test(arguments: [Window.calendar(.day), .block(.hours(5)), .rolling(.hours(2)), .lifetime])
    func `until_resumed outlives windows, restarts and corrections`(window: Window) {
        var desk = Self.desk(.untilResumed, window: window)
        let record = spend(usd("8"), id: "a")
        desk.commit([.insert(record)], at: monday)
        desk.commit(corrected(record, to: "1"), at: monday + .minutes(1))
        for hours in Int64(1)..<60 {
            let now = monday + .hours(hours)
            if hours % 7 == 0 { desk.restart(at: now) }
            #expect(desk.tick(at: now).alerts.isEmpty)
            let decision = desk.decide(at: now)
            #expect(decision.kind == .pause && decision.resumeAt == nil)
            #expect(decision.reasons.first?.text.hasSuffix("; work may go on when an operator resumes it") == true)
        }
        let end = monday + .hours(60)
        #expect(desk.resume(at: end).map(\.end) == [.resumed])
        #expect(desk.decide(at: end).kind == .allow && desk.tick(at: end).alerts.isEmpty && desk.isSound)
    }

    @Test(arguments: [Window.calendar(.day), .block(.hours(5)), .rolling(.hours(2)), .lifetime])
    func `once resumed the same crossing pauses nobody again`(window: Window) {
        var desk = Self.desk(.untilResumed, window: window)
        desk.spent("8", at: monday)
        #expect(desk.resume(at: monday + .minutes(1)).count == 1)
        for minutes in Int64(1)..<110 {
            let now = monday + .minutes(minutes)
            if minutes % 10 == 0 { desk.spent("1", at: now) }
            if minutes % 33 == 0 { desk.restart(at: now) }
            #expect(desk.tick(at: now).alerts.isEmpty, "after \(minutes) m")
            #expect(desk.decide(at: now).kind == .allow, "after \(minutes) m")
        }
        #expect(desk.resume(at: monday + .minutes(110)).isEmpty && desk.isSound)
    }

    @Test func `the next window pauses again`() {
        var day = Self.desk(.untilResumed)
        day.spent("8", at: monday)
        _ = day.resume(at: monday)
        day.tick(at: Self.midnight)
        #expect(day.spent("8", at: Self.midnight).fired.count == 1)
        #expect(day.decide(at: Self.midnight).kind == .pause)
        // A rolling window is another one when all of it came after the resumption.
        var rolling = Self.desk(.untilResumed, window: .rolling(.hours(2)))
        rolling.spent("8", at: monday)
        _ = rolling.resume(at: monday)
        #expect(rolling.spent("8", at: monday + .minutes(119)).alerts.isEmpty)
        #expect(rolling.tick(at: monday + .hours(2)).fired.count == 1)
        #expect(rolling.decide(at: monday + .hours(2)).kind == .pause && rolling.isSound)
    }

    @Test func `a resumption ends the pauses of its labels only, of yesterday's window too`() {
        var desk = Self.desk(.untilResumed, per: perWorker)
        let (one, two) = (Labels([.worker: "w-1"]), Labels([.worker: "w-2"]))
        desk.spent("8", one, at: monday, id: "a")
        desk.spent("8", two, at: monday, id: "b")
        let next = Self.midnight + .hours(1)
        desk.tick(at: next)
        desk.spent("9", one, at: next, id: "c")
        #expect(desk.resume(Labels([.worker: "w-3"]), at: next).isEmpty)
        #expect(desk.resume(Labels([.worker: "w-1", .project: "web"]), at: next).isEmpty)
        #expect(desk.resume(one, at: next).map(\.who) == ["w-1", "w-1"], "yesterday's and today's")
        #expect(desk.decide(one, at: next).kind == .allow && desk.decide(two, at: next).kind == .pause)
        #expect(desk.resume(at: next).map(\.who) == ["w-2"])
        #expect(desk.decide(two, at: next).kind == .allow && desk.isSound)
    }

    @Test func `a raised limit ends it from its first instant, a lowered one never does`() {
        for (limit, isFree) in [(Int64(20), true), (9, false), (5, false)] {
            var desk = Self.desk(.untilResumed)
            desk.spent("8", at: monday)
            desk.tick(at: Self.midnight + .hours(2))
            var policy = desk.book.policy
            let change = Self.midnight + .hours(3)
            policy.budgets[0].overrides = [
                Override(
                    limit: .usd(.dollars(limit)), interval: Interval(start: change, end: change + .hours(1)),
                    reason: "release")
            ]
            desk.restart(policy, at: change - Self.millisecond)
            desk.tick(at: change - Self.millisecond)
            #expect(desk.decide(at: change - Self.millisecond).kind == .pause)
            #expect(desk.decide(at: change).kind == (isFree ? .allow : .pause), "$\(limit), before the tick")
            #expect(desk.tick(at: change).resolved.count == (isFree ? 1 : 0))
            #expect(desk.decide(at: change).kind == (isFree ? .allow : .pause), "$\(limit)")
            desk.tick(at: change + .hours(1))
            #expect(desk.decide(at: change + .hours(1)).kind == (isFree ? .allow : .pause), "after it")
            #expect(desk.isSound)
        }
    }

    @Test func `a lowered limit that is crossed in the same window takes the pause over`() {
        var desk = Self.desk(.untilResumed)
        desk.spent("8", at: monday)
        var policy = desk.book.policy
        policy.budgets[0].limit = .usd(.dollars(9))
        desk.restart(policy, at: monday)
        let plan = desk.tick(at: monday)
        #expect(plan.fired.count == 1 && plan.resolved.map(\.end) == [.limitChanged])
        #expect(desk.resume(at: monday).count == 1 && desk.decide(at: monday).kind == .allow && desk.isSound)
    }

    @Test func `a crossing that is known too late still waits for the operator, and says so`() {
        var desk = Self.desk(.untilResumed)
        let known = Self.midnight + .minutes(5)
        let plan = desk.commit([spend(usd("9"), at: Self.midnight - .seconds(1))], at: known)
        #expect(plan.fired.map(\.action) == ["paused the fleet until an operator resumes it"])
        #expect(plan.resolved.isEmpty && desk.decide(at: known).kind == .pause)
    }

    // MARK: Several at once

    @Test func `the strictest wins over budgets and rules, and it ends when the last of them does`() {
        let rule = Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .minutes(15), above: .dollars(4))), per: perWorker,
            actions: Actions(throttle: Throttle(delay: .seconds(30)), pause: .lasting(.minutes(15))))
        let budgets = [
            pot("slow", .usd(.dollars(2)), at: [Threshold(ratio: .percent(50), throttle: Throttle(maxWorkers: 3))]),
            pot(
                "hour", .usd(.dollars(2)), window: .calendar(.hour),
                at: [Threshold(ratio: .percent(100), pause: .untilReset)]),
            pot("life", .usd(.dollars(50)), window: .lifetime, at: [Threshold(ratio: .percent(8), stop: true)]),
        ]
        var desk = Desk(budgets, rules: [rule])
        let one = Labels([.worker: "w-1"])
        desk.spent("2", one, at: monday + .minutes(55))
        let decision = desk.decide(one, at: monday + .minutes(55))
        #expect(decision.kind == .pause && !decision.stop)
        #expect(decision.maxWorkers == 3 && decision.delay == .seconds(30))
        #expect(decision.reasons.map(\.item) == ["hour", "hot", "slow"])
        #expect(decision.resumeAt == monday + .minutes(70), "the rule's pause is the last to end")
        #expect(desk.decide(Labels([.worker: "w-2"]), at: monday + .minutes(55)).resumeAt == monday + .hours(1))
        desk.spent("2", one, at: monday + .minutes(56))
        let stopped = desk.decide(one, at: monday + .minutes(56))
        #expect(stopped.stop && stopped.resumeAt == nil)
    }

    @Test func `what only observes says what it would do, at each level`() {
        let rule = Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .minutes(15), above: .dollars(4))),
            actions: Actions(pause: .lasting(.minutes(15))))
        var observing = rule
        observing.mode = .observe
        let pausing = [Threshold(ratio: .percent(80), pause: .untilReset)]
        for (mode, budgetMode, rule) in [
            (Mode.observe, Mode.enforce, rule), (.enforce, .observe, observing), (.observe, .observe, observing),
        ] {
            var desk = Desk([pot(mode: budgetMode, at: pausing)], rules: [rule], mode: mode)
            let plan = desk.spent("9", at: monday)
            let decision = desk.decide(at: monday)
            #expect(decision.kind == .allow && decision.would == .pause && decision.reasons.isEmpty)
            #expect(decision.resumeAt == nil && !decision.stop)
            #expect(decision.wouldReasons.map(\.item) == ["b", "hot"])
            #expect(plan.fired.count == 2 && plan.fired.allSatisfy { $0.action.hasPrefix("nothing, it only observes") })
        }
        // One that observes beside one that blocks.
        var both = Desk([pot("a", mode: .observe, at: pausing), pot("b", at: pausing)], rules: [observing])
        both.spent("9", at: monday)
        let decision = both.decide(at: monday)
        #expect(decision.kind == .pause && decision.would == nil && decision.reasons.map(\.item) == ["b"])
        #expect(decision.wouldReasons.map(\.item) == ["a", "hot"])
    }
}
