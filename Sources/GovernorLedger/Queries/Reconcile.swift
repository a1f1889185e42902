import GRDB
package import GovernorCore

/// Both sides of a comparison with providers, at one moment.
package struct ReconcileRows: Sendable {
    package var reports: [ProviderReport]
    package var coverage: [ReportCoverage]
    package var ours: [DaySums]
}

extension Ledger {
    /// What providers said of `[since, until)`, which days they were asked about, and what the ledger holds of them.
    /// - Parameter margin: how many days more on either side of what the ledger holds.
    package func reconcileRows(
        since: CivilDate, until: CivilDate, margin: Int64 = 0
    ) throws(LedgerError) -> ReconcileRows {
        try read("reading providers' reports") { database in
            let range: StatementArguments = [since.daysSinceEpoch, until.daysSinceEpoch]
            let reports = try Row.fetchAll(
                database, sql: "SELECT * FROM provider_report WHERE day >= ? AND day < ? ORDER BY provider, day",
                arguments: range
            ).compactMap(PollRows.report)
            let coverage = try Row.fetchAll(
                database, sql: "SELECT * FROM provider_day WHERE day >= ? AND day < ?", arguments: range
            ).compactMap { row -> ReportCoverage? in
                guard let provider = ReportingProvider(rawValue: row["provider"]),
                    let kind = ProviderReport.Kind(rawValue: row["kind"])
                else { return nil }
                return ReportCoverage(
                    provider: provider, kind: kind, day: CivilDate(daysSinceEpoch: row["day"]),
                    asOf: Timestamp(milliseconds: row["as_of"]))
            }
            let ours = try Self.daySums(since.adding(days: -margin), until.adding(days: margin), database)
            return ReconcileRows(reports: reports, coverage: coverage, ours: ours)
        }
    }

    /// Sums per day (UTC), provider, model and kind of source; what is only shadowed too.
    private static func daySums(_ since: CivilDate, _ until: CivilDate, _ database: Database) throws -> [DaySums] {
        // A day in UTC is 96 whole buckets. First by combination of labels, of which there are far fewer than rows.
        try Row.fetchAll(
            database,
            sql: """
                SELECT day, provider, model, source, \(UsageSums.columns),
                    SUM(hidden_calls) AS hidden_calls, SUM(hidden_cost) AS hidden_cost
                FROM (
                    SELECT bucket / 86400000 AS day, label_set, \(UsageSums.columns),
                        SUM(shadowed) AS hidden_calls, SUM(shadowed_cost) AS hidden_cost
                    FROM rollup WHERE bucket >= ? AND bucket < ? GROUP BY day, label_set
                ) AS sums JOIN label_set ON label_set.id = sums.label_set
                GROUP BY day, provider, model, source HAVING SUM(calls) <> 0 OR SUM(hidden_calls) <> 0
                ORDER BY day, provider, model, source
                """,
            arguments: [since.startInUTC.milliseconds, until.startInUTC.milliseconds]
        ).map { row in
            DaySums(
                day: CivilDate(daysSinceEpoch: row["day"]), provider: row["provider"], model: row["model"],
                source: row["source"], sums: UsageSums(row), shadowedCalls: row["hidden_calls"] ?? 0,
                shadowedCost: Money(nanodollars: row["hidden_cost"] ?? 0))
        }
    }
}
