/// Makes messages of what a plan changes: whom it concerns, by `Telling.answer`, and in which message.
///
/// A receiver has at most one message that gathers. Everything for it joins that one, whatever item it is about, and may
/// bring it forward: a thousand budgets that cross together are one message, and what waits for its group's interval goes
/// along with what doesn't wait.
package struct NotificationPlanner {
    private let policy: Policy
    private let log: NotificationLog
    private let now: Timestamp
    /// Messages that are on their way.
    private let sealed: Set<String>
    /// Pending messages as they will be, by id.
    private var messages: [String: Notification]
    /// Those that are new or changed, in order.
    private var changed: [String] = []
    private var isChanged: Set<String> = []
    /// Made by this planner, so that nobody has seen them yet.
    private var fresh: Set<String> = []
    /// The message that gathers, by receiver.
    private var open: [String: String] = [:]
    /// What was decided, in order.
    package private(set) var tellings: [Telling] = []

    /// - Parameters:
    ///   - pending: the outbox.
    ///   - sealed: ids of messages that nothing may join any more.
    package init(
        policy: Policy, log: NotificationLog, pending: [String: Notification], sealed: Set<String> = [], now: Timestamp
    ) {
        self.policy = policy
        self.log = log
        self.now = now
        self.sealed = sealed
        messages = pending
        for message in pending.values where message.period == nil && message.isOpen(at: now) {
            if !sealed.contains(message.id) { open[message.receiver] = message.id }
        }
    }

    /// Messages that are new or took something in.
    package var notifications: [Notification] { changed.compactMap { messages[$0] } }

    /// Tells of an alert that fired, resolved, or is muted no longer.
    package mutating func tell(_ alert: Alert) {
        for name in alert.notified {
            let receiver = policy.receiver(name) ?? Receiver(name: name, kind: .off)
            var question = question(alert.state == .firing ? .firing : .resolved, alert, receiver)
            question.isSilenced = alert.silenced
            question.wasSilenced = alert.firedAt < now
            question.wasTold = !alert.silenced
            decide(question, Notification.Item(alert: alert, event: alert.state), receiver)
        }
    }

    /// Tells again of what goes on.
    /// - Parameters:
    ///   - firing: the alerts of an item that fire.
    ///   - isMuted: whether a silence mutes one now.
    package mutating func tellAgain(_ firing: (String) -> [Alert], isMuted: (Alert) -> Bool) {
        for group in log.groups.sorted(by: { ($0.receiver, $0.item) < ($1.receiver, $1.item) }) {
            guard let receiver = policy.receiver(group.receiver), mayRepeat(group, receiver) else { continue }
            let isPending = isPending(group)
            for alert in firing(group.item) where alert.notified.contains(group.receiver) {
                let question = repeatQuestion(alert, receiver, isMuted: isMuted(alert), isPending: isPending)
                guard case .tell = Telling.answer(question) else { continue }
                decide(question, Notification.Item(alert: alert, event: .firing, isRepeat: true), receiver)
            }
        }
    }

    /// What would be told of an alert that fires, as things are.
    package func outlook(_ alert: Alert, isMuted: Bool) -> [Outlook] {
        policy.receivers.map { receiver in
            let group = NotificationLog.Group(receiver: receiver.name, item: alert.item)
            var question = repeatQuestion(alert, receiver, isMuted: isMuted, isPending: isPending(group))
            question.isNamed = alert.notified.contains(receiver.name)
            switch Telling.answer(question) {
            case .tell(let reason, let due): return Outlook(receiver: receiver.name, reason: reason, at: due)
            case .keep(let reason, let until): return Outlook(receiver: receiver.name, reason: reason, at: until)
            }
        }
    }

    /// Sees to it that every receiver of digests has one that gathers for its next hour, and that those of receivers
    /// which no longer want any are sent.
    package mutating func keepDigests() {
        for message in messages.values.filter(isOpenDigest).sorted(by: { $0.id < $1.id }) {
            var message = message
            if let period = policy.receiver(message.receiver).flatMap(period) {
                guard period.end != message.dueAt else { continue }
                message.period = period
                message.dueAt = period.end
            } else {
                message.dueAt = now
            }
            message.nextAt = message.dueAt
            keep(message)
        }
        for receiver in policy.receivers where receiver.digest != nil && !receiver.isOff {
            if let missed = missedPeriod(receiver) {
                keep(Notification(digestFor: receiver.name, period: missed, createdAt: now))
            }
            _ = digest(for: receiver)
        }
    }

    // MARK: Deciding

    private func question(_ event: Telling.Event, _ alert: Alert, _ receiver: Receiver) -> Telling.Question {
        let group = NotificationLog.Group(receiver: receiver.name, item: alert.item)
        var question = Telling.Question(
            event, groupWait: receiver.groupWait ?? policy.notifications.groupWait,
            groupInterval: receiver.groupInterval ?? policy.notifications.groupInterval, now: now)
        question.isOff = receiver.isOff
        question.wantsEnds = receiver.sendsResolved
        question.digestAt = period(receiver)?.end
        question.heldWorkBack = alert.heldWorkBack
        question.groupToldAt = log.last(group)
        question.splitToldAt = log.last(group, alert.split)
        question.repeatEvery = repeatEvery(alert.kind, receiver)
        question.isAcknowledged = alert.acknowledgement != nil
        return question
    }

    private func repeatQuestion(
        _ alert: Alert, _ receiver: Receiver, isMuted: Bool, isPending: Bool
    ) -> Telling.Question {
        var question = question(.repeated, alert, receiver)
        question.isSilenced = isMuted || alert.silenced
        question.wasTold = !alert.silenced
        question.isPending = isPending
        return question
    }

    /// Whether a message of the group is on its way.
    private func isPending(_ group: NotificationLog.Group) -> Bool {
        messages.values.contains { message in
            message.receiver == group.receiver && message.state == .pending && !fresh.contains(message.id)
                && message.items.contains { $0.alert.item == group.item }
        }
    }

    private func repeatEvery(_ kind: Alert.Kind, _ receiver: Receiver) -> Span? {
        if let every = receiver.repeatEvery ?? policy.notifications.repeatEvery { return every }
        switch kind {
        case .rule, .policy, .source: return NotificationSettings.ruleRepeat
        case .threshold, .forecast, .delivery: return nil
        }
    }

    /// Whether anything of the group can be due again, before its alerts are looked for.
    private func mayRepeat(_ group: NotificationLog.Group, _ receiver: Receiver) -> Bool {
        guard !receiver.isOff, receiver.digest == nil, let last = log.last(group) else { return false }
        let isRule =
            [Alert.policyItem, Alert.sourceItem].contains(group.item) || policy.rules.contains { $0.name == group.item }
        return repeatEvery(isRule ? .rule : .threshold, receiver).map { last + $0 <= now } ?? false
    }

    private mutating func decide(
        _ question: Telling.Question, _ item: Notification.Item, _ receiver: Receiver
    ) {
        switch Telling.answer(question) {
        case .keep(let reason, _): note(item, receiver.name, reason)
        case .tell(let reason, let due):
            var message = reason == .digest ? digest(for: receiver) : gathering(item, for: receiver.name, due: due)
            let outranked = message.add(item)
            if reason != .digest { message.hasten(to: due) }
            keep(message)
            for other in outranked where other != item { note(other, receiver.name, .outranked) }
            note(item, receiver.name, outranked == [item] ? .outranked : reason, in: message.id)
        }
    }

    private mutating func note(
        _ item: Notification.Item, _ receiver: String, _ reason: Telling.Reason, in notification: String? = nil
    ) {
        tellings.append(
            Telling(
                alert: item.alert.id, receiver: receiver, event: item.telling, at: now, reason: reason,
                notification: reason.tells ? notification : nil))
    }

    // MARK: Messages

    /// The message of the receiver that gathers, or a new one.
    private mutating func gathering(_ item: Notification.Item, for receiver: String, due: Timestamp) -> Notification {
        if let id = open[receiver], let message = messages[id] { return message }
        var message = Notification(receiver: receiver, item: item, createdAt: now, dueAt: due)
        message.items = []
        open[receiver] = message.id
        fresh.insert(message.id)
        return message
    }

    private mutating func digest(for receiver: Receiver) -> Notification {
        let name = receiver.name
        if let known = messages.values.first(where: { $0.receiver == name && isOpenDigest($0) }) { return known }
        let period = period(receiver) ?? Interval(start: now, end: now)
        let message = Notification(digestFor: name, period: period, createdAt: now)
        keep(message)
        return message
    }

    /// What the receiver's next digest reports: the present period, or where the clock was set back the first of which it
    /// was not sent one yet. nil for a receiver without digests.
    private func period(_ receiver: Receiver) -> Interval? {
        guard let schedule = receiver.digest else { return nil }
        let present = schedule.period(containing: now, in: policy.zone)
        guard let last = log.lastDigest(receiver.name), last >= present.end else { return present }
        return schedule.period(containing: last, in: policy.zone)
    }

    /// The last period that is over and was never reported, since nobody was there when it began: one digest late is news,
    /// a dozen are none. nil for a receiver that never had any.
    private func missedPeriod(_ receiver: Receiver) -> Interval? {
        guard let schedule = receiver.digest, let last = log.lastDigest(receiver.name) else { return nil }
        let start = schedule.period(containing: now, in: policy.zone).start
        guard last < start else { return nil }
        let missed = schedule.period(containing: Timestamp(milliseconds: start.milliseconds - 1), in: policy.zone)
        let isKnown = messages.values.contains { $0.receiver == receiver.name && $0.period?.end == missed.end }
        return isKnown ? nil : missed
    }

    private func isOpenDigest(_ message: Notification) -> Bool {
        message.period != nil && message.isOpen(at: now) && !sealed.contains(message.id)
    }

    private mutating func keep(_ message: Notification) {
        if isChanged.insert(message.id).inserted { changed.append(message.id) }
        messages[message.id] = message
    }
}
