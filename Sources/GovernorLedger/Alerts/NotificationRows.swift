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
                if item.isRepeat { $0.field("repeat", true) }
            }
        }
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO notification VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            notification.id, notification.receiver, items.text, notification.createdAt.milliseconds,
            notification.dueAt.milliseconds, notification.state.rawValue, notification.attempts,
            notification.nextAt.milliseconds, notification.attemptedAt?.milliseconds, notification.lastError,
            AlertRows.text(notification.settled.sorted()), notification.period?.start.milliseconds,
            notification.period?.end.milliseconds,
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
            if event == .firing {
                (alert.state, alert.resolvedAt, alert.end, alert.acknowledgement) = (.firing, nil, nil, nil)
            }
            return Notification.Item(alert: alert, event: event, isRepeat: entry["repeat"]?.bool ?? false)
        }
        return head(row, items: items)
    }

    /// A message without its alerts unless they are given.
    static func head(_ row: Row, items: [Notification.Item] = []) -> Notification {
        let period = (row["period_start"] as Int64?).flatMap { start in
            (row["period_end"] as Int64?).map {
                Interval(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: $0))
            }
        }
        return Notification(
            id: row["id"], receiver: row["receiver"], items: items,
            createdAt: Timestamp(milliseconds: row["created_at"]), dueAt: Timestamp(milliseconds: row["due_at"]),
            state: Notification.State(rawValue: row["state"]) ?? .pending, attempts: row["attempts"],
            nextAt: Timestamp(milliseconds: row["next_at"]),
            attemptedAt: (row["attempted_at"] as Int64?).map { Timestamp(milliseconds: $0) },
            lastError: row["last_error"], settled: Set(AlertRows.names(row["settled"])), period: period)
    }
}

extension Ledger {
    /// The newest messages with their alerts, newest first.
    package func notifications(limit: Int) throws(LedgerError) -> [Notification] {
        try read("reading the outbox") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM notification ORDER BY created_at DESC, id LIMIT ?", arguments: [limit]
            ).map { try NotificationRows.read($0, database) }
        }
    }

    /// Messages that are dead, with their alerts, oldest first.
    /// - Parameters:
    ///   - id: of one message; nil for all.
    ///   - receiver: of one receiver; nil for all.
    package func deadNotifications(id: String?, receiver: String?) throws(LedgerError) -> [Notification] {
        try read("reading the outbox") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM notification
                    WHERE state = 'dead' AND (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR receiver = ?2)
                    ORDER BY created_at, id
                    """, arguments: [id, receiver]
            ).map { try NotificationRows.read($0, database) }
        }
    }
}

/// How many messages of a receiver are in one state.
package struct DeliveryCount: Hashable, Sendable {
    package var receiver: String
    package var state: Notification.State
    package var count: Int64
    /// Of those, tried last since the time that was asked for.
    package var recent: Int64
    /// When one of them was last tried.
    package var attemptedAt: Timestamp?
}

extension Ledger {
    /// Messages per receiver and state.
    /// - Parameter recent: since when those that are recent were tried.
    package func deliveries(recent: Timestamp = .distantPast) throws(LedgerError) -> [DeliveryCount] {
        try read("counting messages") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT receiver, state, COUNT(*) AS count, COUNT(*) FILTER (WHERE attempted_at >= ?) AS recent,
                        MAX(attempted_at) AS attempted_at
                    FROM notification GROUP BY state, receiver
                    """, arguments: [recent.milliseconds]
            ).map {
                DeliveryCount(
                    receiver: $0["receiver"], state: Notification.State(rawValue: $0["state"]) ?? .pending,
                    count: $0["count"], recent: $0["recent"],
                    attemptedAt: ($0["attempted_at"] as Int64?).map { Timestamp(milliseconds: $0) })
            }
        }
    }
}
