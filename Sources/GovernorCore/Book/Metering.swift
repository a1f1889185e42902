/// Everything a policy sums: the meters of its budgets, then those of its forecasts, then those of its rules.
package struct Metering: Sendable {
    /// Whose a meter is.
    package enum Owner: Hashable, Sendable {
        case budget(Int)
        case forecast(Int)
        case rule(Int)
    }

    /// A budget's own is at its place in `Policy.budgets`.
    package let meters: [Meter]
    package let owners: [Owner]
    /// By meter, what its accounts depend on beside its name: meters that share it have the same accounts, whoever's
    /// they are, and a budget that is renamed keeps its own.
    package let definitions: [String]
    /// By meter, the place of the first with the same definition.
    package let originals: [Int]
    /// By budget, the place of the meter its forecast looks back on.
    let forecasts: [Int?]
    /// Budgets that have hours.
    let scheduled: [Int]
    /// By rule, the places of its meters.
    let rules: [Range<Int>]
    private let index: MatcherIndex

    package init(_ policy: Policy) {
        var meters = policy.budgets.map(\.meter)
        var owners = meters.indices.map { Owner.budget($0) }
        var forecasts: [Int?] = []
        for (place, budget) in policy.budgets.enumerated() {
            guard let meter = budget.forecastMeter else {
                forecasts.append(nil)
                continue
            }
            forecasts.append(meters.endIndex)
            meters.append(meter)
            owners.append(.forecast(place))
        }
        var rules: [Range<Int>] = []
        for (place, rule) in policy.rules.enumerated() {
            let first = meters.endIndex
            meters += rule.condition.kind.meters(of: rule)
            owners += (first..<meters.endIndex).map { _ in .rule(place) }
            rules.append(first..<meters.endIndex)
        }
        self.meters = meters
        scheduled = policy.budgets.indices.filter { policy.budgets[$0].schedule != nil }
        self.owners = owners
        self.forecasts = forecasts
        self.rules = rules
        index = MatcherIndex(meters.map(\.matcher))
        definitions = meters.map(\.definition)
        var first: [String: Int] = [:]
        originals = definitions.enumerated().map { place, definition in
            let original = first[definition] ?? place
            first[definition] = original
            return original
        }
    }

    /// The meters a record with these labels counts in, rising.
    package func matching(_ labels: Labels) -> [Int] {
        index.candidates(for: labels).filter { meters[$0].matcher.matches(labels) }
    }

    /// The meters that may concern a request with these labels, rising; one may still lack a label or differ.
    func concerning(_ labels: Labels) -> [Int] { index.candidates(for: labels, includingLacking: true) }
}
