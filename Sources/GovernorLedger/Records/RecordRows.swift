import GRDB
import GovernorCore

/// Reads and writes rows of `record` and keeps `rollup` beside them.
enum RecordRows {
    /// The width of a rollup's bucket.
    static let bucket: Int64 = 15 * 60_000

    static let columns = """
        record.sequence, record.key, record.request, record.flags, record.time, record.input, record.output,
        record.cache_read, record.cache_write_5m, record.cache_write_1h, record.cache_write_12h, record.reasoning,
        record.terms, record.web_searches, record.reported, record.cost, record.cost_origin, record.duration,
        record.first_token, record.outcome, record.error_kind, record.offset, record.witnesses, file.path, label_set.*
        """
    static let joins = """
        record JOIN label_set ON label_set.id = record.label_set LEFT JOIN file ON file.id = record.file
        """

    /// Whether a row counts; what is shadowed is only kept.
    static let isCounted = "record.flags & \(Codes.shadowed) = 0"

    static func read(_ row: Row) -> StoredRecord {
        let flags: Int64 = row["flags"]
        let file: String? = row["path"]
        var record = UsageRecord(
            identity: Codes.identity(key: row["key"], request: row["request"], flags: flags),
            growth: Codes.growth(flags), time: Timestamp(milliseconds: row["time"]), labels: LabelSets.read(row),
            tokens: TokenCounts(
                input: row["input"], output: row["output"], cacheRead: row["cache_read"],
                cacheWrite5m: row["cache_write_5m"], cacheWrite1h: row["cache_write_1h"],
                cacheWrite12h: row["cache_write_12h"], reasoning: row["reasoning"]),
            terms: Codes.terms(row["terms"], webSearches: row["web_searches"]),
            reportedCost: (row["reported"] as Int64?).map { Money(nanodollars: $0) },
            durationMilliseconds: row["duration"], firstTokenMilliseconds: row["first_token"],
            outcome: Codes.outcome(row["outcome"]), errorKind: row["error_kind"],
            raw: file.map { UsageRecord.RawReference(file: $0, offset: row["offset"]) })
        record.cost = Money(nanodollars: row["cost"])
        record.costOrigin = Codes.origin(row["cost_origin"])
        record.witnesses = SourceKinds(rawValue: UInt16(truncatingIfNeeded: row["witnesses"] as Int64))
        record.isShadowed = flags & Codes.shadowed != 0
        record.isTwin = flags & Codes.twin != 0
        return StoredRecord(sequence: row["sequence"], record: record)
    }

    /// What one transaction knows while it writes: ids it has looked up, and the sums it will add to `rollup`.
    struct Batch {
        var labelSets: [Labels: Int64] = [:]
        var files: [String: Int64] = [:]
        var rollups: [RollupKey: UsageSums] = [:]
        /// Where records are found from now on that were not before.
        var keys: [KeyEntry] = []
        /// Of the record before: mostly the same.
        var lastLabels: (labels: Labels, id: Int64)?
        var lastFile: (path: String, id: Int64)?
        private var insertion: BulkStatement?

