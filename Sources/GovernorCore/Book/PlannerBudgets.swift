extension Planner {
    /// Fires and resolves what a budget's account calls for at `now`.
    mutating func evaluateBudget(_ key: AccountKey) {
        let budget = policy.budgets[key.meter]
        let meter = book.metering.meters[key.meter]
        let before = account(key)
        var account = before
        switch budget.window {
        case .calendar, .block:
            for slot in account.slots where slot.interval.start <= now && isOpen(slot.interval, of: key) {
                let spent = limit(of: key.meter).limit.measure(slot.amount)
                cross(budget, key, &account, window: slot.interval, spent: spent)
            }
        case .lifetime, .rolling:
            let spent = limit(of: key.meter).limit.measure(account.spent(at: now, window: budget.window))
            let slot = meter.slot(containing: now, in: account)
            let window = Interval(start: slot.start, end: .distantFuture)
            cross(budget, key, &account, window: window, spent: spent)
        }
        resolveEnded(budget, key, &account)
        let now = now
        account.prune(before: horizon(of: meter), meter: meter) { budget.heeds($0).map { $0 > now } ?? false }
        forgetTimers(budget, key, &account)
        if account != before { plan.accounts[key] = account }
    }

    /// Whether a calendar window's thresholds may still be crossed: the current one's at any time; one that ended within
    /// the grace only by a record of this group, not because a limit changed after it.
    private func isOpen(_ window: Interval, of key: AccountKey) -> Bool {
        window.end > now
            || window.end > now - Book.lateness && plan.deltas[Plan.Delta(key: key, slot: window)] != nil
    }

    private mutating func cross(
        _ budget: Budget, _ key: AccountKey, _ account: inout Account, window: Interval, spent: Int64
    ) {
        let limit = limit(of: key.meter)
        for threshold in budget.thresholds(for: key.split) where threshold.measure == .spent {
            let crossing = Crossed(
                threshold: threshold, window: window, spent: spent,
                isReached: threshold.ratio.isReached(by: spent, of: limit.limit.value))
            step(crossing, budget, key, &account)
        }
    }

    /// A threshold as it is found: what it takes to fire, hold or resolve it.
    struct Crossed {
        var threshold: Threshold
        var window: Interval
        var spent: Int64
        var isReached: Bool
        /// What was found, for a forecast.
        var text = ""

        /// Its timer: of a window with a start of its own, that window's.
        func timer(of window: Window) -> String {
            switch window {
            case .calendar, .block: "\(threshold.label) \(self.window.start.milliseconds)"
            case .rolling, .lifetime: threshold.label
            }
        }
    }

    /// Holds one threshold against time: `for` before it fires, `keep_firing_for` before it resolves.
    mutating func step(_ found: Crossed, _ budget: Budget, _ key: AccountKey, _ account: inout Account) {
        let threshold = found.threshold
        let timer = found.timer(of: budget.window)
        let revision = limit(of: key.meter).revision
        let existing = account.crossing(
            of: threshold, limitRevision: revision, from: found.window.start, window: budget.window, now: now)
        guard let existing else {
            // A window that is over was told of under the limit it had.
            let wasTold = found.window.end <= now && account.hasCrossed(threshold, in: found.window)
            guard found.isReached, !wasTold else { return setTimer(nil, timer, budget, key, &account) }
            if threshold.hold > .zero {
                // While the alert of another limit fires, the timer says since when that one is no longer reached.
                let isOther = account.crossings.contains { $0.isOf(threshold) && $0.alert.state == .firing }
                let since = isOther ? now : min(account.timers[timer] ?? now, now)
                // A window that is over holds no longer than to its end.
                guard min(now, found.window.end) - since >= threshold.hold else {
                    return setTimer(found.window.end <= now ? nil : since, timer, budget, key, &account)
                }
            }
            setTimer(nil, timer, budget, key, &account)
            return fire(found, budget, key, &account)
        }
        guard account.crossings[existing].alert.state == .firing else { return }
        if found.isReached { return setTimer(nil, timer, budget, key, &account) }
        // Only an operator ends this pause; see `resume`.
        if threshold.actions.pause == .untilResumed { return }
        if let keep = keepFiring(threshold, budget) {
            let since = min(account.timers[timer] ?? now, now)
            guard now - since >= keep else { return setTimer(since, timer, budget, key, &account) }
        }
        setTimer(nil, timer, budget, key, &account)
        resolve(existing, threshold.measure == .spent ? .spendFell : .forecastFell, &account)
    }

    /// How long a threshold must not be reached any more; nil for at once: what was spent in a calendar's window falls
    /// only when it is corrected.
    private func keepFiring(_ threshold: Threshold, _ budget: Budget) -> Span? {
        if let keep = threshold.keepFiringFor { return keep }
        if threshold.measure == .forecast { return Book.keepFiringFor }
        if case .rolling = budget.window { return Book.keepFiringFor }
        return nil
    }

    private mutating func setTimer(
        _ since: Timestamp?, _ timer: String, _ budget: Budget, _ key: AccountKey, _ account: inout Account
    ) {
        guard account.timers[timer] != since else { return }
        account.timers[timer] = since
        plan.timers[Plan.TimerKey(item: budget.name, split: key.split, threshold: timer)] = .some(since)
    }

    /// Timers of thresholds that are gone and of windows that are over; a forecast may have one for a window in which
    /// nothing was spent yet.
    private mutating func forgetTimers(_ budget: Budget, _ key: AccountKey, _ account: inout Account) {
        guard !account.timers.isEmpty else { return }
        let current = book.slot(of: key.meter, containing: now, in: account).start.milliseconds
        for timer in account.timers.keys.sorted() {
            let parts = timer.split(separator: " ")
            let isKnown = budget.thresholds.contains { $0.label == parts.first ?? "" }
            let start = parts.dropFirst().first.flatMap { Int64($0) }
            let isOver = start.map { start in
                start < current
                    && !account.slots.contains {
                        $0.interval.start.milliseconds == start && $0.interval.end > now - Book.lateness
                    }
            }
            if !isKnown || isOver == true { setTimer(nil, timer, budget, key, &account) }
        }
    }

    private mutating func fire(_ found: Crossed, _ budget: Budget, _ key: AccountKey, _ account: inout Account) {
        let (threshold, window) = (found.threshold, found.window)
        let limit = limit(of: key.meter)
        let observed = budget.mode == .observe || policy.mode == .observe
        let action =
            window.end <= now && threshold.actions.pause != .untilResumed
            ? "nothing, the window had ended before this spend was known"
            : ActionText.action(of: threshold.actions, budget: budget, window: window, firedAt: now, observed: observed)
        var alert = Alert(
            budget: budget, split: key.split, window: window, threshold: threshold, limit: limit.limit,
            limitRevision: limit.revision, firedAt: now, spent: found.spent, text: found.text, action: action,
            notified: [])
        alert.notified = audience(
            of: alert.id, named: threshold.actions.notify, outranked: outranked(found, budget, key, account))
        alert.silenced = isMuted(alert)
        // One that waited for an operator under another limit goes on as this one.
        for index in account.crossings.indices where account.crossings[index].isOf(threshold) {
            let other = account.crossings[index].alert
            guard other.state == .firing, other.limitRevision != limit.revision else { continue }
            resolve(index, .limitChanged, &account)
        }
        account.cross(alert)
        plan.alerts.append(alert)
    }

    /// Whom this alert is not for: those who, by the same spend, are told of a higher threshold for the first time.
    private func outranked(_ found: Crossed, _ budget: Budget, _ key: AccountKey, _ account: Account) -> Set<String> {
        let limit = limit(of: key.meter)
        guard found.threshold.measure == .spent else { return [] }
        let higher = budget.thresholds.filter {
            $0.measure == .spent && $0.ratio > found.threshold.ratio && $0.hold == .zero
                && $0.ratio.isReached(by: found.spent, of: limit.limit.value)
                && account.crossing(
                    of: $0, limitRevision: limit.revision, from: found.window.start, window: budget.window, now: now)
                    == nil
        }
        return Set(higher.flatMap(\.actions.notify))
    }

    private mutating func resolve(_ index: Int, _ end: Alert.End, _ account: inout Account) {
        account.crossings[index].alert.resolve(at: now, because: end)
        plan.alerts.append(account.crossings[index].alert)
    }

    /// Resolves alerts whose window, limit or threshold is gone.
    private mutating func resolveEnded(_ budget: Budget, _ key: AccountKey, _ account: inout Account) {
        let limit = limit(of: key.meter)
        for index in account.crossings.indices where account.crossings[index].alert.state == .firing {
            let crossing = account.crossings[index]
            let threshold = budget.thresholds.first { crossing.isOf($0) }
            if threshold == nil {
                resolve(index, .budgetRemoved, &account)
            } else if crossing.alert.limitRevision != limit.revision {
                let isHeld =
                    threshold?.actions.pause == .untilResumed && !budget.frees(crossing.alert, under: limit.limit)
                if !isHeld { resolve(index, .limitChanged, &account) }
            } else if crossing.alert.window.end <= now, threshold?.actions.pause != .untilResumed {
                resolve(index, .windowEnded, &account)
            }
        }
    }
}
