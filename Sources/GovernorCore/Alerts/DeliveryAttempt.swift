/// One attempt at a message, as it is written down.
package struct DeliveryAttempt: Hashable, Sendable {
    package enum Outcome: String, Sendable {
        case delivered
        /// Another one follows.
        case failed
        /// None would help.
        case refused
    }

    /// The notification's id.
    package var notification: String
    /// From 1.
    package var number: Int64
    package var at: Timestamp
    package var outcome: Outcome
    package var reason: DeliveryFailure.Reason?
    /// What went wrong, without anything secret in it.
    package var text: String?
    /// Whether the receiver may have taken it all the same.
    package var isAmbiguous: Bool

    package init(
        notification: String, number: Int64, at: Timestamp, outcome: Outcome, reason: DeliveryFailure.Reason? = nil,
        text: String? = nil, isAmbiguous: Bool = false
    ) {
        self.notification = notification
        self.number = number
        self.at = at
        self.outcome = outcome
        self.reason = reason
        self.text = text
        self.isAmbiguous = isAmbiguous
    }
}
