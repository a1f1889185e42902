import GovernorAPI
import GovernorCore
import GovernorLedger

/// A test message somebody asked for.
struct TestRequest: Sendable {
    var receiver: Receiver
    /// How it went; nil for a receiver that is off.
    var answer: @Sendable (DeliveryOutcome?) -> Void
}

/// The operations on alerts, their messages and silences.
extension ControlService {
    /// Alerts as the ledger knows them.
    func alerts(_ query: AlertQuery, id: JSON?) -> ControlAnswer {
        let zone = governor.read { $0.book.policy.zone }
        let since = query.since(at: governor.clock(), in: zone) ?? .distantPast
        let filter = AlertFilter(state: query.state, since: since, receiver: query.receiver, limit: query.limit)
        return told(id) { () throws(LedgerError) in
            let found = try governor.ledger.alerts(filter)
            return ControlAnswer(body: Reply.alerts(found.map { ($0.alert, $0.messages) }, id: id, zone: zone))
        }
    }

    /// How an alert was told, and what comes next.
    func explain(alert: String, id: JSON?) -> ControlAnswer {
        let book = governor.read { $0.book }
        let now = governor.clock()
        return told(id) { () throws(LedgerError) in
            guard var explanation = try governor.ledger.explanation(ofAlert: alert) else {
                return ControlAnswer(ControlError(.notFound, "there is no alert \(alert)", field: "alert"), id: id)
            }
            if explanation.alert.state == .firing {
                explanation.outlook = Planner(book: book, now: now).outlook(explanation.alert)
            }
            return ControlAnswer(body: Reply.explained(explanation, id: id, zone: book.policy.zone))
        }
    }

    func silences(id: JSON?) -> ControlAnswer {
        let (policy, operators) = governor.read { ($0.book.policy, $0.book.messaging.silences.values) }
        let now = governor.clock()
        let isLive = { (silence: Silence) in silence.interval.end > now }
        let own = operators.filter { isLive($0.silence) }.sorted {
            ($0.silence.interval.start, $0.id) < ($1.silence.interval.start, $1.id)
        }
        return ControlAnswer(
            body: Reply.silences(own, policy: policy.silences.filter(isLive), id: id, zone: policy.zone))
    }

    /// The silence that is asked for, as it begins now.
    func silence(_ request: SilenceRequest) throws(ControlError) -> OperatorSilence {
        OperatorSilence(try request.silence(at: governor.clock(), in: governor.read { $0.book.policy }))
    }

    /// Has a test sent; one that arrives shows that its receiver works again.
    func test(receiver name: String, id: JSON?, _ later: @escaping @Sendable (ControlAnswer) -> Void) {
        let policy = governor.read { $0.book.policy }
        guard let receiver = policy.receiver(name) else {
            let names = policy.receivers.map(\.name).joined(separator: ", ")
            let known = names.isEmpty ? "the policy has none" : "there are \(names)"
            let error = ControlError(.notFound, "there is no receiver \"\(name)\"; \(known)", field: "receiver")
            return later(ControlAnswer(error, id: id))
        }
        send(
            TestRequest(receiver: receiver) { outcome in
                guard let outcome else {
                    let text = "the receiver \(name) is off: its address is empty"
                    return later(ControlAnswer(ControlError(.badRequest, text, field: "receiver"), id: id))
                }
                let answer = ControlAnswer(body: Reply.tested(receiver: name, outcome, id: id))
                guard outcome == .delivered else { return later(answer) }
                governor.submit(.enable(name)) { _ in later(answer) }
            })
    }

    private func told(_ id: JSON?, _ body: () throws(LedgerError) -> ControlAnswer) -> ControlAnswer {
        do { return try body() } catch { return ControlAnswer(ControlError(.unavailable, "\(error)"), id: id) }
    }
}
