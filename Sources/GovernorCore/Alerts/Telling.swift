/// Whether one receiver is told of one event of an alert, and why, or why not; `governor alerts explain` shows them.
package struct Telling: Hashable, Sendable {
    package enum Event: String, Sendable {
        case firing, resolved
        /// It still fires and is told again.
        case repeated
    }

    /// A closed set.
    package enum Reason: String, CaseIterable, Sendable {
        // Told.
        /// Nothing was told of its item of late.
        case firstOfGroup = "first_of_group"
        /// Its item was told of, but nothing of its split: it waits for nothing.
        case firstOfSplit = "first_of_split"
        /// It paused or stopped work: it waits for nothing.
        case heldWorkBack = "held_work_back"
        /// Another change of an item and split that was told of a moment ago: it waits for the group's interval.
        case groupChanged = "group_changed"
        /// What was told to fire is over.
        case ended
        /// It goes on, and the repeat interval is over.
        case repeatDue = "repeat_due"
        /// It is gathered for the receiver's next digest.
        case digest
        /// The silence that muted it is over and it still fires.
        case silenceLifted = "silence_lifted"

        // Not told.
        /// Its item does not name the receiver.
        case notNamed = "not_named"
        /// The receiver has no address.
        case receiverOff = "receiver_off"
        /// The receiver is told of a higher threshold that the same spend crossed.
        case outranked
        case silenced
        /// Nobody was told that it fires, so nobody is told that it is over.
        case neverTold = "never_told"
        /// The receiver does not want to know when something is over.
        case endNotWanted = "end_not_wanted"
        /// An operator knows, so it is not repeated.
        case acknowledged
        /// It goes on as it was told.
        case unchanged
        /// What was told of it has not arrived yet, so it is not repeated.
        case stillPending = "still_pending"

        package var tells: Bool {
            switch self {
            case .firstOfGroup, .firstOfSplit, .heldWorkBack, .groupChanged, .ended, .repeatDue, .digest,
                .silenceLifted:
                true
            case .notNamed, .receiverOff, .outranked, .silenced, .neverTold, .endNotWanted, .acknowledged, .unchanged,
                .stillPending:
                false
            }
        }

        /// For people: `told at once, as nothing was told of its item of late`.
        package var text: String {
            switch self {
            case .firstOfGroup: "told after the group wait: nothing was told of its item of late"
            case .firstOfSplit: "told after the group wait: it is the first of its split"
            case .heldWorkBack: "told after the group wait: it holds work back"
            case .groupChanged: "told after the group interval: its split was told of a moment before"
            case .ended: "told that it is over"
            case .repeatDue: "told again: it goes on, and the repeat interval was over"
            case .digest: "gathered for the next digest"
            case .silenceLifted: "told: the silence was over and it still fired"
            case .notNamed: "not told: its item does not name the receiver"
            case .receiverOff: "not told: the receiver has no address"
            case .outranked: "not told: the receiver was told of a higher threshold that the same spend crossed"
            case .silenced: "not told: a silence mutes it"
            case .neverTold: "not told that it is over: it was never told that it fires"
            case .endNotWanted: "not told that it is over: the receiver does not want that (resolved: false)"
            case .acknowledged: "not told again: it was acknowledged"
            case .unchanged: "not told again: it goes on as it was told"
            case .stillPending: "not told again: what was told of it has not arrived yet"
            }
        }
    }

    /// The alert's id.
    package var alert: String
    package var receiver: String
    package var event: Event
    /// When it was decided.
    package var at: Timestamp
    package var reason: Reason
    /// The id of the message that tells it; nil when it is not told.
    package var notification: String?

    package init(
        alert: String, receiver: String, event: Event, at: Timestamp, reason: Reason, notification: String? = nil
    ) {
        self.alert = alert
        self.receiver = receiver
        self.event = event
        self.at = at
        self.reason = reason
        self.notification = notification
    }
}

/// What would be told of an alert that fires, as things are.
package struct Outlook: Hashable, Sendable {
    package var receiver: String
    package var reason: Telling.Reason
    /// When it will be told, or told again; nil for never.
    package var at: Timestamp?

    package init(receiver: String, reason: Telling.Reason, at: Timestamp? = nil) {
        self.receiver = receiver
        self.reason = reason
        self.at = at
    }
}

/// All that is known of how an alert was told.
package struct AlertExplanation: Hashable, Sendable {
    package var alert: Alert
    /// In the order in which they were decided.
    package var tellings: [Telling]
    /// The messages that tell of it, oldest first.
    package var messages: [Notification]
    /// The attempts at those, oldest first.
    package var attempts: [DeliveryAttempt]
    /// One per receiver of the policy; empty once the alert has resolved.
    package var outlook: [Outlook]

    package init(
        alert: Alert, tellings: [Telling], messages: [Notification], attempts: [DeliveryAttempt], outlook: [Outlook]
    ) {
        self.alert = alert
        self.tellings = tellings
        self.messages = messages
        self.attempts = attempts
        self.outlook = outlook
    }
}
