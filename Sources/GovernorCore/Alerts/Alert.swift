/// One crossing. Its identity is policy item, split, window start, threshold and limit revision; it fires once and
/// resolves at most once.
package struct Alert: Hashable, Sendable {
    package enum State: String, Sendable { case firing, resolved }
    package enum Severity: String, Sendable { case info, warning, critical }
    /// What makes an alert resolve.
    package enum End: String, Sendable {
        case windowEnded = "the window ended"
        case spendFell = "spend is below it again"
        case limitChanged = "the limit changed"
        case budgetRemoved = "the budget or threshold was removed"
    }

    /// `al_` and sixteen hex digits, a hash of the identity.
    package let id: String
    package var budget: String
    package var per: [LabelKey]
    package var split: Split
    /// Its window; for a rolling one from the slot in which it was crossed.
    package var window: Interval
    package var ratio: Ratio
    package var limitRevision: Int64
    package var state: State
    package var severity: Severity
    package var firedAt: Timestamp
    package var resolvedAt: Timestamp?
    package var end: End?
    /// Spend when it fired, in the limit's unit.
    package var spent: Int64
    package var limit: Limit
    /// What Governor did, for people: `paused until midnight`.
    package var action: String
    /// The receivers that were (or will be) told that it fires.
    package var notified: [String]

    package init(
        budget: Budget, split: Split, window: Interval, threshold: Threshold, limitRevision: Int64, firedAt: Timestamp,
        spent: Int64, action: String, notified: [String]
    ) {
        id = Self.id(
            item: budget.name, split: split, start: window.start, ratio: threshold.ratio, limitRevision: limitRevision)
        self.budget = budget.name
        per = budget.per
        self.split = split
        self.window = window
        ratio = threshold.ratio
        self.limitRevision = limitRevision
        state = .firing
        severity =
            threshold.blocks
            ? .critical : threshold.ratio >= .percent(80) || threshold.throttle != nil ? .warning : .info
        self.firedAt = firedAt
        self.spent = spent
        limit = budget.limit
        self.action = action
        self.notified = notified
    }

    /// An alert as it was stored.
    package init(
        id: String, budget: String, per: [LabelKey], split: Split, window: Interval, ratio: Ratio, limitRevision: Int64,
        state: State, severity: Severity, firedAt: Timestamp, resolvedAt: Timestamp?, end: End?, spent: Int64,
        limit: Limit, action: String, notified: [String]
    ) {
        self.id = id
        self.budget = budget
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
        self.action = action
        self.notified = notified
    }

    package static func id(item: String, split: Split, start: Timestamp, ratio: Ratio, limitRevision: Int64) -> String {
        "al_"
            + StableHash.hex(
                "\(item)|\(split.raw)|\(start.milliseconds)|\(ratio.partsPerMillion)|\(limitRevision)")
    }

    /// `worker-day@80%`.
    package var name: String { "\(budget)@\(ratio.percentText)" }
    package var who: String { split.who(per: per) }

    package mutating func resolve(at now: Timestamp, because end: End) {
        state = .resolved
        resolvedAt = now
        self.end = end
    }
}
