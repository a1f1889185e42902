/// One meter × one split: its spend by slot of time, and of a budget the thresholds it has crossed.
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

    /// How one call ended.
    package struct Call: Hashable, Sendable {
        package var time: Timestamp
        /// A hash of its identity, so that it can be taken back.
        package var id: UInt64
        /// nil when it succeeded.
        package var errorKind: String?

        package init(time: Timestamp, id: UInt64, errorKind: String?) {
            self.time = time
            self.id = id
            self.errorKind = errorKind
        }
    }

    /// By start, each once; never empty amounts only, since a slot may be corrected to zero.
    package private(set) var slots: [Slot] = []
    /// In one order whoever keeps them, so that what is told of several does not depend on a restart; see `cross`.
    package var crossings: [Crossing] = []
    /// Since when a threshold that does not fire yet is reached, or one that fires no longer is.
    package var timers: [String: Timestamp] = [:]
    /// Set aside for admitted work that is not billed yet.
    package var held: Amount = .zero
    /// When there was a record last; of meters that keep it.
    package var lastSeen: Timestamp?
    /// The newest calls by time, and those of one time as they came; of meters that keep them.
    package private(set) var calls: [Call] = []

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

    /// Takes a threshold's alert in: the earliest first, of one instant by window, spend before forecast, then by share.
    package mutating func cross(_ alert: Alert) {
        let crossing = Crossing(alert: alert)
        var index = crossings.endIndex
        while index > 0, Crossing.inOrder(crossing, crossings[index - 1]) { index -= 1 }
        crossings.insert(crossing, at: index)
    }

    /// Takes a call in, in the place it has if it is known already, or takes it back.
    package mutating func note(_ call: Call, isRemoval: Bool) {
        let known = calls.lastIndex { $0.time == call.time && $0.id == call.id }
        if isRemoval {
            if let known { calls.remove(at: known) }
            return
        }
        if let known {
            calls[known] = call
            return
        }
        var index = calls.endIndex
        while index > 0, calls[index - 1].time > call.time { index -= 1 }
        calls.insert(call, at: index)
    }

    /// What counts against the limit at `now`.
    package func spent(at now: Timestamp, window: Window) -> Amount {
        slots.reduce(.zero) { window.counts($1.interval, at: now) ? $0 + $1.amount : $0 }
    }

    /// The sum of the slots that begin in `[from, until)`.
    package func amount(from: Timestamp, until: Timestamp) -> Amount {
        var (low, high) = (slots.startIndex, slots.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].interval.start < from { low = middle + 1 } else { high = middle }
        }
        var sum = Amount.zero
        while low < slots.endIndex, slots[low].interval.start < until {
            sum += slots[low].amount
            low += 1
        }
        return sum
    }

    /// The place of the threshold's crossing that holds for the window beginning at `start`: the one with the identity a
    /// new alert would get, or for a rolling window, which has no start of its own, the one that still fires, or that an
    /// operator ended less than a window ago.
    func crossing(
        of threshold: Threshold, limitRevision: Int64, from start: Timestamp, window: Window, now: Timestamp
    ) -> Int? {
        func find(_ holds: (Alert) -> Bool) -> Int? {
            crossings.firstIndex {
                $0.isOf(threshold) && $0.alert.limitRevision == limitRevision && holds($0.alert)
            }
        }
        if case .rolling(let span) = window, threshold.measure == .spent,
            let place = find({ $0.state == .firing }) ?? find({ $0.isResumed(lessThan: span, before: now) })
        {
            return place
        }
        return find { $0.window.start == start }
    }

    /// Whether this share was crossed in that window, under whichever limit.
    func hasCrossed(_ threshold: Threshold, in window: Interval) -> Bool {
        crossings.contains { $0.isOf(threshold) && $0.alert.window.start == window.start }
    }

    /// Drops what can no longer matter: slots that expired, and crossings that were resolved, before `horizon`.
    ///
    /// A resolved crossing stays as long as its identity could come again: to the end of its window; for a rolling one,
    /// to the end of the slot it is named after.
    ///
    /// - Parameter isHeeded: whether a crossing is kept all the same.
    package mutating func prune(before horizon: Timestamp, meter: Meter, isHeeded: (Crossing) -> Bool = { _ in false })
    {
        if let first = slots.first, meter.memory(of: first.interval) <= horizon {
            slots.removeAll { meter.memory(of: $0.interval) <= horizon }
        }
        if case .calls(let keep) = meter.slots {
            calls.removeAll { $0.time + keep <= horizon }
            if let seen = lastSeen, seen + keep <= horizon { lastSeen = nil }
        }
        crossings.removeAll { crossing in
            guard let resolved = crossing.alert.resolvedAt else { return false }
            return resolved <= horizon && meter.memory(of: crossing) <= horizon && !isHeeded(crossing)
        }
    }

    package var isEmpty: Bool {
        slots.isEmpty && crossings.isEmpty && timers.isEmpty && held == .zero && lastSeen == nil && calls.isEmpty
    }
}

