import GRDB
import GovernorCore

/// The ids of label combinations that were used of late, so that most records need no look-up.
struct LabelSetCache: Sendable {
    private var ids: [Labels: Int64] = [:]
    private static let capacity = 4096

    subscript(labels: Labels) -> Int64? { ids[labels] }

    mutating func remember(_ found: [Labels: Int64]) {
        guard !found.isEmpty else { return }
        if ids.count + found.count > Self.capacity { ids.removeAll(keepingCapacity: true) }
        ids.merge(found) { _, new in new }
    }
}

/// Reads and writes rows of `label_set`.
enum LabelSets {
    /// The id of a combination, made when it is new.
    static func id(of labels: Labels, in database: Database) throws -> Int64 {
        let hash = Codes.bits(StableHash.value(labels.text))
        let find = try database.cachedStatement(sql: "SELECT * FROM label_set WHERE hash = ?")
        let rows = try Row.fetchCursor(find, arguments: [hash])
        while let row = try rows.next() {
            if read(row) == labels { return row["id"] }
        }
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO label_set
                    (hash, worker, session, task, project, user, team, provider, model, source, tags)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try insert.execute(arguments: [
            hash, labels.worker, labels.session, labels.task, labels.project, labels.user, labels.team, labels.provider,
            labels.model, labels.source, tags(labels.tags),
        ])
        return database.lastInsertedRowID
    }

    /// Labels of a row that holds the columns of `label_set`.
    static func read(_ row: Row) -> Labels {
        var labels = Labels()
        for name in LabelName.allCases { labels[name] = row[name.rawValue] }
        labels.tags = tags(row["tags"])
        return labels
    }

    private static func tags(_ tags: [String: String]) -> String? {
        guard !tags.isEmpty else { return nil }
        var json = JSONWriter()
        json.object { for (key, value) in tags.sorted(by: { $0.key < $1.key }) { $0.field(key, value) } }
        return json.text
    }

    static func tags(_ text: String?) -> [String: String] {
        guard let text, let members = (try? JSONReader.read(text.utf8))?.members else { return [:] }
        return Dictionary(members.compactMap { member in member.value.string.map { (member.key, $0) } }) { first, _ in
            first
        }
    }
}
