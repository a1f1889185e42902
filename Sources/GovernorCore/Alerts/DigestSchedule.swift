/// When a receiver's digests are due: `08:00` every day, `mon 08:00` every Monday, by the policy's zone.
package struct DigestSchedule: Hashable, Sendable {
    /// From 1 Monday to 7 Sunday; nil for every day.
    package var weekday: Int64?
    /// The wall clock's reading.
    package var at: Span

    package init(weekday: Int64? = nil, at: Span) {
        self.weekday = weekday
        self.at = at
    }

    /// The stretch between two digests that holds `time`; the digest of a stretch is due at its end.
    package func period(containing time: Timestamp, in zone: Zone) -> Interval {
        let day = Window.Period(.day, startsAt: at)
        let today = day.interval(containing: time, in: zone)
        guard let weekday else { return today }
        // A day of the digest is named after the date on which it begins.
        var (first, last) = (today, today)
        for _ in 0..<7 where zone.civil(at: first.start).date.weekday != weekday {
            first = day.interval(containing: Timestamp(milliseconds: first.start.milliseconds - 1), in: zone)
        }
        for _ in 0..<7 where zone.civil(at: last.end).date.weekday != weekday {
            last = day.interval(containing: last.end, in: zone)
        }
        return Interval(start: first.start, end: last.end)
    }

    /// `at 08:00`, `on Monday at 08:00`: as a part of a sentence.
    package var whenText: String { (weekday.map { "on \(Weekday.name(of: $0)) " } ?? "") + "at \(at.wallClock)" }

    /// `08:00`, `Monday 08:00`.
    package var text: String { (weekday.map { "\(Weekday.name(of: $0)) " } ?? "") + at.wallClock }
}
