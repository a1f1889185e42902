/// Where spend will stand at a window's end if work goes on as it did, and how sure that is.
///
/// An estimate, so it is reckoned in `Double`; what goes in and what comes out is `Money`, and always
/// `spent ≤ low ≤ expected ≤ high`.
package struct Forecast: Hashable, Sendable {
    /// The window whose end is forecast.
    package var window: Interval
    /// The instant the forecast was made for; it knows nothing later.
    package var at: Timestamp
    /// Spent in the window until then.
    package var spent: Money
    /// The middle, which the odds take to be as likely passed as not; in past windows it was passed in 54 to 62%.
    package var expected: Money
    /// The 80% interval: one window in ten ends below `low`, one in ten above `high`.
    package var low: Money
    package var high: Money
    /// The probability, 0 to 1, that the window ends above the limit; nil without one, 1 when it is already reached.
    package var probabilityOver: Double?
    package var limit: Money?
    /// `ewma-7d`, `run-rate` in the first days of spend, both named while one passes into the other, or `no history`.
    package var method: String
    /// Full days from the first spend on, at most 84.
    package var historyDays: Int
    /// How the method did on this history; nil when it is shorter than two windows.
    package var backtest: Backtest?

    /// Forecasts the end of any window that has one.
    ///
    /// The remaining spend is the level of a day (`SpendLevel`) times the days that remain: the rest of today as the
    /// share of it that is left, then the local dates up to the window's end. For a window that is still to begin, its
    /// whole length; for one that is over, nothing.
    ///
    /// - Parameters:
    ///   - history: daily totals of the same split, reaching back across the window's start.
    ///   - window: the window; it may begin before the history.
    ///   - spent: what the account holds for the window; nil sums the history's days, which is the same for a window
    ///     that begins at a midnight the history reaches back to.
    ///   - limit: the limit the probability is asked for.
    ///   - zone: the zone the history's dates are counted in.
    /// - Returns: nil for a window without an end (lifetime), and for instants outside the years 1 to 9999.
    package static func make(
        history: DailySpend, window: Interval, spent: Money? = nil, limit: Money?, now: Timestamp, zone: Zone
    ) -> Forecast? {
        guard CivilCalendarRange.holds(now), CivilCalendarRange.holds(window.end) else { return nil }
        let start = DayPosition(of: CivilCalendarRange.clamped(window.start), in: zone)
        let end = DayPosition(of: window.end, in: zone)
        let today = DayPosition(of: now, in: zone)
        let from = now < window.start ? start : today
        let remaining = max(0, end.days(since: from))

        let known = history.estimates(today: today.day)
        var learned = SpendLevel()
        var levels = [learned.level()]
        for day in known.days {
            learned.add(day)
            levels.append(learned.level())
        }
        let level = learned.level(today: known.today, elapsed: today.elapsed)
        let expected = level * remaining
        let spread = SpendSpread(days: known.days[...], level: level, remaining: remaining)

        let spent = spent ?? history.total(in: window, zone: zone)
        let length = end.days(since: start)
        return Forecast(
            window: window, at: now, spent: spent, expected: spent.adding(expected),
            low: spent.adding(expected - spread.down), high: spent.adding(expected + spread.up),
            probabilityOver: limit.map { limit in
                guard spent < limit else { return 1 }
                let room = Double(limit.nanodollars) - Double(spent.nanodollars)
                return spread.probability(over: room, expected: expected)
            },
            limit: limit, method: known.days.isEmpty && known.today == 0 ? "no history" : learned.method,
            historyDays: known.days.count,
            backtest: Backtest(
                days: known.days, levels: levels, length: wholeDays(length), gone: wholeDays(length - remaining)))
    }

    /// Rounded, and never more than a backtest could use.
    private static func wholeDays(_ days: Double) -> Int {
        Int(min(Double(DailySpend.longest), max(0, days)).rounded())
    }
}

extension Money {
    /// More by an estimate, which counts as nothing when it is below zero; saturating.
    fileprivate func adding(_ estimate: Double) -> Money {
        guard estimate > 0 else { return self }
        let rounded = estimate.rounded()
        return self + Money(nanodollars: rounded < Double(Int64.max) ? Int64(rounded) : .max)
    }
}
