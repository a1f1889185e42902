import GRDB
import GovernorCore

/// Reads and writes rows of `telling`: who is told of what, and why or why not.
enum TellingRows {
    static func write(_ telling: Telling, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO telling (alert, receiver, event, at, reason, notification) VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            telling.alert, telling.receiver, telling.event.rawValue, telling.at.milliseconds, telling.reason.rawValue,
            telling.notification,
        ])
    }

    static func all(ofAlert id: String, _ database: Database) throws -> [Telling] {
        try Row.fetchAll(database, sql: "SELECT * FROM telling WHERE alert = ? ORDER BY sequence", arguments: [id])
            .compactMap { row in
                guard let event = Telling.Event(rawValue: row["event"]),
                    let reason = Telling.Reason(rawValue: row["reason"])
                else { return nil }
                return Telling(
                    alert: row["alert"], receiver: row["receiver"], event: event,
                    at: Timestamp(milliseconds: row["at"]), reason: reason, notification: row["notification"])
            }
    }

    /// When receivers were last told of what: of everything that fires, and of what was told since `since`.
    static func log(since: Timestamp, _ database: Database) throws -> NotificationLog {
        var log = NotificationLog()
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT telling.receiver, alert.item, alert.split, notification.id, MAX(notification.due_at) AS due_at
                FROM notification JOIN telling ON telling.notification = notification.id
                    JOIN alert ON alert.id = telling.alert
                WHERE notification.period_start IS NULL AND notification.due_at >= ?
                GROUP BY 1, 2, 3
                UNION ALL
                SELECT telling.receiver, alert.item, alert.split, notification.id, MAX(notification.due_at) AS due_at
                FROM alert JOIN telling ON telling.alert = alert.id
                    JOIN notification ON notification.id = telling.notification
                WHERE alert.state = 'firing' AND notification.period_start IS NULL
                GROUP BY 1, 2, 3
                """, arguments: [since.milliseconds])
        for row in rows {
            log.note(
                NotificationLog.Group(receiver: row["receiver"], item: row["item"]), Split(raw: row["split"]),
                at: Timestamp(milliseconds: row["due_at"]), notification: row["id"])
        }
        let digests = try Row.fetchAll(
            database,
            sql: """
                SELECT receiver, MAX(period_end) AS period_end FROM notification
                WHERE period_end IS NOT NULL AND attempts > 0 GROUP BY receiver
                """)
        for row in digests {
            log.note(digestOf: Timestamp(milliseconds: row["period_end"]), to: row["receiver"])
        }
        return log
    }
}

/// Reads and writes rows of `attempt`.
enum AttemptRows {
    static func write(_ attempt: DeliveryAttempt, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            attempt.notification, attempt.number, attempt.at.milliseconds, attempt.outcome.rawValue,
            attempt.reason?.rawValue, attempt.text, attempt.isAmbiguous,
        ])
    }

    static func all(of notification: String, _ database: Database) throws -> [DeliveryAttempt] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM attempt WHERE notification = ? ORDER BY rowid", arguments: [notification]
        ).map { row in
            DeliveryAttempt(
                notification: row["notification"], number: row["number"], at: Timestamp(milliseconds: row["at"]),
                outcome: DeliveryAttempt.Outcome(rawValue: row["outcome"]) ?? .failed,
                reason: (row["reason"] as String?).flatMap(DeliveryFailure.Reason.init), text: row["text"],
                isAmbiguous: row["ambiguous"])
        }
    }
}
