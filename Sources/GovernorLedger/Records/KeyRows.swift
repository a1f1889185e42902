import GRDB
import GovernorCore
import Synchronization

/// Reads and writes rows of `record_key`, which says where records are found by their keys.
enum KeyRows {
    private static let setting = "record_key"

    /// The keys of the records that are not in the table, as a start finds them.
    static func recent(gathering capacity: Int, _ database: Database) throws -> RecentKeys {
        let mark = try Int64.fetchOne(
            database, sql: "SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?", arguments: [setting])
        var recent = RecentKeys(mark: mark ?? 0, capacity: capacity)
        // In the order in which they came: what lies before the end of a run is taken for written.
        let rows = try Row.fetchCursor(
            database, sql: "SELECT key_hash, sequence FROM record WHERE sequence > ? ORDER BY sequence",
            arguments: [recent.mark])
        while let row = try rows.next() {
            let entry = KeyEntry(hash: row[0], sequence: row[1])
            recent.take([entry], recent.portion(for: []))
        }
        return recent
    }

    /// The sequences of records that may have a key with this hash, each of which is to be looked at.
    static func sequences(_ hash: Int64, _ recent: RecentKeys, _ database: Database) throws -> [Int64] {
        let find = try database.cachedStatement(sql: "SELECT sequence FROM record_key WHERE hash = ?")
        return try Int64.fetchAll(find, arguments: [hash]) + recent.sequences(hash)
    }

    static func write(_ portion: RecentKeys.Portion, _ database: Database) throws {
        if !portion.entries.isEmpty {
            // One may be there already: a run that a stop interrupted is written anew.
            let insert = try BulkStatement("INSERT OR IGNORE INTO record_key VALUES (?, ?)", database)
            for entry in portion.entries {
                try insert.run { row in
                    row.bind(entry.hash)
                    row.bind(entry.sequence)
                }
            }
        }
        guard let mark = portion.mark else { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO setting VALUES (?, ?)", arguments: [setting, String(mark)])
    }
}

extension Ledger {
    /// The keys of the newest records. Let it go before `took`, which changes them in place.
    func recentKeys(_ database: Database) throws -> RecentKeys {
        try recentKeys.withLock { recent in
            let known = try recent ?? KeyRows.recent(gathering: keysGathered, database)
            recent = known
            return known
        }
    }

    /// A transaction that brought these entries, and wrote that portion, is durable.
    func took(_ new: [KeyEntry], _ portion: RecentKeys.Portion?) {
        guard let portion else { return }
        recentKeys.withLock { $0?.take(new, portion) }
    }
}
