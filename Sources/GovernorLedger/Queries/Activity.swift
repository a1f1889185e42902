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
                    FROM record JOIN label_set ON label_set.id = record.label_set
                    WHERE record.time >= ? AND \(RecordRows.isCounted)
                    """, arguments: [since.milliseconds])
            let last = try Row.fetchOne(
                database,
                sql: """
                    SELECT record.time, label_set.session FROM record JOIN label_set ON label_set.id = record.label_set
                    WHERE \(RecordRows.isCounted) ORDER BY record.time DESC, record.sequence DESC LIMIT 1
                    """)
            return Activity(
                sums: sums.map { UsageSums($0) } ?? UsageSums(), sessions: sums?["sessions"] ?? 0,
                lastSession: last?["session"],
                lastTime: (last?["time"] as Int64?).map { Timestamp(milliseconds: $0) })
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
