/// Where one account stands: what `check`, `status` and the feed show of it.
package struct Standing: Hashable, Sendable {
    package var spent: Int64
    package var held: Int64
    package var limit: Limit
    package var window: Interval
    /// The highest threshold reached, and the lowest one that is not.
    package var reached: Ratio?
    package var next: Ratio?
    package var throttle: Throttle?
    /// In the order of the thresholds.
    package var downgrades: [ModelMap] = []
    package private(set) var isPaused = false
    package private(set) var stop = false
    package private(set) var until: Timestamp?
    /// Whether an operator has to let work go on.
    package private(set) var awaitsOperator = false
    /// What was asked for and does not fit, in the limit's unit.
    package var lacksRoomFor: Int64?
    /// Whether only holds stand in the way, which may end at any moment.
    package var isFullByHolds = false

    init(spent: Int64, held: Int64, limit: Limit, window: Interval) {
        self.spent = spent
        self.held = held
        self.limit = limit
        self.window = window
    }

    /// Where a rule that fires stands; it has no limit of its own.
    init(of rule: Rule, _ alert: Alert, heldAt: Timestamp, now: Timestamp) {
        self.init(spent: 0, held: 0, limit: .usd(.max), window: alert.window)
        apply(rule.actions, heldAt: heldAt, now: now)
    }

    /// What is left under the limit; negative when it was overrun.
    package var remaining: Int64 { limit.value.saturatingAdding(-max(0, spent.saturatingAdding(held))) }
    package var ratio: Ratio { Ratio(of: spent, in: limit.value) }

    /// Where an operator's pause stands.
    init(of pause: OperatorPause) {
        self.init(spent: 0, held: 0, limit: .usd(.max), window: Interval(start: pause.since, end: .distantFuture))
        block(until: pause.until, stop: pause.stop, awaitsOperator: pause.until == nil)
    }

    package enum State: String, Sendable { case ok, warn, throttle, pause, stop }

    package var state: State {
        if stop { return .stop }
        if isPaused { return .pause }
        if throttle != nil || !downgrades.isEmpty { return .throttle }
        return reached == nil ? .ok : .warn
    }

    /// Whether there is a reason to give.
    package var holdsBack: Bool { isPaused || throttle != nil || !downgrades.isEmpty }

    /// The later of two ends wins; one without an end wins over all.
    mutating func block(until end: Timestamp?, stop: Bool = false, awaitsOperator: Bool = false) {
        if !isPaused {
            until = end
        } else if let current = until, let end {
            until = max(current, end)
        } else {
            until = nil
        }
        isPaused = true
        self.stop = self.stop || stop
        self.awaitsOperator = self.awaitsOperator || awaitsOperator
    }

    /// What slows work down, of a threshold or rule that is in force.
    mutating func slow(_ actions: Actions) {
        if let throttle = actions.throttle { self.throttle = throttle.joined(with: self.throttle) }
        if let map = actions.downgrade, !downgrades.contains(map) { downgrades.append(map) }
    }

    /// A rule that fires: its pause lasts from when its condition held last.
    mutating func apply(_ actions: Actions, heldAt: Timestamp, now: Timestamp) {
        slow(actions)
        if actions.stop { block(until: nil, stop: true) }
        switch actions.pause {
        case .lasting(let span): if heldAt + span > now { block(until: heldAt + span) }
        case .untilReset, .untilResumed: block(until: nil, awaitsOperator: true)
        case nil: break
        }
    }
}

