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
    /// Whose word counts where several sources report one session, the best first; those that are not listed follow in
    /// the order of `Authority.usual`.
    package var authority: [SourceKind] = []
    /// Price rows beside the built-in ones, before which they go.
    package var prices: [PriceRow] = []
    /// Whether costs that sources report are passed over for the price book's.
    package var calculatesCost = false
    /// The listed model that savings are compared with; nil for `comparedByDefault`.
    package var hypotheticalModel: String?
    package static let comparedByDefault = "claude-opus-5"
    /// What an operator would have spent on a task by hand, in minutes; for the time that agents saved.
    package var manualMinutesPerTask: Int64 = 30

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
