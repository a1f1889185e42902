import GRDB
package import GovernorCore

extension Ledger {
    /// Every stored record that a batch may be about; what `Deduplication` starts from.
    package func records(for needs: Deduplication.Needs) throws(LedgerError) -> [StoredRecord] {
        guard let writer, !needs.keys.isEmpty || !needs.requests.isEmpty else { return [] }
        // On the writing connection: the transaction that follows must see what this saw.
        return try attempt("looking up records") {
            try writer.writeWithoutTransaction { database in
                var found: [Int64: StoredRecord] = [:]
                // One transaction for all look-ups: outside of one each would take and give back the file's locks.
                try database.inTransaction(.deferred) {
                    let recent = try recentKeys(database)
                    try Lookup.keys(needs.keys, recent, &found, database)
                    try Lookup.requests(needs.requests, recent, &found, database)
                    return .commit
                }
                return found.values.sorted { $0.sequence < $1.sequence }
            }
        }
    }

    /// Every stored record whose identity has one of the keys.
    package func records(withKeys keys: Set<String>) throws(LedgerError) -> [StoredRecord] {
        try records(for: Deduplication.Needs(keys: keys))
    }

    /// Every stored record of some sessions, counted or not.
    package func records(ofSessions sessions: [String]) throws(LedgerError) -> [StoredRecord] {
        guard !sessions.isEmpty else { return [] }
        return try select("reading sessions' records", "label_set.session = ?", sessions.map { [$0] })
    }

    /// Every stored record that may be the other copy of a call; what `Twins` learns.
    package func records(for questions: Set<Twins.Question>) throws(LedgerError) -> [StoredRecord] {
        // By the session's combinations of labels and the times of each: an index holds both.
        try select(
            "looking for copies of calls",
            """
            label_set.session = ? AND label_set.source = ? AND record.time BETWEEN ? AND ?
                AND record.input = ? AND record.output = ? AND record.cache_read = ?
            """,
            questions.map { question in
                [
                    question.session, question.source.rawValue, question.since.milliseconds,
                    question.until.milliseconds, question.tokens.input, question.tokens.output,
                    question.tokens.cacheRead,
                ]
            })
    }

    /// Lines of coordinators' logs that name no session, by a worker or a task.
    package func unboundRecords(worker: String?, task: String?) throws(LedgerError) -> [StoredRecord] {
        let named = [("worker", worker), ("task", task)].compactMap { name, value in value.map { (name, $0) } }
        var found: [StoredRecord] = []
        for (name, value) in named {
            found += try select(
                "reading lines without a session",
                "label_set.session IS NULL AND label_set.source = 'coordinator' AND label_set.\(name) = ?", [[value]])
        }
        return found
    }

    private func select(
        _ what: String, _ condition: String, _ arguments: [StatementArguments]
    ) throws(LedgerError) -> [StoredRecord] {
        guard let writer else { return [] }
        return try attempt(what) {
            try writer.writeWithoutTransaction { database in
                let select = try database.cachedStatement(
                    sql: "SELECT \(RecordRows.columns) FROM \(RecordRows.joins) WHERE \(condition)")
                var found: [StoredRecord] = []
                try database.inTransaction(.deferred) {
                    for each in arguments {
                        for row in try Row.fetchAll(select, arguments: each) {
                            found.append(try ChargeRows.withCharges(RecordRows.read(row), database))
                        }
                    }
                    return .commit
                }
                return found
            }
        }
    }
}

/// Finds single records.
private enum Lookup {
    private static let read = "SELECT \(RecordRows.columns) FROM \(RecordRows.joins) WHERE record.sequence = ?"

    /// Most keys are new: a row is read in full only where one has the hash.
    static func keys(
        _ keys: Set<String>, _ recent: RecentKeys, _ found: inout [Int64: StoredRecord], _ database: Database
    ) throws {
        for key in keys {
            for sequence in try KeyRows.sequences(KeyEntry.hash(key), recent, database) {
                try take(sequence, &found, database) { ExactText($0.identity.key) == ExactText(key) }
            }
        }
    }

    /// A call is told of within an hour or so of when it was made, by whichever source: three hours are looked at. With
    /// the message that is found come all records under its key, since they may be one.
    static func requests(
        _ requests: [String: Timestamp], _ recent: RecentKeys, _ found: inout [Int64: StoredRecord],
        _ database: Database
    ) throws {
        guard !requests.isEmpty else { return }
        let find = try database.cachedStatement(
            sql: "SELECT key FROM record WHERE time / 3600000 = ? AND request = ?")
        var messages: Set<String> = []
        for (request, time) in requests {
            let hour = time.milliseconds / 3_600_000
            for each in (hour - 1)...(hour + 1) {
                messages.formUnion(try String.fetchSet(find, arguments: [each, request]))
            }
        }
        try keys(messages, recent, &found, database)
    }

    private static func take(
        _ sequence: Int64, _ found: inout [Int64: StoredRecord], _ database: Database,
        where isMeant: (UsageRecord) -> Bool
    ) throws {
        let read = try database.cachedStatement(sql: read)
        guard found[sequence] == nil, let row = try Row.fetchOne(read, arguments: [sequence]) else { return }
        let stored = RecordRows.read(row)
        if isMeant(stored.record) { found[sequence] = try ChargeRows.withCharges(stored, database) }
    }
}
