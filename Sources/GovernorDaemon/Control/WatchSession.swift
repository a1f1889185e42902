import GovernorAPI
import GovernorCore
import GovernorLedger
import NIOCore

/// One request to watch, as a sequence of lines: a heartbeat, what came since a number, then everything that comes, until
/// the watcher's connection or the daemon ends.
struct WatchSession: AsyncSequence, Sendable {
    /// What is sent.
    enum Line: Sendable {
        case event(WatchEvent)
        /// A sign of life, with the number of the last event.
        case heartbeat(Int64)
        /// Events are missing; the last line.
        case failed(ControlError)
    }

    let governor: Governor
    /// Whom it is about; what is about nobody in particular is about everybody.
    let labels: Labels
    /// The last event that is known already; nil to begin with what comes.
    let since: Int64?
    let channel: any Channel

    func makeAsyncIterator() -> Iterator {
        // Joined first: whatever is committed from here on comes by the stream, and what was, by the ledger.
        let (signals, leave) = governor.watchers.join { [channel] in channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in leave() }
        return Iterator(session: self, signals: signals.makeAsyncIterator(), leave: leave)
    }

    struct Iterator: AsyncIteratorProtocol {
        let session: WatchSession
        var signals: AsyncStream<Watchers.Signal>.Iterator
        let leave: @Sendable () -> Void
        /// The last event when it began; what came before is read from the ledger.
        private var present: Int64?
        /// The last event that was dealt with.
        private var last: Int64 = 0
        private var missed: ArraySlice<WatchEvent> = []
        private var hasFailed = false

        init(
            session: WatchSession, signals: AsyncStream<Watchers.Signal>.Iterator, leave: @escaping @Sendable () -> Void
        ) {
            self.session = session
            self.signals = signals
            self.leave = leave
        }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> Line? {
            guard !hasFailed else { return nil }
            do throws(ControlError) {
                guard let present else { return try begin() }
                while last < present {
                    if let event = try nextMissed(before: present) { return .event(event) }
                }
            } catch {
                hasFailed = true
                leave()
                return .failed(error)
            }
            return await nextSignal(isolation: actor)
        }

        private mutating func begin() throws(ControlError) -> Line {
            let present = session.governor.read { $0.book.watch.sequence }
            last = session.since ?? present
            guard last <= present else {
                throw ControlError(
                    .notFound, "the last event is \(present), so \(last) is none of this ledger", field: "since")
            }
            if last < present { missed = try page() }
            self.present = present
            return .heartbeat(present)
        }

        /// The next that concerns the watcher; nil when all of a page were looked at.
        private mutating func nextMissed(before present: Int64) throws(ControlError) -> WatchEvent? {
            while let event = missed.popFirst() {
                last = event.sequence
                if event.concerns(session.labels) { return event }
                if last >= present { return nil }
            }
            if last < present {
                missed = try page()
                if missed.isEmpty { last = present }
            }
            return nil
        }

        private mutating func nextSignal(isolation actor: isolated (any Actor)?) async -> Line? {
            while let signal = await signals.next(isolation: actor) {
                switch signal {
                case .beat: return .heartbeat(last)
                case .event(let event):
                    guard event.sequence > last else { continue }
                    last = event.sequence
                    if event.concerns(session.labels) { return .event(event) }
                }
            }
            return nil
        }

        /// The ledger's next events, so many at a time.
        private func page() throws(ControlError) -> ArraySlice<WatchEvent> {
            let found: [WatchEvent]?
            do { found = try session.governor.ledger.events(after: last, limit: 1000) } catch {
                throw ControlError(.unavailable, "events can't be read: \(error)")
            }
            guard let found else {
                throw ControlError(
                    .notFound, "events after \(last) are no longer kept; watch without since, and ask for status",
                    field: "since")
            }
            return found[...]
        }
    }
}

extension Reply {
    static func line(_ line: WatchSession.Line, id: JSON?, now: Timestamp) -> [UInt8] {
        switch line {
        case .event(let event): Reply.event(event, id: id)
        case .heartbeat(let sequence): Reply.heartbeat(sequence: sequence, at: now, id: id)
        case .failed(let error): error.body(id: id)
        }
    }
}
