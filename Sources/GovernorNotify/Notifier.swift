package import GovernorCore

/// A place alerts go.
package protocol Notifier: Sendable {
    /// The least time between two messages to it; see `Pacing`.
    var spacing: Span { get }

    /// Makes one attempt. Cancelling the task ends it within about three seconds.
    func send(_ letter: Letter) async -> DeliveryResult
}

/// Makes the notifier of a receiver.
package enum Notifiers {
    /// - Parameter log: writes one line to the daemon's log; for receivers of kind `log`.
    /// - Returns: nil for a receiver that is off.
    package static func make(
        for receiver: Receiver, timeouts: CurlTimeouts = .standard, log: @escaping @Sendable (String) -> Void
    ) -> (any Notifier)? {
        let client = CurlClient(
            name: receiver.name, allowsPrivate: receiver.allowsPrivate, authorityFile: receiver.caFile,
            timeouts: timeouts)
        func post(_ url: Secret, _ form: some PostForm) -> any Notifier {
            PostNotifier(url: url, form: form, client: client)
        }
        return switch receiver.kind {
        case .slack(let webhook): post(webhook, SlackForm())
        case .webhook(let url, let keys): post(url, WebhookForm(keys: keys))
        case .pagerduty(let url, let routingKey): post(url, PagerDutyForm(routingKey: routingKey))
        case .discord(let webhook): post(webhook, DiscordForm())
        case .teams(let webhook): post(webhook, TeamsForm())
        case .ntfy(let topic, let token): post(topic, NtfyForm(topic: topic, token: token))
        case .email(let settings): EmailNotifier(settings: settings, client: client)
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
