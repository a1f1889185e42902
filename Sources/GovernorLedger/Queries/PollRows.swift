import GRDB
package import GovernorCore

/// Reads and writes what providers said, and every time they were asked.
enum PollRows {
    /// Every poll; the newest word of each provider on each day; and which days it was asked about. `provider_report` has
    /// nothing of a day that nothing was used on, so `provider_day` tells that from a day nobody asked about.
    static let migration = """
        CREATE TABLE poll (
            id INTEGER PRIMARY KEY, provider TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER,
            ok INTEGER NOT NULL, records INTEGER NOT NULL, error TEXT
        ) STRICT;
        CREATE INDEX poll_provider ON poll (provider, started);
        CREATE TABLE provider_report (
            provider TEXT NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL, item TEXT NOT NULL,
            input INTEGER, output INTEGER, cache_read INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER,
            cache_write_12h INTEGER, reasoning INTEGER, splits_writes INTEGER NOT NULL, calls INTEGER, cost INTEGER,
            PRIMARY KEY (provider, day, kind, model, item)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE provider_day (
            provider TEXT NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL, as_of INTEGER NOT NULL,
            PRIMARY KEY (provider, day, kind)
        ) STRICT, WITHOUT ROWID;
        """

    /// Polls kept of each provider: a week of one every five minutes. The last that went well is kept whatever its age.
    static let kept = 2016

    static func write(_ row: ProviderReport, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO provider_report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        let tokens = row.tokens
        try statement.execute(arguments: [
            row.provider.rawValue, row.day.daysSinceEpoch, row.kind.rawValue, row.model, row.item, tokens?.input,
            tokens?.output, tokens?.cacheRead, tokens?.cacheWrite5m, tokens?.cacheWrite1h, tokens?.cacheWrite12h,
            tokens?.reasoning, row.splitsWrites, row.calls, row.cost?.nanodollars,
        ])
    }

    /// nil for rows of a later release's providers and reports.
    static func report(_ row: Row) -> ProviderReport? {
        guard let provider = ReportingProvider(rawValue: row["provider"]),
            let kind = ProviderReport.Kind(rawValue: row["kind"])
        else { return nil }
        let tokens = (row["input"] as Int64?).map {
            TokenCounts(
                input: $0, output: row["output"] ?? 0, cacheRead: row["cache_read"] ?? 0,
                cacheWrite5m: row["cache_write_5m"] ?? 0, cacheWrite1h: row["cache_write_1h"] ?? 0,
                cacheWrite12h: row["cache_write_12h"] ?? 0, reasoning: row["reasoning"] ?? 0)
        }
        return ProviderReport(
            provider: provider, kind: kind, day: CivilDate(daysSinceEpoch: row["day"]), model: row["model"],
            item: row["item"], tokens: tokens, splitsWrites: row["splits_writes"], calls: row["calls"],
            cost: (row["cost"] as Int64?).map { Money(nanodollars: $0) })
    }

    static func poll(_ row: Row) -> ProviderPoll? {
        guard let provider = ReportingProvider(rawValue: row["provider"]) else { return nil }
        return ProviderPoll(
            provider: provider, startedAt: Timestamp(milliseconds: row["started"]),
            finishedAt: (row["finished"] as Int64?).map { Timestamp(milliseconds: $0) }, ok: row["ok"],
            records: row["records"], error: row["error"])
    }
}

extension Ledger {
    /// Notes that a provider is about to be asked, so that a daemon that dies in it doesn't ask again at once.
    /// - Returns: the poll's number, for `finish`.
    package func begin(_ provider: ReportingProvider, at now: Timestamp) throws(LedgerError) -> Int64 {
        try write("noting a poll") { database in
            try database.execute(
                sql: "INSERT INTO poll (provider, started, ok, records) VALUES (?, ?, 0, 0)",
                arguments: [provider.rawValue, now.milliseconds])
            return database.lastInsertedRowID
        }
    }

    /// Notes how a poll ended, with what it read: each report replaces what was known of its days. All or nothing.
    package func finish(
        _ id: Int64, _ poll: ProviderPoll, batches: [ReportBatch]
    ) throws(LedgerError) {
        try write("keeping a provider's report") { database in
            for batch in batches {
                for day in batch.days {
                    let key: StatementArguments = [batch.provider.rawValue, day.daysSinceEpoch, batch.kind.rawValue]
                    try database.execute(
                        sql: "DELETE FROM provider_report WHERE provider = ? AND day = ? AND kind = ?", arguments: key)
                    try database.execute(
                        sql: "INSERT OR REPLACE INTO provider_day VALUES (?, ?, ?, ?)",
                        arguments: key + [batch.askedAt.milliseconds])
                }
                for row in batch.rows { try PollRows.write(row, database) }
            }
            try database.execute(
                sql: "UPDATE poll SET finished = ?, ok = ?, records = ?, error = ? WHERE id = ?",
                arguments: [poll.finishedAt?.milliseconds, poll.ok, poll.records, poll.error, id])
            try database.execute(
                sql: """
                    DELETE FROM poll WHERE provider = ?1
                        AND id NOT IN (SELECT id FROM poll WHERE provider = ?1 ORDER BY id DESC LIMIT ?2)
                        AND id NOT IN (SELECT id FROM poll WHERE provider = ?1 AND ok ORDER BY id DESC LIMIT 1)
                    """, arguments: [poll.provider.rawValue, PollRows.kept])
        }
    }

    /// The last polls of a provider, the newest first.
    package func polls(of provider: ReportingProvider, limit: Int) throws(LedgerError) -> [ProviderPoll] {
        try read("reading polls") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM poll WHERE provider = ? ORDER BY id DESC LIMIT ?",
                arguments: [provider.rawValue, limit]
            ).compactMap(PollRows.poll)
        }
    }

    /// The last poll of a provider that went well.
    package func lastGoodPoll(of provider: ReportingProvider) throws(LedgerError) -> ProviderPoll? {
        try read("reading polls") { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM poll WHERE provider = ? AND ok ORDER BY id DESC LIMIT 1",
                arguments: [provider.rawValue]
            ).flatMap(PollRows.poll)
        }
    }
}
