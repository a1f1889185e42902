import GovernorCore
import Testing

@Suite struct LabelResolverTests {
    private static func line(worker: String? = nil, task: String? = nil, at time: Timestamp = monday) -> UsageRecord {
        var labels = Labels([.source: "coordinator"])
        labels.worker = worker
        labels.task = task
        return UsageRecord(
            identity: CallIdentity(key: "coordinator/1"), growth: .later, time: time, labels: labels,
            tokens: TokenCounts())
    }

    private static let named = LabelResolver(named: [
        "s-1": Labels([.worker: "w-1", .task: "t-1"]), "s-2": Labels([.worker: "w-1", .task: "t-2"]),
        "s-3": Labels([.task: "t-3"]),
    ])

    @Test func `a line belongs to the session its worker was named for, else its task`() {
        #expect(Self.named.candidates(for: Self.line(worker: "w-1", task: "t-3").labels) == ["s-1", "s-2"])
        #expect(Self.named.session(for: Self.line(worker: "w-9", task: "t-3"), states: [:]) == "s-3")
        #expect(Self.named.session(for: Self.line(worker: "w-9"), states: [:]) == nil)
        var bound = Self.line(worker: "w-1")
        bound.labels.session = "s-9"
        #expect(Self.named.candidates(for: bound.labels).isEmpty)
    }

    @Test func `of several sessions the one in whose times it lies, at most a day away`() {
        let states = [
            "s-1": SessionState(since: monday, last: monday + .hours(2)),
            "s-2": SessionState(since: monday + .hours(5), last: monday + .hours(9)),
        ]
        func session(at time: Timestamp) -> String? {
            Self.named.session(for: Self.line(worker: "w-1", at: time), states: states)
        }
        #expect(session(at: monday + .hours(1)) == "s-1")
        #expect(session(at: monday + .hours(6)) == "s-2")
        #expect(session(at: monday + .hours(3)) == "s-1")
        #expect(session(at: monday + .hours(32)) == "s-2")
        #expect(session(at: monday + .days(3)) == nil)
        #expect(session(at: monday - .days(2)) == nil)
    }

    @Test func `what was registered goes before what telemetry says`() {
        let state = SessionState(
            labels: Labels([.worker: "w-1"]), attributes: Labels([.worker: "w-2", .team: "platform"]))
        #expect(state.named == Labels([.worker: "w-1", .team: "platform"]))
        #expect(SessionState().named == nil)
    }

    @Test func `a session that is called something else is found under its new name alone`() {
        var resolver = Self.named
        resolver.name("s-1", Labels([.worker: "w-5"]))
        #expect(resolver.candidates(for: Self.line(worker: "w-1").labels) == ["s-2"])
        #expect(resolver.candidates(for: Self.line(worker: "w-5").labels) == ["s-1"])
        #expect(resolver.candidates(for: Self.line(task: "t-1").labels).isEmpty)
    }
}
