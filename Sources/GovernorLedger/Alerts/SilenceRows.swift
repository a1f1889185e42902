import GRDB
import GovernorCore

/// Reads and writes rows of `silence`: those that operators began. What is over stays, as history.
enum SilenceRows {
    static func write(_ silence: OperatorSilence, _ database: Database) throws {
        var terms = JSONWriter()
        terms.array(of: silence.silence.matcher.terms) { json, term in
            json.object {
                $0.field("label", term.key.text)
                $0.field("globs", array: term.globs) { $0.value($1.pattern) }
            }
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO silence VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                silence.id, AlertRows.text(silence.silence.items.map(\.pattern)), terms.text,
                silence.silence.interval.start.milliseconds, silence.silence.interval.end.milliseconds,
                silence.silence.reason, silence.silence.by,
            ])
    }

    /// Those that are not over.
    static func live(now: Timestamp, _ database: Database) throws -> [OperatorSilence] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM silence WHERE ends_at > ? ORDER BY starts_at, id",
            arguments: [now.milliseconds]
        ).map { row in
            let terms = ((try? JSONReader.read((row["terms"] as String).utf8))?.array ?? []).compactMap { term in
                term["label"]?.string.flatMap { LabelKey($0) }.map { key in
                    Matcher.Term(
                        key: key, globs: (term["globs"]?.array ?? []).compactMap { $0.string.map { Glob($0) } })
                }
            }
            let interval = Interval(
                start: Timestamp(milliseconds: row["starts_at"]), end: Timestamp(milliseconds: row["ends_at"]))
            return OperatorSilence(
                id: row["id"],
                Silence(
                    items: AlertRows.names(row["items"]).map { Glob($0) }, matcher: Matcher(terms: terms),
                    interval: interval, reason: row["reason"], by: row["silenced_by"]))
        }
    }
}

/// Reads and writes rows of `disabled_receiver`: those that want nothing more, under the policy they said so.
enum DisabledRows {
    /// - Parameter disabled: nil for one that works again.
    static func write(
        _ disabled: Messaging.Disabled?, _ name: String, _ policy: String, _ database: Database
    ) throws {
        guard let disabled else {
            return try database.execute(sql: "DELETE FROM disabled_receiver WHERE name = ?", arguments: [name])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO disabled_receiver VALUES (?, ?, ?, ?)",
            arguments: [name, policy, disabled.since.milliseconds, disabled.why])
    }

    /// Those of this policy; under another they may be asked again.
    static func adopt(_ policy: String, _ database: Database) throws -> [String: Messaging.Disabled] {
        try database.execute(sql: "DELETE FROM disabled_receiver WHERE policy <> ?", arguments: [policy])
        var disabled: [String: Messaging.Disabled] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM disabled_receiver") {
            disabled[row["name"]] = Messaging.Disabled(
                since: Timestamp(milliseconds: row["since"]), why: row["why"])
        }
        return disabled
    }
}
