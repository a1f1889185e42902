import Dispatch
import GovernorAPI
import GovernorCore
import GovernorLedger
import Logging
import NIOCore
import Synchronization

/// The single writer, and what everybody reads: plan, commit, apply.
///
/// Decisions come from memory, under a lock held for microseconds. Changes queue for one thread, which takes what has
/// gathered (at most `groupLimit` records), plans it over the present book, commits it in one transaction and only then
/// applies it: memory follows the disk, never leads it. While a commit runs the next group gathers; nobody waits for a
/// timer.
package final class Governor: Sendable {
    /// What readers see.
    struct Hot: Sendable {
        var book: Book
        var resolver: LabelResolver
        var prices: PriceBook
        var reloadedAt: Timestamp
        var policyError: String?
        /// While history is still being read, thresholds wait: only the highest of those crossed in it is news.
        var isCatchingUp = true
        var stale: [String] = [] { didSet { if stale != oldValue { memo.forget() } } }
        var memo = CheckMemo()
        var forecast: FleetForecast?
        var forecastAt = Timestamp.distantPast
        /// The latest instant a change was planned at.
        var mark: Timestamp
        var misgivings: Misgivings
        /// How much each kind of source told, by its name.
        var tallies: [String: SourceTally]
        /// Whose word counts about a session.
        var authority: Authority
        /// Whether any stored record may name nothing but its request.
        var hasRequestsAlone: Bool
        var decisions: [Decision.Kind: Int64] = [:]
        /// Attempts at messages since the start.
        var attempts: [AttemptKind: Int64] = [:]
        /// Why the last commit failed; nil when it did not.
        var ledgerError: String?

        /// What every decision mentions.
        var mentions: Mentions { Mentions(stale: stale, prices: prices) }

        /// Follows what a commit tells of sources.
        mutating func count(_ transaction: LedgerTransaction) {
            for (kind, tally) in transaction.tallies { tallies[kind, default: SourceTally()].add(tally) }
            for (kind, tally) in SourceTally.shadowed(by: transaction.plan.changes) {
                tallies[kind, default: SourceTally()].add(tally)
            }
            guard !hasRequestsAlone else { return }
            hasRequestsAlone = transaction.plan.changes.contains { $0.result?.identity.isRequestAlone ?? false }
        }
    }

    /// How attempts at messages are counted.
    struct AttemptKind: Hashable, Sendable {
        var receiver: String
        /// nil where nothing failed.
        var reason: DeliveryFailure.Reason?
    }

    private struct Queue: Sendable {
        var jobs: [Job] = []
        var isDraining = false
    }

    /// Most records in one transaction: enough that a commit's own cost is little beside theirs, few enough that a hold
    /// behind them is not kept for long (`Tests/Benchmarks/ingest.py` measures it: half of those that come while history is
    /// read wait 2 ms, one in a hundred 50).
    static let groupLimit = 1024

    let ledger: Ledger
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    private let hot: Mutex<Hot>
    private let queue = Mutex(Queue())
    private let writer = DispatchQueue(label: "governor.writer", qos: .userInitiated)
    /// Yields whenever a commit may have given the delivery loop work.
    let outboxChanges: AsyncStream<Void>
    private let outboxChanged: AsyncStream<Void>.Continuation
    /// Told of every change once it is committed.
    let watchers = Watchers()

    /// Loads the book of a policy from the ledger.
    init(
        ledger: Ledger, policy: Policy, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        self.ledger = ledger
        self.clock = clock
        self.logger = logger
        let now = clock()
        hot = Mutex(
            Hot(
                book: try ledger.book(for: policy, now: now),
                resolver: LabelResolver(rules: policy.labelRules, named: try ledger.namedSessions()),
                prices: try PriceBook.embedded(for: policy), reloadedAt: now, mark: now,
                misgivings: try ledger.misgivings(), tallies: try ledger.sourceTallies(),
                authority: Authority(policy.authority), hasRequestsAlone: try ledger.hasRequestsAlone()))
        (outboxChanges, outboxChanged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Has the delivery loop look at the outbox again.
    func nudgeDelivery() { outboxChanged.yield() }

    /// Looks at the present state; `body` runs under the lock and must be short.
    func read<Value>(_ body: (Hot) -> Value) -> Value { hot.withLock { body($0) } }

    /// Changes what is not in the ledger: staleness, forecast, errors.
    func update(_ body: (inout Hot) -> Void) { hot.withLock { body(&$0) } }

    /// The prices that free models are held against.
    func compared(at time: Timestamp) -> PriceRow? { read { $0.prices.compared(under: $0.book.policy, at: time) } }

    /// A decision, from memory, in microseconds.
    ///
    /// - Returns: with it what tells whether it still holds; nil where it holds work back.
    func decide(_ labels: Labels, _ asking: Asking) -> (decision: Decision, zone: Zone, stamp: Freshness.Stamp?) {
        let now = clock()
        return hot.withLock { hot in
            let decision = hot.book.decide(labels, asking, mentioning: hot.mentions, now: now)
            hot.decisions[decision.kind, default: 0] += 1
            let isFree = decision.kind == .allow && decision.wouldReasons.isEmpty
            return (decision, hot.book.policy.zone, isFree ? hot.book.freshness.stamp(for: labels) : nil)
        }
    }

    /// Answers a check in words that were answered before, where nothing has changed since; see `CheckMemo`.
    func answerAgain(_ line: ByteBuffer, into replies: inout ByteBuffer) -> Bool {
        let now = clock()
        return hot.withLock { hot in
            guard hot.memo.answer(line, hot.book, now: now, into: &replies) else { return false }
            hot.decisions[.allow, default: 0] += 1
            return true
        }
    }

    /// Keeps the answer to a check.
    func keep(_ reply: [UInt8], to line: ByteBuffer, _ stamp: Freshness.Stamp) {
        let now = clock()
        hot.withLock { $0.memo.keep(reply, to: line, stamp, $0.book, now: now) }
    }

    /// A decision with its whole explanation, from memory.
    func explain(_ labels: Labels, estimate: Money?) -> (explanation: Explanation, zone: Zone) {
        let now = clock()
        let (book, mentions) = read { ($0.book, $0.mentions) }
        return (book.explain(labels, estimate: estimate, mentioning: mentions, now: now), book.policy.zone)
    }

    /// Queues a change; `completion` is called on the writer's thread once it is durable, or has failed.
    func submit(_ command: Command, completion: @escaping @Sendable (Result<CommandOutcome, LedgerError>) -> Void) {
        let mustStart = queue.withLock { queue in
            queue.jobs.append(Job(command: command, completion: completion))
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustStart { writer.async { self.drain() } }
    }

    /// Queues a change and waits until it is durable.
    @discardableResult
    func submit(_ command: Command) async throws -> CommandOutcome {
        try await withCheckedThrowingContinuation { continuation in
            submit(command) { continuation.resume(with: $0) }
        }
    }

    private func drain() {
        while true {
            let group = queue.withLock { queue in
                let group = Self.takeGroup(from: &queue.jobs)
                if group.isEmpty { queue.isDraining = false }
                return group
            }
            guard let first = group.first else { return }
            do {
                let outcomes = first.command.standsAlone ? [try carryOutAlone(first.command)] : try carryOut(group)
                for (job, outcome) in zip(group, outcomes) { job.completion(.success(outcome)) }
            } catch {
                logger.error("a change was not stored", metadata: ["error": "\(error)"])
                update { $0.ledgerError = "\(error)" }
                for job in group { job.completion(.failure(error)) }
            }
        }
    }

    /// As many jobs as fit one transaction, in order; one that stands alone, alone.
    private static func takeGroup(from jobs: inout [Job]) -> [Job] {
        var weight = 0
        var count = 0
        for job in jobs {
            if job.command.standsAlone {
                if count == 0 { count = 1 }
                break
            }
            weight += job.command.weight
            if count > 0, weight > groupLimit { break }
            count += 1
        }
        defer { jobs.removeFirst(count) }
        return Array(jobs.prefix(count))
    }

    // MARK: On the writer's thread

    /// How far back the clock may go before the book is taken from the ledger anew; less is evened out.
    private static let clockBack = Span.seconds(1)

    /// The instant to plan at. It never goes back a little; when the clock is set back by more, what had seemed to be
    /// over is not, and only the ledger still knows of it.
    func instant() throws(LedgerError) -> Timestamp {
        let now = clock()
        let (mark, policy) = read { ($0.mark, $0.book.policy) }
        if now >= mark || mark - now <= Self.clockBack {
            update { $0.mark = max(now, mark) }
            return max(now, mark)
        }
        logger.warning("the clock was set back; accounts are loaded anew", metadata: ["by": "\((mark - now).text)"])
        let book = try ledger.book(for: policy, now: now)
        update { hot in
            hot.book = book
            hot.memo.forget()
            hot.mark = now
        }
        return now
    }

    private func carryOut(_ group: [Job]) throws(LedgerError) -> [CommandOutcome] {
        let now = try instant()
        var outcomes: [CommandOutcome] = []
        let transaction = try transaction(for: group.map(\.command), at: now, &outcomes)
        try commit(transaction)
        return outcomes
    }

    func commit(_ transaction: LedgerTransaction) throws(LedgerError) {
        // Only what was written shows that the ledger can be: most ticks have nothing to write.
        let isWritten = !transaction.isEmpty
        if isWritten { try ledger.commit(transaction) }
        hot.withLock { hot in
            if isWritten { hot.ledgerError = nil }
            hot.book.apply(transaction.plan)
            hot.misgivings.take(transaction.plan.changes)
            hot.count(transaction)
            for attempt in transaction.plan.attempts {
                guard let message = transaction.plan.notifications.first(where: { $0.id == attempt.notification })
                else { continue }
                hot.attempts[AttemptKind(receiver: message.receiver, reason: attempt.reason), default: 0] += 1
            }
        }
        for alert in transaction.plan.alerts {
            logger.notice(
                "alert \(alert.state.rawValue)",
                metadata: [
                    "alert": "\(Message.clean(alert.name))", "who": "\(Message.clean(alert.who))", "id": "\(alert.id)",
                ])
        }
        if !transaction.plan.notifications.isEmpty { outboxChanged.yield() }
        if !transaction.plan.events.isEmpty { watchers.publish(transaction.plan.events) }
    }
}
