import GovernorCore
import Testing

/// What becomes of messages, and of alerts that operators look after.
@Suite struct PlannerMessagesTests {
    /// A worker's day of $10 that tells ops and oncall, with both taking messages at once.
    private static func desk(_ receivers: [Receiver]? = nil) -> Desk {
        let plain = ["ops", "oncall"].map { Receiver(name: $0, kind: .log, groupWait: .zero) }
        return Desk(
            Policy(
                revision: "r",
                budgets: [
                    pot(
                        per: perWorker,
                        at: [
                            Threshold(ratio: .percent(80), notify: ["ops"]),
                            Threshold(ratio: .percent(100), notify: ["ops", "oncall"], pause: .untilReset),
                        ])
                ], receivers: receivers ?? plain))
    }

    private static let one = Labels([.worker: "w-1"])
    private static let broken = DeliveryFailure(.http4xx, "https://hooks.example.com answered 404")
    private static let busy = DeliveryFailure(.http5xx, "https://hooks.example.com answered 503")

    private static func end(_ id: String, _ outcome: DeliveryOutcome, at now: Timestamp) -> Delivery {
        Delivery(notification: id, result: DeliveryResult(outcome), at: now, jitter: 0.5)
    }

    private static func message(_ desk: Desk, _ receiver: String) throws -> Notification {
        try #require(desk.book.outbox.values.first { $0.receiver == receiver })
    }

    @Test func `a message that failed waits, and is the same when it is tried again`() throws {
        var desk = Self.desk()
        desk.spent("9", Self.one, at: monday)
        let message = try Self.message(desk, "ops")
        desk.plan(at: monday) { $0.add(Self.end(message.id, .failed(Self.busy, retryAfter: nil), at: monday)) }
        let tried = try Self.message(desk, "ops")
        #expect(tried.id == message.id && tried.items == message.items && tried.attempts == 1)
        #expect(tried.nextAt == monday + .seconds(5) && tried.lastError == Self.busy.text)
        let later = monday + .seconds(5)
        desk.plan(at: later) {
            $0.add(Self.end(message.id, .failed(Self.busy, retryAfter: .seconds(40)), at: later))
        }
        #expect(try Self.message(desk, "ops").nextAt == later + .seconds(40))
        desk.plan(at: later) { $0.add(Self.end(message.id, .delivered, at: later)) }
        #expect(desk.book.outbox.isEmpty && desk.ledger.messages[message.id]?.state == .sent)
        #expect(desk.ledger.attempts.map(\.outcome) == [.failed, .failed, .delivered])
        #expect(desk.ledger.attempts.map(\.number) == [1, 2, 3])
        let plan = desk.plan(at: later) { $0.add(Self.end(message.id, .delivered, at: later)) }
        #expect(plan.isEmpty, "it is not pending any more")
    }

    @Test func `a dead message is an alert to the others, and over when the receiver takes one`() throws {
        var desk = Self.desk()
        desk.spent("10", Self.one, at: monday)
        let lost = try Self.message(desk, "oncall")
        let plan = desk.plan(at: monday) { $0.add(Self.end(lost.id, .refused(Self.broken), at: monday)) }
        let alert = try #require(plan.fired.first)
        #expect(alert.kind == .delivery && alert.item == "delivery.dead" && alert.notified == ["ops"])
        #expect(alert.severity == .critical && alert.who == "oncall")
        #expect(alert.text.contains("answered 404") && alert.text.contains("w-1 reached 100%"))
        #expect(alert.action.contains("governor alerts retry \(lost.id)"))
        // The other's own message and the news of the lost one.
        let told = desk.book.outbox.values.filter { $0.receiver == "ops" }
        #expect(Set(told.flatMap(\.groups)) == ["b", "delivery.dead"])
        desk.restart(at: monday)
        #expect(desk.book.loose.map(\.id) == [alert.id])

        let dead = try #require(desk.ledger.messages[lost.id])
        desk.plan(at: monday) { $0.retry([dead]) }
        let again = try Self.message(desk, "oncall")
        #expect(again.id == lost.id && again.attempts == 0 && again.items == lost.items)
        let over = desk.plan(at: monday) { $0.add(Self.end(lost.id, .delivered, at: monday)) }
        #expect(over.resolved.map(\.id) == [alert.id] && over.resolved.map(\.end) == [.delivered])
        #expect(desk.book.loose.isEmpty && desk.isSound)
    }

    @Test func `a lost message about a lost message raises nothing`() throws {
        var desk = Self.desk()
        desk.spent("10", Self.one, at: monday)
        let lost = try Self.message(desk, "oncall")
        desk.plan(at: monday) { $0.add(Self.end(lost.id, .refused(Self.broken), at: monday)) }
        for message in desk.book.outbox.values.sorted(by: { $0.id < $1.id }) where message.groups == ["delivery.dead"] {
            let plan = desk.plan(at: monday) { $0.add(Self.end(message.id, .refused(Self.broken), at: monday)) }
            #expect(plan.alerts.isEmpty && plan.notifications.map(\.state) == [.dead])
        }
        #expect(desk.fired.count == 3)
    }

