/// One budget × one split: its spend by slot of time, and the thresholds it has crossed.
package struct Account: Hashable, Sendable {
    /// Spend in one slot: the whole window of a calendar budget, a 300th of a rolling one.
    package struct Slot: Hashable, Sendable {
        package var interval: Interval
        package var amount: Amount

        package init(interval: Interval, amount: Amount) {
            self.interval = interval
            self.amount = amount
        }
    }

    /// By start, each once; never empty amounts only, since a slot may be corrected to zero.
    package private(set) var slots: [Slot] = []
    package var crossings: [Crossing] = []
    /// Set aside for admitted work that is not billed yet.
    package var held: Amount = .zero

    package init() {}

    /// Adds to (or with a negative amount corrects) one slot.
    package mutating func add(_ amount: Amount, to interval: Interval) {
        // Records come mostly in order, so the place is at or near the end.
        var index = slots.endIndex
        while index > 0, slots[index - 1].interval.start > interval.start { index -= 1 }
        if index > 0, slots[index - 1].interval.start == interval.start {
            slots[index - 1].amount += amount
        } else {
            slots.insert(Slot(interval: interval, amount: amount), at: index)
        }
    }

    /// What counts against the limit at `now`.
    package func spent(at now: Timestamp, window: Window) -> Amount {
        slots.reduce(.zero) { window.counts($1.interval, at: now) ? $0 + $1.amount : $0 }
    }

    /// The place of the threshold's crossing that holds for the window beginning at `start`: the one with the identity a
    /// new alert would get, or for a rolling window, which has no start of its own, the one that still fires.
    func crossing(of ratio: Ratio, limitRevision: Int64, from start: Timestamp, window: Window) -> Int? {
        func find(_ holds: (Alert) -> Bool) -> Int? {
            crossings.firstIndex {
                $0.alert.ratio == ratio && $0.alert.limitRevision == limitRevision && holds($0.alert)
            }
        }
        if case .rolling = window, let firing = find({ $0.state == .firing }) { return firing }
        return find { $0.window.start == start }
    }

    /// Whether this share was crossed in that window, under whichever limit.
    func hasCrossed(_ ratio: Ratio, in window: Interval) -> Bool {
        crossings.contains { $0.alert.ratio == ratio && $0.alert.window.start == window.start }
    }

    /// Drops what can no longer matter: slots that expired, and crossings that were resolved, before `horizon`.
    ///
    /// A resolved crossing stays as long as its identity could come again: to the end of its window; for a rolling one,
    /// to the end of the slot it is named after.
    package mutating func prune(before horizon: Timestamp, window: Window) {
        slots.removeAll { window.expiry(of: $0.interval) <= horizon }
        crossings.removeAll { crossing in
            guard let resolved = crossing.alert.resolvedAt else { return false }
            let start = crossing.alert.window.start
            let end =
                if case .rolling = window { window.slot(containing: start, in: .utc).end } else {
                    crossing.alert.window.end
                }
            return resolved <= horizon && end <= horizon
        }
    }

    package var isEmpty: Bool { slots.isEmpty && crossings.isEmpty && held == .zero }
}

/// A threshold that was crossed, with its alert.
package struct Crossing: Hashable, Sendable {
    package var alert: Alert
    /// Since when spend has been below it again; only rolling windows wait before they resolve.
    package var belowSince: Timestamp?

    package init(alert: Alert, belowSince: Timestamp? = nil) {
        self.alert = alert
        self.belowSince = belowSince
    }
}

/// Names an account within a policy.
package struct AccountKey: Hashable, Sendable {
    /// The budget's place in `Policy.budgets`.
    package var budget: Int
    package var split: Split

    package init(budget: Int, split: Split) {
        self.budget = budget
        self.split = split
    }
}
