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
        record.first_token, record.outcome, record.error_kind, record.offset, file.path, label_set.*
        """
    static let joins = """
        record JOIN label_set ON label_set.id = record.label_set LEFT JOIN file ON file.id = record.file
        """

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
        return StoredRecord(sequence: row["sequence"], record: record)
    }

    /// What one transaction knows while it writes: ids it has looked up, and the sums it will add to `rollup`.
    struct Batch {
        var labelSets: [Labels: Int64] = [:]
        var files: [String: Int64] = [:]
        var rollups: [RollupKey: UsageSums] = [:]
    }

    struct RollupKey: Hashable {
        var bucket: Int64
        var labelSet: Int64
    }

    /// - Returns: the sequence of the record that was changed.
    static func write(
        _ change: RecordChange, into batch: inout Batch, known: LabelSetCache, _ database: Database
    ) throws -> Int64 {
        switch change {
        case .insert(let record):
            try insert(record, sequence: nil, &batch, known, database)
            return database.lastInsertedRowID
        case .revise(let stored, let record):
            try remove(stored, &batch, database)
            // The sequence stays: it is what exports and later copies refer to.
            try insert(record, sequence: stored.sequence, &batch, known, database)
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
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO record (sequence, key_hash, key, request, flags, time, label_set, input, output, cache_read,
                    cache_write_5m, cache_write_1h, cache_write_12h, reasoning, terms, web_searches, reported, cost,
                    cost_origin, duration, first_token, outcome, error_kind, file, offset)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let tokens = record.tokens
        // Values, not existentials of them: this runs once a record.
        let values: [DatabaseValue] = [
            sequence.databaseValue, Codes.bits(StableHash.value(record.identity.key)).databaseValue,
            record.identity.key.databaseValue, record.identity.request.databaseValue,
            Codes.flags(record).databaseValue, record.time.milliseconds.databaseValue, labelSet.databaseValue,
            tokens.input.databaseValue, tokens.output.databaseValue, tokens.cacheRead.databaseValue,
            tokens.cacheWrite5m.databaseValue, tokens.cacheWrite1h.databaseValue, tokens.cacheWrite12h.databaseValue,
            tokens.reasoning.databaseValue, Codes.terms(record.terms).databaseValue,
            record.terms.webSearches.databaseValue, (record.reportedCost?.nanodollars).databaseValue,
            record.cost.nanodollars.databaseValue, Codes.code(record.costOrigin).databaseValue,
            record.durationMilliseconds.databaseValue, record.firstTokenMilliseconds.databaseValue,
            Codes.code(record.outcome).databaseValue, record.errorKind.databaseValue, file.databaseValue,
            (record.raw?.offset).databaseValue,
        ]
        try statement.execute(arguments: StatementArguments(values))
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
        if let id = known[labels] ?? batch.labelSets[labels] { return id }
        let id = try LabelSets.id(of: labels, in: database)
        batch.labelSets[labels] = id
        return id
    }

    private static func file(_ path: String, _ batch: inout Batch, _ database: Database) throws -> Int64 {
        if let id = batch.files[path] { return id }
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