        /// The statement that inserts a record.
        mutating func insertion(_ database: Database) throws -> BulkStatement {
            if let insertion { return insertion }
            let new = try BulkStatement(
                """
                INSERT INTO record (sequence, key_hash, key, request, flags, time, label_set, input, output, cache_read,
                    cache_write_5m, cache_write_1h, cache_write_12h, reasoning, terms, web_searches, reported, cost,
                    cost_origin, duration, first_token, outcome, error_kind, file, offset, witnesses)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, database)
            insertion = new
            return new
        }
    }

    struct RollupKey: Hashable, Comparable {
        var bucket: Int64
        var labelSet: Int64

        static func < (left: RollupKey, right: RollupKey) -> Bool {
            (left.bucket, left.labelSet) < (right.bucket, right.labelSet)
        }
    }

    /// - Returns: the sequence of the record that was changed.
    static func write(
        _ change: RecordChange, into batch: inout Batch, known: LabelSetCache, _ database: Database
    ) throws -> Int64 {
        switch change {
        case .insert(let record):
            try insert(record, sequence: nil, &batch, known, database)
            let sequence = database.lastInsertedRowID
            batch.keys.append(KeyEntry(record.identity, sequence))
            return sequence
        case .revise(let stored, let record):
            try remove(stored, &batch, database)
            // The sequence stays: it is what exports and later copies refer to.
            try insert(record, sequence: stored.sequence, &batch, known, database)
            let entry = KeyEntry(record.identity, stored.sequence)
            if entry != KeyEntry(stored.record.identity, stored.sequence) { batch.keys.append(entry) }
            return stored.sequence
        case .remove(let stored):
            try remove(stored, &batch, database)
            return stored.sequence
        }
    }

    private static func insert(
        _ record: UsageRecord, sequence: Int64?, _ batch: inout Batch, _ known: LabelSetCache, _ database: Database
    ) throws {
        let labelSet = try labelSet(record.labels, &batch, known, database)
        let file = try record.raw.map { try Self.file($0.file, &batch, database) }
        try batch.insertion(database).run { row in
            row.bind(sequence)
            row.bind(KeyEntry.hash(record.identity.key))
            row.bind(record.identity.key)
            row.bind(record.identity.request)
            row.bind(Codes.flags(record))
            row.bind(record.time.milliseconds)
            row.bind(labelSet)
            let tokens = record.tokens
            row.bind(tokens.input)
            row.bind(tokens.output)
            row.bind(tokens.cacheRead)
            row.bind(tokens.cacheWrite5m)
            row.bind(tokens.cacheWrite1h)
            row.bind(tokens.cacheWrite12h)
            row.bind(tokens.reasoning)
            row.bind(Codes.terms(record.terms))
            row.bind(record.terms.webSearches)
            row.bind(record.reportedCost?.nanodollars)
            row.bind(record.cost.nanodollars)
            row.bind(Codes.code(record.costOrigin))
            row.bind(record.durationMilliseconds)
            row.bind(record.firstTokenMilliseconds)
            row.bind(Codes.code(record.outcome))
            row.bind(record.errorKind)
            row.bind(file)
            row.bind(record.raw?.offset)
            row.bind(Int64(record.witnesses.rawValue))
        }
        batch.rollups[key(record, labelSet), default: UsageSums()].add(record, sign: 1)
    }

    private static func remove(_ stored: StoredRecord, _ batch: inout Batch, _ database: Database) throws {
        // The row says which combination it was counted under; looking its labels up could find one spelled otherwise.
        let statement = try database.cachedStatement(sql: "DELETE FROM record WHERE sequence = ? RETURNING label_set")
        guard let labelSet = try Int64.fetchOne(statement, arguments: [stored.sequence]) else {
            throw LedgerError(
                code: .io, message: "record \(stored.sequence) to correct is not in the ledger", cause: "")
        }
        batch.rollups[key(stored.record, labelSet), default: UsageSums()].add(stored.record, sign: -1)
    }

    private static func key(_ record: UsageRecord, _ labelSet: Int64) -> RollupKey {
        let time = record.time.milliseconds
        let remainder = time % bucket
        return RollupKey(bucket: time - (remainder < 0 ? remainder + bucket : remainder), labelSet: labelSet)
    }

    private static func labelSet(
        _ labels: Labels, _ batch: inout Batch, _ known: LabelSetCache, _ database: Database
    ) throws -> Int64 {
        if let last = batch.lastLabels, last.labels == labels { return last.id }
        let id: Int64
        if let before = known[labels] ?? batch.labelSets[labels] {
            id = before
        } else {
            id = try LabelSets.id(of: labels, in: database)
            batch.labelSets[labels] = id
        }
        batch.lastLabels = (labels, id)
        return id
    }

    private static func file(_ path: String, _ batch: inout Batch, _ database: Database) throws -> Int64 {
        if let last = batch.lastFile, last.path == path { return last.id }
        if let id = batch.files[path] {
            batch.lastFile = (path, id)
            return id
        }
        let find = try database.cachedStatement(sql: "SELECT id FROM file WHERE path = ?")
        var id = try Int64.fetchOne(find, arguments: [path])
        if id == nil {
            try database.cachedStatement(sql: "INSERT INTO file (path) VALUES (?)").execute(arguments: [path])
            id = database.lastInsertedRowID
        }
        batch.files[path] = id
        return id ?? 0
    }
}
