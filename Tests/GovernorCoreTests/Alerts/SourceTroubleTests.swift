import GovernorCore
import Testing

/// What is told of sources that can't be read, and when.
@Suite struct SourceTroubleTests {
    private static let locked = "cannot read /p/s.jsonl: Permission denied"

    private static func note(_ troubles: SourceTroubles, _ desk: inout Desk, at now: Timestamp) -> Plan {
        desk.plan(at: now) { $0.noteSources(troubles.findings) }
    }

    private static func troubled(_ kind: String = "transcript", since: Timestamp = monday) -> SourceTroubles {
        var troubles = SourceTroubles()
        troubles.note(kind: kind, path: "/p/s.jsonl", problem: locked, now: since)
        return troubles
    }

    @Test func `after a minute it fires once, to every receiver, and resolves by itself`() {
        var desk = Desk([pot()])
        let troubles = Self.troubled()
        for second in [0, 1, 59, 60] as [Int64] {
            #expect(Self.note(troubles, &desk, at: monday + .seconds(second)).isEmpty)
        }
        let plan = Self.note(troubles, &desk, at: monday + .seconds(61))
        #expect(plan.fired.map(\.name) == ["source.failing"] && plan.fired.map(\.severity) == [.warning])
        #expect(plan.fired[0].text == "not every transcript file can be read, for 1m 1s now: \(Self.locked)")
        #expect(plan.fired[0].who == "transcript")
        #expect(Set(plan.notifications.map(\.receiver)) == ["ops", "oncall"])
        #expect(Self.note(troubles, &desk, at: monday + .seconds(62)).isEmpty)
        #expect(desk.ticks(from: monday + .minutes(2), to: monday + .hours(3)).isEmpty, "only reading ends it")
        desk.restart(at: monday + .hours(3))
        #expect(desk.book.firing.map(\.item) == ["source.failing"])
        #expect(Self.note(Self.troubled(since: monday + .hours(3)), &desk, at: monday + .hours(3)).isEmpty, "as before")
        let end = Self.note(SourceTroubles(), &desk, at: monday + .hours(4))
        #expect(end.resolved.map(\.end) == [.readable] && end.notifications.count == 2)
        #expect(Self.note(SourceTroubles(), &desk, at: monday + .hours(5)).isEmpty && desk.isSound)
    }

    @Test func `it is told again every four hours, as a rule is`() {
        var desk = Desk([pot()])
        _ = Self.note(Self.troubled(), &desk, at: monday + .minutes(2))
        var hours: [Int64] = []
        for hour in Int64(0)...9 {
            let now = monday + .hours(hour) + .minutes(3)
            if !desk.tick(at: now).notifications.isEmpty { hours.append(hour) }
            let waiting = desk.book.outbox.keys.sorted()
            desk.plan(at: now) { planner in
                for id in waiting {
                    planner.add(
                        Delivery(notification: id, result: DeliveryResult(.delivered), at: now, jitter: 0.5))
                }
            }
        }
        #expect(hours == [4, 8])
    }

    @Test func `each kind has its own alert, however many files fail`() {
        var desk = Desk([pot()])
        var troubles = Self.troubled()
        for number in 1...50 {
            troubles.note(kind: "transcript", path: "/p/\(number).jsonl", problem: "cannot read it", now: monday)
        }
        troubles.note(
            unreadable: [.init(kind: SourceTroubles.folder, path: "/w", problem: "cannot read /w: not there")],
            now: monday)
        let fired = Self.note(troubles, &desk, at: monday + .minutes(2)).fired
        #expect(fired.map(\.split.raw) == ["folder", "transcript"])
        #expect(fired[0].text == "not every folder can be read, for 2m now: cannot read /w: not there")
        #expect(fired[1].text.hasSuffix("cannot read it (and 50 more)"))
        troubles.note(unreadable: [], now: monday + .minutes(3))
        #expect(Self.note(troubles, &desk, at: monday + .minutes(3)).resolved.map(\.split.raw) == ["folder"])
        for number in 1...50 {
            troubles.note(kind: "transcript", path: "/p/\(number).jsonl", problem: nil, now: monday)
        }
        #expect(Self.note(troubles, &desk, at: monday + .minutes(3)).isEmpty, "one still fails")
        troubles.note(kind: "transcript", path: "/p/s.jsonl", problem: nil, now: monday)
        #expect(troubles.findings.isEmpty)
        #expect(Self.note(troubles, &desk, at: monday + .minutes(4)).resolved.map(\.split.raw) == ["transcript"])
        #expect(desk.isSound)
    }

    @Test func `a trouble lasts from its first failure, and begins anew after a success`() {
        var troubles = Self.troubled()
        troubles.note(kind: "transcript", path: "/p/s.jsonl", problem: "another", now: monday + .minutes(5))
        #expect(troubles.findings == [.init(kind: "transcript", since: monday, text: "another")])
        troubles.note(kind: "transcript", path: "/p/s.jsonl", problem: nil, now: monday + .minutes(6))
        troubles.note(kind: "transcript", path: "/p/s.jsonl", problem: "again", now: monday + .minutes(7))
        #expect(troubles.findings.map(\.since) == [monday + .minutes(7)])
        let loop = SourceTroubles.Unreadable(kind: "folder", path: "/w", problem: "a loop")
        troubles.note(unreadable: [loop], now: monday)
        troubles.note(unreadable: [loop], now: monday + .minutes(9))
        #expect(troubles.findings.first == .init(kind: "folder", since: monday, text: "a loop"))
    }

    @Test func `a silence mutes it`() {
        var desk = Desk(silences: [
            Silence(
                items: [Glob("source.*")], interval: Interval(start: monday, end: monday + .hours(1)), reason: "moving")
        ])
        let plan = Self.note(Self.troubled(), &desk, at: monday + .minutes(2))
        #expect(plan.fired.map(\.silenced) == [true] && plan.notifications.isEmpty)
    }
}
