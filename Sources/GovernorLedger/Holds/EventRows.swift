import GRDB
package import GovernorCore

/// Reads and writes rows of `event`: what watchers were told, so that one who was away can go on where he was.
enum EventRows {
    /// So many are kept.
    static let kept: Int64 = 100_000

    static func write(_ event: WatchEvent, _ database: Database) throws {
        let insert = try database.cachedStatement(sql: "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)")
        try insert.execute(arguments: [
            event.sequence, event.at.milliseconds, event.kind.rawValue, LabelsText.write(event.labels),
            event.item.map(ItemText.kind), event.item?.name, event.text,
        ])
    }

    static func read(_ row: Row) -> WatchEvent {
        WatchEvent(
            sequence: row["sequence"], at: Timestamp(milliseconds: row["at"]),
            kind: WatchEvent.Kind(rawValue: row["kind"]) ?? .policy, labels: LabelsText.read(row["labels"]),
            item: ItemText.item(row["item_kind"], row["item"]), text: row["text"])
    }

    static func forget(_ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM event WHERE sequence <= (SELECT MAX(sequence) FROM event) - ?", arguments: [kept])
    }

    /// What watchers know.
    static func watch(_ database: Database) throws -> Watch {
        Watch(
            sequence: try Int64.fetchOne(database, sql: "SELECT MAX(sequence) FROM event") ?? 0,
            moods: try MoodRows.all(database))
    }
}

/// Reads and writes rows of `mood`: whom watchers believe to be held back.
enum MoodRows {
    /// - Parameter mood: nil for one who no longer is.
    static func write(_ mood: Mood?, of place: Mood.Place, _ database: Database) throws {
        let key: [String] = [ItemText.kind(place.item), place.item.name, LabelsText.write(place.labels)]
        guard let mood else {
            return try database.execute(
                sql: "DELETE FROM mood WHERE item_kind = ? AND item = ? AND labels = ?",
                arguments: StatementArguments(key))
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO mood VALUES (?, ?, ?, ?)",
            arguments: StatementArguments(key + [mood.kind.rawValue]))
    }

    static func all(_ database: Database) throws -> [Mood.Place: Mood] {
        var moods: [Mood.Place: Mood] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM mood") {
            guard let item = ItemText.item(row["item_kind"], row["item"]), let kind = Mood.Kind(rawValue: row["kind"])
            else { continue }
            moods[Mood.Place(item: item, labels: LabelsText.read(row["labels"]))] = Mood(kind: kind)
        }
        return moods
    }
}

/// How the item behind an event is kept.
private enum ItemText {
    static func kind(_ item: WatchEvent.Item) -> String {
        switch item {
        case .budget: "budget"
        case .rule: "rule"
        case .operator: "operator"
        }
    }

    static func item(_ kind: String?, _ name: String?) -> WatchEvent.Item? {
        guard let name else { return nil }
        switch kind {
        case "budget": return .budget(name)
        case "rule": return .rule(name)
        case "operator": return .operator(name)
        default: return nil
        }
    }
}

extension Ledger {
    /// The events of a stretch of time, in order, as far as they are kept.
    package func events(in interval: Interval) throws(LedgerError) -> [WatchEvent] {
        try read("reading events") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM event WHERE at >= ? AND at < ? ORDER BY sequence",
                arguments: [interval.start.milliseconds, interval.end.milliseconds]
            ).map(EventRows.read)
        }
    }

    /// The events after a number, in order.
    ///
    /// - Returns: nil when events after it are no longer kept, so that some would be missing.
    package func events(after sequence: Int64, limit: Int) throws(LedgerError) -> [WatchEvent]? {
        try read("reading events") { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [sequence, limit])
            let events = rows.map(EventRows.read)
            guard let first = events.first else { return [] }
            return first.sequence == sequence + 1 ? events : nil
        }
    }
}
