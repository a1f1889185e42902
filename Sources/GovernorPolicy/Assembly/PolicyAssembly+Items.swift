import GovernorCore

/// Budgets and rules, with what they name looked up.
extension PolicyAssembly {
    mutating func madeBudgets(
        zone: Zone, overrides: [String: [Placed<Override>]], _ reading: inout Reading
    ) -> [Budget] {
        var result: [Budget] = []
        for draft in budgets.map(\.value) {
            let schedule = schedule(draft.during, &reading)
            var thresholds: [Threshold] = []
            for line in draft.at ?? [] {
                let actions = actions(line.actions, &reading)
                guard let share = line.share else { continue }
                let threshold = Threshold(
                    measure: share.measure, ratio: share.ratio, actions: actions, hold: line.hold ?? .zero,
                    keepFiringFor: line.keepFiringFor)
                thresholds.append(threshold)
                if let name = draft.name { places.thresholds["\(name.value)@\(threshold.label)"] = line.place }
            }
            guard let name = draft.name?.value, let limit = draft.limits.limit?.value, let window = draft.window
            else { continue }
            let changes = (overrides[name] ?? []).sorted { $0.value.interval.start < $1.value.interval.start }
            places.overrides[name] = changes.map(\.place)
            result.append(
                Budget(
                    name: name, limit: limit, per: draft.per ?? [], window: window, zone: zone,
                    matcher: draft.match ?? .all, schedule: schedule, thresholds: thresholds,
                    mode: draft.mode ?? .enforce, overrides: changes.map(\.value)))
        }
        return result
    }

    mutating func madeRules(zone: Zone, _ reading: inout Reading) -> [Rule] {
        let priceAs = rules.map(\.value.then?.priceAs)
        for model in priceAs.compactMap({ $0 }) { _ = listed(model, &reading) }
        _ = single("price_as", priceAs, &reading)
        let compared = comparedModel(&reading)
        return rules.compactMap { item in
            let draft = item.value
            let then = draft.then ?? ActionsDraft()
            let schedule = schedule(draft.during, &reading)
            let actions = actions(then, &reading)
            guard let name = draft.name, let condition = condition(of: draft, compared: compared, &reading) else {
                return nil
            }
            if draft.then != nil, actions.isEmpty, then.priceAs == nil, !reading.hasErrors {
                reading.warning(
                    "nothing happens when this rule fires", at: name.place, hint: "add an action to its \"then\"")
            }
            var rule = Rule(
                name: name.value, condition: condition, per: draft.per ?? [], matcher: draft.match ?? .all,
                schedule: schedule, zone: zone, hold: draft.hold ?? .zero,
                keepFiringFor: draft.keepFiringFor ?? Rule.keepFiringFor, actions: actions,
                mode: draft.mode ?? .enforce)
            switch condition {
            case .budgetBurn(let burn):
                guard let budget = budgetDraft(burn.budget) else { return nil }
                rule.per = budget.per ?? []
                rule.matcher = budget.match ?? .all
                rule.schedule = definition(budget.during?.value ?? "", in: schedules).flatMap {
                    $0.value.schedule($0.name)
                }
            case .unpricedModel: rule.per = [.label(.model)]
            default: break
            }
            return rule
        }
    }

    /// - Returns: nil when something of it could not be read or found, which is reported.
    private func condition(
        of draft: RuleDraft, compared: PriceRow?, _ reading: inout Reading
    ) -> RuleCondition? {
        switch draft.when {
        case nil: return nil
        case .burnRate:
            guard let over = draft.over?.value, let above = draft.perHour else { return nil }
            return .burnRate(BurnRate(over: over, above: above))
        case .budgetBurn: return budgetBurn(draft.budget, &reading).map { .budgetBurn($0) }
        case .anomaly:
            guard let over = draft.over?.value, let baseline = draft.baseline?.value, let above = draft.factor,
                let minimum = draft.minimum
            else { return nil }
            return .anomaly(Anomaly(over: over, baseline: baseline, above: above, minimum: minimum))
        case .errors:
            guard let count = draft.count, let within = draft.within else { return nil }
            return .errors(ErrorStreak(count: count, within: within, kinds: draft.kinds ?? []))
        case .noData: return draft.silence.map { .noData(NoData(after: $0)) }
        case .unpricedModel: return .unpricedModel(UnpricedModel(priceAs: draft.then?.priceAs?.value))
        case .concentration:
            guard let by = draft.by, let of = draft.of, let calls = draft.minCalls, let over = draft.over?.value
            else { return nil }
            return .concentration(
                Concentration(
                    by: by, of: of, above: draft.share, aboveHHI: draft.index, minCalls: calls, over: over))
        case .savings:
            guard let above = draft.saved, let period = draft.period, let compared else { return nil }
            return .savings(Savings(above: above, window: period, at: compared))
        }
    }

    /// The watched budget, if its window is long enough for a pace to mean something.
    private func budgetBurn(_ name: Placed<String>?, _ reading: inout Reading) -> BudgetBurn? {
        guard let name else { return nil }
        guard let budget = budgetDraft(name.value) else {
            reportUnknown(name, "budget", among: budgetNames, under: "budgets", &reading)
            return nil
        }
        guard let window = budget.window else { return nil }
        let period = BudgetBurn.period(of: window)
        if BudgetBurn.pairs(of: window).contains(where: { $0.isOfUse(period: period) }) {
            return BudgetBurn(budget: name.value, window: window)
        }
        let (problem, hint) =
            window == .lifetime
            ? ("has no window that it could burn through too fast", "use a burn_rate rule")
            : ("has a window too short for this rule", "it takes 5h or longer; use a burn_rate rule for shorter ones")
        reading.error("the budget \"\(name.value)\" \(problem)", at: name.place, hint: hint)
        return nil
    }

    /// What savings are compared with; nil when no rule asks, or it isn't listed.
    private func comparedModel(_ reading: inout Reading) -> PriceRow? {
        let given = drafts.map { $0.sources?.hypotheticalModel }
        if let place = given.compactMap({ $0?.place }).first {
            let model = single("hypothetical_model", given, &reading)
            return model.flatMap { listed(Placed(value: $0, place: place), &reading) }
        }
        guard let rule = rules.first(where: { $0.value.when == .savings }) else { return nil }
        let place = rule.value.name?.place ?? rule.place
        if let row = prices.row(for: Policy.comparedByDefault, at: place, &reading) { return row }
        reading.error(
            "there is no price to compare with", at: place, hint: "name a listed model as sources.hypothetical_model")
        return nil
    }

    private func listed(_ model: Placed<String>, _ reading: inout Reading) -> PriceRow? {
        if let row = prices.row(for: model.value, at: model.place, &reading) { return row }
        reading.error(
            "there is no price for the model \(Quoting.quoted(model.value))", at: model.place,
            hint: prices.hint(for: model.value) ?? "name a listed model, such as \(Policy.comparedByDefault)")
        return nil
    }
}
