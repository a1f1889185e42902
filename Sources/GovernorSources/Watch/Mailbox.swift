import Synchronization

/// Changes on their way from whoever notices them to whoever reads, each once, so that what waits is bounded.
package final class Mailbox: Sendable {
    private struct State {
        var waiting: [Change] = []
        var seen: Set<Change> = []
    }

    private let state = Mutex(State())
    private let signal: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    package init() { (signal, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    /// Leaves changes; the same ones wait only once.
    package func post(_ changes: [Change]) {
        guard !changes.isEmpty else { return }
        state.withLock { state in
            for change in changes {
                // Of what can't be read the last word counts, also when it was said before.
                if case .unreadable = change {
                    state.waiting.removeAll { if case .unreadable = $0 { true } else { false } }
                    state.waiting.append(change)
                } else if state.seen.insert(change).inserted {
                    state.waiting.append(change)
                }
            }
        }
        bell.yield()
    }

    /// Nothing more will come.
    package func close() { bell.finish() }

    /// What waits, as soon as anything does; nil after the last, and when the task is cancelled.
    package func next() async -> [Change]? {
        var bells = signal.makeAsyncIterator()
        while true {
            let changes = take()
            if !changes.isEmpty { return changes }
            guard await bells.next(isolation: #isolation) != nil else {
                let last = take()
                return last.isEmpty ? nil : last
            }
        }
    }

    /// What waits; empty when nothing does.
    package func take() -> [Change] {
        state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
    }
}
