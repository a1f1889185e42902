import GRDB
package import GovernorCore

/// Reads and writes rows of `cursor`. Unsigned numbers are kept as text: SQLite's integers are signed.
enum CursorRows {
    static func write(_ cursor: FileCursor, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            cursor.path, String(cursor.device), String(cursor.inode), cursor.birth, cursor.headLength,
            String(cursor.headHash), cursor.offset, cursor.state,
        ])
    }

    /// nil for a row that makes no sense: the file is then read from its start, which adds nothing twice.
    static func read(_ row: Row) -> FileCursor? {
        guard let device = UInt64(row["device"] as String), let inode = UInt64(row["inode"] as String),
            let headHash = UInt64(row["head_hash"] as String)
        else { return nil }
        return FileCursor(
            path: row["path"], device: device, inode: inode, birth: row["birth"], headLength: row["head_length"],
            headHash: headHash, offset: row["offset"], state: row["state"])
    }
}

/// Labels in one column, as JSON; where they are only read back, never looked for.
enum LabelsText {
    static func write(_ labels: Labels) -> String {
        var json = JSONWriter()
        json.object { json in
            for name in LabelName.allCases { json.field(name.rawValue, ifPresent: labels[name]) }
            if !labels.tags.isEmpty {
                json.field(
                    "tags",
                    object: { for (tag, value) in labels.tags.sorted(by: { $0.key < $1.key }) { $0.field(tag, value) } }
                )
            }
        }
        return json.text
    }

    static func read(_ text: String) -> Labels {
        var labels = Labels()
        for member in (try? JSONReader.read(text.utf8))?.members ?? [] {
            if member.key == "tags" {
                for tag in member.value.members ?? [] { labels.tags[tag.key] = tag.value.string }
            } else if let name = LabelName(rawValue: member.key) {
                labels[name] = member.value.string
            }
        }
        return labels
    }
}

extension Ledger {
    /// How far every file has been read, by path.
    package func cursors() throws(LedgerError) -> [String: FileCursor] {
        try read("reading cursors") { database in
            var cursors: [String: FileCursor] = [:]
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM cursor")
            while let row = try rows.next() {
                if let cursor = CursorRows.read(row) { cursors[cursor.path] = cursor }
            }
            return cursors
        }
    }
}
