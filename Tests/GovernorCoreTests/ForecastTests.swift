import Foundation
import GovernorCore
import Testing

/// Cases small enough to work out by hand. November 2026 has 30 days; times are UTC unless a zone is named.
@Suite struct ForecastTests {
    static let november = Window.CalendarUnit.month.interval(containing: at(2026, 11, 15), in: .utc)

    static func at(_ year: Int64, _ month: Int64, _ day: Int64, hour: Int64 = 0) -> Timestamp {
        Zone.utc.instant(
            of: CivilTime(date: CivilDate(year: year, month: month, day: day), millisecondOfDay: hour * 3_600_000))
    }

    /// The days before 2026-11-`day`, in dollars, and today so far.
    static func history(_ days: [Int64], today: Int64 = 0, before day: Int64) -> DailySpend {
        let last = CivilDate(year: 2026, month: 11, day: day).daysSinceEpoch
        return DailySpend(
            firstDay: CivilDate(daysSinceEpoch: last - Int64(days.count)), totals: (days + [today]).map(Money.dollars))
    }

    static func forecast(
        _ history: DailySpend, window: Interval = november, spent: Money? = nil, limit: Money? = nil, day: Int64,
        hour: Int64 = 0, zone: Zone = .utc
    ) throws -> Forecast {
        try #require(
            Forecast.make(
                history: history, window: window, spent: spent, limit: limit, now: at(2026, 11, day, hour: hour),
                zone: zone))
    }

    // MARK: The level

    @Test func `a month that costs the same every day ends at that times its days`() throws {
        let forecast = try Self.forecast(Self.history(Array(repeating: 10, count: 40), before: 11), day: 11)
        #expect(forecast.spent == .dollars(100))
        #expect(forecast.expected == .dollars(300))
        #expect(forecast.low == .dollars(300))
        #expect(forecast.high == .dollars(300))
        #expect(forecast.method == "ewma-7d")
        #expect(forecast.historyDays == 40)
        #expect(forecast.probabilityOver == nil)
    }

    @Test func `a first month is forecast by its run-rate up to ten days`() throws {
        let forecast = try Self.forecast(Self.history([4, 0, 0, 20, 6], before: 6), day: 6)
        #expect(forecast.expected == .dollars(180))
        #expect(forecast.method == "run-rate")
        let tenDays = try Self.forecast(Self.history([90, 0, 0, 0, 0, 0, 0, 0, 0, 10], before: 11), day: 11)
        #expect(tenDays.expected == .dollars(300))
    }

    @Test func `days before the first spend are no history`() throws {
        let forecast = try Self.forecast(
            Self.history(Array(repeating: 0, count: 60) + [10, 20, 30], before: 4), day: 4)
        #expect(forecast.historyDays == 3)
        #expect(forecast.expected == .dollars(600))
    }

    @Test func `an idle day after the first spend is history`() throws {
        let forecast = try Self.forecast(Self.history([30, 0, 0], before: 4), day: 4)
        #expect(forecast.historyDays == 3)
        #expect(forecast.expected == .dollars(300))
    }

    @Test func `one wild day counts for two and a half usual ones`() throws {
        let forecast = try Self.forecast(Self.history(Array(repeating: 10, count: 28) + [100], before: 30), day: 30)
        // Weights 2^(-age/7): the newest of 29 days has 1 of (1 - 2^(-29/7)) / (1 - 2^(-1/7)) = 10.0064, so the level is
        // 10 + 15 / 10.0064 = 11.499, for the one day that remains.
        let rest = forecast.expected - forecast.spent
        #expect(abs(rest.nanodollars - 11_499_000_000) < 2_000_000, "\(rest.text)")
        #expect(forecast.spent == .dollars(28 * 10 + 100))
    }

    @Test func `history beyond 84 days is passed over`() throws {
        let recent = Array(repeating: Int64(10), count: 84)
        let forecast = try Self.forecast(Self.history([9000, 9000] + recent, before: 11), day: 11)
        #expect(forecast == (try Self.forecast(Self.history(recent, before: 11), day: 11)))
        #expect(forecast.historyDays == 84)
    }

    // MARK: Today

    @Test func `today is expected to cost what is spent plus the level for the rest of it`() throws {
        let day = Window.CalendarUnit.day.interval(containing: Self.at(2026, 11, 11), in: .utc)
        let forecast = try Self.forecast(
            Self.history(Array(repeating: 10, count: 20), today: 5, before: 11), window: day, day: 11, hour: 12)
        #expect(forecast.spent == .dollars(5))
        #expect(forecast.expected == .dollars(10))
        #expect(forecast.backtest == nil)
    }

    @Test func `a quiet morning hardly lowers the forecast`() throws {
        let days = Array(repeating: Int64(10), count: 40)
        let midnight = try Self.forecast(Self.history(days, before: 11), day: 11)
        let morning = try Self.forecast(Self.history(days, before: 11), day: 11, hour: 6)
        #expect(morning.expected < midnight.expected)
        // A quarter of a day at 10 is gone unspent, and the level sinks by under one percent.
        #expect(morning.expected > .dollars(294))
    }

    @Test func `the first hours ever are scaled up by four at most`() throws {
        let forecast = try Self.forecast(Self.history([], today: 3, before: 1), day: 1, hour: 1)
        // 12 a day for the 29 days and 23 hours that remain.
        #expect(forecast.expected == Money(dollars: "362.5"))
        #expect(forecast.historyDays == 0)
        #expect(forecast.method == "run-rate")
    }

    // MARK: The interval and the odds

    @Test func `one day of history makes a wide interval`() throws {
        let forecast = try Self.forecast(Self.history([10], before: 2), day: 2)
        // Six of seven days stand in at a deviation of the level: sd = 10 · sqrt(6/7) = 9.2582; 29 days remain, so
        // s = 1.2816 · 9.2582 · sqrt(29) = 63.897; 300 - 2s and 300 + 7.75s.
        #expect(forecast.expected == .dollars(300))
        #expect(abs(forecast.low.nanodollars - 172_206_000_000) < 10_000_000, "\(forecast.low.text)")
        #expect(abs(forecast.high.nanodollars - 795_200_000_000) < 10_000_000, "\(forecast.high.text)")
    }

    @Test(arguments: [
        (3, 7.75), (4, 7.5), (5, 7.25), (7, 6.25), (10, 5.25), (12, 4.5), (14, 3.75), (21, 1.75), (28, 1.75),
    ])
    func `above the middle the interval reaches k times s`(gone: Int64, k: Double) throws {
        // 10 and 20 by turns have a lag-1 autocorrelation below zero, which counts as none; sd = 5 · sqrt(28/27).
        let days = (0..<84).map { Int64($0.isMultiple(of: 2) ? 10 : 20) }
        let forecast = try Self.forecast(Self.history(days, before: gone + 1), day: gone + 1)
        let s = 1.2816 * 5 * (28.0 / 27).squareRoot() * Double(30 - gone).squareRoot()
        let up = Double((forecast.high - forecast.expected).nanodollars) / 1e9
        let down = Double((forecast.expected - forecast.low).nanodollars) / 1e9
        #expect(abs(up - k * s) < 1e-6, "\(up) is not \(k) · \(s)")
        #expect(abs(down - min(2 * s, Double((forecast.expected - forecast.spent).nanodollars) / 1e9)) < 1e-6)
    }

    @Test func `spend that comes in runs widens the interval`() throws {
        let byTurns = (0..<28).map { Int64($0.isMultiple(of: 2) ? 10 : 20) }
        let inRuns = (0..<28).map { Int64($0 / 7 % 2 == 0 ? 10 : 20) }
        func width(_ days: [Int64]) throws -> Money {
            let forecast = try Self.forecast(Self.history(days, before: 11), day: 11)
            return forecast.high - forecast.expected
        }
        #expect(try width(inRuns) > width(byTurns) + width(byTurns))
    }

    @Test func `the odds agree with the interval`() throws {
        let history = Self.history((0..<40).map { 10 + Int64($0 % 5) }, before: 11)
        let plain = try Self.forecast(history, day: 11)
        func odds(_ limit: Money) throws -> Double {
            try #require(try Self.forecast(history, limit: limit, day: 11).probabilityOver)
        }
        #expect(abs(try odds(plain.low) - 0.9) < 1e-3)
        #expect(abs(try odds(plain.expected) - 0.5) < 1e-3)
        #expect(abs(try odds(plain.high) - 0.1) < 1e-3)
        #expect(try odds(plain.spent) == 1)
        #expect(try odds(.zero) == 1)
        #expect(try odds(.max) < 1e-9)
    }

    @Test func `spend that never varies is sure to pass what it will pass`() throws {
        let history = Self.history(Array(repeating: 10, count: 40), before: 11)
        #expect(try Self.forecast(history, limit: .dollars(299), day: 11).probabilityOver == 1)
        #expect(try Self.forecast(history, limit: .dollars(301), day: 11).probabilityOver == 0)
    }

    // MARK: Windows

    @Test func `a window that is over stands where it stands`() throws {
        let forecast = try Self.forecast(
            Self.history(Array(repeating: 10, count: 60), before: 30),
            window: Interval(
                start: Self.at(2026, 10, 1), end: Self.at(2026, 11, 1)), limit: .dollars(400), day: 30)
        #expect(forecast.expected == forecast.spent)
        #expect(forecast.high == forecast.spent)
        #expect(forecast.probabilityOver == 0)
    }

    @Test func `days are the zone's, whatever their hours`() throws {
        // The clocks go back on 1 November in New York: the day has 25 hours and counts as one.
        let zone = try #require(Zone(identifier: "America/New_York"))
        let month = Window.CalendarUnit.month.interval(containing: Self.at(2026, 11, 15), in: zone)
        let now = zone.start(of: CivilDate(year: 2026, month: 11, day: 1))
        let history = Self.history(Array(repeating: 10, count: 40), before: 1)
        let forecast = try #require(Forecast.make(history: history, window: month, limit: nil, now: now, zone: zone))
        #expect(forecast.expected == .dollars(300))
        let half = try #require(
            Forecast.make(
                history: Self.history(Array(repeating: 10, count: 40), today: 5, before: 1), window: month, limit: nil,
                now: now + Span.minutes(25 * 30), zone: zone))
        #expect(half.expected == .dollars(300))
    }

    @Test func `the account's own spend is kept when it is given`() throws {
        let history = Self.history(Array(repeating: 10, count: 40), before: 11)
        let forecast = try Self.forecast(history, spent: .dollars(1234), day: 11)
        #expect(forecast.spent == .dollars(1234))
        #expect(forecast.expected == .dollars(1434))
    }

    @Test func `a window without an end has no forecast`() {
        let lifetime = Window.lifetime.current(at: Self.at(2026, 11, 11), in: .utc)
        let history = Self.history([10], before: 11)
        #expect(
            Forecast.make(history: history, window: lifetime, limit: nil, now: Self.at(2026, 11, 11), zone: .utc) == nil
        )
        for now in [Timestamp.distantPast, .distantFuture] {
            #expect(Forecast.make(history: history, window: Self.november, limit: nil, now: now, zone: .utc) == nil)
        }
    }

    @Test func `a list that stops early or runs ahead is read by its dates`() throws {
        let full = try Self.forecast(Self.history([10, 10, 10, 10, 0, 0], before: 11), day: 11)
        let short = DailySpend(
            firstDay: CivilDate(year: 2026, month: 11, day: 5), totals: Array(repeating: .dollars(10), count: 4))
        #expect(try Self.forecast(short, day: 11) == full)
        let ahead = DailySpend(
            firstDay: CivilDate(year: 2026, month: 11, day: 9), totals: Array(repeating: .dollars(10), count: 4))
        let forecast = try Self.forecast(ahead, day: 11)
        #expect(forecast.spent == .dollars(40))
        #expect(forecast.historyDays == 2)
    }

    @Test func `nothing known is said to be nothing known`() throws {
        for history in [
            DailySpend(firstDay: CivilDate(year: 2026, month: 11, day: 1), totals: []),
            DailySpend(firstDay: CivilDate(year: .max, month: 1, day: 1), totals: [.dollars(1)]),
            DailySpend(firstDay: CivilDate(year: 2026, month: 13, day: 77), totals: [.dollars(1)]),
            Self.history([0, 0, 0], before: 11),
        ] {
            let forecast = try Self.forecast(history, limit: .dollars(1), day: 11)
            #expect(forecast.method == "no history")
            #expect(forecast.high == .zero)
            #expect(forecast.probabilityOver == 0)
            #expect(forecast.backtest == nil)
        }
    }

    // MARK: The backtest

    @Test func `the backtest needs two windows of history`() throws {
        let enough = try Self.forecast(Self.history(Array(repeating: 10, count: 60), before: 8), day: 8)
        #expect(enough.backtest == Forecast.Backtest(wape: 0, coverage: 1, windows: 31))
        #expect(try Self.forecast(Self.history(Array(repeating: 10, count: 59), before: 8), day: 8).backtest == nil)
    }

    @Test func `the backtest tells of spend that changed its level`() throws {
        let days = Array(repeating: Int64(10), count: 30) + Array(repeating: Int64(20), count: 30)
        let backtest = try #require(try Self.forecast(Self.history(days, before: 8), day: 8).backtest)
        // 31 windows of 30 days, the one from day i with i days at 20 in it. Up to day 23 they have seen none of those
        // after seven days, so each is short by all of them; the later ones see some and are still short.
        let missed = (0...23).reduce(0) { $0 + 10 * Double($1) }
        let totals = (0...30).reduce(0) { $0 + 300 + 10 * Double($1) }
        #expect(backtest.windows == 31)
        #expect(backtest.wape > missed / totals)
        // Before the change nothing had ever varied, so only the window that ends with it was foreseen.
        #expect(backtest.coverage < 0.5)
    }

    @Test func `weeks are tested by weeks`() throws {
        let week = Window.CalendarUnit.week.interval(containing: Self.at(2026, 11, 11), in: .utc)
        let forecast = try Self.forecast(
            Self.history(Array(repeating: 10, count: 20), before: 11), window: week, day: 11)
        // Wednesday, two days gone: the windows that begin on day 5 to day 13 of 20, seven days being known.
        #expect(forecast.expected == .dollars(70))
        #expect(forecast.backtest == Forecast.Backtest(wape: 0, coverage: 1, windows: 9))
    }
}
