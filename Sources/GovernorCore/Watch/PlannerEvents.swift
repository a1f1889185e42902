/// What a plan changes for whoever watches: told in the same transaction, so that it is told once, in order.
extension Planner {
    /// Another policy is in force.
    package mutating func notePolicy(_ revision: String) {
        note(.policy, Labels(), nil, "the policy \(revision) is in force")
    }

    mutating func note(_ kind: WatchEvent.Kind, _ labels: Labels, _ item: WatchEvent.Item?, _ text: String) {
        let sequence = (plan.events.last?.sequence ?? book.watch.sequence) + 1
        plan.events.append(
            WatchEvent(sequence: sequence, at: now, kind: kind, labels: labels, item: item, text: text))
    }

    /// Adds what alerts say, and who is held back from now on or no longer.
    mutating func noteEvents() {
        for alert in plan.alerts where alert.state == .firing && alert.firedAt == now {
            switch alert.kind {
            case .threshold, .forecast: note(.threshold, alert.labels, .budget(alert.item), alert.headline)
            case .rule: note(.threshold, alert.labels, .rule(alert.item), alert.headline)
            case .policy: note(.policy, Labels(), nil, alert.headline)
            // Nobody's work is concerned.
            case .delivery, .source: break
            }
        }
        noteMoods()
    }

    // MARK: Who is held back

    private mutating func noteMoods() {
        var looked: Set<Mood.Place> = []
        for key in accountsToLookAt() {
            let budget = policy.budgets[key.meter]
            let place = Mood.Place(item: .budget(budget.name), labels: Labels(key.split.labels(per: budget.per)))
            guard looked.insert(place).inserted else { continue }
            let isObserved = budget.mode == .observe || policy.mode == .observe
            // What is only held, not spent, comes and goes with every hold; no watcher wants to know.
            let standing =
                isObserved ? nil : book.standing(of: key, .running, over: plan.planned, now: now)
            change(place, to: standing.flatMap(Mood.init)) { standing?.reason(budget, key.split, kind: .pause).text }
        }
        for key in rulesToLookAt() {
            let rule = policy.rules[key.rule]
            let place = Mood.Place(item: .rule(rule.name), labels: Labels(key.split.labels(per: rule.per)))
            guard looked.insert(place).inserted else { continue }
            let state = plan.rules[key] ?? book.rules[key.rule][key.split]
            let isObserved = rule.mode == .observe || policy.mode == .observe
            let alert = isObserved ? nil : state?.alert
            let standing = alert.map { Standing(of: rule, $0, heldAt: state?.heldAt ?? now, now: now) }
            change(place, to: standing.flatMap(Mood.init)) {
                guard let alert else { return nil }
                return standing?.reason(rule, alert, kind: .pause).text
            }
        }
        guard plan.looksAtAll else { return }
        // What the policy has no more holds nobody back.
        for place in book.watch.moods.keys.sorted(by: Mood.Place.inOrder) where !looked.contains(place) {
            change(place, to: nil) { nil }
        }
    }

    private mutating func change(_ place: Mood.Place, to mood: Mood?, _ reason: () -> String?) {
        let before = book.watch.moods[place]
        guard before != mood else { return }
        plan.moods[place] = .some(mood)
        guard let mood else {
            return note(.resumed, place.labels, place.item, "\(place.item.name): \(whose(place)) may go on")
        }
        let kind: WatchEvent.Kind =
            switch mood.kind {
            case .throttled: .throttled
            case .paused: .paused
            case .stopped: .stopped
            }
        // What was paused and is only throttled now may go on, slower.
        if let before, before.kind > mood.kind {
            note(.resumed, place.labels, place.item, "\(place.item.name): \(whose(place)) may go on")
        }
        note(kind, place.labels, place.item, reason() ?? "")
    }

    private func whose(_ place: Mood.Place) -> String {
        let values = place.labels.pairs.map(\.value)
        return values.isEmpty ? "the fleet" : values.joined(separator: ", ")
    }

