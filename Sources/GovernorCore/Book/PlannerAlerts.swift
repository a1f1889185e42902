extension Planner {
    /// Ends alerts that nothing in the policy stands behind any more.
    mutating func settleLoose() {
        var kept: [Alert] = []
        for var alert in plan.loose ?? book.loose {
            guard let end = looseEnd(of: alert) else {
                kept.append(alert)
                continue
            }
            alert.resolve(at: now, because: end)
            plan.alerts.append(alert)
        }
        if kept.count != (plan.loose ?? book.loose).count { plan.loose = kept }
    }

    /// Why nothing stands behind a loose alert any more; nil while something does.
    private func looseEnd(of alert: Alert) -> Alert.End? {
        switch alert.kind {
        case .threshold, .forecast: .budgetRemoved
        case .rule: .ruleChanged
        case .policy, .source: nil
        case .delivery: policy.receiver(alert.split.raw) == nil ? .receiverRemoved : nil
        }
    }

    /// The policy's files have an error (nil: no longer), so that the old policy stays. The first error fires an alert to
    /// every receiver; further ones change nothing until the files are valid again.
    package mutating func notePolicyError(_ problem: String?) {
        var loose = plan.loose ?? book.loose
        let firing = loose.firstIndex { $0.kind == .policy }
        switch (problem, firing) {
        case (let problem?, nil):
            var alert = Alert(
                id: Alert.id(item: Alert.policyItem, kind: .policy, split: .fleet, start: now), kind: .policy,
                item: Alert.policyItem, per: [], split: .fleet, window: Interval(start: now, end: .distantFuture),
                ratio: nil, limitRevision: 0, severity: .critical, firedAt: now, spent: nil, limit: nil, text: problem,
                action: "kept the policy that was in force", notified: [])
            alert.notified = audience(of: alert.id, named: policy.receivers.map(\.name))
            alert.silenced = isMuted(alert)
            loose.append(alert)
            plan.alerts.append(alert)
        case (nil, let place?):
            var alert = loose.remove(at: place)
            alert.resolve(at: now, because: .policyFixed)
            plan.alerts.append(alert)
        case (nil, nil), (.some, .some): return
        }
        plan.loose = loose
    }

    /// An operator lets work go on that was paused until then: the alerts behind such pauses resolve.
    ///
    /// - Parameter labels: every label that is given must be the alert's own; none at all means every pause.
    /// - Returns: the alerts that ended.
    package mutating func resume(_ labels: Labels) -> [Alert] {
        var ended: [Alert] = []
        for (place, budget) in policy.budgets.enumerated()
        where budget.thresholds.contains(where: { $0.actions.pause == .untilResumed }) {
            for split in splits(of: place) {
                let key = AccountKey(meter: place, split: split)
                var account = account(key)
                for index in account.crossings.indices where account.crossings[index].alert.state == .firing {
                    let crossing = account.crossings[index]
                    let isHeld = budget.thresholds.contains {
                        crossing.isOf($0) && $0.actions.pause == .untilResumed
                    }
                    guard isHeld, crossing.alert.labels.agree(with: labels) else { continue }
                    account.crossings[index].alert.resolve(at: now, because: .resumed)
                    ended.append(account.crossings[index].alert)
                    plan.accounts[key] = account
                }
            }
        }
        for (place, rule) in policy.rules.enumerated() where rule.actions.pause == .untilResumed {
            for (split, state) in book.rules[place].sorted(by: { $0.key.raw < $1.key.raw }) {
                guard var alert = state.alert, alert.labels.agree(with: labels) else { continue }
                alert.resolve(at: now, because: .resumed)
                ended.append(alert)
                // What goes on in full view of the operator pauses nobody again.
                let key = RuleKey(rule: place, split: split)
                let goesOn = finding(key, rule).holds
                change(key, from: state, to: RuleState(heldAt: now, resumedAt: goesOn ? now : nil))
            }
        }
        plan.alerts += ended
        return ended
    }

    /// Tells of alerts that still fire after the silence that muted them has ended.
    mutating func liftSilences() {
        let (silences, now) = (silences, now)
        plan.alerts += changeFiring { alert in
            alert.silenced && !silences.contains { $0.mutes(alert, at: now) }
        } _: {
            $0.silenced = false
        }
    }
}
