import GovernorAPI
import GovernorCore
import GovernorLedger
import Logging

/// What a group of commands does, planned over the present book; on the writer's thread.
extension Governor {
    /// The book is let go on return, so that applying the plan changes it in place.
    func transaction(
        for commands: [Command], at now: Timestamp, _ outcomes: inout [CommandOutcome]
    ) throws(LedgerError) -> LedgerTransaction {
        let hot = read { $0 }
        let intake = try take(commands, hot, now)
        var planner = Planner(
            book: hot.book, now: now,
            atHand: try holds(for: commands, intake, hot.book))
        // What was spent is known before anything is set aside beside it.
        planner.add(intake.changes)
        var desk = HoldDesk(zone: hot.book.policy.zone)
        var cursors: [FileCursor] = []
        var snapshot: DisplaySnapshot?
        var mustLookAtAll = false
        for (command, fates) in zip(commands, intake.fates) {
            var outcome = CommandOutcome.done
            switch command {
            case .ingest(let told):
                outcome = .ingested(fates)
                if let cursor = told.cursor { cursors.append(cursor) }
            case .hold(let request):
                outcome = try desk.carryOut(request, &planner, hot.mentions) { id throws(LedgerError) in
                    try ledger.answer(ofHold: id)
                }
            case .tick: mustLookAtAll = true
            case .policyProblem(let problem): planner.notePolicyError(problem)
            case .sources(let findings): planner.noteSources(findings)
            case .seal(let id): outcome = .sealed(planner.seal(id))
            case .delivery(let delivery): planner.add(delivery)
            case .snapshot(let picture): snapshot = picture
            case .register, .adopt, .reauthorize, .pause, .resume, .retry, .enable, .silence, .expireSilence,
                .acknowledge:
                break
            }
            outcomes.append(outcome)
        }
        if !hot.isCatchingUp {
            if mustLookAtAll { planner.evaluateAll() } else { planner.evaluateTouched() }
        }
        var transaction = LedgerTransaction(plan: planner.finish(), book: hot.book)
        transaction.cursors = cursors
        transaction.snapshot = snapshot
        transaction.answers = desk.answers
        transaction.sessions = intake.sessions
        transaction.tallies = intake.tallies
        return transaction
    }

    /// What has to be looked up of holds.
    private func holds(for commands: [Command], _ intake: Intake, _ book: Book) throws(LedgerError) -> HoldsAtHand {
        var lookup = HoldLookup(book.admission.holds)
        for case .hold(let request) in commands { lookup.need(for: request) }
        for record in intake.records { lookup.need(for: record) }
        for record in intake.stored { lookup.need(for: record) }
        var atHand = try ledger.holds(lookup)
        atHand.undated = Set(intake.records.lazy.filter(\.timeIsArrival).map(\.identity.key))
        return atHand
    }
}

/// Carries holds out in the middle of a group, and keeps what is answered to new ones.
private struct HoldDesk {
    let zone: Zone
    private(set) var answers: [Int64: String] = [:]

    init(zone: Zone) { self.zone = zone }

    /// - Parameter stored: what was answered when an earlier hold was made.
    mutating func carryOut(
        _ request: HoldRequest, _ planner: inout Planner, _ mentions: Mentions,
        stored: (Int64) throws(LedgerError) -> String?
    ) throws(LedgerError) -> CommandOutcome {
        let outcome = planner.carryOut(request, mentioning: mentions)
        switch outcome {
        case .reserved(let hold, let decision, let origin):
            let answer = Reply.reserved(hold, decision, origin, zone: zone)
            answers[hold.id] = answer
            return .held(outcome, answer: answer)
        case .repeated(let hold):
            if let answer = answers[hold.id] { return .held(outcome, answer: answer) }
            return .held(outcome, answer: try stored(hold.id) ?? "{}")
        case .refused, .keyReused, .extended, .ended, .endedBefore, .notFound: return .held(outcome, answer: "")
        }
    }
}

/// Commands that stand alone.
extension Governor {
    func carryOutAlone(_ command: Command) throws(LedgerError) -> CommandOutcome {
        switch command {
        case .register(let naming): return .registered(try register(naming))
        case .reauthorize:
            try reauthorize()
            return .done
        case .adopt(let policy):
            try adopt(policy)
            return .done
        case .pause(let request): return try pause(request)
        case .resume(let labels): return try resume(labels)
        case .retry(let id, let receiver): return try retry(id, receiver)
        case .enable(let receiver): return try change { $0.enable(receiver) }
        case .silence(let silence):
            _ = try change { $0.silence(silence) }
            return .silenced(silence)
        case .expireSilence(let id, let by): return try expireSilence(id, by: by)
        case .acknowledge(let id, let by): return try acknowledge(id, by: by)
        case .ingest, .tick, .seal, .delivery, .hold, .snapshot, .policyProblem, .sources: return .done
        }
    }

