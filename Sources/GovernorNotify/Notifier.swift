package import GovernorCore

/// A place alerts go.
package protocol Notifier: Sendable {
    /// The least time between two messages to it; see `Pacing`.
    var spacing: Span { get }

    /// Makes one attempt. Cancelling the task ends it within about a second.
    func send(_ letter: Letter) async -> DeliveryResult
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
        case .email, .webhook, .pagerduty, .discord, .teams, .ntfy: nil
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
