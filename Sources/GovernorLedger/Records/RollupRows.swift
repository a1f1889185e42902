import GRDB
import GovernorCore

/// Rows of `rollup`: sums per quarter of an hour and combination of labels.
extension UsageSums {
    /// The columns summed, for a query that groups.
    static let columns = """
        SUM(calls) AS calls, SUM(success) AS success, SUM(unpriced) AS unpriced, SUM(cost) AS cost, SUM(input) AS input,
        SUM(output) AS output, SUM(cache_read) AS cache_read, SUM(cache_write_5m) AS cache_write_5m,
        SUM(cache_write_1h) AS cache_write_1h, SUM(cache_write_12h) AS cache_write_12h, SUM(reasoning) AS reasoning,
        SUM(shadowed) AS shadowed, SUM(shadowed_cost) AS shadowed_cost
        """

    /// What is added to a row that is there. SQLite makes a sum beyond 64 bits a floating-point number, which the cast
    /// turns into the end of the range, as `Money` does in memory.
    static let added = [
        "calls", "success", "unpriced", "cost", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h",
        "cache_write_12h", "reasoning", "shadowed", "shadowed_cost",
    ].map { "\($0) = CAST(\($0) + excluded.\($0) AS INTEGER)" }.joined(separator: ", ")

    init(_ row: Row) {
        self.init(
            calls: row["calls"] ?? 0, success: row["success"] ?? 0, unpriced: row["unpriced"] ?? 0,
            cost: Money(nanodollars: row["cost"] ?? 0),
            tokens: TokenCounts(
                input: row["input"] ?? 0, output: row["output"] ?? 0, cacheRead: row["cache_read"] ?? 0,
                cacheWrite5m: row["cache_write_5m"] ?? 0, cacheWrite1h: row["cache_write_1h"] ?? 0,
                cacheWrite12h: row["cache_write_12h"] ?? 0, reasoning: row["reasoning"] ?? 0))
        shadowed = row["shadowed"] ?? 0
        shadowedCost = Money(nanodollars: row["shadowed_cost"] ?? 0)
    }

    /// Adds sums to their rows, in the order of the table.
    static func write(_ rollups: [RecordRows.RollupKey: UsageSums], _ database: Database) throws {
        guard !rollups.isEmpty else { return }
        let statement = try BulkStatement(
            """
            INSERT INTO rollup (bucket, label_set, calls, success, unpriced, cost, input, output, cache_read,
                cache_write_5m, cache_write_1h, cache_write_12h, reasoning, shadowed, shadowed_cost)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET \(Self.added)
            """, database)
        for (key, sums) in rollups.sorted(by: { $0.key < $1.key }) {
            try statement.run { row in
                row.bind(key.bucket)
                row.bind(key.labelSet)
                row.bind(sums.calls)
                row.bind(sums.success)
                row.bind(sums.unpriced)
                row.bind(sums.cost.nanodollars)
                row.bind(sums.tokens.input)
                row.bind(sums.tokens.output)
                row.bind(sums.tokens.cacheRead)
                row.bind(sums.tokens.cacheWrite5m)
                row.bind(sums.tokens.cacheWrite1h)
                row.bind(sums.tokens.cacheWrite12h)
                row.bind(sums.tokens.reasoning)
                row.bind(sums.shadowed)
                row.bind(sums.shadowedCost.nanodollars)
            }
        }
    }
}
