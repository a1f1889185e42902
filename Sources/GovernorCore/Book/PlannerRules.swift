extension Planner {
    /// Every rule that has a state, and with `all` every split of those that time alone may fire.
    /// - Parameter limitsChanged: then also those that look at a limit, which no record touched.
    func rulesDue(all: Bool, limitsChanged: Bool) -> Set<RuleKey> {
        var due: Set<RuleKey> = []
        for (place, rule) in policy.rules.enumerated() {
            due.formUnion(book.rules[place].keys.map { RuleKey(rule: place, split: $0) })
            let looksAtLimit = if case .budgetBurn = rule.condition { true } else { false }
            let isDue = all && rule.condition.kind.firesWithTime || limitsChanged && looksAtLimit
            if isDue, let meter = book.metering.rules[place].first {
                due.formUnion(splits(of: meter).map { RuleKey(rule: place, split: rule.condition.kind.judged($0)) })
            }
        }
        return due
    }

    /// Judges a rule for one split.
    mutating func evaluate(_ key: RuleKey) {
        let rule = policy.rules[key.rule]
        let before = plan.rules[key] ?? book.rules[key.rule][key.split] ?? RuleState(heldAt: now)
        var state = before
        let finding = finding(key, rule)
        if let resumedAt = state.resumedAt, finding.holds, looksBack(key, beyond: resumedAt) { return }
        state.resumedAt = nil
        if state.alert == nil { hold(finding, rule, key, &state) } else { release(finding, rule, key, &state) }
        state.keep(at: now)
        if state != before || plan.rules[key] != nil { change(key, from: before, to: state) }
    }

    /// Takes a state in, with its timers.
    mutating func change(_ key: RuleKey, from before: RuleState, to state: RuleState) {
        let (old, new) = (before.timers, state.timers)
        for name in Set(old.keys).union(new.keys) where old[name] != new[name] {
            let timer = Plan.TimerKey(item: policy.rules[key.rule].name, split: key.split, threshold: name)
            plan.timers[timer] = .some(new[name])
        }
        plan.rules[key] = state
    }

    /// Whether anything the rule looks at may be older than that.
    private func looksBack(_ key: RuleKey, beyond time: Timestamp) -> Bool {
        book.metering.rules[key.rule].contains { book.metering.meters[$0].reach(at: now) <= time }
    }

    func finding(_ key: RuleKey, _ rule: Rule) -> Finding {
        let isOpen = rule.schedule?.contains(now, in: rule.zone) ?? true
        // Spend that names nobody is nobody's; a rule without splits judges the whole, unnamed parts included.
        guard isOpen, key.split.isNamed(per: rule.per) else { return .no(now) }
        let places = book.metering.rules[key.rule]
        let view = RuleView(
            rule: rule, meters: places.map { book.metering.meters[$0] },
            account: { number, split in
                let key = AccountKey(meter: places.lowerBound + number, split: split)
                return plan.accounts[key] ?? book.account(key)
            },
            splits: { splits(of: places.lowerBound + $0) },
            budget: { name in
                policy.budgets.firstIndex { $0.name == name }.map { place in
                    let key = AccountKey(meter: place, split: key.split)
                    return (limit(of: place).limit, book.window(of: key, at: now))
                }
            })
        return rule.condition.kind.finding(of: key.split, in: view, now: now)
    }

    /// No alert fires yet: the condition must hold for as long as the rule says.
    private mutating func hold(_ finding: Finding, _ rule: Rule, _ key: RuleKey, _ state: inout RuleState) {
        guard finding.holds else {
            state.since = nil
            return
        }
        state.heldAt = finding.asOf
        let since = min(state.since ?? now, now)
        guard now - since >= rule.hold else {
            state.since = since
            return
        }
        let observed = rule.mode == .observe || policy.mode == .observe
        let id = Alert.id(item: rule.name, kind: .rule, split: key.split, start: since)
        var alert = Alert(
            id: id, kind: .rule, item: rule.name,
            per: rule.per, split: key.split, window: Interval(start: since, end: .distantFuture), ratio: nil,
            limitRevision: 0, severity: severity(of: rule), firedAt: now, spent: finding.value, limit: finding.limit,
            text: finding.text, action: ActionText.action(of: rule, heldAt: finding.asOf, observed: observed),
            notified: audience(of: id, named: rule.actions.notify))
        alert.silenced = isMuted(alert)
        state.since = nil
        state.alert = alert
        plan.alerts.append(alert)
    }

    /// An alert fires: the condition must be over for as long as the rule says, and so must the pause that it made.
    private mutating func release(_ finding: Finding, _ rule: Rule, _ key: RuleKey, _ state: inout RuleState) {
        if finding.holds {
            state.heldAt = finding.asOf
            state.since = nil
            return
        }
        // Only an operator ends this pause.
        if rule.actions.pause == .untilResumed { return }
        let since = min(state.since ?? now, now)
        let isPaused =
            if case .lasting(let span) = rule.actions.pause { state.heldAt + span > now } else { false }
        guard now - since >= rule.keepFiringFor, !isPaused, var alert = state.alert else {
            state.since = since
            return
        }
        alert.resolve(at: now, because: .cleared)
        plan.alerts.append(alert)
        state.alert = nil
        state.since = nil
    }

    private func severity(of rule: Rule) -> Alert.Severity {
        if rule.actions.blocks { return .critical }
        if case .savings = rule.condition { return .info }
        return .warning
    }
}
