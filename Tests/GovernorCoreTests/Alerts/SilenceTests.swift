import GovernorCore
import Testing

@Suite struct SilenceTests {
    private static let end = monday + .hours(1)

    private static func silence(_ items: String..., match: Matcher = .all) -> Silence {
        Silence(
            items: items.map(Glob.init), matcher: match, interval: Interval(start: monday, end: end),
            reason: "load test")
    }

    private static func desk(_ silences: [Silence], rules: [Rule] = []) -> Desk {
        let thresholds = [Threshold(ratio: .percent(80), notify: ["ops"], pause: .untilReset)]
        return Desk(
            [pot("day", per: perWorker, at: thresholds), pot("week", at: thresholds)], rules: rules, silences: silences)
    }

    private static let loadtest = Labels([.worker: "loadtest-1"])

    @Test func `a muted alert is recorded and told to nobody, and limits hold all the same`() {
        var desk = Self.desk([Self.silence()])
        let record = spend(usd("9"), Self.loadtest, id: "a")
        let plan = desk.commit([.insert(record)], at: monday)
        #expect(plan.fired.count == 2 && plan.fired.allSatisfy(\.silenced) && plan.notifications.isEmpty)
        #expect(desk.decide(Self.loadtest, at: monday).kind == .pause)
        #expect(desk.ledger.alerts.values.allSatisfy { $0.silenced })
        let fallen = desk.commit(corrected(record, to: "1"), at: monday + .minutes(1))
        #expect(fallen.resolved.count == 2 && fallen.notifications.isEmpty)
        #expect(desk.ticks(from: monday + .minutes(1), to: Self.end + .minutes(5)).isEmpty && desk.book.outbox.isEmpty)
    }

    @Test(
        arguments: [
            (silence("day"), ["week"]), (silence("da*"), ["week"]), (silence("*"), []),
            (silence("other"), ["day", "week"]),
            (silence("week", "day"), []), (silence("week", match: matching(.worker, "*")), ["day", "week"]),
            (silence(match: matching(.worker, "loadtest-*")), ["week"]),
            (silence("day", match: matching(.worker, "loadtest-*")), ["week"]),
            (silence("day", match: matching(.worker, "w-*")), ["day", "week"]),
            (silence(match: matching(.project, "*")), ["day", "week"]),
        ] as [(Silence, [String])])
    func `it mutes by item and by the labels of the alert`(silence: Silence, told: [String]) {
        var desk = Self.desk([silence])
        let plan = desk.spent("9", Self.loadtest, at: monday)
        #expect(plan.fired.filter { !$0.silenced }.map(\.item) == told)
        #expect(plan.notifications.flatMap(\.groups) == told)
    }

    @Test func `when it ends what still fires is told once, and its end too`() {
        var desk = Self.desk([Self.silence("day")])
        let record = spend(usd("9"), Self.loadtest, id: "a")
        desk.commit([.insert(record)], at: monday)
        #expect(desk.ticks(from: monday, to: Self.end - Span(milliseconds: 1)).isEmpty)
        let lifted = desk.tick(at: Self.end)
        #expect(
            lifted.alerts.map(\.item) == ["day"] && lifted.alerts.allSatisfy { $0.state == .firing && !$0.silenced })
        #expect(lifted.notifications.flatMap(\.groups) == ["day"])
        #expect(desk.ledger.alerts.values.allSatisfy { !$0.silenced }, "the ledger knows that it was told")
        desk.restart(at: Self.end + .minutes(1))
        #expect(desk.ticks(from: Self.end + .minutes(1), to: Self.end + .minutes(9)).isEmpty)
        let fallen = desk.commit(corrected(record, to: "1"), at: Self.end + .minutes(10))
        #expect(Set(fallen.notifications.flatMap(\.groups)) == ["day", "week"])
    }

    @Test func `a silence that is taken out of the policy or that began later mutes nothing that was told`() {
        var desk = Self.desk([Self.silence("day")])
        desk.spent("9", Self.loadtest, at: monday)
        var policy = desk.book.policy
        policy.silences = []
        desk.restart(policy, at: monday + .minutes(5))
        #expect(desk.tick(at: monday + .minutes(5)).notifications.flatMap(\.groups) == ["day"])
        policy.silences = [Self.silence()]
        desk.restart(policy, at: monday + .minutes(6))
        #expect(desk.ticks(from: monday + .minutes(6), to: Self.end + .minutes(2)).isEmpty)
    }

    @Test func `the message of a rule and of the policy's own error is lifted too`() {
        let hot = Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .hours(2), above: .dollars(2))),
            actions: Actions(notify: ["ops"]))
        var desk = Self.desk([Self.silence("hot", "policy.*")], rules: [hot])
        let plan = desk.plan(at: monday) {
            $0.notePolicyError("it is broken")
            $0.add([.insert(spend(usd("7"), Self.loadtest))])
            $0.evaluateAll()
        }
        #expect(plan.fired.count == 2 && plan.fired.allSatisfy(\.silenced) && plan.notifications.isEmpty)
        desk.ticks(from: monday, to: Self.end - .minutes(1))
        let lifted = desk.tick(at: Self.end)
        #expect(Set(lifted.notifications.flatMap(\.groups)) == ["hot", "policy.error"])
        #expect(
            Set(lifted.notifications.filter { $0.groups.contains("policy.error") }.map(\.receiver)) == [
                "ops", "oncall",
            ])
        #expect(desk.ticks(from: Self.end + .minutes(1), to: Self.end + .minutes(20)).isEmpty)
        let fixed = desk.plan(at: Self.end + .minutes(21)) { $0.notePolicyError(nil) }
        #expect(fixed.notifications.count == 2 && desk.book.loose.isEmpty)
    }

    @Test func `what resolves in the minute its silence ends is not told at all`() {
        var desk = Self.desk([Self.silence()])
        let record = spend(usd("9"), Self.loadtest, id: "a")
        desk.commit([.insert(record)], at: monday)
        let plan = desk.plan(at: Self.end) {
            $0.add(corrected(record, to: "1"))
            $0.evaluateAll()
        }
        #expect(plan.resolved.count == 2 && plan.fired.isEmpty && plan.notifications.isEmpty)
    }
}
