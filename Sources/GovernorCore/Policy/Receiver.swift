/// What holds for every receiver that does not say otherwise.
package struct NotificationSettings: Hashable, Sendable {
    /// How long a receiver's alerts are gathered into one message.
    package var groupWait: Span
    /// How long after a message about a policy item a further change of it waits.
    package var groupInterval: Span
    /// How often what goes on unchanged is told again; nil: thresholds never, rules after `ruleRepeat`.
    package var repeatEvery: Span?
    package var dashboardURL: String?

    /// How often a rule that goes on firing is told again unless the policy says otherwise.
    package static let ruleRepeat = Span.hours(4)

    package init(
        groupWait: Span = .seconds(5), groupInterval: Span = .minutes(1), repeatEvery: Span? = nil,
        dashboardURL: String? = nil
    ) {
        self.groupWait = groupWait
        self.groupInterval = groupInterval
        self.repeatEvery = repeatEvery
        self.dashboardURL = dashboardURL
    }
}

/// Where alerts go.
package struct Receiver: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case slack(webhook: Secret)
        case email(EmailSettings)
        /// Signed with each of the keys, newest first; unsigned without any.
        case webhook(url: Secret, keys: [Secret])
        case pagerduty(url: Secret, routingKey: Secret)
        case discord(webhook: Secret)
        case teams(webhook: Secret)
        /// - token: an access token, for topics that are protected.
        case ntfy(topic: Secret, token: Secret?)
        /// The daemon's own log.
        case log
        /// Its address is empty (`${SLACK_HOOK:-}` unset): nothing is sent, and `policy check` and `status` say so.
        case off
    }

    package var name: String
    package var kind: Kind
    /// Overrides `NotificationSettings.groupWait`.
    package var groupWait: Span?
    /// Overrides `NotificationSettings.groupInterval`.
    package var groupInterval: Span?
    /// Overrides `NotificationSettings.repeatEvery`.
    package var repeatEvery: Span?
    /// Whether it is told when an alert resolves.
    package var sendsResolved: Bool
    /// Gathers its alerts into one report a day or a week.
    package var digest: DigestSchedule?
    /// Whether its address may be loopback or in a private range.
    package var allowsPrivate: Bool
    /// A further certificate authority, as a PEM file.
    package var caFile: String?

    package init(
        name: String, kind: Kind, groupWait: Span? = nil, groupInterval: Span? = nil, repeatEvery: Span? = nil,
        sendsResolved: Bool = true, digest: DigestSchedule? = nil, allowsPrivate: Bool = false, caFile: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.groupWait = groupWait
        self.groupInterval = groupInterval
        self.repeatEvery = repeatEvery
        self.sendsResolved = sendsResolved
        self.digest = digest
        self.allowsPrivate = allowsPrivate
        self.caFile = caFile
    }

    package var isOff: Bool { kind == .off }
}

/// A mailbox to write to, and the server that takes the letters.
package struct EmailSettings: Hashable, Sendable {
    /// Whether the connection to an `smtp://` server must be encrypted by STARTTLS.
    package enum StartTLS: String, CaseIterable, Sendable { case required, optional, off }

    /// Plain addresses, `finance@example.com`.
    package var to: [String]
    /// A plain address.
    package var from: String
    /// `smtps://host:465` or `smtp://host:587`.
    package var server: Secret
    package var username: String?
    package var password: Secret?
    package var startTLS: StartTLS

    package init(
        to: [String], from: String, server: Secret, username: String? = nil, password: Secret? = nil,
        startTLS: StartTLS = .required
    ) {
        self.to = to
        self.from = from
        self.server = server
        self.username = username
        self.password = password
        self.startTLS = startTLS
    }

    /// Whether this may stand behind MAIL FROM or RCPT TO: ASCII, one `@` with something on both sides, no space, control
    /// character, bracket, comma or quote, since libcurl puts it on the wire as it is; at most 254 characters.
    package static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[],;:\\\"".utf8.contains($0) }
    }
}
