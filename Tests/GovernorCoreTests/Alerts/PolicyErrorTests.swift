import GovernorCore
import Testing

@Suite struct PolicyErrorTests {
    private static func note(_ problem: String?, _ desk: inout Desk, at now: Timestamp) -> Plan {
        desk.plan(at: now) { $0.notePolicyError(problem) }
    }

    @Test func `the first error fires, to every receiver; further ones and a restart change nothing`() {
        var desk = Desk([pot()])
        let plan = Self.note("a.yaml:1:1: error: unknown window", &desk, at: monday)
        #expect(plan.fired.map(\.item) == ["policy.error"] && plan.fired[0].severity == .critical)
        #expect(plan.fired[0].text == "a.yaml:1:1: error: unknown window")
        #expect(Set(plan.notifications.map(\.receiver)) == ["ops", "oncall"])
        #expect(Self.note("another", &desk, at: monday + .minutes(1)).isEmpty)
        desk.restart(at: monday + .minutes(2))
        #expect(Self.note("another", &desk, at: monday + .minutes(2)).isEmpty)
        #expect(desk.ticks(from: monday, to: monday + .hours(3)).isEmpty, "nothing but a fix ends it")
        #expect(desk.book.firing.map(\.item) == ["policy.error"] && desk.isSound)
    }

    @Test func `a fix resolves it, and the next error is another alert`() {
        var desk = Desk([pot()])
        let first = Self.note("one", &desk, at: monday).fired
        let fixed = Self.note(nil, &desk, at: monday + .minutes(1))
        #expect(fixed.resolved.map(\.id) == first.map(\.id) && fixed.resolved.map(\.end) == [.policyFixed])
        #expect(fixed.notifications.count == 2)
        #expect(Self.note(nil, &desk, at: monday + .minutes(2)).isEmpty)
        let second = Self.note("one", &desk, at: monday + .minutes(3)).fired
        #expect(second.count == 1 && second[0].id != first[0].id && desk.isSound)
    }

    @Test func `it goes by the alerts of budgets and rules that are gone`() {
        var desk = Desk([pot()])
        _ = Self.note("one", &desk, at: monday)
        var gone = desk.book.loose
        gone.append(
            Alert(
                id: "al_gone", kind: .rule, item: "old", per: [], split: .fleet,
                window: Interval(start: monday, end: .distantFuture), ratio: nil, limitRevision: 0, severity: .warning,
                firedAt: monday, spent: nil, limit: nil, action: "", notified: ["ops"]))
        var book = Book(
            policy: desk.book.policy, limits: desk.book.limits, accounts: desk.book.accounts, loose: gone, outbox: [:],
            now: monday)
        let plan = book.tick(at: monday + .minutes(1))
        #expect(plan.resolved.map(\.end) == [.ruleChanged] && plan.notifications.flatMap(\.groups) == ["old"])
        #expect(book.loose.map(\.item) == ["policy.error"])
        #expect(book.tick(at: monday + .minutes(2)).alerts.isEmpty)
    }
}
