import GovernorCore

/// What a budget says that can't come to pass, or comes to nothing.
extension PolicyLint {
    /// A threshold that does nothing which a lower one has not done already.
    func checkOrder(of budget: Budget, _ reading: inout Reading) {
        let spent = budget.thresholds.filter { $0.measure == .spent }
        for (index, higher) in spent.enumerated() {
            let lower = spent[..<index].filter { $0.hold == .zero }
            if let pausing = lower.first(where: { pauses($0, budget) }) {
                reportIdle(higher, above: pausing, of: budget, &reading)
            } else if let throttle = higher.actions.throttle,
                let stricter = lower.first(where: { isLooser(throttle, than: $0.actions.throttle) })
            {
                reading.warning(
                    "the throttle at \(higher.written) of \(budget.name) slows nothing down, since \(stricter.written) "
                        + "already throttles\(stricter.actions.throttle.map(ActionText.throttle) ?? "")",
                    at: place(of: higher, budget), hint: "make it the stricter of the two, or remove it")
            }
        }
    }

    /// Whether nothing starts above it for as long as a higher threshold could see to.
    private func pauses(_ threshold: Threshold, _ budget: Budget) -> Bool {
        switch budget.window {
        case .calendar, .block, .lifetime: threshold.actions.stop || threshold.actions.pause == .untilReset
        // What was spent there falls again, and a pause for a while may outlast that.
        case .rolling: false
        }
    }

    private func reportIdle(
        _ higher: Threshold, above pausing: Threshold, of budget: Budget, _ reading: inout Reading
    ) {
        let actions = higher.actions
        let does = pausing.actions.stop ? "stops" : "pauses"
        var idle: [String] = []
        if actions.throttle != nil { idle.append("throttle") }
        if actions.downgrade != nil { idle.append("downgrade") }
        let pausesMore = actions.stop && !pausing.actions.stop || actions.pause == .untilResumed
        if actions.notify.isEmpty, actions.blocks, !pausesMore { idle.append(actions.stop ? "stop" : "pause") }
        guard !idle.isEmpty else { return }
        reading.warning(
            "the \(Quoting.list(idle)) at \(higher.written) of \(budget.name) \(idle.count == 1 ? "does" : "do") nothing, "
                + "since \(pausing.written) already \(does) all new work there", at: place(of: higher, budget),
            hint: "move it below \(pausing.written), or remove it")
    }

    /// Whether it allows more than the other in one way and no less in the other.
    private func isLooser(_ throttle: Throttle, than other: Throttle?) -> Bool {
        guard let other else { return false }
        return throttle != other && other.joined(with: throttle) == other
    }

    /// A wait that is longer than the window it happens in.
    func checkWaits(of budget: Budget, _ reading: inout Reading) {
        let longest: Span
        switch budget.window {
        case .calendar, .block:
            guard let span = budget.window.longest else { return }
            longest = span
        case .rolling, .lifetime: return
        }
        for threshold in budget.thresholds where threshold.hold >= longest {
            reading.warning(
                "\(threshold.written) of \(budget.name) never lasts its \"for\" of \(threshold.hold.text), since "
                    + "\(Saying.noun(budget.window)) is over before", at: place(of: threshold, budget),
                hint: "shorten it, or remove it")
        }
    }

    /// An override to the limit that holds anyway.
    func checkOverrides(of budget: Budget, _ reading: inout Reading) {
        let places = self.places.overrides[budget.name] ?? []
        for (override, place) in zip(budget.overrides, places) where override.limit == budget.limit {
            reading.warning(
                "this override changes nothing, since \(Saying.amount(budget.limit)) is the limit of \(budget.name) "
                    + "anyway", at: place, hint: "give it another limit, or remove it")
        }
    }

    /// Budgets that are another one by a second name.
    func checkTwins(_ reading: inout Reading) {
        var names: [Budget: String] = [:]
        for budget in policy.budgets where !budget.thresholds.isEmpty {
            var nameless = budget
            nameless.name = ""
            guard let twin = names.updateValue(budget.name, forKey: nameless) else { continue }
            reading.warning(
                "\(budget.name) is \(twin) by another name, so everything is told and done twice",
                at: place(of: budget.name), hint: "remove one of the two")
        }
    }

    /// A day that was made to begin elsewhere than at midnight, and still cuts the shifts in two.
    func checkDay(of budget: Budget, _ reading: inout Reading) {
        guard case .calendar(let period) = budget.window, period.unit == .day, period != .day,
            let schedule = budget.schedule, schedule.isCut(at: period.startsAt)
        else { return }
        reading.warning(
            "the day of \(budget.name) begins at \(period.startsAt.wallClock), in the middle of "
                + "\(schedule.name), so that one shift has the limit twice", at: place(of: budget.name),
            hint: "let it begin outside \(schedule.from.wallClock) to \(schedule.to.wallClock)")
    }

    /// What only observes, and tells nobody.
    func checkEffect(of item: String, mode: Mode, _ actions: [Actions], _ reading: inout Reading) {
        guard mode == .observe, actions.contains(where: \.governs), actions.allSatisfy(\.notify.isEmpty) else { return }
        reading.warning(
            "\(item) only observes and tells nobody, so nothing comes of it", at: place(of: item),
            hint: "add a notify, or set \"mode: enforce\"")
    }
}

extension Threshold {
    /// `80%`, `forecast 110%`: as policies write it.
    fileprivate var written: String { measure == .spent ? ratio.percentText : "forecast \(ratio.percentText)" }
}
