import GovernorAPI
import GovernorCore
import GovernorNotify
import Logging
import Synchronization

/// Sends what is due in the outbox, each receiver on its own, so that a bad one never delays another.
final class DeliveryLoop: Sendable {
    private struct State: Sendable {
        /// Receivers a message is on its way to.
        var busy: Set<String> = []
        var lastSent: [String: Timestamp] = [:]
        var notifiers: [String: (receiver: Receiver, notifier: any Notifier)] = [:]
    }

    private let governor: Governor
    private let forecaster: Forecaster
    private let logger: Logger
    private let jitter: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter jitter: draws from [0, 1], for retries.
    init(
        governor: Governor, forecaster: Forecaster, logger: Logger, jitter: @escaping @Sendable () -> Double
    ) {
        self.governor = governor
        self.forecaster = forecaster
        self.logger = logger
        self.jitter = jitter
    }

    /// - Parameter nudges: whenever the outbox changed, and now and then for what has become due.
    func run(nudges: some AsyncSequence<Void, Never> & Sendable) async {
        await withDiscardingTaskGroup { group in
            for await _ in nudges {
                for (receiver, notification) in dueByReceiver() {
                    group.addTask { await self.serve(receiver, first: notification) }
                }
            }
            group.cancelAll()
        }
    }

    /// Receivers that are free and have something due, with their oldest message. A receiver that has left the policy is
    /// one that is off.
    private func dueByReceiver() -> [(Receiver, Notification)] {
        let now = governor.clock()
        let (policy, outbox) = governor.read { ($0.book.policy, $0.book.outbox) }
        // What was made in the future waits for no time of then: the clock was set back.
        let due = Dictionary(
            grouping: outbox.values.filter { $0.nextAt <= now || $0.createdAt > now }, by: \.receiver)
        return due.compactMap { name, notifications in
            guard let oldest = notifications.min(by: Self.isOlder) else { return nil }
            let receiver = policy.receiver(name) ?? Receiver(name: name, kind: .off)
            let spacing = notifier(for: receiver)?.spacing ?? .zero
            let isFree = state.withLock { state in
                let earliest = Pacing.earliest(after: state.lastSent[name], spacing: spacing, now: now)
                return earliest <= now && state.busy.insert(name).inserted
            }
            return isFree ? (receiver, oldest) : nil
        }
    }

    private static func isOlder(_ left: Notification, _ right: Notification) -> Bool {
        (left.createdAt, left.id) < (right.createdAt, right.id)
    }

    /// The receiver's notifier, made once for as long as the policy says the same of it; nil when it is off.
    private func notifier(for receiver: Receiver) -> (any Notifier)? {
        let logger = logger
        return state.withLock { state in
            if let known = state.notifiers[receiver.name], known.receiver == receiver { return known.notifier }
            let made = Notifiers.make(for: receiver, log: { logger.notice("\($0)") })
            state.notifiers[receiver.name] = made.map { (receiver, $0) }
            return made
        }
    }

    private func serve(_ receiver: Receiver, first: Notification) async {
        defer { state.withLock { _ = $0.busy.remove(receiver.name) } }
        guard let notifier = notifier(for: receiver) else {
            await record(first, .refused(DeliveryFailure(.receiverOff, "the receiver \(receiver.name) is off or gone")))
            return
        }
        // The spend that crossed a threshold must be in the forecast that is told with it.
        forecaster.refresh(ifOlderThan: .seconds(5))
        let (policy, forecast) = governor.read { ($0.book.policy, $0.forecast?.forecast) }
        let message = Message(first, policy: policy, forecast: forecast?.text(policy.zone), now: governor.clock())
        let letter = Letter(
            id: first.id, message: message, items: first.items, createdAt: first.createdAt, now: governor.clock())
        let outcome = await notifier.send(letter).outcome
        // Stopped in the middle: the row is still pending and the next start sends the same id.
        if Task.isCancelled, outcome != .delivered { return }
        state.withLock { $0.lastSent[receiver.name] = governor.clock() }
        await record(first, outcome)
    }

    /// Writes down how an attempt ended. If that fails, the same id is sent again: late is better than lost.
    private func record(_ notification: Notification, _ outcome: DeliveryOutcome) async {
        let now = governor.clock()
        var after = notification
        after.attempts += 1
        after.lastError = outcome.failure?.text
        switch outcome {
        case .delivered: after.state = .sent
        case .refused: after.state = .dead
        case .failed(_, let retryAfter):
            let wait = retryAfter ?? Backoff.wait(attempts: after.attempts, jitter: jitter())
            after.nextAt = now + wait
            if now - after.createdAt > Backoff.patience { after.state = .dead }
        }
        if let failure = outcome.failure {
            logger.warning(
                "a message was not delivered",
                metadata: [
                    "receiver": "\(after.receiver)", "id": "\(after.id)", "attempt": "\(after.attempts)",
                    "reason": "\(failure.reason.rawValue)", "error": "\(failure.text)",
                    "state": "\(after.state.rawValue)",
                ])
        }
        do { try await governor.submit(.delivery(after)) } catch {
            logger.error("a delivery could not be written down", metadata: ["id": "\(after.id)", "error": "\(error)"])
        }
    }
}
