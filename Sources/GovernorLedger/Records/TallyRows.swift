import GRDB
package import GovernorCore

/// Reads and writes rows of `source`: how much each kind told, since the ledger began.
enum TallyRows {
    static func add(_ tally: SourceTally, to kind: String, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO source VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET records = records + excluded.records, united = united + excluded.united,
                    rejected = rejected + excluded.rejected,
                    last_record = max(coalesce(last_record, excluded.last_record),
                        coalesce(excluded.last_record, last_record))
                """)
        try statement.execute(arguments: [
            kind, tally.records, tally.united, tally.rejected, tally.newest?.milliseconds,
        ])
    }
}

/// The order of authority by which the stored records are marked.
enum AuthorityRows {
    static func write(_ authority: Authority, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO setting VALUES ('authority', ?)", arguments: [authority.text])
    }
}

extension Ledger {
    /// How much each kind of source told; with the calls of each that are kept and not counted.
    package func sourceTallies() throws(LedgerError) -> [String: SourceTally] {
        try read("reading sources") { database in
            var tallies: [String: SourceTally] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT * FROM source") {
                tallies[row["kind"]] = SourceTally(
                    records: row["records"], united: row["united"], rejected: row["rejected"],
                    newest: (row["last_record"] as Int64?).map { Timestamp(milliseconds: $0) })
            }
            // At every start: most ledgers have nothing shadowed, and then no rollup is read.
            let shadowed = try Row.fetchAll(
                database,
                sql: """
                    SELECT source, SUM(shadowed) AS shadowed, SUM(shadowed_cost) AS cost
                    FROM rollup JOIN label_set ON label_set.id = rollup.label_set
                    WHERE shadowed <> 0 AND source IS NOT NULL GROUP BY source
                    """)
            for row in shadowed {
                tallies[row["source"], default: SourceTally()].shadowed = row["shadowed"]
                tallies[row["source"], default: SourceTally()].shadowedCost = Money(nanodollars: row["cost"])
            }
            return tallies
        }
    }

    /// Whether all records are marked by this order of authority.
    package func isMarked(by authority: Authority) throws(LedgerError) -> Bool {
        try read("reading the order of authority") { database in
            let stored = try String.fetchOne(database, sql: "SELECT value FROM setting WHERE name = 'authority'")
            return stored == authority.text
        }
    }

    /// Whether any record may be known by its request alone.
    package func hasRequestsAlone() throws(LedgerError) -> Bool {
        try read("looking for telemetry") { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM source WHERE kind IN ('telemetry', 'litellm', 'import'))")
                ?? false
        }
    }
}