extension Book {
    /// Where one account of a budget stands at `now`.
    ///
    /// - Parameter planned: what a plan changes.
    package func standing(
        of key: AccountKey, _ asking: Asking = Asking(), over planned: Planned = Planned(), now: Timestamp
    ) -> Standing {
        let limit = policy.budgets[key.meter].limit(at: now)
        let sums = sums(of: key, over: planned, now: now)
        let spent = limit.measure(sums.spent)
        let held = limit.measure(sums.held)
        var standing = Standing(spent: spent, held: held, limit: limit, window: window(of: key, at: now))
        // Outside its shifts a budget decides nothing.
        guard isOpen(key.meter, at: now) else { return standing }
        let taken = asking.isRunning ? spent : spent.saturatingAdding(held)
        let estimate = asking.estimate.map(limit.measure)
        if let first = policy.budgets[key.meter].thresholds.first, !sums.hasCrossings,
            !first.ratio.isReached(by: taken.saturatingAdding(estimate ?? 0), of: limit.value)
        {
            // Most accounts are below their first threshold, and nothing below it can hold work back.
            if first.measure == .spent { standing.next = first.ratio }
            return standing
        }
        let budget = policy.budgets[key.meter]
        let account = (planned.accounts.isEmpty ? nil : planned.accounts[key]) ?? account(key) ?? Account()
        let inForce = planned.limits[key.meter] ?? limits[key.meter]
        for threshold in budget.thresholds(for: key.split) {
            let crossing = crossing(of: threshold, key, account, limit, inForce, now: now)
            let isReached: Bool
            switch threshold.measure {
            case .spent:
                isReached = threshold.ratio.isReached(by: spent, of: limit.value)
                if isReached {
                    standing.reached = threshold.ratio
                } else {
                    standing.next = standing.next ?? threshold.ratio
                }
            case .forecast: isReached = crossing?.state == .firing
            }
            // What has to hold for a while acts when its alert fires, not before.
            let acts = threshold.hold > .zero || threshold.measure == .forecast ? crossing?.state == .firing : isReached
            if acts { standing.slow(threshold.actions) }
            if threshold.actions.blocks {
                let reach = Reach(
                    acts: acts, spent: spent, taken: taken, estimate: estimate, crossing: crossing,
                    lastFired: lastFired(threshold, account, limit, inForce))
                block(by: threshold, budget, reach, now: now, &standing)
            }
        }
        return standing
    }

    /// What most decisions need of an account, which is looked at where it lies: a copy would cost more than they do.
    private func sums(
        of key: AccountKey, over planned: Planned, now: Timestamp
    ) -> (spent: Amount, held: Amount, hasCrossings: Bool) {
        let window = policy.budgets[key.meter].window
        if !planned.accounts.isEmpty, let account = planned.accounts[key] {
            return (account.spent(at: now, window: window), account.held, !account.crossings.isEmpty)
        }
        guard let place = accounts[key.meter].index(forKey: key.split) else { return (.zero, .zero, false) }
        return (
            accounts[key.meter].values[place].spent(at: now, window: window),
            accounts[key.meter].values[place].held, !accounts[key.meter].values[place].crossings.isEmpty
        )
    }

    /// How far an account has come toward a threshold that blocks.
    private struct Reach {
        var acts: Bool
        var spent: Int64
        /// With what is held, where that counts.
        var taken: Int64
        /// In the limit's unit.
        var estimate: Int64?
        var crossing: Alert?
        var lastFired: Timestamp?
    }

    /// The alert of the threshold in the window of `now`; of a pause that only an operator ends, in any window.
    private func crossing(
        of threshold: Threshold, _ key: AccountKey, _ account: Account, _ limit: Limit, _ inForce: InForce,
        now: Timestamp
    ) -> Alert? {
        guard !account.crossings.isEmpty else { return nil }
        let budget = policy.budgets[key.meter]
        if threshold.actions.pause == .untilResumed,
            let held = account.crossings.first(where: {
                $0.isOf(threshold) && $0.alert.state == .firing && !budget.frees($0.alert, under: limit)
            })
        {
            return held.alert
        }
        // Another limit than the alerts' arms every threshold again, from its first instant on.
        guard limit == inForce.limit else { return nil }
        let start =
            threshold.measure == .forecast
            ? window(of: key, at: now).start : slot(of: key.meter, containing: now, in: account).start
        return account.crossing(
            of: threshold, limitRevision: inForce.revision, from: start, window: budget.window, now: now
        ).map { account.crossings[$0].alert }
    }

    /// When a threshold that pauses for a while was crossed last, in whichever window, while something could still be done.
    private func lastFired(
        _ threshold: Threshold, _ account: Account, _ limit: Limit, _ inForce: InForce
    ) -> Timestamp? {
        guard case .lasting = threshold.actions.pause, limit == inForce.limit else { return nil }
        return account.crossings.lazy.filter {
            $0.isOf(threshold) && $0.alert.limitRevision == inForce.revision && $0.alert.firedAt < $0.alert.window.end
        }.map(\.alert.firedAt).max()
    }

