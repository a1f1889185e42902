import GovernorCore
import GovernorLedger
import Logging

/// What one source tells at once: its records, and what must become durable with them.
struct Told: Sendable {
    /// Where it comes from, as far as its records don't say otherwise.
    var kind: SourceKind
    var records: [UsageRecord]
    /// Lines and events that could not be booked.
    var rejected = 0
    /// How far its file has been read.
    var cursor: FileCursor?
    /// Whether the records are Governor's own, dated, labelled and priced already; they are booked as they are, where the
    /// ledger has no later word.
    var isExport = false
    /// Names that stand for the sessions of senders of events, where those name none; what else is told in these names is
    /// told in full by the events.
    var standIns: Set<String> = []
}

/// What a group of commands tells of usage, as it will be booked.
struct Intake {
    /// One fate a record, by command.
    var fates: [[RecordFate]] = []
    /// As they arrived, labelled and priced.
    var records: [UsageRecord] = []
    /// What the ledger holds already of what the group is about.
    var stored: [StoredRecord] = []
    var changes: [RecordChange] = []
    var sessions: [String: SessionState] = [:]
    var tallies: [String: SourceTally] = [:]
}

/// From what sources tell to the changes of the ledger: on the writer's thread.
extension Governor {
    /// Labels and prices what arrived, finds out what is new, and who has the say about which session.
    func take(_ commands: [Command], _ hot: Hot, _ now: Timestamp) throws(LedgerError) -> Intake {
        var intake = Intake()
        let bound = try binding(commands, hot.resolver)
        var incoming: [[UsageRecord]] = []
        var memo = ArrivalMemo()
        for command in commands {
            guard case .ingest(let told) = command else {
                incoming.append([])
                continue
            }
            incoming.append(
                told.isExport
                    ? told.records : told.records.map { bound($0).arriving(at: now, hot.resolver, hot.prices, &memo) })
        }
        intake.records = Array(incoming.joined())
        let needs = Deduplication.Needs(intake.records, requestsAlone: hot.hasRequestsAlone)
        intake.stored = try ledger.records(for: needs)
        var deduplication = Deduplication(stored: intake.stored, authority: hot.authority)
        for (command, records) in zip(commands, incoming) {
            var isExport = false
            if case .ingest(let told) = command { isExport = told.isExport }
            let fates = records.map { deduplication.add($0, isExport: isExport) }
            intake.fates.append(fates)
            guard case .ingest(let told) = command, !fates.isEmpty || told.rejected > 0 else { continue }
            for (kind, tally) in told.tallies(fates, arrivedAt: now) {
                intake.tallies[kind.rawValue, default: SourceTally()].add(tally)
            }
        }
        let standIns = commands.reduce(into: Set<String>()) { names, command in
            if case .ingest(let told) = command { names.formUnion(told.standIns) }
        }
        var changes = deduplication.changes
        if hot.hasRequestsAlone || !needs.requests.isEmpty { changes = try pair(changes, &intake) }
        try shadow(changes, &intake, hot.authority, standIns: standIns)
        return intake
    }

    /// Marks events whose calls a transcript tells of too.
    private func pair(_ changes: [RecordChange], _ intake: inout Intake) throws(LedgerError) -> [RecordChange] {
        var twins = Twins(changes)
        while !twins.questions.isEmpty {
            let found = try ledger.records(for: twins.questions)
            intake.stored += found
            twins.learn(found)
        }
        return twins.changes
    }

    /// Finds the sessions of lines that name none.
    private func binding(
        _ commands: [Command], _ resolver: LabelResolver
    ) throws(LedgerError) -> (UsageRecord) -> UsageRecord {
        var candidates: Set<String> = []
        for case .ingest(let told) in commands where told.kind == .coordinator {
            for record in told.records { candidates.formUnion(resolver.candidates(for: record.labels)) }
        }
        guard !candidates.isEmpty else { return { $0 } }
        let states = try ledger.sessions(candidates)
        return { record in
            var record = record
            record.labels.session = record.labels.session ?? resolver.session(for: record, states: states)
            return record
        }
    }

    /// Marks what does not count, and corrects the sessions that another source takes over.
    private func shadow(
        _ changes: [RecordChange], _ intake: inout Intake, _ authority: Authority, standIns: Set<String> = []
    ) throws(LedgerError) {
        guard !changes.isEmpty || !standIns.isEmpty else { return }
        let named = Set(changes.compactMap { $0.result?.labels.session }).union(standIns)
        var shadowing = Shadowing(authority, sessions: try ledger.sessions(named))
        shadowing.note(changes)
        shadowing.note(eventsOf: standIns)
        let others = try ledger.records(ofSessions: shadowing.moved)
        intake.stored += others
        intake.changes = shadowing.changes(stored: others)
        intake.sessions = shadowing.sessions
    }

    // MARK: Names and authority

