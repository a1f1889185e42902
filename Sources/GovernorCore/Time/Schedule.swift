/// Hours of the week with a name, by the wall clock: a budget that has one counts and decides only within its shifts.
package struct Schedule: Hashable, Sendable {
    /// What budgets call it by; no part of `text`.
    package var name: String
    /// The weekdays on which a shift begins, 1 Monday to 7 Sunday.
    package var days: Set<Int64>
    /// The reading a shift begins at, since midnight; below 24:00.
    package var from: Span
    /// The reading it ends at, up to 24:00; on the next day unless it is later than `from`, so equal ends make a day.
    package var to: Span

    /// All seven weekdays.
    package static let everyDay = Set<Int64>(1...7)

    /// - Parameter days: every day when empty.
    package init(name: String, days: Set<Int64> = everyDay, from: Span, to: Span) {
        self.name = name
        self.days = days.isEmpty ? Self.everyDay : days
        self.from = from
        self.to = to
    }

    /// Whether a shift is on at that instant.
    package func contains(_ time: Timestamp, in zone: Zone) -> Bool { shift(containing: time, in: zone) != nil }

    /// The shift that is on at that instant; there is never more than one.
    package func shift(containing time: Timestamp, in zone: Zone) -> Interval? {
        let today = zone.civil(at: time).date
        // The one that began yesterday may last; and where the clock fell back over midnight, tomorrow's has begun.
        return shifts(from: today.later(by: -1), count: 3, in: zone).first { $0.contains(time) }
    }

    /// The first shift that begins later than `time`. A shift that the clock jumps over is none.
    /// - Returns: nil only without days, or at the end of time.
    package func nextShift(after time: Timestamp, in zone: Zone) -> Interval? {
        let today = zone.civil(at: time).date
        // Three weeks: a schedule of one weekday can lose one of them to a date that was left out (Samoa, 2011-12-30).
        return shifts(from: today.later(by: -1), count: 23, in: zone).first { $0.start > time && $0.start < $0.end }
    }

    /// `mon to fri from 22:00 to 06:00`, `every day from 08:00 to 20:00`, `sat and sun from 00:00 to 24:00`.
    package var text: String {
        let sorted = days.sorted()
        let names = sorted.map(Weekday.short)
        let hours = "from \(from.wallClock) to \(to.wallClock)"
        guard let first = sorted.first, let last = sorted.last else { return "never" }
        if names.count == 7 { return "every day \(hours)" }
        if names.count > 2, last - first == Int64(names.count) - 1 {
            return "\(Weekday.short(first)) to \(Weekday.short(last)) \(hours)"
        }
        guard names.count > 1 else { return "\(names[0]) \(hours)" }
        return "\(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1]) \(hours)"
    }

    /// The shifts that begin on so many dates, in order; none reaches into the next.
    private func shifts(from first: CivilDate, count: Int64, in zone: Zone) -> some Sequence<Interval> {
        (0..<count).lazy.map { first.later(by: $0) }.filter { days.contains($0.weekday) }.map { date in
            let end = to > from ? date : date.later(by: 1)
            return Interval(
                start: zone.instant(of: CivilTime(date: date, millisecondOfDay: from.milliseconds)),
                end: zone.instant(of: CivilTime(date: end, millisecondOfDay: to.milliseconds)))
        }
    }
}
