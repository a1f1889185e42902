import GRDB
import GovernorCore

/// Reads and writes rows of `reservation`.
enum ReservationRows {
    /// How long an ended hold's key is remembered, and its late records are charged to it when they name it.
    static let keptFor = Span.days(30)

    /// - Parameter answer: what was answered when it was made; kept as it is when the hold changes.
    static func write(_ hold: Reservation, answer: String?, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO reservation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    state = excluded.state, expires_at = excluded.expires_at, ended_at = excluded.ended_at,
                    cost = excluded.cost, tokens = excluded.tokens, calls = excluded.calls,
                    charged_cost = excluded.charged_cost, charged_tokens = excluded.charged_tokens,
                    charged_calls = excluded.charged_calls, late = excluded.late, reported = excluded.reported,
                    overrun = excluded.overrun
                """)
        // Values, not existentials of them: thousands are made in a second.
        let values: [DatabaseValue] = [
            hold.id.databaseValue, Codes.bits(StableHash.value(hold.key)).databaseValue, hold.key.databaseValue,
            Codes.bits(hold.fingerprint).databaseValue, LabelsText.write(hold.labels).databaseValue,
            hold.state.rawValue.databaseValue, hold.createdAt.milliseconds.databaseValue,
            hold.expiresAt.milliseconds.databaseValue, (hold.endedAt?.milliseconds).databaseValue,
            hold.size.cost.nanodollars.databaseValue, hold.size.tokens.databaseValue, hold.size.calls.databaseValue,
            hold.charged.cost.nanodollars.databaseValue, hold.charged.tokens.databaseValue,
            hold.charged.calls.databaseValue, hold.late.nanodollars.databaseValue,
            (hold.reported?.nanodollars).databaseValue, hold.overrun.nanodollars.databaseValue,
            (answer ?? "").databaseValue,
        ]
        // As many as there are marks; counting them for every row would be most of the work.
        statement.setUncheckedArguments(StatementArguments(values))
        try statement.execute()
    }

    static func read(_ row: Row) -> Reservation {
        Reservation(
            id: row["id"], key: row["key"], fingerprint: UInt64(bitPattern: row["fingerprint"] as Int64),
            labels: LabelsText.read(row["labels"]),
            size: Amount(cost: Money(nanodollars: row["cost"]), tokens: row["tokens"], calls: row["calls"]),
            charged: Amount(
                cost: Money(nanodollars: row["charged_cost"]), tokens: row["charged_tokens"],
                calls: row["charged_calls"]),
            late: Money(nanodollars: row["late"]),
            reported: (row["reported"] as Int64?).map { Money(nanodollars: $0) },
            state: Reservation.State(rawValue: row["state"]) ?? .expired,
            createdAt: Timestamp(milliseconds: row["created_at"]),
            expiresAt: Timestamp(milliseconds: row["expires_at"]),
            endedAt: (row["ended_at"] as Int64?).map { Timestamp(milliseconds: $0) })
    }

    /// What is to be known of holds and operators' pauses from the start.
    static func admission(now: Timestamp, _ database: Database) throws -> Admission {
        try bringBack(now: now, database)
        let live = try Row.fetchAll(database, sql: "SELECT * FROM reservation WHERE ended_at IS NULL").map(read)
        let ended = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM reservation WHERE ended_at > ? ORDER BY ended_at DESC LIMIT \(Holds.endedLimit)
                """, arguments: [(now - Holds.endedFor).milliseconds]
        ).map(read)
        let last = try Int64.fetchOne(database, sql: "SELECT MAX(id) FROM reservation") ?? 0
        let overrun = try Int64.fetchOne(database, sql: "SELECT SUM(overrun) FROM reservation WHERE overrun > 0") ?? 0
        return Admission(
            holds: Holds(live + ended, lastID: last, overrun: Money(nanodollars: overrun)),
            pauses: try PauseRows.all(database))
    }

    /// Holds that were made while the clock was ahead live as long from now on as they were meant to.
    private static func bringBack(now: Timestamp, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE reservation SET expires_at = expires_at - created_at + ?1
                WHERE ended_at IS NULL AND created_at > ?2 AND expires_at - created_at + ?1 < expires_at
                """,
            arguments: [now.milliseconds, (now + AlertRows.clockJitter).milliseconds])
    }

    /// Deletes what ended long ago, and keeps the number of the newest for ever, so that none is given twice.
    static func forget(now: Timestamp, _ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM reservation
                WHERE ended_at < ? AND overrun = 0 AND id < (SELECT MAX(id) FROM reservation)
                """, arguments: [(now - keptFor).milliseconds])
    }
}

/// Reads and writes rows of `charge`: what of a record drew down which hold.
enum ChargeRows {
    static func write(_ charges: [Charge], of record: Int64, isNew: Bool, _ database: Database) throws {
        if !isNew {
            try database.cachedStatement(sql: "DELETE FROM charge WHERE record = ?").execute(arguments: [record])
        }
        let insert = try database.cachedStatement(sql: "INSERT INTO charge VALUES (?, ?, ?, ?, ?)")
        for charge in charges {
            try insert.execute(arguments: [
                record, charge.reservation, charge.amount.cost.nanodollars, charge.amount.tokens, charge.amount.calls,
            ])
        }
    }

    /// A record with what it was charged to; in the order of the holds, which is that of their age.
    static func withCharges(_ stored: StoredRecord, _ database: Database) throws -> StoredRecord {
        let select = try database.cachedStatement(
            sql: "SELECT reservation, cost, tokens, calls FROM charge WHERE record = ? ORDER BY reservation")
        var stored = stored
        stored.charges = try Row.fetchAll(select, arguments: [stored.sequence]).map { row in
            Charge(
                reservation: row[0],
                amount: Amount(cost: Money(nanodollars: row[1]), tokens: row[2], calls: row[3]))
        }
        return stored
    }
}

/// Reads and writes rows of `operator_pause`.
enum PauseRows {
    /// - Parameter pause: nil when it is over.
    static func write(_ pause: OperatorPause?, id: String, _ database: Database) throws {
        guard let pause else {
            return try database.execute(sql: "DELETE FROM operator_pause WHERE id = ?", arguments: [id])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO operator_pause VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                id, LabelsText.write(pause.labels), pause.reason, pause.by, pause.since.milliseconds,
                pause.until?.milliseconds, pause.stop,
            ])
    }

    static func all(_ database: Database) throws -> [OperatorPause] {
        try Row.fetchAll(database, sql: "SELECT * FROM operator_pause").map { row in
            OperatorPause(
                labels: LabelsText.read(row["labels"]), reason: row["reason"], by: row["paused_by"],
                since: Timestamp(milliseconds: row["since"]),
                until: (row["until"] as Int64?).map { Timestamp(milliseconds: $0) }, stop: row["stop"])
        }
    }
}
