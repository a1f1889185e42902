import GRDB
import GovernorCore

/// Rows of `rollup`: sums per quarter of an hour and combination of labels.
extension UsageSums {
    /// The columns summed, for a query that groups.
    static let columns = """
        SUM(calls) AS calls, SUM(success) AS success, SUM(unpriced) AS unpriced, SUM(cost) AS cost, SUM(input) AS input,
        SUM(output) AS output, SUM(cache_read) AS cache_read, SUM(cache_write_5m) AS cache_write_5m,
        SUM(cache_write_1h) AS cache_write_1h, SUM(cache_write_12h) AS cache_write_12h, SUM(reasoning) AS reasoning
        """

    /// What is added to a row that is there. SQLite makes a sum beyond 64 bits a floating-point number, which the cast
    /// turns into the end of the range, as `Money` does in memory.
    static let added = [
        "calls", "success", "unpriced", "cost", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h",
        "cache_write_12h", "reasoning",
    ].map { "\($0) = CAST(\($0) + excluded.\($0) AS INTEGER)" }.joined(separator: ", ")

    init(_ row: Row) {
        self.init(
            calls: row["calls"] ?? 0, success: row["success"] ?? 0, unpriced: row["unpriced"] ?? 0,
            cost: Money(nanodollars: row["cost"] ?? 0),
            tokens: TokenCounts(
                input: row["input"] ?? 0, output: row["output"] ?? 0, cacheRead: row["cache_read"] ?? 0,
                cacheWrite5m: row["cache_write_5m"] ?? 0, cacheWrite1h: row["cache_write_1h"] ?? 0,
                cacheWrite12h: row["cache_write_12h"] ?? 0, reasoning: row["reasoning"] ?? 0))
    }

    /// Adds this to its row.
    func write(_ key: RecordRows.RollupKey, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET \(Self.added)
                """)
        try statement.execute(arguments: [
            key.bucket, key.labelSet, calls, success, unpriced, cost.nanodollars, tokens.input, tokens.output,
            tokens.cacheRead, tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.cacheWrite12h, tokens.reasoning,
        ])
    }
}
