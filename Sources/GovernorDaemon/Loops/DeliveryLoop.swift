import GovernorCore
import GovernorLedger
import GovernorNotify
import Logging
import Synchronization

/// Sends what is due in the outbox, each receiver on its own, so that a bad one never delays another.
final class DeliveryLoop: Sendable {
    private struct State: Sendable {
        /// Receivers that are being served.
        var busy: Set<String> = []
        var lastSent: [String: Timestamp] = [:]
        /// What a receiver's `Retry-After` asked for, and when it did.
        var asked: [String: (until: Timestamp, at: Timestamp)] = [:]
        var notifiers: [String: (receiver: Receiver, notifier: any Notifier)] = [:]
        /// Ends of attempts that could not be written down, by receiver. Until they are, nothing else is sent to it: the
        /// same message would go out again and again while a disk is full.
        var unwritten: [String: Delivery] = [:]
    }

    private enum Job: Sendable {
        case send(Receiver, Notification)
        case write(String, Delivery)
    }

    private let governor: Governor
    private let letters: LetterWriter
    private let logger: Logger
    private let jitter: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter jitter: draws from [0, 1], for retries.
    init(
        governor: Governor, forecaster: Forecaster, logger: Logger, jitter: @escaping @Sendable () -> Double
    ) {
        self.governor = governor
        letters = LetterWriter(governor: governor, forecaster: forecaster)
        self.logger = logger
        self.jitter = jitter
    }

    /// - Parameter nudges: whenever the outbox changed, and now and then for what has become due.
    func run(nudges: some AsyncSequence<Void, Never> & Sendable) async {
        await withDiscardingTaskGroup { group in
            for await _ in nudges {
                for job in jobs() {
                    group.addTask {
                        switch job {
                        case .send(let receiver, let message): await self.serve(receiver, message)
                        case .write(let receiver, let delivery):
                            await self.write(delivery, of: receiver)
                            self.release(receiver)
                        }
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Sends the tests that are asked for, each on its own.
    func run(tests: some AsyncSequence<TestRequest, Never> & Sendable) async {
        await withDiscardingTaskGroup { group in
            for await test in tests {
                group.addTask { test.answer(await self.test(test.receiver)) }
            }
            group.cancelAll()
        }
    }

    /// Sends a test, beside the outbox.
    /// - Returns: how it went; nil for a receiver that is off.
    private func test(_ receiver: Receiver) async -> DeliveryOutcome? {
        guard let notifier = notifier(for: receiver) else { return nil }
        let policy = governor.read { $0.book.policy }
        let now = governor.clock()
        let id = "nt_" + StableHash.hex("\(receiver.name)|test|\(now.milliseconds)|\(jitter())")
        let message = Message.test(receiver: receiver.name, policy: policy, now: now)
        return await notifier.send(Letter(id: id, message: message, createdAt: now, now: now)).outcome
    }

    /// What there is to do for receivers that are free. A receiver that has left the policy is one that is off.
    private func jobs() -> [Job] {
        let now = governor.clock()
        let (policy, outbox) = governor.read { ($0.book.policy, $0.book.outbox) }
        var (jobs, busy): ([Job], Set<String>) = state.withLock { state in
            let jobs = state.unwritten.filter { state.busy.insert($0.key).inserted }.map { Job.write($0.key, $0.value) }
            return (jobs, state.busy)
        }
        for (name, messages) in Dictionary(grouping: outbox.values, by: \.receiver) where !busy.contains(name) {
            guard let message = DeliveryQueue.next(messages, now: now) else { continue }
            let receiver = policy.receiver(name) ?? Receiver(name: name, kind: .off)
            let spacing = notifier(for: receiver)?.spacing ?? .zero
            let isFree = state.withLock { state in
                // One that was tried before knows by itself when it may be tried again, and may have been brought forward.
                if message.attempts == 0, let asked = state.asked[name], asked.until > now, asked.at <= now {
                    return false
                }
                let earliest = Pacing.earliest(after: state.lastSent[name], spacing: spacing, now: now)
                return earliest <= now && state.unwritten[name] == nil && state.busy.insert(name).inserted
            }
            if isFree { jobs.append(.send(receiver, message)) }
        }
        return jobs
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

    /// The receiver is free for its next message; unless nothing can be written down, which is tried again in its time.
    private func release(_ receiver: String) {
        let isDone = state.withLock { state in
            state.busy.remove(receiver)
            return state.unwritten[receiver] == nil
        }
        if isDone { governor.nudgeDelivery() }
    }

    private func serve(_ receiver: Receiver, _ known: Notification) async {
        // From here on nothing joins it, so that the same id always says the same.
        guard case .sealed(let message?)? = try? await governor.submit(.seal(known.id)) else {
            state.withLock { _ = $0.busy.remove(receiver.name) }
            return
        }
        defer { release(receiver.name) }
        let result = await send(message, to: receiver)
        let now = governor.clock()
        // Stopped in the middle: the row is still pending and the next start sends the same id; but not the parts that
        // arrived.
        if Task.isCancelled, result.outcome != .delivered, result.settled.isEmpty { return }
        state.withLock { state in
            state.lastSent[receiver.name] = now
            state.asked[receiver.name] =
                if case .failed(_, let wait?) = result.outcome { (until: now + wait, at: now) } else { nil }
        }
        report(result, of: message)
        await write(Delivery(notification: message.id, result: result, at: now, jitter: jitter()), of: receiver.name)
    }

    private func send(_ message: Notification, to receiver: Receiver) async -> DeliveryResult {
        if let disabled = governor.read({ $0.book.messaging.disabled[receiver.name] }) {
            let text = "not asked again until the policy changes, since \(disabled.why)"
            return DeliveryResult(.refused(DeliveryFailure(.receiverDisabled, text)))
        }
        guard let notifier = notifier(for: receiver) else {
            let text = "the receiver \(receiver.name) is off or gone"
            return DeliveryResult(.refused(DeliveryFailure(.receiverOff, text)))
        }
        let letter: Letter
        do throws(LedgerError) { letter = try letters.letter(message) } catch {
            let text = "the report could not be made: \(error)"
            return DeliveryResult(.failed(DeliveryFailure(.other, text), retryAfter: nil))
        }
        return await notifier.send(letter)
    }

    /// Writes down how an attempt ended; if that fails, it is tried again before anything else is sent to the receiver. A
    /// crash before then sends the same id again: late is better than lost.
    private func write(_ delivery: Delivery, of receiver: String) async {
        do {
            try await governor.submit(.delivery(delivery))
            state.withLock { _ = $0.unwritten.removeValue(forKey: receiver) }
        } catch {
            let isNews = state.withLock { $0.unwritten.updateValue(delivery, forKey: receiver) == nil }
            guard isNews else { return }
            logger.error(
                "a delivery could not be written down; its receiver waits",
                metadata: ["receiver": "\(receiver)", "id": "\(delivery.notification)", "error": "\(error)"])
        }
    }

    private func report(_ result: DeliveryResult, of message: Notification) {
        for failure in result.failures {
            logger.warning(
                "a message was not delivered",
                metadata: [
                    "receiver": "\(message.receiver)", "id": "\(message.id)", "attempt": "\(message.attempts + 1)",
                    "reason": "\(failure.reason.rawValue)", "error": "\(failure.text)",
                ])
        }
    }
}
