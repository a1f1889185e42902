import GovernorCore
import Testing

/// The line people read.
@Suite struct ForecastTextTests {
    private func forecast(
        spent: String = "210.50", expected: String = "640.20", low: String = "510.49", high: String = "899.50",
        over: Double? = 0.37, limit: String? = "2000", end: Timestamp = ForecastTests.november.end
    ) throws -> Forecast {
        let now = ForecastTests.at(2026, 11, 11)
        let history = ForecastTests.history([10], before: 11)
        let window = Interval(start: ForecastTests.november.start, end: end)
        var forecast = try #require(
            Forecast.make(history: history, window: window, limit: nil, now: now, zone: .utc))
        forecast.spent = try #require(Money(dollars: spent))
        forecast.expected = try #require(Money(dollars: expected))
        forecast.low = try #require(Money(dollars: low))
        forecast.high = try #require(Money(dollars: high))
        forecast.limit = try limit.map { try #require(Money(dollars: $0)) }
        forecast.probabilityOver = over
        return forecast
    }

    @Test func `says the day, the middle, the interval and the odds`() throws {
        #expect(
            try forecast().text(.utc)
                == "forecast for 30 November: $640.20 (80%: $510 to $900), 37% likely to pass $2,000.00")
    }

    @Test func `leaves the odds out without a limit and keeps small change`() throws {
        let small = try forecast(expected: "9.5", low: "0.0512", high: "99.99", over: nil, limit: nil)
        #expect(small.text(.utc) == "forecast for 30 November: $9.50 (80%: $0.0512 to $99.99)")
        let large = try forecast(expected: "1234567.891", low: "999.5", high: "9223372036", over: nil, limit: nil)
        #expect(large.text(.utc) == "forecast for 30 November: $1,234,567.89 (80%: $1,000 to $9,223,372,036)")
    }

    @Test(arguments: [
        (0.0, "less than 1% likely to pass $2,000.00"), (0.0049, "less than 1% likely to pass $2,000.00"),
        (0.014, "1% likely to pass $2,000.00"), (0.994, "99% likely to pass $2,000.00"),
        (0.999, "more than 99% likely to pass $2,000.00"),
    ])
    func `is never quite sure of what is to come`(probability: Double, ending: String) throws {
        #expect(try forecast(over: probability).text(.utc).hasSuffix(", " + ending))
    }

    @Test func `says so when the limit is reached or passed`() throws {
        #expect(try forecast(spent: "2000", over: 1).text(.utc).hasSuffix(", $2,000.00 is reached"))
        #expect(try forecast(spent: "2000.01", over: 1).text(.utc).hasSuffix(", already past $2,000.00"))
    }

    @Test func `names the year when it is another and the hour when the window ends inside a day`() throws {
        let nextYear = try forecast(end: ForecastTests.at(2027, 1, 1)).text(.utc)
        #expect(nextYear.hasPrefix("forecast for 31 December: "))
        #expect(
            try forecast(end: ForecastTests.at(2027, 2, 1)).text(.utc).hasPrefix("forecast for 31 January 2027: "))
        #expect(
            try forecast(end: ForecastTests.at(2026, 11, 11, hour: 15)).text(.utc)
                .hasPrefix("forecast for 11 November 15:00: "))
    }

    @Test func `counts the days by the zone's clock`() throws {
        let zone = try #require(Zone(identifier: "America/Los_Angeles"))
        let month = Window.CalendarUnit.month.interval(containing: ForecastTests.at(2026, 11, 15), in: zone)
        #expect(try forecast(end: month.end).text(zone).hasPrefix("forecast for 30 November: "))
    }

    @Test func `does not make a zero of no history`() throws {
        let history = DailySpend(firstDay: CivilDate(year: 2026, month: 11, day: 1), totals: [])
        let forecast = try ForecastTests.forecast(history, limit: .dollars(5), day: 11)
        #expect(forecast.text(.utc) == "forecast for 30 November: none yet, nothing was spent in the last 84 days")
    }
}