    /// Accounts whose standing the plan may have changed: those it touched, and by a tick also everybody who is held back,
    /// whose time may be over, and all of budgets whose limit or hours have changed. Accounts without a crossing hold
    /// nobody back, which spares most of them a look.
    private func accountsToLookAt() -> [AccountKey] {
        var keys = plan.accounts.keys.filter { key in
            guard key.meter < policy.budgets.count else { return false }
            let budget = policy.budgets[key.meter]
            guard budget.thresholds.contains(where: \.actions.governs) else { return false }
            return plan.accounts[key]?.crossings.isEmpty == false || book.account(key)?.crossings.isEmpty == false
        }
        guard plan.looksAtAll else { return keys.sorted(by: AccountKey.inOrder) }
        var seen = Set(keys)
        let isFirst = book.lookedAt == .distantPast
        let held = Set(book.watch.moods.keys)
        for place in policy.budgets.indices
        where policy.budgets[place].thresholds.contains(where: \.actions.governs) {
            let budget = policy.budgets[place]
            let switched =
                budget.schedule != nil && book.isOpen(place, at: now) != book.isOpen(place, at: book.lookedAt)
            if isFirst || switched || plan.limits[place] != nil {
                for split in book.accounts[place].keys { seen.insert(AccountKey(meter: place, split: split)) }
            }
            for mood in held where mood.item == .budget(budget.name) {
                if let split = Split(of: mood.labels, per: budget.per) {
                    seen.insert(AccountKey(meter: place, split: split))
                }
            }
        }
        keys = Array(seen)
        return keys.sorted(by: AccountKey.inOrder)
    }

    private func rulesToLookAt() -> [RuleKey] {
        var keys = Set(plan.rules.keys)
        if plan.looksAtAll {
            for place in policy.rules.indices {
                keys.formUnion(book.rules[place].keys.map { RuleKey(rule: place, split: $0) })
            }
        }
        return keys.filter { policy.rules[$0.rule].actions.governs }.sorted(by: RuleKey.inOrder)
    }
}

/// Operators' pauses.
extension Planner {
    /// An operator keeps work out.
    package mutating func pause(_ pause: OperatorPause) {
        plan.pauses[pause.id] = .some(pause)
        note(
            pause.stop ? .stopped : .paused, pause.labels, .operator(pause.by),
            pause.text(in: policy.zone))
    }

    /// Ends pauses whose time is over.
    mutating func endPauses() {
        for pause in book.admission.pauses.values.sorted(by: { $0.id < $1.id }) where !pause.holds(at: now) {
            end(pause)
        }
    }

    /// An operator lets work go on that operators keep out.
    ///
    /// - Parameter labels: every label that is given must be the pause's own; none at all means every pause.
    /// - Returns: the pauses that ended.
    package mutating func endPauses(of labels: Labels) -> [OperatorPause] {
        let ended = book.admission.pauses.values.sorted { $0.id < $1.id }.filter {
            $0.labels.agree(with: labels) && $0.holds(at: now)
        }
        for pause in ended { end(pause) }
        return ended
    }

    private mutating func end(_ pause: OperatorPause) {
        plan.pauses[pause.id] = .some(nil)
        note(.resumed, pause.labels, .operator(pause.by), "the pause by \(pause.by) is over: \(pause.reason)")
    }

    /// When the first budget that covers these labels starts anew; nil when none of them ever does.
    package func nextReset(for labels: Labels) -> Timestamp? {
        policy.budgets.indices.compactMap { place -> Timestamp? in
            let budget = policy.budgets[place]
            guard budget.matcher.outcome(for: labels) != .differs else { return nil }
            let split = Split(booking: labels, per: budget.per)
            return budget.resetsAt(book.window(of: AccountKey(meter: place, split: split), at: now))
        }.min()
    }
}
