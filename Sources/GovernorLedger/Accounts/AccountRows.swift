import GRDB
import GovernorCore

/// Reads and writes rows of `account`: one meter's sums per slot and split.
enum AccountRows {
    /// Sums beyond 64 bits stay at the end of the range, as in memory; see `UsageSums.added`.
    static func add(_ amount: Amount, to slot: Interval, of split: Split, meter: Int64, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET
                    cost = CAST(cost + excluded.cost AS INTEGER), tokens = CAST(tokens + excluded.tokens AS INTEGER),
                    calls = CAST(calls + excluded.calls AS INTEGER)
                """)
        // Values, not existentials of them: a reload writes tens of thousands.
        let values: [DatabaseValue] = [
            meter.databaseValue, slot.start.milliseconds.databaseValue, split.raw.databaseValue,
            slot.end.milliseconds.databaseValue, amount.cost.nanodollars.databaseValue, amount.tokens.databaseValue,
            amount.calls.databaseValue,
        ]
        try statement.execute(arguments: StatementArguments(values))
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
