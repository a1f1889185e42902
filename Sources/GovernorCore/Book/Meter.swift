/// What is summed of the records for one purpose of one policy item: of which records, split how, in which slots of time.
///
/// A budget has one for its window (and one of days when it forecasts); a rule has what its condition looks at. Accounts
/// are kept per meter and split, and derived from the ledger like each other.
package struct Meter: Hashable, Sendable {
    /// What of a matching record is kept.
    package enum Value: Hashable, Sendable {
        /// Cost, tokens and the call.
        case spend
        /// The same of calls whose model has no price.
        case unpriced
        /// Of calls that cost nothing on purpose, what they would have cost at these prices.
        case saved(at: PriceRow)
        /// When there was one last.
        case presence
        /// How the newest calls ended.
        case outcomes
    }

    /// Slots of time that are summed apart, and how long they are kept.
    package enum Slots: Hashable, Sendable {
        /// As the window cuts time; kept while they count.
        case window(Window)
        /// Multiples of a length since 1970, for rules that look back.
        case steps(Span, keep: Span)
        /// Local days, for so many days.
        case days(keep: Int64)
        /// Nothing is summed; single calls are kept for so long.
        case calls(keep: Span)
    }

    /// The policy item and the purpose, unique within a policy: `budget worker-day`, `rule burn-month 5%/short`.
    package var name: String
    package var per: [LabelKey]
    package var matcher: Matcher
    /// When records count; nil for always.
    package var schedule: Schedule?
    package var zone: Zone
    package var value: Value
    package var slots: Slots

    package init(
        name: String, per: [LabelKey], matcher: Matcher, schedule: Schedule?, zone: Zone, value: Value = .spend,
        slots: Slots
    ) {
        self.name = name
        self.per = per
        self.matcher = matcher
        self.schedule = schedule
        self.zone = zone
        self.value = value
        self.slots = slots
    }

    /// What its accounts depend on; while it stays the same the stored accounts hold, whatever happens to limits and
    /// actions.
    package var fingerprint: String {
        let isLocal =
            switch slots {
            case .window(.calendar), .days: true
            case .window, .steps, .calls: schedule != nil
            }
        let match = matcher.terms.map { "\($0.key.text)~\($0.globs.map(\.pattern))" }.joined(separator: ",")
        return StableHash.hex(
            "\(name)|\(per.map(\.text))|\(slots)|\(isLocal ? zone.identifier : "")|\(match)|\(value)"
                + (schedule.map { "|\($0.text)" } ?? ""))
    }

    /// The fingerprint without the name, which changes no sum.
    package var definition: String {
        var nameless = self
        nameless.name = ""
        return nameless.fingerprint
    }

    /// Whether its accounts are rows of the ledger; the others are read from the newest records at start.
    package var isStored: Bool {
        switch value {
        case .spend, .unpriced, .saved: true
        case .presence, .outcomes: false
        }
    }

    /// Whether a record at this time counts.
    package func isOpen(at time: Timestamp) -> Bool { schedule?.contains(time, in: zone) ?? true }

    /// What the record adds; nil when it adds nothing to this meter.
    package func amount(of record: UsageRecord) -> Amount? {
        switch value {
        case .spend: return record.amount
        case .unpriced: return record.costOrigin == .unpriced ? record.amount : nil
        case .saved(let row):
            guard record.costOrigin == .priced, record.cost == .zero, record.tokens.total > 0 else { return nil }
            return Amount(cost: PriceBook.cost(of: record, at: row), tokens: record.tokens.total, calls: 1)
        case .presence, .outcomes: return nil
        }
    }

    /// The slot that holds `time`; of a block, given those the account has.
    package func slot(containing time: Timestamp, in account: Account?) -> Interval {
        switch slots {
        case .window(.block): block(containing: time, in: account)
        case .window(let window): window.slot(containing: time, in: zone)
        case .steps(let step, _): Self.grid(containing: time, step: max(1, step.milliseconds))
        case .days: Window.Period.day.interval(containing: time, in: zone)
        case .calls: Interval(start: time, end: time)
        }
    }

    private func block(containing time: Timestamp, in account: Account?) -> Interval {
        guard case .window(let window) = slots else { return Interval(start: time, end: time) }
        return window.block(containing: time, among: (account?.slots ?? []).map(\.interval))
    }

    /// When the last of the slot's spend no longer counts.
    package func expiry(of slot: Interval) -> Timestamp {
        switch slots {
        case .window(let window): window.expiry(of: slot)
        case .steps(_, let keep): slot.end + keep
        case .days(let keep): slot.end + .days(keep)
        case .calls(let keep): slot.end + keep
        }
    }

    /// Until when it must be known that the slot was there. A block is remembered longer than it counts: a use that
    /// becomes known late must not begin one where another was.
    package func memory(of slot: Interval) -> Timestamp {
        guard case .window(.block(let span)) = slots else { return expiry(of: slot) }
        return expiry(of: slot) + span
    }

    /// Until when a resolved crossing's identity could come again: the end of its window; for a rolling one, of the slot it
    /// is named after.
    func memory(of crossing: Crossing) -> Timestamp {
        guard case .window(.rolling) = slots, crossing.alert.kind == .threshold else {
            return crossing.alert.window.end
        }
        return slot(containing: crossing.alert.window.start, in: nil).end
    }

    /// From when on records may still count at `now`, or say where a block began that counts.
    package func reach(at now: Timestamp) -> Timestamp {
        switch slots {
        case .window(.calendar(let period)): period.interval(containing: now, in: zone).start
        case .window(.rolling(let span)): now - span
        case .window(.block(let span)): now - span - span
        case .window(.lifetime): .distantPast
        case .steps(let step, let keep): now - keep - step
        case .days(let keep): Window.Period.day.interval(containing: now - .days(keep), in: zone).start
        case .calls(let keep): now - keep
        }
    }

    private static func grid(containing time: Timestamp, step: Int64) -> Interval {
        let start = time.milliseconds.saturatingAdding(-time.milliseconds.modulo(step))
        return Interval(
            start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start.saturatingAdding(step)))
    }
}

extension Budget {
    /// What its spend is summed by.
    package var meter: Meter {
        Meter(
            name: "budget \(name)", per: per, matcher: matcher, schedule: schedule, zone: zone, slots: .window(window))
    }

    /// The days its forecast looks back on; nil when no threshold asks for one.
    package var forecastMeter: Meter? {
        guard thresholds.contains(where: { $0.measure == .forecast }) else { return nil }
        return Meter(
            name: "budget \(name) by day", per: per, matcher: matcher, schedule: schedule, zone: zone,
            slots: .days(keep: Int64(DailySpend.longest)))
    }
}
