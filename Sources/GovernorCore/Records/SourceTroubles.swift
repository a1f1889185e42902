/// What can't be read of the places usage comes from, and since when: one path that reads well must not hide another
/// that doesn't.
package struct SourceTroubles: Hashable, Sendable {
    /// What is wrong with one kind of source.
    package struct Finding: Hashable, Sendable {
        /// As in the label `source`; `folder` for what may hold files of any kind.
        package var kind: String
        /// Since when the longest of its troubles has lasted.
        package var since: Timestamp
        /// For people: the first path's problem, and how many more there are.
        package var text: String

        package init(kind: String, since: Timestamp, text: String) {
            self.kind = kind
            self.since = since
            self.text = text
        }
    }

    /// Something that can't be looked into.
    package struct Unreadable: Hashable, Sendable {
        package var kind: String
        package var path: String
        package var problem: String

        package init(kind: String, path: String, problem: String) {
            self.kind = kind
            self.path = path
            self.problem = problem
        }
    }

    /// The kind of a folder, and of a root that isn't there.
    package static let folder = "folder"

    private struct Trouble: Hashable, Sendable {
        var problem: String
        var since: Timestamp
    }

    /// By kind, then by path.
    private var reading: [String: [String: Trouble]] = [:]
    private var looking: [String: [String: Trouble]] = [:]

    package init() {}

    /// Every kind with anything wrong, by name.
    package var findings: [Finding] {
        Set(reading.keys).union(looking.keys).sorted().compactMap { kind in
            let all = (reading[kind] ?? [:]).merging(looking[kind] ?? [:]) { read, _ in read }
            guard let first = all.min(by: { $0.key < $1.key }), let since = all.values.map(\.since).min() else {
                return nil
            }
            let more = all.count == 1 ? "" : " (and \(all.count - 1) more)"
            return Finding(kind: kind, since: since, text: first.value.problem + more)
        }
    }

    /// A path can't be read or what was read not be stored; nil when it can again.
    package mutating func note(kind: String, path: String, problem: String?, now: Timestamp) {
        guard let problem else {
            reading[kind]?[path] = nil
            if reading[kind]?.isEmpty == true { reading[kind] = nil }
            return
        }
        let since = reading[kind]?[path]?.since ?? now
        reading[kind, default: [:]][path] = Trouble(problem: problem, since: since)
    }

    /// All that can't be looked into now; what was told of before and isn't among it can be again.
    package mutating func note(unreadable: [Unreadable], now: Timestamp) {
        let before = looking
        looking = [:]
        for item in unreadable {
            let since = before[item.kind]?[item.path]?.since ?? now
            looking[item.kind, default: [:]][item.path] = Trouble(problem: item.problem, since: since)
        }
    }
}
