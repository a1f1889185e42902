/// One message to one receiver: a row of the outbox, written in the transaction that changed its alerts.
package struct Notification: Hashable, Sendable {
    /// An alert and which of its two events is told.
    package struct Item: Hashable, Sendable {
        package var alert: Alert
        package var event: Alert.State

        package init(alert: Alert, event: Alert.State) {
            self.alert = alert
            self.event = event
        }
    }

    package enum State: String, Sendable { case pending, sent, dead }

    /// The same on every attempt; derived from the receiver and the first event told, so that planning again after a
    /// crash can't make a second one.
    package let id: String
    package var receiver: String
    /// The policy item its alerts belong to.
    package var group: String
    package var items: [Item]
    package var createdAt: Timestamp
    package var state: State
    /// Attempts made so far.
    package var attempts: Int64
    /// When the next attempt is due; while no attempt was made, also until when further alerts may join.
    package var nextAt: Timestamp
    package var lastError: String?

    package init(receiver: String, group: String, item: Item, createdAt: Timestamp, nextAt: Timestamp) {
        id = "nt_" + StableHash.hex("\(receiver)|\(item.alert.id)|\(item.event.rawValue)")
        self.receiver = receiver
        self.group = group
        items = [item]
        self.createdAt = createdAt
        state = .pending
        attempts = 0
        self.nextAt = nextAt
    }

    /// A notification as it was stored.
    package init(
        id: String, receiver: String, group: String, items: [Item], createdAt: Timestamp, state: State, attempts: Int64,
        nextAt: Timestamp, lastError: String?
    ) {
        self.id = id
        self.receiver = receiver
        self.group = group
        self.items = items
        self.createdAt = createdAt
        self.state = state
        self.attempts = attempts
        self.nextAt = nextAt
        self.lastError = lastError
    }

    /// Takes one more event in; of several thresholds crossed by one split in one window only the highest is told.
    package mutating func add(_ item: Item) {
        let isSameCrossing = { (other: Item) in
            other.event == .firing && item.event == .firing && item.alert.kind == .threshold
                && other.alert.kind == .threshold && other.alert.split == item.alert.split
                && other.alert.window.start == item.alert.window.start
        }
        let ratio = { (item: Item) in item.alert.ratio?.partsPerMillion ?? 0 }
        if items.contains(where: { isSameCrossing($0) && ratio($0) >= ratio(item) }) { return }
        items.removeAll(where: isSameCrossing)
        items.append(item)
    }
}

/// Decides which messages the changed alerts of one transaction make.
package enum NotificationPlanner {
    /// - Parameters:
    ///   - alerts: those that fired or resolved, in order.
    ///   - pending: the outbox, for messages that may still be joined.
    /// - Returns: messages that are new or took something in.
    package static func plan(
        _ alerts: [Alert], pending: [String: Notification], policy: Policy, now: Timestamp
    ) -> [Notification] {
        var changed: [String: Notification] = [:]
        var order: [String] = []
        for alert in alerts where !alert.silenced {
            for name in alert.notified {
                guard let receiver = policy.receiver(name), receiver.kind != .off else { continue }
                if alert.state == .resolved, !receiver.sendsResolved { continue }
                let item = Notification.Item(alert: alert, event: alert.state)
                let mayJoin = { (open: Notification) in
                    open.receiver == name && open.group == alert.item && open.attempts == 0
                        && (open.nextAt > now || changed[open.id] != nil) && open.state == .pending
                }
                let open = changed.values.first(where: mayJoin) ?? pending.values.first(where: mayJoin)
                if var open {
                    open.add(item)
                    if changed.updateValue(open, forKey: open.id) == nil { order.append(open.id) }
                } else {
                    let wait = receiver.groupWait ?? policy.notifications.groupWait
                    let new = Notification(
                        receiver: name, group: alert.item, item: item, createdAt: now, nextAt: now + wait)
                    if changed.updateValue(new, forKey: new.id) == nil { order.append(new.id) }
                }
            }
        }
        return order.compactMap { changed[$0] }
    }
}

/// When a delivery that failed is tried again.
package enum Backoff {
    /// How long a notification is tried before it is dead.
    package static let patience = Span.hours(24)
    private static let steps: [Span] = [
        .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(1), .hours(2), .hours(4),
    ]

    /// The wait after the `attempts`th failure: 5 s, 30 s, 2 m, 10 m, 30 m, 1 h, 2 h, then 4 h each, ±20%.
    /// After one failure with `jitter` 0, 0.5 and 1: 4 s, 5 s and 6 s.
    /// - Parameter jitter: drawn by the caller from [0, 1].
    package static func wait(attempts: Int64, jitter: Double) -> Span {
        let step = steps[Int(min(max(attempts, 1), Int64(steps.count))) - 1]
        let factor = 0.8 + 0.4 * min(max(jitter, 0), 1)
        return Span(milliseconds: Int64(Double(step.milliseconds) * factor))
    }
}
