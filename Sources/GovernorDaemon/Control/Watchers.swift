import GovernorCore
import Synchronization

/// Everybody who watches. What happens is handed to each as it is committed, and nobody is waited for.
final class Watchers: Sendable {
    /// What a watcher is handed.
    enum Signal: Sendable {
        case event(WatchEvent)
        /// Nothing happened for a while.
        case beat
    }

    /// A watcher that is so far behind does not read; it is let go, and may come back with the last number it saw.
    static let limit = 4096

    private struct Watcher: Sendable {
        var signals: AsyncStream<Signal>.Continuation
        /// Ends the connection: one that does not read would never learn that its stream has ended.
        var drop: @Sendable () -> Void
    }

    private struct State: Sendable {
        var watchers: [Int: Watcher] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Hands events to everybody.
    func publish(_ events: [WatchEvent]) { hand(events.map(Signal.event)) }

    /// Gives everybody a sign of life.
    func beat() { hand([.beat]) }

    /// From now on everything comes to the stream that is returned.
    /// - Parameter drop: called when the watcher does not read.
    func join(drop: @escaping @Sendable () -> Void) -> (signals: AsyncStream<Signal>, leave: @Sendable () -> Void) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Signal.self, bufferingPolicy: .bufferingOldest(Self.limit))
        let id = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.watchers[state.next] = Watcher(signals: continuation, drop: drop)
            return state.next
        }
        guard let id else {
            continuation.finish()
            return (stream, {})
        }
        return (stream, { self.leave(id) })
    }

    /// Ends every stream, and any that begins later.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return state.watchers
        }
        for id in watchers.keys { leave(id) }
    }

    private func hand(_ signals: [Signal]) {
        let watchers = state.withLock { $0.watchers }
        for (id, watcher) in watchers {
            let isBehind = signals.contains { signal in
                if case .dropped = watcher.signals.yield(signal) { true } else { false }
            }
            guard isBehind else { continue }
            leave(id)
            watcher.drop()
        }
    }

    private func leave(_ id: Int) { state.withLock { $0.watchers.removeValue(forKey: id) }?.signals.finish() }
}
