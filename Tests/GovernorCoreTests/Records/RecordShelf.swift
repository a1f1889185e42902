import GovernorCore

/// The ledger's part: keeps what a batch decided, under sequence numbers, and hands it back as it is asked for.
struct RecordShelf {
    private(set) var records: [Int64: UsageRecord] = [:]
    private(set) var sessions: [String: SessionState] = [:]
    private var last: Int64 = 0
    let authority: Authority

    init(authority: Authority = .usual) { self.authority = authority }

    /// Takes one batch in.
    /// - Returns: the fate of each record, and the changes made.
    @discardableResult
    mutating func take(_ batch: [UsageRecord], isExport: Bool = false) -> (fates: [RecordFate], changes: [RecordChange])
    {
        var deduplication = Deduplication(
            stored: stored(for: Deduplication.Needs(batch, requestsAlone: true)), authority: authority)
        let fates = batch.map { deduplication.add($0, isExport: isExport) }
        var twins = Twins(deduplication.changes)
        while !twins.questions.isEmpty { twins.learn(stored(for: twins.questions)) }
        var shadowing = Shadowing(authority, sessions: sessions)
        shadowing.note(twins.changes)
        let moved = Set(shadowing.moved)
        let changes = shadowing.changes(
            stored: stored { $0.labels.session.map(moved.contains) ?? false })
        sessions.merge(shadowing.sessions) { _, new in new }
        for change in changes {
            switch change {
            case .insert(let record):
                last += 1
                records[last] = record
            case .revise(let stored, let record): records[stored.sequence] = record
            case .remove(let stored): records[stored.sequence] = nil
            }
        }
        return (fates, changes)
    }

    /// As `Ledger.records(for:)` looks them up.
    private func stored(for needs: Deduplication.Needs) -> [StoredRecord] {
        let keys = Set(needs.keys.map(ExactText.init))
        let messages = stored { record in
            record.identity.request.map { needs.requests[$0] != nil } ?? false
        }.map { ExactText($0.record.identity.key) }
        let wanted = keys.union(messages)
        return stored { wanted.contains(ExactText($0.identity.key)) }
    }

    private func stored(for questions: Set<Twins.Question>) -> [StoredRecord] {
        stored { record in
            questions.contains { question in
                record.labels.session == question.session && record.labels.source == question.source.rawValue
                    && record.time >= question.since && record.time <= question.until
                    && record.tokens.input == question.tokens.input && record.tokens.output == question.tokens.output
                    && record.tokens.cacheRead == question.tokens.cacheRead
            }
        }
    }

    private func stored(where isWanted: (UsageRecord) -> Bool) -> [StoredRecord] {
        records.filter { isWanted($0.value) }.map { StoredRecord(sequence: $0.key, record: $0.value) }
            .sorted { $0.sequence < $1.sequence }
    }

    var kept: Set<UsageRecord> { Set(records.values) }
    var counted: [UsageRecord] { records.values.filter { !$0.isShadowed } }
    var total: Amount { counted.reduce(.zero) { $0 + $1.amount } }
}
