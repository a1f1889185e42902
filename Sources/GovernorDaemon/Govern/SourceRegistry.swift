import GovernorAPI
import GovernorCore
import GovernorSources
import Synchronization

/// What is known of each kind of source: how much came, when last, how far reading is, and what is wrong.
final class SourceRegistry: Sendable {
    private let reading = Mutex(Reading())

    /// How reading goes.
    private struct Reading {
        var troubles = SourceTroubles()
        var counts: [String: ReadingProgress.Count] = [:]
        var isCatchingUp = true
    }

    /// All kinds, by name, with what the ledger holds of each.
    func views(_ governor: Governor) -> [SourceView] {
        let (tallies, limits) = governor.read { ($0.tallies, $0.book.policy.staleAfter) }
        let now = governor.clock()
        let (findings, counts, isCatchingUp) = reading.withLock { ($0.troubles.findings, $0.counts, $0.isCatchingUp) }
        var views: [String: SourceView] = [:]
        func change(_ kind: String, _ body: (inout SourceView) -> Void) {
            body(&views[kind, default: SourceView(name: kind, kind: kind)])
        }
        for (kind, tally) in tallies {
            change(kind) { view in
                view.tally = tally
                view.stale =
                    if let limit = limits[kind], let newest = tally.newest { now - newest > limit } else { false }
            }
        }
        for (kind, count) in counts where count.files > 0 || views[kind] != nil {
            change(kind) { $0.take(count, isCatchingUp: isCatchingUp) }
        }
        for finding in findings {
            change(finding.kind) { view in
                view.error = finding.text
                view.stale = true
            }
        }
        return views.values.sorted { $0.kind < $1.kind }
    }

    /// How far reading is.
    func note(_ progress: ReadingProgress, isCatchingUp: Bool) {
        var counts: [String: ReadingProgress.Count] = [:]
        for (kind, count) in progress.counts { counts[kind.source.rawValue, default: .init()].add(count) }
        reading.withLock { reading in
            reading.counts.merge(counts) { _, new in new }
            reading.isCatchingUp = isCatchingUp
        }
    }

    /// A path can't be read or its records not be stored; nil when they can again.
    func note(kind: String, path: String, problem: String?, now: Timestamp) {
        reading.withLock { $0.troubles.note(kind: kind, path: path, problem: problem, now: now) }
    }

    /// All that can't be looked into.
    func note(unreadable: [SourceTroubles.Unreadable], now: Timestamp) {
        reading.withLock { $0.troubles.note(unreadable: unreadable, now: now) }
    }

    /// What is wrong with each kind; nil until every file was tried once, when nobody knows.
    var troubles: [SourceTroubles.Finding]? {
        reading.withLock { $0.isCatchingUp ? nil : $0.troubles.findings }
    }

    /// What to tell in decisions: of kinds that were silent for longer than the policy allows, of such that can't be read,
    /// and of those whose history is still being read.
    func judge(_ governor: Governor) -> [String] {
        let now = governor.clock()
        return views(governor).flatMap { view -> [String] in
            var texts: [String] = []
            if view.isCatchingUp, let files = view.files, let read = view.filesRead, read < files {
                texts.append("\(view.kind): history is still being read, \(read) of \(files) files so far")
            }
            if view.stale {
                texts.append(
                    view.error.map { "\(view.kind): \($0)" }
                        ?? "\(view.kind): no record for \(view.tally.newest.map { (now - $0).text } ?? "ever")")
            }
            return texts
        }.sorted()
    }
}

extension SourceView {
    fileprivate mutating func take(_ count: ReadingProgress.Count, isCatchingUp: Bool) {
        files = count.files
        filesRead = count.read
        bytesBehind = count.bytesBehind
        self.isCatchingUp = isCatchingUp
    }
}
