/// The stretch of time a budget's limit holds for.
package enum Window: Hashable, Sendable {
    /// From one boundary of the calendar to the next, in the policy's zone.
    case calendar(CalendarUnit)
    /// The last so many milliseconds, always moving.
    case rolling(Span)
    /// From the first record ever, without end.
    case lifetime

    /// The units of the calendar; weeks begin on Monday.
    package enum CalendarUnit: String, CaseIterable, Sendable {
        case hour, day, week, month, quarter, year
    }

    /// How long one slot of an account is. A calendar or lifetime window is a single slot; a rolling one is cut in 300,
    /// so that spend leaves it never early and at most one slot late.
    package static let rollingSlots: Int64 = 300

    /// The slot that holds `time`: the whole window for calendar and lifetime, a 300th of it for rolling.
    package func slot(containing time: Timestamp, in zone: Zone) -> Interval {
        switch self {
        case .calendar(let unit): unit.interval(containing: time, in: zone)
        case .lifetime: Interval(start: .distantPast, end: .distantFuture)
        case .rolling(let span):
            Self.grid(containing: time, step: Self.slotLength(of: span))
        }
    }

    /// The window that is current at `now`; for a rolling one, `(now - span, now]` as the half-open `[now - span + 1 ms, …)`.
    package func current(at now: Timestamp, in zone: Zone) -> Interval {
        guard case .rolling(let span) = self else { return slot(containing: now, in: zone) }
        let next = now + Span(milliseconds: 1)
        return Interval(start: next - span, end: next)
    }

    /// Whether spend of this slot still counts at `now`. Future slots of a rolling window count at once, since a clock
    /// that runs ahead must not hide spend; future calendar windows wait for their time.
    package func counts(_ slot: Interval, at now: Timestamp) -> Bool {
        switch self {
        case .calendar, .lifetime: slot.contains(now)
        case .rolling(let span): slot.end + span > now
        }
    }

    /// When the last of the slot's spend no longer counts.
    package func expiry(of slot: Interval) -> Timestamp {
        guard case .rolling(let span) = self else { return slot.end }
        return slot.end + span
    }

    private static func slotLength(of span: Span) -> Int64 { max(1, span.milliseconds / rollingSlots) }

    private static func grid(containing time: Timestamp, step: Int64) -> Interval {
        let start = time.milliseconds.saturatingAdding(-time.milliseconds.modulo(step))
        return Interval(
            start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start.saturatingAdding(step)))
    }
}

extension Window.CalendarUnit {
    /// The UTC interval of the calendar unit that holds `time`, as the zone's clock counts it.
    package func interval(containing time: Timestamp, in zone: Zone) -> Interval {
        let civil = zone.civil(at: time)
        let date = civil.date
        switch self {
        case .hour: return hour(containing: time, in: zone)
        case .day, .week, .month, .quarter, .year:
            let first = firstDate(of: date)
            let second = firstDate(after: first)
            let middle = zone.start(of: second)
            // Where the clock falls back over midnight (Newfoundland until 2011, from 00:01), the old date comes again
            // for a while; the new one has begun all the same, or the day would have to be opened twice.
            return time < middle
                ? Interval(start: zone.start(of: first), end: middle)
                : Interval(start: middle, end: zone.start(of: firstDate(after: second)))
        }
    }

    /// The first date of the unit that holds `date`; an hour's is the date itself.
    private func firstDate(of date: CivilDate) -> CivilDate {
        switch self {
        case .hour, .day: date
        case .week: CivilDate(daysSinceEpoch: date.daysSinceEpoch - (date.weekday - 1))
        case .month: CivilDate(year: date.year, month: date.month, day: 1)
        case .quarter: CivilDate(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1)
        case .year: CivilDate(year: date.year, month: 1, day: 1)
        }
    }

    /// The first date of the unit after the one that `first` begins.
    private func firstDate(after first: CivilDate) -> CivilDate {
        switch self {
        case .hour, .day: CivilDate(daysSinceEpoch: first.daysSinceEpoch + 1)
        case .week: CivilDate(daysSinceEpoch: first.daysSinceEpoch + 7)
        case .month: first.monthsLater(1)
        case .quarter: first.monthsLater(3)
        case .year: first.monthsLater(12)
        }
    }

    /// An hour of the wall clock; where the offset changes inside it, the change ends one hour and begins the next.
    private func hour(containing time: Timestamp, in zone: Zone) -> Interval {
        let offset = zone.offset(at: time)
        let past = time.milliseconds.saturatingAdding(offset).modulo(3_600_000)
        let start = time.milliseconds.saturatingAdding(-past)
        let end = start.saturatingAdding(3_600_000)
        let startOffset = zone.offset(at: Timestamp(milliseconds: start))
        let endOffset = zone.offset(at: Timestamp(milliseconds: end - 1))
        return Interval(
            start: startOffset == offset
                ? Timestamp(milliseconds: start)
                : zone.transition(after: start, upTo: time.milliseconds, from: startOffset),
            end: endOffset == offset
                ? Timestamp(milliseconds: end) : zone.transition(after: time.milliseconds, upTo: end - 1, from: offset))
    }
}

extension CivilDate {
    /// The first of the month that is so many (up to twelve) later.
    fileprivate func monthsLater(_ months: Int64) -> CivilDate {
        let month = self.month + months
        return CivilDate(year: year + (month > 12 ? 1 : 0), month: month > 12 ? month - 12 : month, day: 1)
    }
}