    private func block(
        by threshold: Threshold, _ budget: Budget, _ reach: Reach, now: Timestamp, _ standing: inout Standing
    ) {
        if reach.acts, threshold.actions.stop { standing.block(until: end(of: budget, standing, now), stop: true) }
        switch threshold.actions.pause {
        // What stops running work starts no new work beyond it either.
        case nil, .untilReset: admit(by: threshold, budget, reach, now: now, &standing)
        case .lasting(let span):
            // Up to the crossing nothing may be promised beyond it; after it the pause is what counts.
            if reach.crossing == nil, !reach.acts { admit(by: threshold, budget, reach, now: now, &standing) }
            // Also of one that was resolved meanwhile, with its window or by a correction: it lasts from the crossing, and
            // the same crossing has no second one.
            if let fired = reach.lastFired, fired + span > now {
                standing.block(until: end(of: budget, at: fired + span, now))
            } else if reach.acts, reach.crossing == nil {
                // The spend is there before its alert: at start, while history is still being read.
                standing.block(until: end(of: budget, at: now + span, now))
            }
        case .untilResumed:
            if reach.crossing == nil, !reach.acts { admit(by: threshold, budget, reach, now: now, &standing) }
            // Once resumed, the same crossing holds nobody back a second time.
            if reach.crossing.map({ $0.state == .firing }) ?? reach.acts {
                standing.block(until: end(of: budget, at: nil, now), awaitsOperator: true)
            }
        }
    }

    /// Holds new work back that does not fit under a threshold any more, by what is spent, held and asked for.
    private func admit(
        by threshold: Threshold, _ budget: Budget, _ reach: Reach, now: Timestamp, _ standing: inout Standing
    ) {
        let (limit, isImmediate) = (standing.limit, threshold.measure == .spent && threshold.hold == .zero)
        let isFull = { (taken: Int64) in isImmediate && threshold.ratio.isReached(by: taken, of: limit.value) }
        let isTooMuch = { (taken: Int64) in
            guard isImmediate, let estimate = reach.estimate else { return false }
            return threshold.ratio.isPassed(by: taken.saturatingAdding(estimate), of: limit.value)
        }
        guard reach.acts || isFull(reach.taken) || isTooMuch(reach.taken) else { return }
        let isByHolds = !reach.acts && !isFull(reach.spent) && !isTooMuch(reach.spent)
        if !standing.isPaused {
            standing.isFullByHolds = isByHolds
            if !reach.acts, !isFull(reach.taken) { standing.lacksRoomFor = reach.estimate }
        } else if !isByHolds {
            standing.isFullByHolds = false
        }
        standing.block(until: end(of: budget, standing, now))
    }

    /// When a budget that blocks to the end of its window lets go.
    private func end(of budget: Budget, _ standing: Standing, _ now: Timestamp) -> Timestamp? {
        end(of: budget, at: budget.resetsAt(standing.window), now)
    }

    /// That moment, or when the budget's shifts end before: outside them it decides nothing.
    private func end(of budget: Budget, at time: Timestamp?, _ now: Timestamp) -> Timestamp? {
        guard let schedule = budget.schedule, var end = schedule.shift(containing: now, in: budget.zone)?.end else {
            return time
        }
        // One shift may follow the other without a gap; where a week of them do, there never is one.
        for _ in 0..<7 {
            guard let next = schedule.shift(containing: end, in: budget.zone) else { return min(time ?? end, end) }
            end = next.end
        }
        return time
    }
}

extension Budget {
    /// When a window's spend starts anew; nil for rolling and lifetime ones.
    package func resetsAt(_ window: Interval) -> Timestamp? {
        switch self.window {
        case .calendar, .block: window.end
        case .rolling, .lifetime: nil
        }
    }
}

extension Ratio {
    /// Whether `part` is strictly beyond this share of `whole`.
    func isPassed(by part: Int64, of whole: Int64) -> Bool {
        Int128(part) * 1_000_000 > Int128(whole) * Int128(partsPerMillion)
    }
}
