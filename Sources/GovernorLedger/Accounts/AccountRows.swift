import GRDB
import GovernorCore

/// Reads and writes rows of `account`: one budget's spend per split and slot.
enum AccountRows {
    /// Sums beyond 64 bits stay at the end of the range, as in memory; see `UsageSums.added`.
    static func add(
        _ amount: Amount, to slot: Interval, of split: Split, fingerprint: String, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET
                    cost = CAST(cost + excluded.cost AS INTEGER), tokens = CAST(tokens + excluded.tokens AS INTEGER),
                    calls = CAST(calls + excluded.calls AS INTEGER)
                """)
        try statement.execute(arguments: [
            fingerprint, split.raw, slot.start.milliseconds, slot.end.milliseconds, amount.cost.nanodollars,
            amount.tokens, amount.calls,
        ])
    }

    /// Accounts with the slots that still matter behind `horizon`.
    static func live(
        _ budget: Budget, fingerprint: String, horizon: Timestamp, _ database: Database
    ) throws -> [Split: Account] {
        var from = horizon
        if case .rolling(let span) = budget.window { from = horizon - span }
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT * FROM account WHERE fingerprint = ? AND slot_end > ? ORDER BY split, slot_start",
            arguments: [fingerprint, from.milliseconds])
        var accounts: [Split: Account] = [:]
        while let row = try rows.next() {
            let slot = Interval(
                start: Timestamp(milliseconds: row["slot_start"]), end: Timestamp(milliseconds: row["slot_end"]))
            let amount = Amount(
                cost: Money(nanodollars: row["cost"]), tokens: row["tokens"], calls: row["calls"])
            accounts[Split(raw: row["split"]), default: Account()].add(amount, to: slot)
        }
        return accounts
    }

    /// Deletes a rolling budget's slots that no longer count: it makes 300 a window for ever, and a start reads
    /// them all. Two days stay, for a clock that runs ahead today and is right tomorrow.
    static func forgetExpired(_ budget: Budget, fingerprint: String, horizon: Timestamp, _ database: Database) throws {
        guard case .rolling(let span) = budget.window else { return }
        try database.execute(
            sql: "DELETE FROM account WHERE fingerprint = ? AND slot_end <= ?",
            arguments: [fingerprint, (horizon - span - .days(2)).milliseconds])
    }

    static func remove(fingerprint: String, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM account WHERE fingerprint = ?", arguments: [fingerprint])
    }

    /// How much further back slots are summed than now is needed: while it was the clock that was ahead, what is still to
    /// come may have been taken for long past.
    private static let clockError = Span.days(2)

    /// Sums a budget's slots anew from what the ledger holds of every call: rollups for windows of the calendar and for
    /// ever, the records themselves for rolling ones, whose slots are finer than a rollup.
    static func derive(
        _ budget: Budget, fingerprint: String, horizon: Timestamp, _ database: Database
    ) throws {
        let first: Int64
        var mayUseRollups = true
        switch budget.window {
        case .lifetime: first = Int64.min
        case .calendar(let unit):
            first = unit.interval(containing: horizon - clockError, in: budget.zone).start.milliseconds
            // A window can begin inside a bucket only where a zone's offset is no multiple of a quarter of an hour.
            mayUseRollups = first % RecordRows.bucket == 0
        case .rolling(let span):
            first = (horizon - clockError - span).milliseconds
            mayUseRollups = false
        }
        let (time, calls, table) = mayUseRollups ? ("bucket", "calls", "rollup") : ("time", "1", "record")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(time), label_set, cost, \(tokens), \(calls) FROM \(table) WHERE \(time) >= ?
                """, arguments: [first])
        var labels: [Int64: Labels] = [:]
        var sums: [Split: [Interval: Amount]] = [:]
        while let row = try rows.next() {
            let id: Int64 = row[1]
            let found = try labels[id] ?? labelSet(id, database)
            labels[id] = found
            guard budget.matcher.matches(found) else { continue }
            let slot = budget.window.slot(containing: Timestamp(milliseconds: row[0]), in: budget.zone)
            let amount = Amount(cost: Money(nanodollars: row[2]), tokens: row[3], calls: row[4])
            sums[budget.recordSplit(of: found), default: [:]][slot, default: .zero] += amount
        }
        for (split, slots) in sums {
            for (slot, amount) in slots { try add(amount, to: slot, of: split, fingerprint: fingerprint, database) }
        }
    }

    /// `TokenCounts.total`: reasoning is part of the output.
    private static let tokens = """
        CAST(input + output + cache_read + cache_write_5m + cache_write_1h + cache_write_12h AS INTEGER)
        """

    private static func labelSet(_ id: Int64, _ database: Database) throws -> Labels {
        let statement = try database.cachedStatement(sql: "SELECT * FROM label_set WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map(LabelSets.read) ?? Labels()
    }
}
