import Dispatch
import GovernorAPI
import GovernorCore
import GovernorLedger

/// What is answered: the body, and the status it has over HTTP.
struct ControlAnswer: Sendable {
    var body: [UInt8]
    var status = 200
}

/// Answers the control operations, whatever protocol they came by.
struct ControlService: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let forecaster: Forecaster
    let startedAt: Timestamp
    /// Has the policy's files read again and says what is wrong with them.
    let reload: @Sendable (@escaping @Sendable (String?) -> Void) -> Void
    /// Long answers are made here, so that no check waits behind them on its event loop.
    private let slow = DispatchQueue(label: "governor.status", qos: .utility)

    init(
        governor: Governor, sources: SourceRegistry, forecaster: Forecaster, startedAt: Timestamp,
        reload: @escaping @Sendable (@escaping @Sendable (String?) -> Void) -> Void
    ) {
        self.governor = governor
        self.sources = sources
        self.forecaster = forecaster
        self.startedAt = startedAt
        self.reload = reload
    }

    /// Answers at once where memory knows; otherwise returns nil and calls `later`, from any thread, exactly once.
    func answer(_ request: ControlRequest, later: @escaping @Sendable (ControlAnswer) -> Void) -> ControlAnswer? {
        let id = request.id
        switch request.operation {
        case .check(let labels, let estimate, let ignored):
            let (decision, zone) = governor.decide(labels, estimate: estimate)
            return ControlAnswer(body: Reply.decision(decision, id: id, zone: zone, ignored: ignored))
        case .ping:
            return ControlAnswer(body: Reply.pong(version: Version.text, uptime: governor.clock() - startedAt, id: id))
        case .record(let pushed, let rejected):
            record(pushed, rejected, id: id, later)
        case .label(let session, let labels):
            governor.submit(.register(labels, session: session)) { result in
                later(
                    Self.reply(id, result) { outcome in
                        guard case .registered(let count) = outcome else { return Reply.labelled(count: 0, id: id) }
                        return Reply.labelled(count: count, id: id)
                    })
            }
        case .explain(let labels, let estimate):
            slow.async {
                let (explanation, zone) = governor.explain(labels, estimate: estimate)
                later(ControlAnswer(body: Reply.explanation(explanation, id: id, zone: zone)))
            }
        case .resume(let labels):
            let zone = governor.read { $0.book.policy.zone }
            governor.submit(.resume(labels)) { result in
                later(
                    Self.reply(id, result) { outcome in
                        guard case .resumed(let alerts) = outcome else { return [] }
                        return Reply.resumed(alerts, id: id, zone: zone)
                    })
            }
        case .reload:
            reload { problem in
                let revision = governor.read { $0.book.policy.revision }
                later(ControlAnswer(body: Reply.reloaded(revision: revision, problem: problem, id: id)))
            }
        case .status(let query):
            slow.async {
                forecaster.refresh(ifOlderThan: .seconds(5))
                later(ControlAnswer(body: governor.status(query, sources: sources.views).body(id: id)))
            }
        }
        return nil
    }

    private func record(
        _ pushed: [PushedRecord], _ rejected: [PushedRecord.Rejection], id: JSON?,
        _ later: @escaping @Sendable (ControlAnswer) -> Void
    ) {
        let now = governor.clock()
        let records = pushed.map(\.record)
        let newest = records.map { $0.timeIsArrival ? now : $0.time }.max()
        governor.submit(.ingest(records, cursor: nil)) { result in
            if case .success(.ingested(let fates)) = result {
                sources.note(
                    kind: "push", records: fates.count { $0 == .accepted }, rejected: rejected.count, newest: newest)
            }
            later(
                Self.reply(id, result) { outcome in
                    guard case .ingested(let fates) = outcome else { return [] }
                    return Reply.recorded(fates: fates, rejected: rejected, id: id)
                })
        }
    }

    /// A failure of the ledger is the caller's to know: nothing was acknowledged.
    private static func reply(
        _ id: JSON?, _ result: Result<CommandOutcome, LedgerError>, _ body: (CommandOutcome) -> [UInt8]
    ) -> ControlAnswer {
        switch result {
        case .success(let outcome): return ControlAnswer(body: body(outcome))
        case .failure(let error):
            let failure = ControlError(.unavailable, "nothing was stored: \(error)")
            return ControlAnswer(body: failure.body(id: id), status: failure.httpStatus)
        }
    }
}