    /// Commits what `body` plans.
    private func change(_ body: (inout Planner) -> Void) throws(LedgerError) -> CommandOutcome {
        let book = read { $0.book }
        var planner = Planner(book: book, now: try instant())
        body(&planner)
        try commit(LedgerTransaction(plan: planner.finish(), book: book))
        return .done
    }

    private func retry(_ id: String?, _ receiver: String?) throws(LedgerError) -> CommandOutcome {
        let isMeant = { (message: Notification) in
            (id == nil || message.id == id) && (receiver == nil || message.receiver == receiver)
        }
        let book = read { $0.book }
        let waiting = book.outbox.values.filter { $0.attempts > 0 && isMeant($0) }.sorted { $0.id < $1.id }
        let dead = try ledger.deadNotifications(id: id, receiver: receiver)
        if let id, waiting.isEmpty, dead.isEmpty {
            return .refused(ControlError(.notFound, "no message \(id) waits or is dead", field: "notification"))
        }
        if let receiver, waiting.isEmpty, dead.isEmpty, book.policy.receiver(receiver) == nil {
            return .refused(ControlError(.notFound, "there is no receiver \(receiver)", field: "receiver"))
        }
        _ = try change { $0.retry(waiting + dead) }
        return .retried(dead.count)
    }

    private func expireSilence(_ id: String, by: String) throws(LedgerError) -> CommandOutcome {
        var ended: OperatorSilence?
        _ = try change { ended = $0.expireSilence(id) }
        if let ended {
            logger.notice("a silence was ended", metadata: ["id": "\(id)", "by": "\(Message.clean(by))"])
            return .silenced(ended)
        }
        return .refused(
            ControlError(
                .notFound, "no silence \(id) is in force; those of the policy's files end with their files",
                field: "silence"))
    }

    private func acknowledge(_ id: String, by: String) throws(LedgerError) -> CommandOutcome {
        var known: Alert?
        _ = try change { known = $0.acknowledge(id, by: by) }
        if let known {
            return .acknowledged(known, try ledger.explanation(ofAlert: id)?.messages ?? [])
        }
        guard try ledger.alert(id) != nil else {
            return .refused(ControlError(.notFound, "there is no alert \(id)", field: "alert"))
        }
        return .refused(ControlError(.badRequest, "the alert \(id) has resolved already", field: "alert"))
    }

    private func pause(_ request: PauseRequest) throws(LedgerError) -> CommandOutcome {
        let (book, now) = (read { $0.book }, try instant())
        var planner = Planner(book: book, now: now)
        let pause: OperatorPause
        do throws(ControlError) {
            pause = try request.pause(at: now, reset: planner.nextReset(for: request.labels))
        } catch { return .refused(error) }
        planner.pause(pause)
        try commit(LedgerTransaction(plan: planner.finish(), book: book))
        return .paused(pause)
    }

    private func resume(_ labels: Labels) throws(LedgerError) -> CommandOutcome {
        let book = read { $0.book }
        var planner = Planner(book: book, now: try instant())
        let alerts = planner.resume(labels)
        let pauses = planner.endPauses(of: labels)
        try commit(LedgerTransaction(plan: planner.finish(), book: book))
        return .resumed(alerts, pauses)
    }

    /// Everything that can fail comes before the live state changes.
    private func adopt(_ policy: Policy) throws(LedgerError) {
        let now = try instant()
        let prices: PriceBook
        do { prices = try PriceBook.embedded(for: policy) } catch {
            throw LedgerError(code: .io, message: "the price book can't be read", cause: "\(error)")
        }
        let resolver = read { $0.resolver }.with(rules: policy.labelRules)
        let book = try ledger.book(for: policy, now: now)
        // Let go after the lock: freeing ten thousand accounts takes longer than a check may wait.
        let old = read { $0.book }
        defer { withExtendedLifetime(old) {} }
        update { hot in
            hot.book = book
            hot.memo.forget()
            hot.resolver = resolver
            hot.prices = prices
            hot.authority = Authority(policy.authority)
            hot.reloadedAt = now
            hot.policyError = nil
        }
        var planner = Planner(book: book, now: now)
        planner.notePolicy(policy.revision)
        try commit(LedgerTransaction(plan: planner.finish(), book: book))
        try reauthorize()
    }
}
