import GovernorCore
import Testing

/// What operators do by hand, and what watchers hear of it and of everything else.
@Suite struct OperatorPauseTests {
    private static let worker = Labels([.worker: "w-1"])

    private static func pause(
        _ labels: Labels = worker, until: Timestamp? = nil, stop: Bool = false, by: String = "ada"
    ) -> OperatorPause {
        OperatorPause(labels: labels, reason: "load test", by: by, since: monday, until: until, stop: stop)
    }

    @Test func `it holds back whom it names, running work too when it says so`() {
        var desk = Desk([pot()])
        desk.plan(at: monday) { $0.pause(Self.pause(Labels([.worker: "w-*"]), stop: true)) }
        let decision = desk.decide(Self.worker, at: monday)
        #expect(decision.kind == .pause && decision.stop && decision.resumeAt == nil)
        #expect(decision.reasons.map(\.isOperator) == [true] && decision.reasons.first?.item == "ada")
        #expect(
            decision.reasons.first?.text
                == "paused by ada: load test; running work must stop; it may go on when an operator resumes it")
        #expect(desk.book.decide(Self.worker, .running, now: monday).kind == .pause)
        #expect(desk.decide(Labels([.worker: "x-1"]), at: monday).kind == .allow)
        let unnamed = desk.decide(Labels(), at: monday)
        #expect(unnamed.kind == .allow)
        #expect(unnamed.caveats == ["the pause by ada matches on worker, which the request does not name"])
    }

    @Test func `one for a while ends to the millisecond, is told once, and survives a restart`() {
        var desk = Desk([pot()])
        let end = monday + .hours(2)
        desk.plan(at: monday) { $0.pause(Self.pause(until: end)) }
        desk.restart(at: monday + .hours(1))
        #expect(desk.decide(Self.worker, at: end - Span(milliseconds: 1)).resumeAt == end)
        #expect(desk.decide(Self.worker, at: end).kind == .allow)
        desk.tick(at: end + .seconds(1))
        desk.tick(at: end + .seconds(2))
        #expect(desk.ledger.events.map(\.kind) == [.paused, .resumed])
        #expect(desk.book.admission.pauses.isEmpty)
    }

    @Test func `a second of the same labels takes the first one's place`() {
        var desk = Desk([pot()])
        desk.plan(at: monday) { $0.pause(Self.pause()) }
        desk.plan(at: monday) { $0.pause(Self.pause(until: monday + .minutes(5), by: "bob")) }
        #expect(desk.decide(Self.worker, at: monday).reasons.map(\.item) == ["bob"])
    }

    @Test func `resuming ends those that are about whom it names`() {
        var desk = Desk([pot()])
        var both = Self.worker
        both.project = "web"
        for labels in [Self.worker, both, Labels()] { desk.plan(at: monday) { $0.pause(Self.pause(labels)) } }
        var ended: [OperatorPause] = []
        desk.plan(at: monday) { ended = $0.endPauses(of: Self.worker) }
        #expect(ended.map(\.labels) == [Self.worker, both])
        #expect(desk.decide(Self.worker, at: monday).kind == .pause, "the fleet is still paused")
        desk.plan(at: monday) { ended = $0.endPauses(of: Labels()) }
        #expect(ended.count == 1 && desk.decide(Self.worker, at: monday).kind == .allow)
    }

    @Test func `the next reset is that of the first budget that covers the labels`() {
        let desk = Desk([
            pot("day", match: matching(.project, "web")), pot("hour", window: .calendar(.hour)),
            pot("life", window: .lifetime),
        ])
        var planner = Planner(book: desk.book, now: monday)
        #expect(planner.nextReset(for: Self.worker) == monday + .hours(1))
        planner = Planner(book: Desk([pot("life", window: .lifetime)]).book, now: monday)
        #expect(planner.nextReset(for: Self.worker) == nil)
    }

    @Test func `watchers hear of each change once, in order, also across a restart`() {
        let steps = [
            Threshold(ratio: .percent(50), throttle: Throttle(maxWorkers: 1)),
            Threshold(ratio: .percent(80), pause: .untilReset), Threshold(ratio: .percent(100), stop: true),
        ]
        var desk = Desk([pot(per: perWorker, window: .calendar(.hour), at: steps)])
        for (place, cost) in ["5", "3", "1", "1"].enumerated() {
            desk.spent(cost, Self.worker, at: monday + .minutes(Int64(place)))
            if place == 1 { desk.restart(at: monday + .minutes(1)) }
            desk.tick(at: monday + .minutes(Int64(place)))
        }
        desk.tick(at: monday + .hours(1))
        let events = desk.ledger.events
        #expect(
            events.map(\.kind) == [
                .threshold, .throttled, .threshold, .paused, .threshold, .stopped, .resumed,
            ])
        #expect(events.map(\.sequence) == Array(1...7))
        #expect(events.allSatisfy { $0.labels == Self.worker && $0.item == .budget("b") && !$0.text.isEmpty })
    }

    @Test func `what holds alone fill is no pause that watchers hear of`() {
        var desk = Desk([pot(at: [Threshold(ratio: .percent(100), pause: .untilReset)])])
        let request = HoldRequest.Reserve(key: "k", labels: Labels(), estimate: usd("10"))
        _ = desk.hold(.reserve(request), at: monday)
        let decision = desk.decide(at: monday)
        #expect(decision.kind == .pause && decision.askAgainAfter != nil && decision.resumeAt == nil)
        desk.tick(at: monday)
        #expect(desk.ledger.events.isEmpty)
    }

    @Test func `watching somebody is hearing of him, of patterns he is in, and of everybody`() {
        func event(_ labels: Labels) -> WatchEvent {
            WatchEvent(sequence: 1, at: monday, kind: .paused, labels: labels, item: nil, text: "")
        }
        let heard = [
            Self.worker, Labels([.worker: "w-*"]), Labels(), Labels([.worker: "w-2"]), Labels([.project: "web"]),
        ]
        .map { event($0).concerns(Self.worker) }
        #expect(heard == [true, true, true, false, true])
    }
}
