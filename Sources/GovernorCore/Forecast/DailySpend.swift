/// What was spent on each local civil day, the last of them today so far: all a forecast knows of the past.
///
/// A day without spend inside the list is a day of history, a zero. Days before the first spend in it are none: an
/// account that is three days old has three days of history, not 84 of them mostly empty.
package struct DailySpend: Hashable, Sendable {
    /// The date of `totals[0]`, in the zone the forecast is made in.
    package var firstDay: CivilDate
    /// One total a day without gaps, normally up to `today`, whose total is what has been spent until now. A list that
    /// ends earlier reads as nothing spent since; days after today (a clock that runs ahead) count as spent, not as
    /// history. A negative total (corrections of an earlier day) is nothing spent, as far as the level goes.
    package var totals: [Money]

    /// How many full days before today are looked at; older ones are passed over.
    package static let longest = 84

    package init(firstDay: CivilDate, totals: [Money]) {
        self.firstDay = firstDay
        self.totals = totals
    }

    /// The sum of the days that lie in `window`, saturating.
    ///
    /// It is the window's spend only when the window begins at a midnight that the list reaches back to; for any other,
    /// the account knows what was spent.
    package func total(in window: Interval, zone: Zone) -> Money {
        guard let first = firstDayNumber, CivilCalendarRange.holds(window.end), window.start < window.end else {
            return .zero
        }
        let from = DayPosition(of: CivilCalendarRange.clamped(window.start), in: zone).day
        let through = DayPosition(of: window.end - Span(milliseconds: 1), in: zone).day
        return totals.enumerated().reduce(Money.zero) { sum, day in
            let number = first + Int64(day.offset)
            return from <= number && number <= through ? sum + day.element : sum
        }
    }

    /// The full days before `today` from the first spend on, oldest first, and today's spend, as estimates to reckon
    /// with. Not money: never added to an account.
    func estimates(today: Int64) -> (days: [Double], today: Double) {
        guard let first = firstDayNumber else { return ([], 0) }
        func total(of day: Int64) -> Double {
            guard day >= first, day - first < Int64(totals.count) else { return 0 }
            return Double(max(0, totals[Int(day - first)].nanodollars))
        }
        let full = (today - Int64(Self.longest)..<today).map(total(of:))
        return (Array(full.drop { $0 == 0 }), total(of: today))
    }

    private var firstDayNumber: Int64? {
        (1...9999).contains(firstDay.year) && firstDay.isValid ? firstDay.daysSinceEpoch : nil
    }
}

/// Where an instant lies among the local days: how many midnights since 1970-01-01, and how far through the day.
struct DayPosition: Sendable {
    /// The date, as days since 1970-01-01.
    let day: Int64
    /// The share of that day which is over, in [0, 1), of 23 or 25 hours where the clocks change.
    let elapsed: Double

    /// - Parameter time: within `CivilCalendarRange`.
    init(of time: Timestamp, in zone: Zone) {
        day = zone.civil(at: time).date.daysSinceEpoch
        let start = zone.start(of: CivilDate(daysSinceEpoch: day))
        let length = (zone.start(of: CivilDate(daysSinceEpoch: day + 1)) - start).milliseconds
        // Where a date does not exist at all (a zone that crossed the date line) its length is nothing.
        elapsed = length > 0 ? min(1, max(0, Double((time - start).milliseconds) / Double(length))) : 0
    }

    /// Days from `earlier` to here, with their fractions.
    func days(since earlier: DayPosition) -> Double {
        Double(day - earlier.day) + elapsed - earlier.elapsed
    }
}

/// The instants whose date can be reckoned with: the years 1 to 9999. A lifetime window ends beyond them.
enum CivilCalendarRange {
    static let first = Timestamp(milliseconds: -62_135_596_800_000 + 86_400_000)
    static let last = Timestamp(milliseconds: 253_402_300_799_999 - 86_400_000)

    static func holds(_ time: Timestamp) -> Bool { first <= time && time <= last }
    static func clamped(_ time: Timestamp) -> Timestamp { min(last, max(first, time)) }
}
