/// Marks what is told by a source of less authority than another that reports the same session, and what a better copy
/// tells of (`Twins`), so that it is kept and not counted.
///
/// Used once per group of changes: all of them are noted first, then `changes` gives them as they are stored. A source that
/// takes a session over needs the session's stored records, which then lose (or, when the order of authority changed,
/// get back) their say in the same transaction.
package struct Shadowing {
    private let authority: Authority
    /// As they were before the group.
    private let before: [String: SessionState]
    /// As they will be, those that changed.
    package private(set) var sessions: [String: SessionState] = [:]
    private var noted: [RecordChange] = []
    private var touched: Set<Int64> = []

    /// - Parameter sessions: every session that the group's records name, where something is known of it.
    package init(_ authority: Authority, sessions: [String: SessionState]) {
        self.authority = authority
        before = sessions
    }

    /// Takes the group's changes in.
    package mutating func note(_ changes: [RecordChange]) {
        noted += changes
        for change in changes {
            if case .revise(let stored, _) = change { touched.insert(stored.sequence) }
            if case .remove(let stored) = change { touched.insert(stored.sequence) }
            guard let record = change.result, let session = record.labels.session,
                let group = Authority.group(of: record)
            else { continue }
            var state = state(of: session)
            if state.saw(record.time, group) { sessions[session] = state }
        }
    }

    /// Takes in that events speak for these names, whatever sessions they name themselves.
    package mutating func note(eventsOf names: Set<String>) {
        for name in names {
            var state = state(of: name)
            if state.groups.insert(Authority.Groups(.events)).inserted { sessions[name] = state }
        }
    }

    /// Sessions whose stored records must be looked at, since another source has taken them over.
    package var moved: [String] {
        sessions.keys.filter { session in
            guard let old = before[session]?.groups, !old.isEmpty else { return false }
            return authority.best(of: old) != authority.best(of: state(of: session).groups)
        }.sorted()
    }

    /// The changes with every record marked, and those of `stored` that lose or get back their say.
    package func changes(stored: [StoredRecord]) -> [RecordChange] {
        // Mostly one source tells of each session, and then there is nothing to mark.
        guard !stored.isEmpty || isContested || noted.contains(where: \.hasMark) else { return noted }
        return noted.map { $0.mapResult { marked($0) } }
            + stored.compactMap { stored in
                guard !touched.contains(stored.sequence) else { return nil }
                let record = marked(stored.record)
                return record == stored.record ? nil : .revise(stored, to: record)
            }
    }

    private var isContested: Bool {
        before.values.contains { $0.groups.areSeveral } || sessions.values.contains { $0.groups.areSeveral }
    }

    private func state(of session: String) -> SessionState { sessions[session] ?? before[session] ?? SessionState() }

    private func marked(_ record: UsageRecord) -> UsageRecord {
        var record = record
        record.isShadowed = record.isTwin || isShadowed(record)
        return record
    }

    private func isShadowed(_ record: UsageRecord) -> Bool {
        guard let session = record.labels.session, let group = Authority.group(of: record) else { return false }
        return authority.best(of: state(of: session).groups).map { $0 != group } ?? false
    }
}

extension RecordChange {
    /// The record as it will be; nil when it goes away.
    package var result: UsageRecord? {
        switch self {
        case .insert(let record), .revise(_, let record): record
        case .remove: nil
        }
    }

    /// Whether the record comes with a mark, which may be an older one or another ledger's.
    fileprivate var hasMark: Bool {
        switch self {
        case .insert(let record), .revise(_, let record): record.isShadowed || record.isTwin
        case .remove: false
        }
    }

    func mapResult(_ body: (UsageRecord) -> UsageRecord) -> RecordChange {
        switch self {
        case .insert(let record): .insert(body(record))
        case .revise(let stored, let record): .revise(stored, to: body(record))
        case .remove: self
        }
    }
}
