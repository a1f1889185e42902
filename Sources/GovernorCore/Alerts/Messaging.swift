/// What is remembered of messages beside the outbox.
package struct Messaging: Hashable, Sendable {
    /// A receiver that answered that it is gone, and gets nothing more until the policy changes.
    package struct Disabled: Hashable, Sendable {
        package var since: Timestamp
        /// What it answered.
        package var why: String

        package init(since: Timestamp, why: String) {
            self.since = since
            self.why = why
        }
    }

    package private(set) var log: NotificationLog
    /// Operators' silences by id, those that are over left out.
    package private(set) var silences: [String: OperatorSilence]
    /// By the receiver's name.
    package private(set) var disabled: [String: Disabled]
    /// Messages that are on their way, so that nothing may join them: what was sent under an id must stay what it was.
    /// Not stored; after a restart the time of such a message has come, which closes it too.
    package private(set) var sealed: Set<String> = []

    package init(
        log: NotificationLog = NotificationLog(), silences: [OperatorSilence] = [], disabled: [String: Disabled] = [:]
    ) {
        self.log = log
        self.silences = Dictionary(silences.map { ($0.id, $0) }) { first, _ in first }
        self.disabled = disabled
    }

    mutating func take(_ plan: Plan, _ policy: Policy) {
        for message in plan.notifications {
            log.take(message)
            if message.state != .pending { sealed.remove(message.id) }
        }
        for (id, silence) in plan.silences { silences[id] = silence }
        for (name, disabled) in plan.disabled { self.disabled[name] = disabled }
        sealed.formUnion(plan.sealed)
        guard plan.looksAtAll else { return }
        let now = plan.now
        silences = silences.filter { $0.value.silence.interval.end > now }
        log.forget(before: now - policy.longestGroupInterval)
    }
}

extension Policy {
    /// Of all receivers.
    package var longestGroupInterval: Span {
        max(notifications.groupInterval, receivers.compactMap(\.groupInterval).max() ?? .zero)
    }
}
