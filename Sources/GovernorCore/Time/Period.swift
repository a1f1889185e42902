extension Window {
    /// The units of the calendar; weeks begin on Monday unless a period says otherwise.
    package enum CalendarUnit: String, CaseIterable, Sendable {
        case hour, day, week, month, quarter, year

        /// The UTC interval of the plain unit that holds `time`, as the zone's clock counts it.
        package func interval(containing time: Timestamp, in zone: Zone) -> Interval {
            Period(self).interval(containing: time, in: zone)
        }
    }

    /// A unit of the calendar and where in it a window begins.
    package struct Period: Hashable, Sendable {
        /// How long it is, by the calendar.
        package var unit: CalendarUnit
        /// From 1: the weekday of a week (1 Monday to 7 Sunday), the day of a month; for a quarter or year that day of
        /// its first month. Beyond the month's end it is the month's last day. Nothing to hours and days.
        package var startsOn: Int64
        /// The wall clock's reading that a day begins at, such as 12:00, so that a night is one day; from zero to below
        /// 24 hours, taken around the clock beyond that. Nothing to the other units.
        package var startsAt: Span

        /// The plain unit unless told where in it to begin.
        package init(_ unit: CalendarUnit, startsOn: Int64 = 1, startsAt: Span = .zero) {
            self.unit = unit
            self.startsOn = startsOn
            self.startsAt = startsAt
        }

        // The plain ones, so that `.calendar(.day)` reads as it is said.
        package static let hour = Period(.hour)
        package static let day = Period(.day)
        package static let week = Period(.week)
        package static let month = Period(.month)
        package static let quarter = Period(.quarter)
        package static let year = Period(.year)

        /// `day`, `month from the 15th`, `week from Sunday`, `day from 12:00`; the same for two periods exactly when they
        /// are the same windows in every zone.
        package var text: String {
            switch unit {
            case .hour: "hour"
            case .day: startTime == .zero ? "day" : "day from \(startTime.wallClock)"
            case .week: startDay == 1 ? "week" : "week from \(Weekday.name(of: startDay))"
            case .month, .quarter, .year:
                startDay == 1 ? unit.rawValue : "\(unit.rawValue) from the \(Self.ordinal(startDay))"
            }
        }

        /// The UTC interval of the period that holds `time`, as the zone's clock counts it.
        ///
        /// It begins at the first instant at which the wall clock shows at least the reading it is named after, so a
        /// reading that the clock jumps over begins at the jump, and one that comes twice at the first.
        package func interval(containing time: Timestamp, in zone: Zone) -> Interval {
            guard unit != .hour else { return Self.hour(containing: time, in: zone) }
            let first = firstDate(of: date(at: zone.civil(at: time)))
            let second = firstDate(after: first)
            let middle = start(of: second, in: zone)
            // Where the clock falls back over a boundary (Newfoundland until 2011, from 00:01), the old date comes again
            // for a while; the new one has begun all the same, or the day would have to be opened twice.
            return time < middle
                ? Interval(start: start(of: first, in: zone), end: middle)
                : Interval(start: middle, end: start(of: firstDate(after: second), in: zone))
        }
    }
}

extension Window.Period {
    /// `startsOn` within what the unit has.
    private var startDay: Int64 { min(max(startsOn, 1), unit == .week ? 7 : 31) }

    /// `startsAt` within a day.
    private var startTime: Span {
        unit == .day ? Span(milliseconds: startsAt.milliseconds.modulo(86_400_000)) : .zero
    }

    /// The date whose day a reading belongs to: before the day's start, yesterday's.
    private func date(at civil: CivilTime) -> CivilDate {
        civil.millisecondOfDay < startTime.milliseconds ? civil.date.later(by: -1) : civil.date
    }

    /// When a period that begins on that date does so.
    private func start(of date: CivilDate, in zone: Zone) -> Timestamp {
        zone.instant(of: CivilTime(date: date, millisecondOfDay: startTime.milliseconds))
    }

    /// The first date of the period that holds `date`; an hour's is the date itself.
    private func firstDate(of date: CivilDate) -> CivilDate {
        switch unit {
        case .hour, .day: return date
        case .week: return date.later(by: -((date.weekday - startDay).modulo(7)))
        case .month, .quarter, .year:
            let month = CivilDate(year: date.year, month: (date.month - 1) / months * months + 1, day: 1)
            let first = starting(in: month)
            return first <= date ? first : starting(in: month.monthsLater(-months))
        }
    }

    /// The first date of the period after the one that `first` begins.
    private func firstDate(after first: CivilDate) -> CivilDate {
        switch unit {
        case .hour, .day: first.later(by: 1)
        case .week: first.later(by: 7)
        case .month, .quarter, .year: starting(in: first.monthsLater(months))
        }
    }

    /// How many months a period has.
    private var months: Int64 {
        switch unit {
        case .hour, .day, .week, .month: 1
        case .quarter: 3
        case .year: 12
        }
    }

    /// The day of that month on which a period begins.
    private func starting(in month: CivilDate) -> CivilDate {
        let last = CivilDate.daysIn(month: month.month, of: month.year)
        return CivilDate(year: month.year, month: month.month, day: min(startDay, last))
    }

    /// An hour of the wall clock; where the offset changes inside it, the change ends one hour and begins the next.
    private static func hour(containing time: Timestamp, in zone: Zone) -> Interval {
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

    /// `1st`, `22nd`, `13th`.
    private static func ordinal(_ day: Int64) -> String {
        let ending =
            switch (day / 10, day % 10) {
            case (1, _): "th"
            case (_, 1): "st"
            case (_, 2): "nd"
            case (_, 3): "rd"
            default: "th"
            }
        return "\(day)\(ending)"
    }
}

extension CivilDate {
    /// The first of the month that is so many later, or earlier when negative.
    fileprivate func monthsLater(_ months: Int64) -> CivilDate {
        let count = year * 12 + (month - 1) + months
        let month = count.modulo(12)
        return CivilDate(year: (count - month) / 12, month: month + 1, day: 1)
    }
}
