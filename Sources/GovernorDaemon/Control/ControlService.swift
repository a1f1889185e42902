import Dispatch
import GovernorAPI
import GovernorCore
import GovernorLedger
import NIOCore

/// What is answered: the body, and the status it has over HTTP.
struct ControlAnswer: Sendable {
    var body: [UInt8]
    var status = 200
    /// Of a check that may be answered again; see `CheckMemo`.
    var stamp: Freshness.Stamp?

    init(body: [UInt8]) { self.body = body }

    init(_ error: ControlError, id: JSON?) {
        body = error.body(id: id)
        status = error.httpStatus
    }
}

/// Answers the control operations, whatever protocol they came by.
struct ControlService: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let forecaster: Forecaster
    let providers: ProviderBoard
    let startedAt: Timestamp
    /// Has the policy's files read again and says what is wrong with them.
    let reload: @Sendable (@escaping @Sendable (String?) -> Void) -> Void
    /// Has a test message sent.
    let send: @Sendable (TestRequest) -> Void
    /// Long answers are made here, so that no check waits behind them on its event loop.
    private let slow = DispatchQueue(label: "governor.status", qos: .utility)

    init(
        governor: Governor, sources: SourceRegistry, forecaster: Forecaster, providers: ProviderBoard,
        startedAt: Timestamp,
        reload: @escaping @Sendable (@escaping @Sendable (String?) -> Void) -> Void,
        send: @escaping @Sendable (TestRequest) -> Void
    ) {
        self.governor = governor
        self.sources = sources
        self.forecaster = forecaster
        self.providers = providers
        self.startedAt = startedAt
        self.reload = reload
        self.send = send
    }

    /// A stream of what changes for whoever these labels name.
    func session(_ labels: Labels, since: Int64?, on channel: any Channel) -> WatchSession {
        WatchSession(governor: governor, labels: labels, since: since, channel: channel)
    }

    /// Answers at once where memory knows; otherwise returns nil and calls `later`, from any thread, exactly once.
    func answer(_ request: ControlRequest, later: @escaping @Sendable (ControlAnswer) -> Void) -> ControlAnswer? {
        let id = request.id
        switch request.operation {
        case .check(let labels, let subject, let estimate, let ignored):
            let asking = subject == .runningWork ? .running : Asking(estimate: estimate)
            let (decision, zone, stamp) = governor.decide(labels, asking)
            var answer = ControlAnswer(body: Reply.decision(decision, id: id, zone: zone, ignored: ignored))
            answer.stamp = stamp
            return answer
        case .ping:
            return ControlAnswer(body: Reply.pong(version: Version.text, uptime: governor.clock() - startedAt, id: id))
        case .record(let pushed, let rejected):
            record(pushed, rejected, id: id, later)
        case .label(let session, let labels):
            governor.submit(.register(SessionNaming(labels: [session: labels], origin: .registration))) { result in
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
        case .hold(let request): submit(.hold(request), id: id, later)
        case .pause(let request): submit(.pause(request), id: id, later)
        case .resume(let labels): submit(.resume(labels), id: id, later)
        case .alerts(let query): slow.async { later(alerts(query, id: id)) }
        case .explainAlert(let alert): slow.async { later(explain(alert: alert, id: id)) }
        case .acknowledge(let alert, let by): submit(.acknowledge(alert, by: by), id: id, later)
        case .silence(let request):
            do throws(ControlError) { submit(.silence(try silence(request)), id: id, later) } catch {
                return ControlAnswer(error, id: id)
            }
        case .silences: return silences(id: id)
        case .expire(let silence, let by): submit(.expireSilence(silence, by: by), id: id, later)
        case .test(let receiver): test(receiver: receiver, id: id, later)
        case .retry(let request): submit(request.command, id: id, later)
        case .watch:
            let error = ControlError(.badRequest, "watch is a stream; nothing else can be asked with it", field: "op")
            return ControlAnswer(error, id: id)
        case .reload:
            reload { problem in
                let revision = governor.read { $0.book.policy.revision }
                later(ControlAnswer(body: Reply.reloaded(revision: revision, problem: problem, id: id)))
            }
        case .status(let query):
            slow.async {
                forecaster.refresh(ifOlderThan: .seconds(5))
                let status = governor.status(
                    query, sources: sources.views(governor), providers: governor.views(of: providers))
                later(ControlAnswer(body: status.body(id: id)))
            }
        }
        return nil
    }

    /// Has a change carried out, and answers with what became of it.
    private func submit(_ command: Command, id: JSON?, _ later: @escaping @Sendable (ControlAnswer) -> Void) {
        let (zone, mode) = governor.read { ($0.book.policy.zone, $0.book.policy.mode) }
        governor.submit(command) { result in
            switch result {
            case .success(let outcome): later(Self.answer(outcome, id: id, zone: zone, mode: mode))
            case .failure(let error):
                later(ControlAnswer(ControlError(.unavailable, "nothing was stored: \(error)"), id: id))
            }
        }
    }

    private static func answer(_ outcome: CommandOutcome, id: JSON?, zone: Zone, mode: Mode) -> ControlAnswer {
        switch outcome {
        case .held(let outcome, let answer): self.answer(outcome, answer, id: id, zone: zone)
        case .paused(let pause):
            ControlAnswer(body: Reply.paused(pause, id: id, zone: zone, observes: mode == .observe))
        case .resumed(let alerts, let pauses):
            ControlAnswer(body: Reply.resumed(alerts, pauses, id: id, zone: zone))
        case .silenced(let silence): ControlAnswer(body: Reply.silenced(silence, id: id, zone: zone))
        case .acknowledged(let alert, let messages):
            ControlAnswer(body: Reply.acknowledged(alert, told: messages, id: id, zone: zone))
        case .retried(let count): ControlAnswer(body: Reply.retried(count, id: id))
        case .refused(let error): ControlAnswer(error, id: id)
        case .ingested, .registered, .sealed, .done: ControlAnswer(body: [])
        }
    }

    private static func answer(_ outcome: HoldOutcome, _ kept: String, id: JSON?, zone: Zone) -> ControlAnswer {
        switch outcome {
        case .reserved, .repeated: ControlAnswer(body: Reply.kept(kept, id: id))
        case .refused(let decision): ControlAnswer(body: Reply.decision(decision, id: id, zone: zone))
        case .extended(let hold, let decision):
            ControlAnswer(body: Reply.extended(hold, decision, id: id, zone: zone))
        case .ended(let hold): ControlAnswer(body: Reply.ended(hold, id: id))
        case .endedBefore(let hold): ControlAnswer(Reply.endedBefore(hold), id: id)
        case .keyReused: ControlAnswer(Reply.reusedKey, id: id)
        case .notFound: ControlAnswer(Reply.unknownHold, id: id)
        }
    }

    private func record(
        _ pushed: [PushedRecord], _ rejected: [PushedRecord.Rejection], id: JSON?,
        _ later: @escaping @Sendable (ControlAnswer) -> Void
    ) {
        let told = Told(kind: .push, records: pushed.map(\.record), rejected: rejected.count)
        governor.submit(.ingest(told)) { result in
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
            return ControlAnswer(ControlError(.unavailable, "nothing was stored: \(error)"), id: id)
        }
    }
}
