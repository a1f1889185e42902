import GRDB
import GovernorCore

/// Reads and writes rows of `alert`.
enum AlertRows {
    static func write(_ alert: Alert, _ database: Database) throws {
        // An alert fires once: what is stored of its firing is never written over, only its end is added.
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    state = excluded.state, resolved_at = excluded.resolved_at, ended_by = excluded.ended_by
                """)
        let who: [(any DatabaseValueConvertible)?] = [
            alert.id, alert.budget, text(alert.per.map(\.text)), alert.split.raw,
            alert.window.start.milliseconds, alert.window.end.milliseconds, alert.ratio.partsPerMillion,
            alert.limitRevision,
        ]
        let what: [(any DatabaseValueConvertible)?] = [
            alert.state.rawValue, alert.severity.rawValue, alert.firedAt.milliseconds, alert.resolvedAt?.milliseconds,
            alert.end?.rawValue, alert.spent, alert.limit.unit.rawValue, alert.limit.value, alert.action,
            text(alert.notified),
        ]
        try statement.execute(arguments: StatementArguments(who + what))
    }

    static func read(_ row: Row) -> Alert {
        Alert(
            id: row["id"], budget: row["budget"], per: names(row["per"]).compactMap { LabelKey($0) },
            split: Split(raw: row["split"]),
            window: Interval(
                start: Timestamp(milliseconds: row["window_start"]), end: Timestamp(milliseconds: row["window_end"])),
            ratio: Ratio(partsPerMillion: row["ratio"]), limitRevision: row["limit_revision"],
            state: Alert.State(rawValue: row["state"]) ?? .firing,
            severity: Alert.Severity(rawValue: row["severity"]) ?? .critical,
            firedAt: Timestamp(milliseconds: row["fired_at"]),
            resolvedAt: (row["resolved_at"] as Int64?).map { Timestamp(milliseconds: $0) },
            end: (row["ended_by"] as String?).flatMap { Alert.End(rawValue: $0) }, spent: row["spent"],
            limit: Limit(unit: Limit.Unit(rawValue: row["limit_unit"]) ?? .usd, value: row["limit_value"]),
            action: row["action"], notified: names(row["notified"]))
    }

    /// Alerts that fire, and those that resolved while their identity can still come again: they must not fire twice.
    ///
    /// A window of the calendar holds its alerts to its end and a lifetime one, which begins at the start of time, for
    /// ever; a rolling one names them after a slot, of which none that ended by `rollingSince` comes again.
    static func live(horizon: Timestamp, rollingSince: Timestamp, _ database: Database) throws -> [Alert] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM alert
                WHERE state = 'firing' OR resolved_at > ?
                    OR window_end > ? AND (window_end < ? OR window_start = ? OR window_start >= ?)
                ORDER BY fired_at, id
                """,
            arguments: [
                horizon.milliseconds, horizon.milliseconds, Int64.max, Int64.min, rollingSince.milliseconds,
            ]
        ).map(read)
    }

    /// A list of names as JSON: a tag's name may hold any separator.
    private static func text(_ names: [String]) -> String {
        var json = JSONWriter()
        json.array(of: names) { $0.value($1) }
        return json.text
    }

    private static func names(_ text: String) -> [String] {
        ((try? JSONReader.read(text.utf8))?.array ?? []).compactMap(\.string)
    }
}
