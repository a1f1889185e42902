/// Why labelled work may do what it may, policy item by policy item: what `governor policy explain` shows.
package struct Explanation: Hashable, Sendable {
    /// One budget or rule and what it has to do with the work.
    package struct Item: Hashable, Sendable {
        package enum Kind: String, Sendable { case budget, rule }

        package var name: String
        package var kind: Kind
        package var per: [LabelKey]
        /// Whose pot the work draws on; nil when the item is not about it.
        package var split: Split?
        /// The stricter of the policy's mode and the item's.
        package var mode: Mode
        /// Why the item is not about the work; nil when it is.
        package var otherwise: String?
        /// Of a budget that is.
        package var standing: Standing?
        package var resetsAt: Timestamp?
        package var override: Override?
        /// What it does where, of a budget in rising order.
        package var steps: [Step] = []
        /// One sentence on where it stands.
        package var text: String
    }

    /// A threshold, or what a rule does.
    package struct Step: Hashable, Sendable {
        /// `80%`, `forecast110%`; empty for a rule.
        package var threshold: String
        /// Where it is reached, in the limit's unit; nil for a rule.
        package var at: Int64?
        package var isReached: Bool
        /// Whether its alert fires.
        package var isFiring: Bool
        /// `tell ops, and pause it until midnight`.
        package var action: String
    }

    package var decision: Decision
    /// In the order of the policy, budgets first.
    package var items: [Item]
}

extension Book {
    /// Explains the decision on the labelled work at `now`.
    package func explain(
        _ labels: Labels, estimate: Money? = nil, mentioning mentions: Mentions = Mentions(), now: Timestamp
    ) -> Explanation {
        let budgets = policy.budgets.enumerated().map { explain(budget: $0.offset, labels, now: now) }
        let rules = policy.rules.indices.map { explain(rule: $0, labels) }
        return Explanation(
            decision: decide(labels, estimate: estimate, mentioning: mentions, now: now), items: budgets + rules)
    }

    private func explain(budget place: Int, _ labels: Labels, now: Timestamp) -> Explanation.Item {
        let budget = policy.budgets[place]
        let mode: Mode = policy.mode == .observe ? .observe : budget.mode
        var item = Explanation.Item(name: budget.name, kind: .budget, per: budget.per, mode: mode, text: "")
        item.override = budget.override(at: now)
        item.otherwise = Self.otherwise(labels, budget.matcher, budget.per)
        if item.otherwise == nil, !isOpen(place, at: now), let schedule = budget.schedule {
            let next = schedule.nextShift(after: now, in: budget.zone)?.start
            let when = next.map { ", next on \(budget.zone.civil(at: $0).date.text)" } ?? ""
            item.otherwise = "it counts \(schedule.text) only\(when)"
        }
        guard item.otherwise == nil, let split = budget.split(of: labels) else {
            item.text = "\(budget.name) is not about this: \(item.otherwise ?? "")"
            return item
        }
        let key = AccountKey(meter: place, split: split)
        let standing = standing(of: key, now: now)
        item.split = split
        item.standing = standing
        item.resetsAt = budget.resetsAt(standing.window)
        let firing = (account(key)?.crossings ?? []).filter { $0.alert.state == .firing }
        item.steps = budget.thresholds(for: split).map { threshold in
            let at = Int64(
                clamping: (Int128(standing.limit.value) * Int128(threshold.ratio.partsPerMillion) + 999_999)
                    / 1_000_000)
            let isFiring = firing.contains { $0.isOf(threshold) }
            return Explanation.Step(
                threshold: threshold.label, at: at,
                isReached: threshold.measure == .spent ? standing.spent >= at : isFiring, isFiring: isFiring,
                action: ActionPhrase.joined(ActionPhrase.phrases(threshold, of: budget, in: policy)))
        }
        item.text = Self.text(budget, split, standing)
        return item
    }

    private static func text(_ budget: Budget, _ split: Split, _ standing: Standing) -> String {
        let limit = standing.limit
        let held = standing.held == 0 ? "" : ", \(limit.text(standing.held)) held"
        let end = ActionText.end(of: budget, standing.window).map { "; it starts anew \($0)" } ?? ""
        return "\(budget.name): \(split.who(per: budget.per)) has spent \(limit.text(standing.spent)) of \(limit.text) "
            + "\(ActionText.period(budget.window))\(held), \(limit.text(max(0, standing.remaining))) left\(end)"
    }

    private func explain(rule place: Int, _ labels: Labels) -> Explanation.Item {
        let rule = policy.rules[place]
        let mode: Mode = policy.mode == .observe ? .observe : rule.mode
        var item = Explanation.Item(name: rule.name, kind: .rule, per: rule.per, mode: mode, text: "")
        let asked = rule.asked
        item.otherwise = Self.otherwise(labels, asked.matcher, asked.per)
        guard item.otherwise == nil, let split = Split(of: labels, per: asked.per) else {
            item.text = "\(rule.name) is not about this: \(item.otherwise ?? "")"
            return item
        }
        let alerts = rules[place].filter { rule.isOfSources ? rule.asks(split, of: $0.key) : $0.key == split }.values
            .compactMap(\.alert)
        item.split = split
        item.steps = [
            Explanation.Step(
                threshold: "", at: nil, isReached: !alerts.isEmpty, isFiring: !alerts.isEmpty,
                action: ActionPhrase.joined(ActionPhrase.phrases(rule, in: policy)))
        ]
        let found = alerts.sorted { $0.id < $1.id }.map(\.text)
        item.text = "\(rule.name): \(found.isEmpty ? "nothing to tell" : found.joined(separator: "; "))"
        return item
    }

    /// Why an item with this matcher and these splits is not about the labels; nil when it is.
    private static func otherwise(_ labels: Labels, _ matcher: Matcher, _ per: [LabelKey]) -> String? {
        for term in matcher.terms {
            let wanted = term.globs.map(\.pattern).joined(separator: " or ")
            guard let value = labels[term.key] else {
                return "it is for \(term.key.text) \(wanted), and no \(term.key.text) is named"
            }
            if !Matcher(terms: [term]).matches(labels) {
                return "it is for \(term.key.text) \(wanted), and this is \(value)"
            }
        }
        let missing = per.filter { labels[$0] == nil }.map(\.text)
        return missing.isEmpty ? nil : "it is per \(ActionPhrase.list(missing)), which is not named"
    }
}
