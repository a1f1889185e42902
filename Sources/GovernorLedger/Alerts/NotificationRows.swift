import GRDB
package import GovernorCore

/// Reads and writes rows of `notification`, the outbox.
enum NotificationRows {
    static func write(_ notification: Notification, _ database: Database) throws {
        var items = JSONWriter()
        items.array(of: notification.items) { json, item in
            json.object {
                $0.field("alert", item.alert.id)
                $0.field("event", item.event.rawValue)
            }
        }
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO notification VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            notification.id, notification.receiver, notification.group, items.text, notification.createdAt.milliseconds,
            notification.state.rawValue, notification.attempts, notification.nextAt.milliseconds,
            notification.lastError,
        ])
    }

    /// Everything still to be sent, by id.
    static func pending(_ database: Database) throws -> [String: Notification] {
        var pending: [String: Notification] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM notification WHERE state = 'pending'") {
            let notification = try read(row, database)
            pending[notification.id] = notification
        }
        return pending
    }

    static func read(_ row: Row, _ database: Database) throws -> Notification {
        let entries = (try? JSONReader.read((row["items"] as String).utf8))?.array ?? []
        let items = try entries.compactMap { entry -> Notification.Item? in
            guard let id = entry["alert"]?.string, let event = entry["event"]?.string.flatMap(Alert.State.init),
                let found = try Row.fetchOne(database, sql: "SELECT * FROM alert WHERE id = ?", arguments: [id])
            else { return nil }
            var alert = AlertRows.read(found)
            // Told as it was when it fired, whatever became of it since.
            if event == .firing { (alert.state, alert.resolvedAt, alert.end) = (.firing, nil, nil) }
            return Notification.Item(alert: alert, event: event)
        }
        return Notification(
            id: row["id"], receiver: row["receiver"], group: row["item_group"], items: items,
            createdAt: Timestamp(milliseconds: row["created_at"]),
            state: Notification.State(rawValue: row["state"]) ?? .pending, attempts: row["attempts"],
            nextAt: Timestamp(milliseconds: row["next_at"]), lastError: row["last_error"])
    }
}

extension Ledger {
    /// The newest alerts, newest first, each with the messages that tell of it.
    package func alerts(limit: Int) throws(LedgerError) -> [Alert] {
        try read("reading alerts") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM alert ORDER BY fired_at DESC, id LIMIT ?", arguments: [limit]
            )
            .map(AlertRows.read)
        }
    }

    /// Every alert that fired at or after `since`, in the order in which they did.
    package func alerts(since: Timestamp) throws(LedgerError) -> [Alert] {
        try read("reading alerts") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM alert WHERE fired_at >= ? ORDER BY fired_at, id",
                arguments: [since.milliseconds]
            ).map(AlertRows.read)
        }
    }

    /// The newest messages, newest first.
    package func notifications(limit: Int) throws(LedgerError) -> [Notification] {
        try read("reading the outbox") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM notification ORDER BY created_at DESC, id LIMIT ?", arguments: [limit]
            ).map { try NotificationRows.read($0, database) }
        }
    }
}

/// How many messages of a receiver are in one state.
package struct DeliveryCount: Hashable, Sendable {
    package var receiver: String
    package var state: Notification.State
    package var count: Int64
}

extension Ledger {
    /// Messages per receiver and state.
    package func deliveries() throws(LedgerError) -> [DeliveryCount] {
        try read("counting messages") { database in
            try Row.fetchAll(
                database, sql: "SELECT receiver, state, COUNT(*) AS count FROM notification GROUP BY receiver, state"
            ).map {
                DeliveryCount(
                    receiver: $0["receiver"], state: Notification.State(rawValue: $0["state"]) ?? .pending,
                    count: $0["count"])
            }
        }
    }
}
