import GRDB
import Synchronization
package import GovernorCore

/// What is known of sessions that were written of late, so that most records need no look-up.
struct SessionCache: Sendable {
    private var states: [String: SessionState?] = [:]
    private static let capacity = 4096

    /// nil when it was not looked up; nil within when there is none.
    subscript(session: String) -> SessionState?? { states[session] }

    mutating func remember(_ found: [String: SessionState?]) {
        guard !found.isEmpty else { return }
        if states.count + found.count > Self.capacity { states.removeAll(keepingCapacity: true) }
        states.merge(found) { _, new in new }
    }
}

/// Reads and writes rows of `session`.
enum SessionRows {
    static func write(_ state: SessionState, of session: String, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            session, state.labels.map(LabelsText.write), state.attributes.map(LabelsText.write),
            state.since?.milliseconds, state.first?.milliseconds, state.last?.milliseconds,
            Int64(state.groups.rawValue),
        ])
    }

    static func read(_ row: Row) -> SessionState {
        let time = { (column: String) in (row[column] as Int64?).map { Timestamp(milliseconds: $0) } }
        return SessionState(
            labels: (row["labels"] as String?).map(LabelsText.read),
            attributes: (row["attributes"] as String?).map(LabelsText.read), since: time("since"),
            first: time("first"), last: time("last"),
            groups: Authority.Groups(rawValue: UInt16(truncatingIfNeeded: row["witnesses"] as Int64)))
    }
}

extension Ledger {
    /// What is known of some sessions; those of which nothing is are left out.
    package func sessions(_ names: Set<String>) throws(LedgerError) -> [String: SessionState] {
        var known: [String: SessionState] = [:]
        var missing: [String] = []
        sessionCache.withLock { cache in
            for name in names {
                guard let cached = cache[name] else {
                    missing.append(name)
                    continue
                }
                known[name] = cached
            }
        }
        guard !missing.isEmpty, let writer else { return known }
        let found = try attempt("looking up sessions") {
            try writer.writeWithoutTransaction { database in
                let select = try database.cachedStatement(sql: "SELECT * FROM session WHERE session = ?")
                var found: [String: SessionState?] = [:]
                for name in missing {
                    found[name] = .some(try Row.fetchOne(select, arguments: [name]).map(SessionRows.read))
                }
                return found
            }
        }
        sessionCache.withLock { $0.remember(found) }
        for (name, state) in found { known[name] = state }
        return known
    }

    /// What sessions are called that anybody named.
    package func namedSessions() throws(LedgerError) -> [String: Labels] {
        try read("reading sessions") { database in
            var named: [String: Labels] = [:]
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM session WHERE labels IS NOT NULL OR attributes IS NOT NULL")
            while let row = try rows.next() { named[row["session"]] = SessionRows.read(row).named }
            return named
        }
    }

    /// Sessions that several groups of sources reported: those that another order of authority may concern.
    package func contestedSessions() throws(LedgerError) -> [String] {
        try read("reading sessions") { database in
            try String.fetchAll(
                database,
                sql: "SELECT session FROM session WHERE witnesses & (witnesses - 1) <> 0 ORDER BY session")
        }
    }
}
