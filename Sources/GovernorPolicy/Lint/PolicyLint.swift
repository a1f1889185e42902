import GovernorCore

/// What a valid policy may still have got wrong: parts that can never do anything, and those that say something else than
/// they seem to. Every warning is certain by the policy alone; what only may be a mistake is left to the sentences.
struct PolicyLint {
    let policy: Policy
    let places: PolicyPlaces
    /// What has a price, the policy's own among it.
    let prices: ListedPrices
    /// Of every budget that has one.
    let ceilings: [Ceiling]

    /// Reports what it finds as warnings, with what to do about each.
    static func check(
        _ policy: Policy, _ places: PolicyPlaces, _ prices: ListedPrices, _ reading: inout Reading
    ) {
        let ceilings = policy.budgets.compactMap { Ceiling($0, mode: policy.mode) }
        let lint = PolicyLint(policy: policy, places: places, prices: prices, ceilings: ceilings)
        for budget in policy.budgets { lint.check(budget, &reading) }
        for rule in policy.rules { lint.check(rule, &reading) }
        lint.checkTwins(&reading)
        lint.checkModels(&reading)
        lint.checkSilences(&reading)
        lint.checkUses(&reading)
        lint.checkPrices(&reading)
    }

    private func check(_ budget: Budget, _ reading: inout Reading) {
        checkOrder(of: budget, &reading)
        checkWaits(of: budget, &reading)
        checkReach(of: budget, &reading)
        checkOverrides(of: budget, &reading)
        checkDay(of: budget, &reading)
        checkDigests(of: budget, &reading)
        let actions = budget.thresholds.map(\.actions)
        checkEffect(of: budget.name, mode: budget.mode, actions, &reading)
        checkDowngrades(actions, of: budget.name, budget.matcher, &reading)
        checkModels(of: budget.matcher, at: place(of: budget.name), &reading)
    }

    private func check(_ rule: Rule, _ reading: inout Reading) {
        checkReach(of: rule, &reading)
        checkHours(of: rule, &reading)
        checkShares(of: rule, &reading)
        checkDigests(of: rule, &reading)
        checkEffect(of: rule.name, mode: rule.mode, [rule.actions], &reading)
        checkDowngrades([rule.actions], of: rule.name, rule.matcher, &reading)
        // What a budget is about was said of the budget.
        if case .budgetBurn = rule.condition { return }
        checkModels(of: rule.matcher, at: place(of: rule.name), &reading)
    }

    /// Where the name of a budget or rule stands.
    func place(of item: String) -> Place { places.items[item] ?? .whole("policy") }

    /// Where a threshold of a budget stands.
    func place(of threshold: Threshold, _ budget: Budget) -> Place {
        places.thresholds["\(budget.name)@\(threshold.label)"] ?? place(of: budget.name)
    }
}
