import GRDB
package import GovernorCore

/// What happened over the last hours, for a display.
package struct Activity: Hashable, Sendable {
    package var sums: UsageSums
    package var sessions: Int64
    /// The session of the newest call.
    package var lastSession: String?
    package var lastTime: Timestamp?
}

extension Ledger {
    /// Activity since an instant. The newest call is looked for in all time: a display shows when something last ran.
    package func activity(since: Timestamp) throws(LedgerError) -> Activity {
        try read("reading activity") { database in
            let sums = try Row.fetchOne(
                database,
                sql: """
                    SELECT COUNT(*) AS calls, SUM(outcome = 0) AS success, SUM(cost_origin = 2) AS unpriced,
                        SUM(cost) AS cost, SUM(input) AS input, SUM(output) AS output, SUM(cache_read) AS cache_read,
                        SUM(cache_write_5m) AS cache_write_5m, SUM(cache_write_1h) AS cache_write_1h,
                        SUM(cache_write_12h) AS cache_write_12h, SUM(reasoning) AS reasoning,
                        COUNT(DISTINCT label_set.session) AS sessions
                    FROM record JOIN label_set ON label_set.id = record.label_set WHERE record.time >= ?
                    """, arguments: [since.milliseconds])
            let last = try Row.fetchOne(
                database,
                sql: """
                    SELECT record.time, label_set.session FROM record JOIN label_set ON label_set.id = record.label_set
                    ORDER BY record.time DESC, record.sequence DESC LIMIT 1
                    """)
            return Activity(
                sums: sums.map { UsageSums($0) } ?? UsageSums(), sessions: sums?["sessions"] ?? 0,
                lastSession: last?["session"],
                lastTime: (last?["time"] as Int64?).map { Timestamp(milliseconds: $0) })
        }
    }
}

extension Ledger {
    /// How many records each kind of source brought, and about when the newest was made.
    package func sourceSummary() throws(LedgerError) -> [String: (records: Int64, newest: Timestamp)] {
        try read("reading sources") { database in
            // Sums by combination first, in one pass without a look-up for each row: this is asked at every start.
            var sums: [(calls: Int64, newest: Int64)] = []
            let rows = try Row.fetchCursor(
                database, sql: "SELECT label_set, calls, bucket FROM rollup WHERE calls <> 0 ORDER BY bucket")
            while let row = try rows.next() {
                let set = Int(row[0] as Int64)
                while sums.count <= set { sums.append((0, 0)) }
                sums[set].calls = sums[set].calls.saturatingAdding(row[1])
                sums[set].newest = row[2]
            }
            var summary: [String: (records: Int64, newest: Timestamp)] = [:]
            let sets = try Row.fetchCursor(database, sql: "SELECT id, source FROM label_set WHERE source IS NOT NULL")
            while let row = try sets.next() {
                let set = Int(row[0] as Int64)
                guard sums.indices.contains(set), sums[set].calls != 0 else { continue }
                let known = summary[row[1], default: (0, .distantPast)]
                summary[row[1]] = (
                    known.records.saturatingAdding(sums[set].calls),
                    max(known.newest, Timestamp(milliseconds: sums[set].newest))
                )
            }
            return summary
        }
    }
}

/// A display's picture at one time: the body it was or would have been given.
package struct DisplaySnapshot: Hashable, Sendable {
    package var at: Timestamp
    /// A JSON object.
    package var body: String
    /// Whether somebody sent it, rather than Governor taking it.
    package var isPushed: Bool

    package init(at: Timestamp, body: String, isPushed: Bool) {
        self.at = at
        self.body = body
        self.isPushed = isPushed
    }
}

/// Reads and writes rows of `snapshot`.
enum SnapshotRows {
    /// Of each kind, 288 steps of 5 minutes: a day.
    static let kept = 288

    static func write(_ snapshot: DisplaySnapshot, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)",
            arguments: [snapshot.at.milliseconds, snapshot.body, snapshot.isPushed])
        for pushed in [false, true] {
            try database.execute(
                sql: """
                    DELETE FROM snapshot WHERE pushed = ? AND at NOT IN
                        (SELECT at FROM snapshot WHERE pushed = ? ORDER BY at DESC LIMIT ?)
                    """, arguments: [pushed, pushed, kept])
        }
    }
}

extension Ledger {
    /// The kept pictures, oldest first.
    package func snapshots() throws(LedgerError) -> [DisplaySnapshot] {
        try read("reading snapshots") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM snapshot ORDER BY at").map {
                DisplaySnapshot(at: Timestamp(milliseconds: $0["at"]), body: $0["body"], isPushed: $0["pushed"])
            }
        }
    }
}