    /// Names sessions, also for what they have already spent.
    /// - Returns: how many stored records changed.
    func register(_ naming: SessionNaming) throws(LedgerError) -> Int {
        let now = try instant()
        var hot = read { $0 }
        var states = try ledger.sessions(Set(naming.labels.keys))
        var stored: [StoredRecord] = []
        var renamed: [String: Labels] = [:]
        for (session, labels) in naming.labels {
            var state = states[session] ?? SessionState()
            let before = state.named
            state.name(labels, naming.origin, at: now)
            states[session] = state
            guard let named = state.named, named != before else { continue }
            hot.resolver.name(session, named)
            renamed[session] = named
            if named.worker != before?.worker || named.task != before?.task {
                stored += try ledger.unboundRecords(worker: named.worker, task: named.task)
            }
        }
        stored += try ledger.records(ofSessions: renamed.keys.sorted())
        var seen: Set<Int64> = []
        let changes = stored.compactMap { stored -> RecordChange? in
            guard seen.insert(stored.sequence).inserted, stored.record.labels.source != Reservation.source else {
                return nil
            }
            var record = stored.record
            if record.labels.session == nil {
                record.labels.session = hot.resolver.session(for: record, states: states)
            }
            if let session = record.labels.session, let labels = hot.resolver.labels(of: session) {
                record = LabelResolver.relabelled(record, with: labels)
            }
            return record == stored.record ? nil : .revise(stored, to: record)
        }
        var intake = Intake()
        intake.stored = stored
        try shadow(changes, &intake, hot.authority)
        intake.sessions.merge(states) { shadowed, named in
            var both = shadowed
            (both.labels, both.attributes, both.since) = (named.labels, named.attributes, named.since)
            return both
        }
        try commit(intake, hot, at: now)
        update { $0.resolver = hot.resolver }
        return changes.count
    }

    /// Marks stored records anew where the order of authority is another than the one they were marked by.
    func reauthorize() throws(LedgerError) {
        let authority = read { $0.authority }
        guard try !ledger.isMarked(by: authority) else { return }
        let sessions = try ledger.contestedSessions()
        for session in sessions {
            let hot = read { $0 }
            let shadowing = Shadowing(authority, sessions: try ledger.sessions([session]))
            var intake = Intake()
            intake.stored = try ledger.records(ofSessions: [session])
            intake.changes = shadowing.changes(stored: intake.stored)
            try commit(intake, hot, at: try instant())
        }
        var transaction = LedgerTransaction(plan: Plan(now: try instant()), book: read { $0.book })
        transaction.authority = authority
        try commit(transaction)
        if !sessions.isEmpty {
            logger.notice(
                "sessions were held against the order of authority", metadata: ["sessions": "\(sessions.count)"])
        }
    }

    private func commit(_ intake: Intake, _ hot: Hot, at now: Timestamp) throws(LedgerError) {
        var lookup = HoldLookup(hot.book.admission.holds)
        for stored in intake.stored { lookup.need(for: stored) }
        for record in intake.changes.compactMap(\.result) { lookup.need(for: record) }
        var planner = Planner(book: hot.book, now: now, atHand: try ledger.holds(lookup))
        planner.add(intake.changes)
        if !hot.isCatchingUp { planner.evaluateTouched() }
        var transaction = LedgerTransaction(plan: planner.finish(), book: hot.book)
        transaction.sessions = intake.sessions
        try commit(transaction)
    }
}

extension Told {
    /// What is added to the counts of sources: of each record's own, since a file may hold what several told.
    fileprivate func tallies(_ fates: [RecordFate], arrivedAt now: Timestamp) -> [SourceKind: SourceTally] {
        var tallies: [SourceKind: SourceTally] = [:]
        if rejected > 0 { tallies[kind] = SourceTally(rejected: Int64(rejected)) }
        for (record, fate) in zip(records, fates) {
            let source = record.labels.source.flatMap(SourceKind.init(rawValue:)) ?? kind
            let isNew = fate == .accepted || fate == .united
            tallies[source, default: SourceTally()].add(
                SourceTally(
                    records: isNew ? 1 : 0, united: fate == .united ? 1 : 0,
                    newest: record.timeIsArrival ? now : min(record.time, now)))
        }
        return tallies
    }
}

/// What sessions are called, and by whom.
struct SessionNaming: Sendable {
    /// Who says so.
    enum Origin: Sendable {
        /// Somebody who started it, over the control socket.
        case registration
        /// The attributes of its telemetry.
        case attributes
    }

    var labels: [String: Labels]
    var origin: Origin
}

extension SessionState {
    fileprivate mutating func name(_ added: Labels, _ origin: SessionNaming.Origin, at now: Timestamp) {
        switch origin {
        case .registration: labels = added.filling(from: labels ?? Labels())
        case .attributes: attributes = added.filling(from: attributes ?? Labels())
        }
        since = since ?? now
    }
}
