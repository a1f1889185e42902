extension Book {
    /// The first instant after `lookedAt` at which looking at all accounts may find something: until then a tick plans
    /// nothing, so a simulation may leave it out. `distantPast` when the next one may.
    ///
    /// What `Planner.evaluateAll` does, asked beforehand; it errs on the side of a tick too many.
    func quietUntil() -> Timestamp {
        let isRestless =
            lookedAt == .distantPast || rules.contains { !$0.isEmpty } || loose.contains { $0.kind != .policy }
        guard !isRestless else { return .distantPast }
        for place in policy.budgets.indices {
            // A forecast moves with every minute, as long as there is anything it is made of.
            guard let history = metering.forecasts[place] else { continue }
            if !accounts[place].isEmpty || !accounts[history].isEmpty { return .distantPast }
        }
        for (place, rule) in policy.rules.enumerated() where rule.condition.kind.firesWithTime {
            if let meter = metering.rules[place].first, !accounts[meter].isEmpty { return .distantPast }
        }
        var next = Timestamp.distantFuture
        for place in accounts.indices {
            for account in accounts[place].values {
                next = min(next, quietUntil(account, of: place))
                // Whether a silence is over is looked at every minute.
                let isMuted = account.crossings.contains { $0.alert.silenced && $0.alert.state == .firing }
                if isMuted || next <= lookedAt { return .distantPast }
            }
        }
        for place in policy.budgets.indices {
            next = min(next, nextLimit(of: place))
            // A budget with hours begins or stops to decide, which no account shows.
            if !accounts[place].isEmpty { next = min(next, shiftEnd(of: place)) }
        }
        return next
    }

    /// Until when nothing about an account can change by time alone since all were looked at; `distantPast` when it may
    /// at any time.
    func quietUntil(_ account: Account, of place: Int) -> Timestamp {
        let meter = metering.meters[place]
        guard account.timers.isEmpty else { return .distantPast }
        var next = Timestamp.distantFuture
        if let first = account.slots.first { next = meter.memory(of: first.interval) + grace(of: meter) }
        // By a clock that runs ahead; minutes at most.
        if let last = account.slots.last, last.interval.start > lookedAt { return .distantPast }
        // A rule finds what came before its hours as soon as they begin.
        if case .rule = metering.owners[place] { next = min(next, shiftEnd(of: place)) }
        if let first = account.calls.first, case .calls(let keep) = meter.slots { next = min(next, first.time + keep) }
        guard !account.crossings.isEmpty else { return next }
        // Only what a slot will end is sure to be looked at again.
        if account.slots.isEmpty { return .distantPast }
        for crossing in account.crossings {
            guard crossing.alert.state == .firing else {
                // It is forgotten then, or was by a tick that had to look.
                let heeded = place < policy.budgets.count ? policy.budgets[place].heeds(crossing) : nil
                let end = meter.memory(of: crossing)
                let gone = end == .distantFuture ? end : max(end, crossing.alert.resolvedAt ?? end) + grace(of: meter)
                for time in [gone, heeded].compactMap({ $0 }) where time > lookedAt { next = min(next, time) }
                continue
            }
            if crossing.alert.silenced { return .distantPast }
            if case .window(.rolling) = meter.slots { return .distantPast }
            next = min(next, crossing.alert.window.end)
        }
        return next
    }

    /// How long after its end a slot is kept: the last write before a boundary must not be lost, but spend that left a
    /// rolling window never comes back.
    func grace(of meter: Meter) -> Span {
        switch meter.slots {
        case .window(.rolling), .steps, .days, .calls: .zero
        case .window(.calendar), .window(.block), .window(.lifetime): Self.lateness
        }
    }

    /// When an override of the budget begins or ends.
    private func nextLimit(of place: Int) -> Timestamp {
        let budget = policy.budgets[place]
        guard !budget.overrides.isEmpty else { return .distantFuture }
        if budget.limit(at: lookedAt) != limits[place].limit { return .distantPast }
        let ends = budget.overrides.flatMap { [$0.interval.start, $0.interval.end] }
        return ends.filter { $0 > lookedAt }.min() ?? .distantFuture
    }
}
