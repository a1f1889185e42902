import GRDB
package import GovernorCore

/// Which alerts are asked for.
package struct AlertFilter: Hashable, Sendable {
    package var state: Alert.State?
    /// Fired from then on.
    package var since: Timestamp
    /// Told to this receiver.
    package var receiver: String?
    package var limit: Int

    package init(state: Alert.State? = nil, since: Timestamp = .distantPast, receiver: String? = nil, limit: Int) {
        self.state = state
        self.since = since
        self.receiver = receiver
        self.limit = limit
    }
}

extension Ledger {
    /// The newest alerts, newest first, each with the messages that tell of it (without their items), oldest first.
    package func alerts(
        _ filter: AlertFilter
    ) throws(LedgerError) -> [(alert: Alert, messages: [Notification])] {
        try read("reading alerts") { database in
            let alerts = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM alert
                    WHERE (?1 IS NULL OR state = ?1) AND fired_at >= ?2
                        AND (?3 IS NULL OR EXISTS (
                            SELECT 1 FROM telling
                            WHERE telling.alert = alert.id AND telling.receiver = ?3
                                AND telling.notification IS NOT NULL))
                    ORDER BY fired_at DESC, id LIMIT ?4
                    """,
                arguments: [filter.state?.rawValue, filter.since.milliseconds, filter.receiver, filter.limit]
            ).map(AlertRows.read)
            return try alerts.map { ($0, try Self.messages(of: $0.id, database)) }
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

    /// One alert; nil when there is none of that id.
    package func alert(_ id: String) throws(LedgerError) -> Alert? {
        try read("reading an alert") { database in
            try Row.fetchOne(database, sql: "SELECT * FROM alert WHERE id = ?", arguments: [id]).map(AlertRows.read)
        }
    }

    /// How an alert was told; nil when there is none of that id. The outlook is empty: it is nothing of the ledger's.
    package func explanation(ofAlert id: String) throws(LedgerError) -> AlertExplanation? {
        try read("reading an alert") { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM alert WHERE id = ?", arguments: [id]) else {
                return nil
            }
            let messages = try Self.messages(of: id, database)
            return AlertExplanation(
                alert: AlertRows.read(row), tellings: try TellingRows.all(ofAlert: id, database), messages: messages,
                attempts: try messages.flatMap { try AttemptRows.all(of: $0.id, database) }, outlook: [])
        }
    }

    /// Those that tell of it still: a higher threshold may have taken its place since it was planned.
    private static func messages(of alert: String, _ database: Database) throws -> [Notification] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT * FROM notification
                WHERE id IN (SELECT notification FROM telling WHERE alert = ?1) AND instr(items, ?1) > 0
                ORDER BY created_at, id
                """)
        return try Row.fetchAll(statement, arguments: [alert]).map { NotificationRows.head($0) }
    }
}
