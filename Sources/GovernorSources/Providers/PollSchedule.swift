package import GovernorCore

/// When a provider is asked: a state machine that is told the time and what came of asking.
///
/// At most once a minute whatever happens (`facts/providers.md`), also over restarts. After a failure it waits 1 m, 2 m,
/// 5 m, 15 m, then 30 m each, up to a fifth longer; as long as `Retry-After` asks where that is longer; and 30 m when the
/// key is refused, which time alone does not mend. With `jitter` 0, 0.5 and 1 the second failure waits 2 m, 2 m 12 s and
/// 2 m 24 s.
package struct PollSchedule: Hashable, Sendable {
    /// How asking ended.
    package enum End: Hashable, Sendable {
        /// What could be had was read.
        case read
        /// The key is refused.
        case refused
        /// Worth another attempt.
        case failed(retryAfter: Span?)
    }

    package enum State: Hashable, Sendable {
        /// Nothing is asked before so long after then.
        case waiting(since: Timestamp, for: Span)
        /// It is being asked.
        case asking(since: Timestamp)
    }

    package static let leastWait = Span.minutes(1)
    private static let steps: [Span] = [.minutes(1), .minutes(2), .minutes(5), .minutes(15), .minutes(30)]

    /// How often it is asked while all is well; at least `leastWait`.
    package let every: Span
    package private(set) var state: State
    /// Failures since it last went well.
    package private(set) var failures = 0
    /// When it last began to be asked.
    private var startedAt: Timestamp?

    /// - Parameter lastStarted: when it was last asked, by any process; the first time is right away, or a minute later.
    package init(every: Span, lastStarted: Timestamp?, now: Timestamp) {
        self.every = max(every, Self.leastWait)
        startedAt = lastStarted
        state = .waiting(since: min(lastStarted ?? now, now), for: lastStarted == nil ? .zero : Self.leastWait)
    }

    /// Whether to ask now; if so it has begun.
    package mutating func begin(at now: Timestamp) -> Bool {
        guard case .waiting(let since, let wait) = state else { return false }
        guard now >= since else {
            // The clock was set back: the wait starts over, so that it is neither cut short nor longer than it is.
            state = .waiting(since: now, for: wait)
            return false
        }
        guard now - since >= wait else { return false }
        startedAt = now
        state = .asking(since: now)
        return true
    }

    /// Asking has ended.
    /// - Parameter jitter: drawn by the caller from [0, 1].
    package mutating func end(_ end: End, at now: Timestamp, jitter: Double) {
        guard case .asking(let since) = state else { return }
        let wait: Span
        switch end {
        case .read:
            failures = 0
            wait = every
        case .refused:
            failures += 1
            wait = max(every, Self.steps[Self.steps.count - 1])
        case .failed(let asked):
            failures += 1
            let step = Self.steps[min(failures, Self.steps.count) - 1]
            let longer = 1 + 0.2 * min(max(jitter, 0), 1)
            wait = max(Span(milliseconds: Int64(Double(step.milliseconds) * longer)), asked ?? .zero)
        }
        // From the start, so that a slow answer doesn't make it rarer; but a rest is counted from the end.
        state = .waiting(since: end == .read ? min(since, now) : now, for: wait)
    }

    /// When it is asked next; nil while it is.
    package var nextAt: Timestamp? {
        guard case .waiting(let since, let wait) = state else { return nil }
        return since + wait
    }

    /// The first day to ask about: two days before the last time it went well, since reports are still corrected; at most
    /// 31 days with today, which is the most any report gives at once.
    package static func since(lastRead: Timestamp?, now: Timestamp) -> CivilDate {
        let today = CivilDate(inUTC: now)
        let earliest = today.adding(days: -30)
        guard let lastRead else { return earliest }
        return min(max(CivilDate(inUTC: lastRead).adding(days: -2), earliest), today.adding(days: -2))
    }
}
