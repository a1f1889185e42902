import GRDB
package import GovernorCore

/// The sums of one group of a report.
package struct ReportGroup: Hashable, Sendable {
    package var labels: Labels
    package var sums: UsageSums
}

extension Ledger {
    /// Sums per combination of labels over `[since, until)`; the parts of any grouping add up to the whole exactly.
    package func sums(since: Timestamp, until: Timestamp) throws(LedgerError) -> [ReportGroup] {
        let isAligned =
            since.milliseconds % RecordRows.bucket == 0 && until.milliseconds % RecordRows.bucket == 0
        // Rollups where the ends fall between buckets; the records themselves where they don't.
        let source =
            isAligned
            ? "SELECT label_set, \(UsageSums.columns) FROM rollup WHERE bucket >= ? AND bucket < ? GROUP BY label_set HAVING SUM(calls) <> 0"
            : """
            SELECT label_set, COUNT(*) AS calls, SUM(outcome = 0) AS success, SUM(cost_origin = 2) AS unpriced,
                SUM(cost) AS cost, SUM(input) AS input, SUM(output) AS output, SUM(cache_read) AS cache_read,
                SUM(cache_write_5m) AS cache_write_5m, SUM(cache_write_1h) AS cache_write_1h,
                SUM(cache_write_12h) AS cache_write_12h, SUM(reasoning) AS reasoning
            FROM record WHERE time >= ? AND time < ? AND \(RecordRows.isCounted) GROUP BY label_set
            """
        return try read("summing records") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM (\(source)) AS sums JOIN label_set ON label_set.id = sums.label_set",
                arguments: [since.milliseconds, until.milliseconds]
            ).map { ReportGroup(labels: LabelSets.read($0), sums: UsageSums($0)) }
        }
    }

    /// The calls themselves over `[since, until)`, oldest first.
    package func records(since: Timestamp, until: Timestamp, limit: Int) throws(LedgerError) -> [UsageRecord] {
        try read("reading records") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(RecordRows.columns) FROM \(RecordRows.joins)
                    WHERE record.time >= ? AND record.time < ? AND \(RecordRows.isCounted)
                    ORDER BY record.time, record.sequence LIMIT ?
                    """,
                arguments: [since.milliseconds, until.milliseconds, limit]
            ).map { RecordRows.read($0).record }
        }
    }

    /// A page of the calls over `[since, until)`, oldest first, so that a reader holds no more than one page of a ledger
    /// of any length; the next page is after the last call of this one.
    /// - Parameter after: the last call of the page before; nil for the first page.
    package func records(
        since: Timestamp, until: Timestamp, after: StoredRecord?, limit: Int
    ) throws(LedgerError) -> [StoredRecord] {
        let from = max(since, after?.record.time ?? since)
        return try read("reading records") { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(RecordRows.columns) FROM \(RecordRows.joins)
                    WHERE record.time >= ? AND record.time < ? AND (record.time > ? OR record.sequence > ?)
                        AND \(RecordRows.isCounted)
                    ORDER BY record.time, record.sequence LIMIT ?
                    """)
            return try Row.fetchAll(
                statement,
                arguments: [
                    from.milliseconds, until.milliseconds, from.milliseconds,
                    after.map { $0.record.time < since ? .min : $0.sequence } ?? .min, limit,
                ]
            ).map(RecordRows.read)
        }
    }

    /// Spend per quarter of an hour from `since` on, bucket starts rising; what daily histories are summed from.
    package func spend(since: Timestamp) throws(LedgerError) -> [(time: Timestamp, cost: Money)] {
        try read("reading spend") { database in
            try Row.fetchAll(
                database,
                sql: "SELECT bucket, SUM(cost) AS cost FROM rollup WHERE bucket >= ? GROUP BY bucket ORDER BY bucket",
                arguments: [since.milliseconds]
            ).map { (Timestamp(milliseconds: $0["bucket"]), Money(nanodollars: $0["cost"])) }
        }
    }

    /// What is booked but not known for sure.
    package func misgivings() throws(LedgerError) -> Misgivings {
        try read("counting what is not known for sure") { database in
            // At every start: most ledgers have nothing of either kind, and then no rollup is read.
            let unpriced = try Int64.fetchOne(
                database, sql: "SELECT SUM(unpriced) FROM rollup WHERE unpriced <> 0")
            let unbound = try Int64.fetchOne(
                database,
                sql: """
                    WITH unbound AS MATERIALIZED (
                        SELECT id FROM label_set WHERE source = 'coordinator' AND session IS NULL)
                    SELECT SUM(cost) FROM rollup
                    WHERE EXISTS (SELECT 1 FROM unbound) AND label_set IN (SELECT id FROM unbound)
                    """)
            return Misgivings(unpricedCalls: unpriced ?? 0, unbound: Money(nanodollars: unbound ?? 0))
        }
    }

    /// Cost and calls per provider and model, and tokens per model, over all time; for counters.
    package func totals() throws(LedgerError) -> [ReportGroup] {
        try read("summing the ledger") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT label_set.provider, label_set.model, \(UsageSums.columns) FROM rollup
                    JOIN label_set ON label_set.id = rollup.label_set GROUP BY label_set.provider, label_set.model
                    """
            ).map { row in
                var labels = Labels()
                labels.provider = row["provider"]
                labels.model = row["model"]
                return ReportGroup(labels: labels, sums: UsageSums(row))
            }
        }
    }
}