    @Test func `a mailbox that is lost is told while the others have it`() throws {
        var desk = Self.desk()
        desk.spent("10", Self.one, at: monday)
        let message = try Self.message(desk, "oncall")
        let bob = DeliveryFailure(.smtp5xx, "bob@example.com: 550 no such user")
        let result = DeliveryResult(
            .delivered, settled: ["ada@example.com", "bob@example.com"], lost: ["bob@example.com": bob])
        let plan = desk.plan(at: monday) {
            $0.add(Delivery(notification: message.id, result: result, at: monday, jitter: 0))
        }
        #expect(desk.ledger.messages[message.id]?.state == .sent)
        #expect(desk.ledger.messages[message.id]?.settled == ["ada@example.com", "bob@example.com"])
        #expect(plan.fired.map(\.kind) == [.delivery])
        #expect(plan.fired[0].text.hasPrefix("a message to bob@example.com of oncall was not delivered"))
    }

    @Test func `one that arrives brings forward those that wait behind it`() throws {
        var desk = Self.desk()
        desk.spent("9", Self.one, at: monday)
        let first = try Self.message(desk, "ops")
        desk.plan(at: monday) { $0.add(Self.end(first.id, .failed(Self.busy, retryAfter: .hours(1)), at: monday)) }
        let later = monday + .minutes(2)
        desk.spent("9", Labels([.worker: "w-2"]), at: later)
        let second = try #require(desk.book.outbox.values.first { $0.id != first.id })
        desk.plan(at: later) { $0.add(Self.end(second.id, .delivered, at: later)) }
        #expect(try Self.message(desk, "ops").nextAt == later)
    }

    @Test func `a webhook that is gone gets nothing more until the policy changes`() throws {
        var desk = Self.desk()
        desk.spent("10", Self.one, at: monday)
        let message = try Self.message(desk, "oncall")
        let gone = DeliveryFailure(.gone, "https://hooks.example.com answered 410")
        desk.plan(at: monday) { $0.add(Self.end(message.id, .refused(gone), at: monday)) }
        #expect(desk.book.messaging.disabled["oncall"]?.why == gone.text)
        desk.restart(at: monday)
        #expect(desk.book.messaging.disabled["oncall"] != nil)
        desk.plan(at: monday) { $0.enable("oncall") }
        #expect(desk.book.messaging.disabled.isEmpty)
    }

    @Test func `an acknowledged alert is not repeated, and its end is told`() throws {
        let receiver = Receiver(name: "ops", kind: .log, groupWait: .zero, repeatEvery: .minutes(10))
        var desk = Self.desk([receiver])
        let alert = try #require(desk.spent("9", Self.one, at: monday).fired.first)
        let message = try Self.message(desk, "ops")
        desk.plan(at: monday) { $0.add(Self.end(message.id, .delivered, at: monday)) }
        desk.tick(at: monday + .minutes(11))
        let again = try Self.message(desk, "ops")
        #expect(again.items.map(\.isRepeat) == [true])
        desk.plan(at: monday + .minutes(11)) { $0.add(Self.end(again.id, .delivered, at: monday + .minutes(11))) }

        var known: Alert?
        desk.plan(at: monday + .minutes(12)) { known = $0.acknowledge(alert.id, by: "ada") }
        #expect(known?.acknowledgement?.by == "ada" && desk.ledger.alerts[alert.id]?.acknowledgement?.by == "ada")
        desk.restart(at: monday + .minutes(12))
        #expect(desk.ticks(from: monday + .minutes(13), to: monday + .hours(2)).isEmpty && desk.book.outbox.isEmpty)
        let outlook = Planner(book: desk.book, now: monday + .hours(2)).outlook(try #require(known))
        #expect(outlook.map(\.reason) == [.acknowledged])
        let end = desk.commit(
            corrected(spend(usd("9"), Self.one, at: monday, id: "\(monday.milliseconds)"), to: "1"),
            at: monday + .hours(2))
        #expect(end.notifications.flatMap(\.items).map(\.event) == [.resolved])
        desk.plan(at: monday + .hours(3)) { known = $0.acknowledge(alert.id, by: "ada") }
        #expect(known == nil, "it has resolved")
    }

    @Test func `an operator's silence mutes, survives, and is told of when it is ended by hand`() throws {
        var desk = Self.desk()
        let silence = OperatorSilence(
            Silence(
                items: [Glob("b")], matcher: matching(.worker, "w-*"),
                interval: Interval(start: monday, end: monday + .hours(2)), reason: "load test", by: "ada"))
        desk.plan(at: monday) { $0.silence(silence) }
        desk.restart(at: monday + .minutes(1))
        let plan = desk.spent("9", Self.one, at: monday + .minutes(2))
        #expect(plan.fired.map(\.silenced) == [true] && plan.tellings.map(\.reason) == [.silenced])
        var ended: OperatorSilence?
        let lifted = desk.plan(at: monday + .minutes(3)) { ended = $0.expireSilence(silence.id) }
        #expect(ended?.silence.interval.end == monday + .minutes(3))
        #expect(lifted.tellings.map(\.reason) == [.silenceLifted] && lifted.notifications.count == 1)
        desk.plan(at: monday + .minutes(4)) { ended = $0.expireSilence(silence.id) }
        #expect(ended == nil)
        #expect(desk.spent("9", Labels([.worker: "w-3"]), at: monday + .minutes(5)).fired.map(\.silenced) == [false])
    }
}
