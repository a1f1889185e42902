/// One crossing, or one stretch of time over which a rule's condition held. Its identity is policy item, split, window
/// start, threshold and limit revision; it fires once and resolves at most once.
package struct Alert: Hashable, Sendable {
    package enum State: String, Sendable { case firing, resolved }
    package enum Severity: String, Sendable { case info, warning, critical }
    package enum Kind: String, Sendable {
        /// A share of a limit was spent.
        case threshold
        /// A share of a limit will have been spent at the window's end.
        case forecast
        /// A rule's condition holds.
        case rule
        /// The policy's files have an error, so that the old ones stay.
        case policy
        /// A message was not delivered and will not be.
        case delivery
        /// A source can't be read.
        case source
    }
    /// What makes an alert resolve.
    package enum End: String, Sendable {
        case windowEnded = "the window ended"
        case spendFell = "spend is below it again"
        case forecastFell = "the forecast is below it again"
        case limitChanged = "the limit changed"
        case budgetRemoved = "the budget or threshold was removed"
        case cleared = "the condition is over"
        case ruleChanged = "the rule was changed or removed"
        case resumed = "an operator resumed it"
        case policyFixed = "the policy is valid again"
        case delivered = "the receiver takes messages again"
        case receiverRemoved = "the receiver was removed"
        case readable = "everything can be read again"
    }

    /// `al_` and sixteen hex digits, a hash of the identity.
    package let id: String
    package var kind: Kind
    /// The budget's or rule's name; `policy.error` for an error in the policy's files, and the like.
    package var item: String
    package var per: [LabelKey]
    package var split: Split
    /// Its window; for a rolling one from the slot in which it was crossed, for a rule from when its condition held.
    package var window: Interval
    /// The threshold's share of the limit; nil where there is no threshold.
    package var ratio: Ratio?
    package var limitRevision: Int64
    package var state: State
    package var severity: Severity
    package var firedAt: Timestamp
    package var resolvedAt: Timestamp?
    package var end: End?
    /// What was spent (or what the rule found) when it fired, in the limit's unit; nil where nothing was measured.
    package var spent: Int64?
    package var limit: Limit?
    /// What was found, for people; empty for thresholds of spend, whose numbers say it.
    package var text: String
    /// What Governor did, for people: `paused until midnight`.
    package var action: String
    /// The receivers that were (or will be) told that it fires.
    package var notified: [String]
    /// Whether a silence mutes it, so that nobody was told.
    package var silenced: Bool
    /// Who said that it is known; it is not repeated then.
    package var acknowledgement: Acknowledgement?

    package struct Acknowledgement: Hashable, Sendable {
        package var by: String
        package var at: Timestamp

        package init(by: String, at: Timestamp) {
            self.by = by
            self.at = at
        }
    }

    /// An alert with all it is; `id` from the identity.
    package init(
        id: String, kind: Kind, item: String, per: [LabelKey], split: Split, window: Interval, ratio: Ratio?,
        limitRevision: Int64, state: State = .firing, severity: Severity, firedAt: Timestamp,
        resolvedAt: Timestamp? = nil, end: End? = nil, spent: Int64?, limit: Limit?, text: String = "", action: String,
        notified: [String], silenced: Bool = false, acknowledgement: Acknowledgement? = nil
    ) {
        self.id = id
        self.kind = kind
        self.item = item
        self.per = per
        self.split = split
        self.window = window
        self.ratio = ratio
        self.limitRevision = limitRevision
        self.state = state
        self.severity = severity
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.end = end
        self.spent = spent
        self.limit = limit
        self.text = text
        self.action = action
        self.notified = notified
        self.silenced = silenced
        self.acknowledgement = acknowledgement
    }

    /// The alert of a threshold that was crossed.
    ///
    /// - Parameters:
    ///   - spent: what was spent then, in the unit of the limit in force.
    ///   - text: what a forecast found.
    package init(
        budget: Budget, split: Split, window: Interval, threshold: Threshold, limit: Limit? = nil,
        limitRevision: Int64, firedAt: Timestamp, spent: Int64, text: String = "", action: String, notified: [String]
    ) {
        let severity: Severity =
            if threshold.actions.blocks { .critical } else {
                threshold.ratio >= .percent(80) || threshold.actions.governs ? .warning : .info
            }
        self.init(
            id: Self.id(
                item: budget.name, split: split, start: window.start, threshold: threshold,
                limitRevision: limitRevision),
            kind: threshold.measure == .spent ? .threshold : .forecast, item: budget.name, per: budget.per,
            split: split, window: window, ratio: threshold.ratio, limitRevision: limitRevision, severity: severity,
            firedAt: firedAt, spent: spent, limit: limit ?? budget.limit, text: text, action: action,
            notified: notified)
    }

    /// The identity of a threshold's alert.
    package static func id(
        item: String, split: Split, start: Timestamp, threshold: Threshold, limitRevision: Int64
    ) -> String {
        let measure = threshold.measure == .spent ? "" : "|\(threshold.measure.rawValue)"
        return "al_"
            + StableHash.hex(
                "\(item)|\(split.raw)|\(start.milliseconds)|\(threshold.ratio.partsPerMillion)|\(limitRevision)\(measure)"
            )
    }

    /// The identity of an alert without a threshold.
    package static func id(item: String, kind: Kind, split: Split, start: Timestamp) -> String {
        "al_" + StableHash.hex("\(item)|\(kind.rawValue)|\(split.raw)|\(start.milliseconds)")
    }

    /// `80%`, `forecast110%`; empty where there is no threshold.
    package var threshold: String {
        ratio.map { kind == .forecast ? "forecast\($0.percentText)" : $0.percentText } ?? ""
    }

    /// `worker-day@80%`, `fleet-month@forecast110%`, `hot-worker`.
    package var name: String { ratio == nil ? item : "\(item)@\(threshold)" }
    package var who: String { split.who(per: per) }

    /// Whom it is about.
    package var labels: Labels { Labels(split.labels(per: per)) }

    /// What happened and to whom: `worker-day: w-1 reached 80% of $25.00`, `hot-worker: w-1 spends $14.20 an hour …`.
    package var headline: String {
        switch kind {
        case .threshold: "\(item): \(who) reached \(threshold) of \(limit?.text ?? "its limit")"
        case .forecast, .rule, .policy, .delivery, .source: "\(item): \(text)"
        }
    }

    /// The item of an alert about the policy's own files.
    package static let policyItem = "policy.error"
    /// The item of alerts about messages that were not delivered.
    package static let deliveryItem = "delivery.dead"
    /// The item of alerts about sources that can't be read.
    package static let sourceItem = "source.failing"

    /// Whether it holds work back that would go on otherwise.
    package var heldWorkBack: Bool {
        severity == .critical && (kind == .threshold || kind == .forecast || kind == .rule)
    }

    package mutating func resolve(at now: Timestamp, because end: End) {
        state = .resolved
        resolvedAt = now
        self.end = end
    }
}
