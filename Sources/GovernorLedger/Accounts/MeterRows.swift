import GRDB
import GovernorCore

/// A meter whose accounts are kept in the ledger.
struct StoredMeter: Hashable, Sendable {
    var id: Int64
    /// Its slots that begin from here on are whole; earlier ones are not kept.
    var since: Timestamp
}

/// Reads and writes rows of `meter`. A meter without accounts has a row all the same: it differs from one that nobody
/// has summed yet.
enum MeterRows {
    /// How much longer slots are kept than they count, so that a clock that runs ahead today and is right tomorrow costs
    /// no new sum. With one that was further off they are summed anew.
    static let clockError = Span.days(2)

    static func all(_ database: Database) throws -> [String: StoredMeter] {
        var meters: [String: StoredMeter] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT definition, id, since FROM meter")
        while let row = try rows.next() {
            meters[row[0]] = StoredMeter(id: row[1], since: Timestamp(milliseconds: row[2]))
        }
        return meters
    }

    /// Makes the rows those of these meters, and sums what is new.
    ///
    /// - Returns: the stored meters by definition.
    static func adopt(_ metering: Metering, horizon: Timestamp, _ database: Database) throws -> [String: StoredMeter] {
        var stored = try all(database)
        let places = metering.meters.indices.filter { metering.originals[$0] == $0 && metering.meters[$0].isStored }
        let wanted = Set(places.map { metering.definitions[$0] })
        for (definition, meter) in stored where !wanted.contains(definition) {
            try remove(meter.id, database)
            stored[definition] = nil
        }
        var new: [Derivation.Subject] = []
        for place in places {
            let (meter, definition) = (metering.meters[place], metering.definitions[place])
            let first = meter.firstSlot(at: horizon)
            if let known = stored[definition] {
                if known.since <= first { continue }
                try remove(known.id, database)
            }
            try database.execute(
                sql: "INSERT INTO meter (definition, since) VALUES (?, ?)",
                arguments: [definition, first.milliseconds])
            let row = StoredMeter(id: database.lastInsertedRowID, since: first)
            stored[definition] = row
            new.append(Derivation.Subject(place: place, meter: meter, row: row))
        }
        try Derivation.derive(new, metering, horizon: horizon, database)
        return stored
    }

    /// Deletes slots that have not counted for long: a rolling window makes 300 of its length for ever.
    static func forget(
        _ metering: Metering, _ stored: inout [String: StoredMeter], now: Timestamp, _ database: Database
    ) throws {
        for (place, meter) in metering.meters.enumerated() {
            let definition = metering.definitions[place]
            guard let row = stored[definition] else { continue }
            let first = meter.firstSlot(at: now - Book.lateness - clockError)
            guard first > row.since else { continue }
            let delete = try database.cachedStatement(sql: "DELETE FROM account WHERE meter = ? AND slot_start < ?")
            try delete.execute(arguments: [row.id, first.milliseconds])
            stored[definition] = try moved(row, to: first, database)
        }
    }

    /// What began before `since` is not whole any more.
    static func moved(_ row: StoredMeter, to since: Timestamp, _ database: Database) throws -> StoredMeter {
        let update = try database.cachedStatement(sql: "UPDATE meter SET since = ? WHERE id = ?")
        try update.execute(arguments: [since.milliseconds, row.id])
        return StoredMeter(id: row.id, since: since)
    }

    private static func remove(_ id: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM account WHERE meter = ?", arguments: [id])
        try database.execute(sql: "DELETE FROM meter WHERE id = ?", arguments: [id])
    }
}

extension Meter {
    /// The earliest start of a slot that still counts, or is remembered, at `horizon`.
    func firstSlot(at horizon: Timestamp) -> Timestamp {
        // A block begins with a use, so the grid of its slots is not known from its definition.
        if case .window(.block(let span)) = slots { return horizon - span - span }
        return slot(containing: reach(at: horizon), in: nil).start
    }
}
