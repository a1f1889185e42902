import GovernorCore

/// What is written down and never used.
extension PolicyLint {
    func checkUses(_ reading: inout Reading) {
        let actions = policy.budgets.flatMap { $0.thresholds.map(\.actions) } + policy.rules.map(\.actions)
        let told = Set(actions.flatMap(\.notify))
        // A digest reports whether anything happened or not.
        for receiver in policy.receivers where !told.contains(receiver.name) && receiver.digest == nil {
            guard let place = places.receivers[receiver.name] else { continue }
            reading.warning(
                "nothing tells the receiver \"\(receiver.name)\" but an error in the policy itself", at: place,
                hint: "name it in a notify, or remove it")
        }
        let maps = Set(actions.compactMap(\.downgrade?.name))
        for (name, place) in places.models where !maps.contains(name) {
            reading.warning(
                "the model map \"\(name)\" is never used", at: place,
                hint: "name it in a downgrade, or remove it")
        }
        let schedules = Set(policy.budgets.compactMap(\.schedule?.name) + policy.rules.compactMap(\.schedule?.name))
        for (name, place) in places.schedules where !schedules.contains(name) {
            reading.warning(
                "the schedule \"\(name)\" is never used", at: place,
                hint: "name it in the \"during\" of a budget or rule, or remove it")
        }
    }

    /// Silences that no alert falls under.
    func checkSilences(_ reading: inout Reading) {
        for (silence, place) in zip(policy.silences, places.silences) {
            let items = items.filter { item in
                silence.items.isEmpty || silence.items.contains { $0.matches(item.name) }
            }
            guard !items.isEmpty else { continue }
            let keys = silence.matcher.terms.map(\.key)
            let lacking = keys.filter { key in !items.contains { $0.per.contains(key) } }
            if !lacking.isEmpty {
                let alerts = items.count == 1 ? "alerts of \(items[0].name) carry no" : "none of its alerts carries a"
                let carried = items.count == 1 ? items[0].per : []
                let instead = carried.isEmpty ? "" : ", or match \(Quoting.list(carried.map(\.text), "or")) instead"
                reading.warning(
                    "this mutes nothing, since \(alerts) \(Quoting.list(lacking.map(\.text), "or"))", at: place,
                    hint: "leave that out of its match\(instead)")
            } else if items.allSatisfy({ !$0.notifies }) {
                reading.warning(
                    "this mutes nothing, since \(items.count == 1 ? "\(items[0].name) tells" : "they tell") nobody",
                    at: place,
                    hint: "remove it; to let work go on, use an override")
            }
        }
    }

    /// Budgets and rules as an alert shows them.
    private var items: [(name: String, per: [LabelKey], notifies: Bool)] {
        policy.budgets.map { budget in
            (budget.name, budget.per, budget.thresholds.contains { !$0.actions.notify.isEmpty })
        } + policy.rules.map { ($0.name, $0.per, !$0.actions.notify.isEmpty) }
    }
}
