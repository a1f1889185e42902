import GovernorAPI
import GovernorCore
import Synchronization

/// What is known of each kind of source: how much came, when last, and what is wrong with it.
final class SourceRegistry: Sendable {
    private let sources: Mutex<[String: SourceView]>

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

    /// Something can't be read; nil when all of it can again.
    func note(kind: String, error: String?) { change(kind) { $0.error = error } }

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
