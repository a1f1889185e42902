/// Everything an operator decided, valid and complete: what `GovernorPolicy` makes of the files.
package struct Policy: Sendable {
    /// A hash of the files' contents; names the policy in decisions and `status`.
    package var revision: String
    /// For calendar windows and for the times in messages.
    package var zone: Zone
    package var mode: Mode
    package var budgets: [Budget]
    package var rules: [Rule]
    package var receivers: [Receiver]
    package var silences: [Silence]
    package var labelRules: [LabelRule]
    /// Globs of models that cost nothing on purpose.
    package var free: [Glob]
    package var notifications: NotificationSettings
    /// What is set aside at admission.
    package var holds: HoldSettings
    /// After how long without a record a kind of source counts as stale; kinds not listed never do.
    package var staleAfter: [String: Span]

    package init(
        revision: String, zone: Zone = .utc, mode: Mode = .enforce, budgets: [Budget] = [], rules: [Rule] = [],
        receivers: [Receiver] = [], silences: [Silence] = [], labelRules: [LabelRule] = [], free: [Glob] = [],
        notifications: NotificationSettings = NotificationSettings(), holds: HoldSettings = HoldSettings(),
        staleAfter: [String: Span] = [:]
    ) {
        self.revision = revision
        self.zone = zone
        self.mode = mode
        self.budgets = budgets
        self.rules = rules
        self.receivers = receivers
        self.silences = silences
        self.labelRules = labelRules
        self.free = free
        self.notifications = notifications
        self.holds = holds
        self.staleAfter = staleAfter
    }

    package func receiver(_ name: String) -> Receiver? { receivers.first { $0.name == name } }

    /// `3 budgets, 2 rules`.
    package var sizeText: String {
        let count = { (number: Int, noun: String) in "\(number) \(noun)\(number == 1 ? "" : "s")" }
        return count(budgets.count, "budget") + (rules.isEmpty ? "" : ", \(count(rules.count, "rule"))")
    }

    /// The listed model at whose price calls of unlisted ones are booked; nil for the dearest of their provider.
    package var priceAs: String? {
        rules.lazy.compactMap { if case .unpricedModel(let rule) = $0.condition { rule.priceAs } else { nil } }.first
    }
}

/// Whether a policy item blocks, or only says what it would do.
package enum Mode: String, Sendable { case enforce, observe }

/// What holds for every receiver that does not say otherwise.
package struct NotificationSettings: Hashable, Sendable {
    /// How long alerts of one policy item are gathered into one message.
    package var groupWait: Span
    package var dashboardURL: String?

    package init(groupWait: Span = .seconds(5), dashboardURL: String? = nil) {
        self.groupWait = groupWait
        self.dashboardURL = dashboardURL
    }
}

/// Where alerts go.
package struct Receiver: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case slack(webhook: Secret)
        /// The daemon's own log.
        case log
        /// Its address is empty (`${SLACK_HOOK:-}` unset): nothing is sent, and `policy check` and `status` say so.
        case off
    }

    package var name: String
    package var kind: Kind
    /// Overrides `NotificationSettings.groupWait`.
    package var groupWait: Span?
    /// Whether it is told when an alert resolves.
    package var sendsResolved: Bool
    /// Whether its address may be loopback or in a private range.
    package var allowsPrivate: Bool
    /// A further certificate authority, as a PEM file.
    package var caFile: String?

    package init(
        name: String, kind: Kind, groupWait: Span? = nil, sendsResolved: Bool = true, allowsPrivate: Bool = false,
        caFile: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.groupWait = groupWait
        self.sendsResolved = sendsResolved
        self.allowsPrivate = allowsPrivate
        self.caFile = caFile
    }
}

/// A text that must never be printed: logs, errors and interpolation show three dots.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The text itself; only for the call that needs it.
    package func reveal() -> String { text }

    package var isEmpty: Bool { text.isEmpty }
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
