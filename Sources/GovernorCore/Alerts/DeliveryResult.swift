/// How one attempt ended.
package enum DeliveryOutcome: Hashable, Sendable {
    case delivered
    /// Another attempt would end the same way; a person has to change something.
    case refused(DeliveryFailure)
    /// Worth another attempt: not before `retryAfter` where the receiver said so, else by `Backoff`.
    case failed(DeliveryFailure, retryAfter: Span?)

    /// What went wrong; nil when it was delivered.
    package var failure: DeliveryFailure? {
        switch self {
        case .delivered: nil
        case .refused(let failure), .failed(let failure, _): failure
        }
    }
}

/// How one attempt ended, for a message that may go in several parts: a letter to each mailbox, an event per alert.
package struct DeliveryResult: Hashable, Sendable {
    /// Of the message as a whole: delivered when every part is settled and at least one was taken; failed while any part
    /// is worth another attempt; refused when every part was.
    package var outcome: DeliveryOutcome
    /// Parts that need no further attempt, those of earlier attempts not among them: taken, or refused for good.
    package var settled: Set<String>
    /// Parts that were refused for good, by name, and why.
    package var lost: [String: DeliveryFailure]

    package init(_ outcome: DeliveryOutcome, settled: Set<String> = [], lost: [String: DeliveryFailure] = [:]) {
        self.outcome = outcome
        self.settled = settled
        self.lost = lost
    }
}

/// A message as it is handed to a receiver's notifier for one attempt.
package struct Letter: Hashable, Sendable {
    /// The notification's, the same on every attempt.
    package var id: String
    /// What it says, for people.
    package var message: Message
    /// The same for machines, worst first; empty for a test.
    package var items: [Notification.Item]
    /// When the notification was made.
    package var createdAt: Timestamp
    /// The instant of this attempt.
    package var now: Timestamp
    /// Parts that earlier attempts have settled; see `DeliveryResult`.
    package var settled: Set<String>

    package init(
        id: String, message: Message, items: [Notification.Item] = [], createdAt: Timestamp, now: Timestamp,
        settled: Set<String> = []
    ) {
        self.id = id
        self.message = message
        self.items = items
        self.createdAt = createdAt
        self.now = now
        self.settled = settled
    }
}
