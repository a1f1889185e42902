import GRDB
import GovernorCore

/// Reads and writes rows of `alert`.
enum AlertRows {
    static func write(_ alert: Alert, _ database: Database) throws {
        // An alert fires once: what is stored of its firing is never written over; only its end is added, that the
        // silence which muted it is over, and who knows of it.
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    state = excluded.state, resolved_at = excluded.resolved_at, ended_by = excluded.ended_by,
                    silenced = excluded.silenced, acknowledged_by = excluded.acknowledged_by,
                    acknowledged_at = excluded.acknowledged_at
                """)
        let who: [(any DatabaseValueConvertible)?] = [
            alert.id, alert.kind.rawValue, alert.item, text(alert.per.map(\.text)), alert.split.raw,
            alert.window.start.milliseconds, alert.window.end.milliseconds, alert.ratio?.partsPerMillion,
            alert.limitRevision,
        ]
        let what: [(any DatabaseValueConvertible)?] = [
            alert.state.rawValue, alert.severity.rawValue, alert.firedAt.milliseconds, alert.resolvedAt?.milliseconds,
            alert.end?.rawValue, alert.spent, alert.limit?.unit.rawValue, alert.limit?.value, alert.text, alert.action,
            text(alert.notified), alert.silenced, alert.acknowledgement?.by, alert.acknowledgement?.at.milliseconds,
        ]
        try statement.execute(arguments: StatementArguments(who + what))
    }

    static func read(_ row: Row) -> Alert {
        let unit = (row["limit_unit"] as String?).map { Limit.Unit(rawValue: $0) ?? .usd }
        let limit = unit.flatMap { unit in (row["limit_value"] as Int64?).map { Limit(unit: unit, value: $0) } }
        return Alert(
            id: row["id"], kind: Alert.Kind(rawValue: row["kind"]) ?? .threshold, item: row["item"],
            per: names(row["per"]).compactMap { LabelKey($0) }, split: Split(raw: row["split"]),
            window: Interval(
                start: Timestamp(milliseconds: row["window_start"]), end: Timestamp(milliseconds: row["window_end"])),
            ratio: (row["ratio"] as Int64?).map { Ratio(partsPerMillion: $0) }, limitRevision: row["limit_revision"],
            state: Alert.State(rawValue: row["state"]) ?? .firing,
            severity: Alert.Severity(rawValue: row["severity"]) ?? .critical,
            firedAt: Timestamp(milliseconds: row["fired_at"]),
            resolvedAt: (row["resolved_at"] as Int64?).map { Timestamp(milliseconds: $0) },
            end: (row["ended_by"] as String?).flatMap { Alert.End(rawValue: $0) }, spent: row["spent"], limit: limit,
            text: row["text"], action: row["action"], notified: names(row["notified"]), silenced: row["silenced"],
            acknowledgement: (row["acknowledged_by"] as String?).map {
                Alert.Acknowledgement(by: $0, at: Timestamp(milliseconds: row["acknowledged_at"] ?? 0))
            })
    }

    /// Alerts that fire, whatever their window, and those that resolved while their identity can still come again: they
    /// must not fire twice. Beside them those that may still have a say: fired after `firedSince`, since their pause lasts
    /// from then, or resolved after `resolvedSince`.
    ///
    /// A window of the calendar holds its alerts to its end and a lifetime one, which begins at the start of time, for
    /// ever; a rolling one names them after a slot, of which none that ended by `rollingSince` comes again.
    static func live(
        horizon: Timestamp, rollingSince: Timestamp, firedSince: Timestamp, resolvedSince: Timestamp,
        _ database: Database
    ) throws -> [Alert] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM alert
                WHERE state = 'firing' OR resolved_at > ? OR fired_at > ?
                    OR state = 'resolved' AND window_end > ?
                        AND (window_end < ? OR window_start = ? OR window_start >= ?)
                ORDER BY fired_at, id
                """,
            arguments: [
                min(horizon, resolvedSince).milliseconds, firedSince.milliseconds, horizon.milliseconds, Int64.max,
                Int64.min, rollingSince.milliseconds,
            ]
        ).map(read)
    }

    /// Takes back ends that lie in the future: they were found while the clock was ahead, and what time alone ended has
    /// not ended. An operator's or a policy's doing stays.
    static func revive(now: Timestamp, _ database: Database) throws {
        let byTime: [Alert.End] = [.windowEnded, .spendFell, .forecastFell, .cleared]
        try database.execute(
            sql: """
                UPDATE alert SET state = 'firing', resolved_at = NULL, ended_by = NULL
                WHERE resolved_at > ? AND ended_by IN (?, ?, ?, ?)
                """,
            arguments: StatementArguments([(now + clockJitter).milliseconds])
                + StatementArguments(byTime.map(\.rawValue)))
    }

    /// By how much a clock may go back without having been wrong.
    static let clockJitter = Span.seconds(1)

    /// A list of names as JSON: a tag's name may hold any separator.
    static func text(_ names: [String]) -> String {
        var json = JSONWriter()
        json.array(of: names) { $0.value($1) }
        return json.text
    }

    static func names(_ text: String) -> [String] {
        ((try? JSONReader.read(text.utf8))?.array ?? []).compactMap(\.string)
    }
}
