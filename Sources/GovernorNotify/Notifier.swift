package import GovernorCore

/// A place alerts go.
package protocol Notifier: Sendable {
    /// The least time between two messages to it; see `Pacing`.
    var spacing: Span { get }

    /// Makes one attempt. Cancelling the task ends it within about a second.
    /// - Parameter id: the notification's, the same on every attempt.
    func send(_ message: Message, id: String) async -> DeliveryOutcome
}

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

/// Makes the notifier of a receiver.
package enum Notifiers {
    /// - Parameter log: writes one line to the daemon's log; for receivers of kind `log`.
    /// - Returns: nil for a receiver that is off.
    package static func make(
        for receiver: Receiver, timeouts: CurlTimeouts = .standard, log: @escaping @Sendable (String) -> Void
    ) -> (any Notifier)? {
        switch receiver.kind {
        case .slack(let webhook):
            SlackNotifier(
                webhook: webhook,
                client: CurlClient(
                    name: receiver.name, allowsPrivate: receiver.allowsPrivate, authorityFile: receiver.caFile,
                    timeouts: timeouts))
        case .log: LogNotifier(receiver: receiver.name, write: log)
        case .off: nil
        }
    }
}

/// Keeps messages to one receiver apart.
package enum Pacing {
    /// When the next message may be sent: `spacing` after the one before; at once when that one lies in the future, so
    /// that a clock that was set back can't hold messages up.
    /// With a spacing of 1 s, 300 ms after the last: in 700 ms.
    package static func earliest(after last: Timestamp?, spacing: Span, now: Timestamp) -> Timestamp {
        guard let last, last <= now else { return now }
        return max(last + spacing, now)
    }
}
