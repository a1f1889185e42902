import GovernorAPI
import GovernorCore
import Synchronization

/// What is known of each kind of source: how much came, when last, and what is wrong with it.
final class SourceRegistry: Sendable {
    private let sources: Mutex<[String: SourceView]>
    /// What is wrong with which path, by kind: another file that reads well must not hide it.
    private let troubles = Mutex<[String: [String: String]]>([:])

    /// - Parameter known: what the ledger already holds by kind.
    init(known: [String: (records: Int64, newest: Timestamp)] = [:]) {
        var views: [String: SourceView] = [:]
        for (kind, found) in known {
            var view = SourceView(name: kind, kind: kind)
            view.records = found.records
            view.lastRecordAt = found.newest
            views[kind] = view
        }
        sources = Mutex(views)
    }

    /// All kinds, by name.
    var views: [SourceView] { sources.withLock { $0.values.sorted { $0.kind < $1.kind } } }

    /// Records arrived.
    func note(kind: String, records: Int, rejected: Int, newest: Timestamp?) {
        change(kind) { view in
            view.records += Int64(records)
            view.rejected += Int64(rejected)
            view.lastRecordAt = [view.lastRecordAt, newest].compactMap { $0 }.max()
        }
    }

    /// How many files of a kind are followed.
    func note(kind: String, files: Int) { change(kind) { $0.files = Int64(files) } }

    /// A path can't be read or its records not be stored; nil when they can again.
    func note(kind: String, path: String, error: String?) {
        let worst = troubles.withLock { troubles in
            troubles[kind, default: [:]][path] = error
            let all = troubles[kind] ?? [:]
            return all.min { $0.key < $1.key }.map {
                all.count == 1 ? $0.value : "\($0.value) (and \(all.count - 1) more)"
            }
        }
        // Nothing is known of a kind that was never seen and has no trouble.
        if worst != nil || views.contains(where: { $0.kind == kind }) { change(kind) { $0.error = worst } }
    }

    /// Marks kinds that were silent for longer than the policy allows, or that can't be read, and says what to tell of
    /// them in decisions.
    func judge(after limits: [String: Span], now: Timestamp) -> [String] {
        sources.withLock { sources in
            for (kind, view) in sources {
                let age = view.lastRecordAt.map { now - $0 }
                let isSilent = if let limit = limits[kind], let age { age > limit } else { false }
                sources[kind]?.stale = isSilent || view.error != nil
            }
            return sources.values.filter(\.stale).map { view in
                view.error.map { "\(view.kind): \($0)" }
                    ?? "\(view.kind): no record for \(view.lastRecordAt.map { (now - $0).text } ?? "ever")"
            }.sorted()
        }
    }

    private func change(_ kind: String, _ body: (inout SourceView) -> Void) {
        sources.withLock { body(&$0[kind, default: SourceView(name: kind, kind: kind)]) }
    }
}
