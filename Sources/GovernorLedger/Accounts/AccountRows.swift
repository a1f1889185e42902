import GRDB
import GovernorCore

/// Reads and writes rows of `account`: one meter's sums per slot and split.
enum AccountRows {
    /// The statement that `add` runs.
    static func addition(_ database: Database) throws -> BulkStatement {
        // Sums beyond 64 bits stay at the end of the range, as in memory; see `UsageSums.added`.
        try BulkStatement(
            """
            INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                cost = CAST(cost + excluded.cost AS INTEGER), tokens = CAST(tokens + excluded.tokens AS INTEGER),
                calls = CAST(calls + excluded.calls AS INTEGER)
            """, database)
    }

    static func add(
        _ amount: Amount, to slot: Interval, of split: Split, meter: Int64, by addition: BulkStatement
    ) throws {
        try addition.run { row in
            row.bind(meter)
            row.bind(slot.start.milliseconds)
            row.bind(split.raw)
            row.bind(slot.end.milliseconds)
            row.bind(amount.cost.nanodollars)
            row.bind(amount.tokens)
            row.bind(amount.calls)
        }
    }

    /// Accounts with the slots that still matter behind `horizon`.
    static func live(_ meter: Meter, id: Int64, horizon: Timestamp, _ database: Database) throws -> [Split: Account] {
        let select = try database.cachedStatement(
            sql: """
                SELECT split, slot_start, slot_end, cost, tokens, calls FROM account
                WHERE meter = ? AND slot_start >= ? ORDER BY slot_start
                """)
        let first = meter.firstSlot(at: horizon)
        let rows = try Row.fetchCursor(select, arguments: [id, first.milliseconds])
        var accounts: [Split: Account] = [:]
        while let row = try rows.next() {
            let slot = Interval(start: Timestamp(milliseconds: row[1]), end: Timestamp(milliseconds: row[2]))
            guard meter.memory(of: slot) > horizon else { continue }
            let amount = Amount(cost: Money(nanodollars: row[3]), tokens: row[4], calls: row[5])
            accounts[Split(raw: row[0]), default: Account()].add(amount, to: slot)
        }
        return accounts
    }
}
