/// A condition that is no share of a limit, and what happens while it holds.
package struct Rule: Hashable, Sendable {
    package var name: String
    package var condition: RuleCondition
    /// The labels it is judged by, each combination for itself; empty for the fleet as one.
    package var per: [LabelKey]
    package var matcher: Matcher
    /// When it counts and judges; nil for always.
    package var schedule: Schedule?
    /// The zone of its calendar.
    package var zone: Zone
    /// How long the condition must hold before it fires.
    package var hold: Span
    /// How long it must not hold any more before its alert resolves.
    package var keepFiringFor: Span
    package var actions: Actions
    package var mode: Mode

    /// `keep_firing_for` where the policy doesn't say.
    package static let keepFiringFor = Span.minutes(5)

    package init(
        name: String, condition: RuleCondition, per: [LabelKey] = [], matcher: Matcher = .all,
        schedule: Schedule? = nil, zone: Zone = .utc, hold: Span = .zero, keepFiringFor: Span = Rule.keepFiringFor,
        actions: Actions = Actions(), mode: Mode = .enforce
    ) {
        self.name = name
        self.condition = condition
        self.per = per
        self.matcher = matcher
        self.schedule = schedule
        self.zone = zone
        self.hold = hold
        self.keepFiringFor = keepFiringFor
        self.actions = actions
        self.mode = mode
    }

    /// What its alerts depend on; when it changes, those that fire resolve and it is armed anew.
    package var fingerprint: String {
        let schedule = self.schedule.map { "\($0.text) \(zone.identifier)" } ?? ""
        return StableHash.hex("\(name)|\(condition)|\(per.map(\.text))|\(matcher.text)|\(schedule)|\(hold)")
    }
}

/// The rules there are; each is data with a pure evaluation.
package enum RuleCondition: Hashable, Sendable {
    case burnRate(BurnRate)
    case budgetBurn(BudgetBurn)
    case anomaly(Anomaly)
    case errors(ErrorStreak)
    case noData(NoData)
    case unpricedModel(UnpricedModel)
    case concentration(Concentration)
    case savings(Savings)

    /// The evaluation behind it.
    package var kind: any RuleKind {
        switch self {
        case .burnRate(let kind): kind
        case .budgetBurn(let kind): kind
        case .anomaly(let kind): kind
        case .errors(let kind): kind
        case .noData(let kind): kind
        case .unpricedModel(let kind): kind
        case .concentration(let kind): kind
        case .savings(let kind): kind
        }
    }

    /// Every kind of rule, in the order of the documentation.
    package static let kinds: [any RuleKind.Type] = [
        BurnRate.self, BudgetBurn.self, Anomaly.self, ErrorStreak.self, NoData.self, UnpricedModel.self,
        Concentration.self, Savings.self,
    ]
}
