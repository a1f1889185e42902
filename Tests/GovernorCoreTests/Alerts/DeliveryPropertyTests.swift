import GovernorCore
import Seeds
import Testing

/// None lost, none twice, in order: crossings and ends go through outbox, receivers and crashes between any two steps.
@Suite struct DeliveryPropertyTests {
    /// A receiver that keeps what it takes, under the id it came with.
    private struct Mailbox {
        /// In the order of their first arrival.
        var ids: [String] = []
        var contents: [String: Set<String>] = [:]
        /// Attempts whose end the sender could not know.
        var ambiguous: Set<String> = []
    }

    /// The steps from a due message to its end, with a crash after any.
    private struct Run {
        var random: SeededGenerator
        var desk: Desk
        var now = monday
        var boxes: [String: Mailbox] = ["ops": Mailbox(), "oncall": Mailbox()]
        var crashes = 0

        init(_ seed: Seed) {
            var random = SeededGenerator(seed)
            let waits: [Span] = [.zero, .seconds(1), .seconds(5)]
            let receivers = ["ops", "oncall"].map {
                Receiver(name: $0, kind: .log, groupWait: random.pick(waits), groupInterval: .seconds(20))
            }
            let budgets = ["a", "b"].map { name in
                pot(
                    name, per: perWorker, window: .calendar(.hour),
                    at: [
                        Threshold(ratio: .percent(50), notify: ["ops"]),
                        Threshold(ratio: .percent(80), notify: ["ops", "oncall"]),
                        Threshold(ratio: .percent(100), notify: ["oncall"], pause: .untilReset),
                    ])
            }
            self.random = random
            desk = Desk(Policy(revision: "r", budgets: budgets, receivers: receivers))
        }

        /// - Returns: true when the process died, so that what was about to follow doesn't.
        mutating func crash() -> Bool {
            guard random.once(in: 6) else { return false }
            crashes += 1
            desk.restart(at: now)
            return true
        }

        /// One look of the delivery loop at one receiver.
        mutating func serve(_ name: String) {
            let pending = desk.book.outbox.values.filter { $0.receiver == name }
            guard let next = DeliveryQueue.next(pending, now: now) else { return }
            var sealed: Notification?
            let plan = desk.plan(at: now) { sealed = $0.seal(next.id) }
            #expect(plan.isEmpty, "sealing writes nothing")
            guard let sealed, !crash() else { return }
            // Alerts that fire meanwhile must not join it.
            if random.once(in: 3) { spend() }
            let outcome = arrive(sealed, in: name)
            guard !crash() else { return }
            let end = Delivery(
                notification: sealed.id, result: DeliveryResult(outcome), at: now,
                jitter: Double(random.number(0...10)) / 10)
            desk.plan(at: now) { $0.add(end) }
            _ = crash()
        }

        private mutating func arrive(_ message: Notification, in name: String) -> DeliveryOutcome {
            let contents = Set(message.items.map { "\($0.alert.id) \($0.event)" })
            let isTaken = random.once(in: 2)
            let isKnown = random.once(in: 2)
            if isTaken {
                if let known = boxes[name]?.contents[message.id] {
                    #expect(known == contents, "one id says one thing")
                } else {
                    boxes[name]?.ids.append(message.id)
                    boxes[name]?.contents[message.id] = contents
                }
                if isKnown { return .delivered }
            }
            if !isTaken, isKnown, random.once(in: 8) { return .refused(DeliveryFailure(.http4xx, "no")) }
            let failure = DeliveryFailure(.reset, "the connection was reset", isAmbiguous: isTaken)
            return .failed(failure, retryAfter: random.once(in: 4) ? .seconds(random.number(1...60)) : nil)
        }

        mutating func spend() {
            let worker = Labels([.worker: random.pick(["w-1", "w-2"])])
            desk.spent("\(random.number(1...6))", worker, at: now, id: "\(desk.ledger.stored.count)")
        }

        mutating func pass() {
            now = now + Span(milliseconds: random.pick([1, 300, 1000, 7000, 130_000]))
            desk.tick(at: now)
        }

        /// Until nothing is pending, with receivers that take everything.
        mutating func drain() {
            for _ in 0..<2000 where !desk.book.outbox.isEmpty {
                for name in ["ops", "oncall"] {
                    let pending = desk.book.outbox.values.filter { $0.receiver == name }
                    guard let next = DeliveryQueue.next(pending, now: now) else { continue }
                    let contents = Set(next.items.map { "\($0.alert.id) \($0.event)" })
                    if boxes[name]?.contents.updateValue(contents, forKey: next.id) == nil {
                        boxes[name]?.ids.append(next.id)
                    }
                    desk.plan(at: now) {
                        $0.add(
                            Delivery(
                                notification: next.id, result: DeliveryResult(.delivered), at: now, jitter: 0))
                    }
                }
                now = now + .seconds(10)
            }
        }
    }

    @Test(arguments: Seed.some(200))
    func `every event reaches whom it is for, once, and in order, whatever crashes`(seed: Seed) {
        var run = Run(seed)
        for _ in 0..<120 {
            switch run.random.number(0..<5) {
            case 0: run.spend()
            case 1: run.pass()
            default: run.serve(run.random.pick(["ops", "oncall"]))
            }
        }
        run.drain()
        #expect(run.desk.book.outbox.isEmpty && run.desk.isSound)
        let ledger = run.desk.ledger

        // Whoever an alert is for is told of each of its events by one decision, in one message.
        for alert in ledger.alerts.values {
            for receiver in alert.notified {
                let events: [Telling.Event] = alert.state == .firing ? [.firing] : [.firing, .resolved]
                for event in events {
                    let told = ledger.tellings.filter {
                        $0.alert == alert.id && $0.receiver == receiver && $0.event == event && $0.reason.tells
                    }
                    let outranked = ledger.tellings.contains {
                        $0.alert == alert.id && $0.receiver == receiver && $0.reason == .outranked
                    }
                    #expect(told.count == 1 || event == .firing && outranked, "\(alert.name) \(event) for \(receiver)")
                    let holding = ledger.messages.values.filter { message in
                        message.receiver == receiver
                            && message.items.contains { $0.alert.id == alert.id && $0.event.rawValue == event.rawValue }
                    }
                    #expect(holding.count == (outranked && event == .firing ? 0 : 1))
                }
            }
        }
        // What left the outbox arrived, or is an alert to the other.
        for message in ledger.messages.values {
            let box = run.boxes[message.receiver] ?? Mailbox()
            switch message.state {
            case .pending: Issue.record("\(message.id) is pending")
            case .sent: #expect(box.contents[message.id] == Set(message.items.map { "\($0.alert.id) \($0.event)" }))
            case .dead where message.groups == [Alert.deliveryItem]: break
            case .dead:
                #expect(ledger.alerts.values.contains { $0.kind == .delivery && $0.split.raw == message.receiver })
            }
        }
        // Of one item, what was decided first arrives first.
        for (name, box) in run.boxes {
            let sent = box.ids.filter { ledger.messages[$0]?.state == .sent }
            for item in ["a", "b", Alert.deliveryItem] {
                let times = sent.compactMap { ledger.messages[$0] }.filter { $0.groups.contains(item) }.map(\.createdAt)
                #expect(times == times.sorted(), "\(item) for \(name)")
            }
        }
    }
}