/// A threshold that was crossed, with its alert.
package struct Crossing: Hashable, Sendable {
    package var alert: Alert

    package init(alert: Alert) { self.alert = alert }

    fileprivate static func inOrder(_ left: Crossing, _ right: Crossing) -> Bool {
        func order(_ alert: Alert) -> (Timestamp, Timestamp, Int, Int64, Int64, String) {
            (
                alert.firedAt, alert.window.start, alert.kind == .forecast ? 1 : 0,
                alert.ratio?.partsPerMillion ?? 0, alert.limitRevision, alert.id
            )
        }
        return order(left.alert) < order(right.alert)
    }

    func isOf(_ threshold: Threshold) -> Bool {
        alert.ratio == threshold.ratio && (alert.kind == .forecast) == (threshold.measure == .forecast)
    }
}

extension Alert {
    /// Whether an operator ended it, and less than that ago.
    fileprivate func isResumed(lessThan span: Span, before now: Timestamp) -> Bool {
        guard end == .resumed, let resolvedAt else { return false }
        return resolvedAt + span > now
    }
}

extension Budget {
    /// Until when a crossing has a say though it may be resolved: its pause for a while lasts on, or it was ended by an
    /// operator in a rolling window, where no other may follow for a window's length.
    package func heeds(_ crossing: Crossing) -> Timestamp? {
        guard let threshold = thresholds.first(where: { crossing.isOf($0) }) else { return nil }
        switch (threshold.actions.pause, window) {
        case (.lasting(let span), _): return crossing.alert.firedAt + span
        case (.untilResumed, .rolling(let span)):
            return crossing.alert.end == .resumed ? crossing.alert.resolvedAt.map { $0 + span } : nil
        default: return nil
        }
    }

    /// The longest for which any of its resolved crossings has a say; the ledger hands out so much of the past.
    package var longestHeed: Span {
        let spans = thresholds.map { threshold -> Span in
            switch (threshold.actions.pause, window) {
            case (.lasting(let span), _), (.untilResumed, .rolling(let span)): span
            default: .zero
            }
        }
        return spans.max() ?? .zero
    }

    /// Whether a pause that only an operator ends is over all the same, since the limit was raised (or the budget is
    /// another one) after the alert behind it.
    func frees(_ alert: Alert, under limit: Limit) -> Bool {
        guard alert.per == per, let old = alert.limit, old.unit == limit.unit else { return true }
        return limit.value > old.value
    }
}

/// Names an account within a policy.
package struct AccountKey: Hashable, Sendable {
    /// The meter's place in `Metering.meters`; a budget's own is its place in `Policy.budgets`.
    package var meter: Int
    package var split: Split

    package init(meter: Int, split: Split) {
        self.meter = meter
        self.split = split
    }

    static func inOrder(_ left: AccountKey, _ right: AccountKey) -> Bool {
        (left.meter, left.split.raw) < (right.meter, right.split.raw)
    }
}
