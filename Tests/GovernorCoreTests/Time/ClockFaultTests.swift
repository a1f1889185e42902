import GovernorCore
import Testing

/// What clocks do to windows, one named case each; all bounds were reckoned by hand from the zones' histories.
@Suite struct ClockFaultTests {
    struct Case: Sendable, CustomStringConvertible {
        var name: String
        var period: Window.Period
        var zone: String
        var time: String
        var start: String
        var end: String

        init(
            _ name: String, _ period: Window.Period, _ zone: String, _ time: String, from start: String, to end: String
        ) {
            self.name = name
            self.period = period
            self.zone = zone
            self.time = time
            self.start = start
            self.end = end
        }

        var description: String { name }
    }

    private static let noon = Window.Period(.day, startsAt: .hours(12))

    static let cases = [
        Case(
            "a day of 23 hours", .day, "Europe/Warsaw", "2026-03-29T10:00:00Z",
            from: "2026-03-28T23:00:00Z", to: "2026-03-29T22:00:00Z"),
        Case(
            "a day of 25 hours", .day, "Europe/Warsaw", "2026-10-25T22:59:59Z",
            from: "2026-10-24T22:00:00Z", to: "2026-10-25T23:00:00Z"),
        Case(
            "a day of 25 hours from 12:00", noon, "Europe/Warsaw", "2026-10-25T00:00:00Z",
            from: "2026-10-24T10:00:00Z", to: "2026-10-25T11:00:00Z"),
        Case(
            "a day of 23 hours from 12:00", noon, "Europe/Warsaw", "2026-03-29T09:59:59Z",
            from: "2026-03-28T11:00:00Z", to: "2026-03-29T10:00:00Z"),
        Case(
            "a start that the clock jumps over is the jump", Window.Period(.day, startsAt: .minutes(150)),
            "Europe/Warsaw", "2026-03-29T01:00:00Z", from: "2026-03-29T01:00:00Z", to: "2026-03-30T00:30:00Z"),
        Case(
            "a start that comes twice is the first", Window.Period(.day, startsAt: .minutes(150)),
            "Europe/Warsaw", "2026-10-25T01:29:00Z", from: "2026-10-25T00:30:00Z", to: "2026-10-26T01:30:00Z"),
        Case(
            "the hour that the clock jumps over", .hour, "Europe/Warsaw", "2026-03-29T01:00:00Z",
            from: "2026-03-29T01:00:00Z", to: "2026-03-29T02:00:00Z"),
        Case(
            "the hour that comes twice, first", .hour, "Europe/Warsaw", "2026-10-25T00:59:59Z",
            from: "2026-10-25T00:00:00Z", to: "2026-10-25T01:00:00Z"),
        Case(
            "the hour that comes twice, again", .hour, "Europe/Warsaw", "2026-10-25T01:00:00Z",
            from: "2026-10-25T01:00:00Z", to: "2026-10-25T02:00:00Z"),
        Case(
            "a midnight that does not exist (São Paulo)", .day, "America/Sao_Paulo", "2018-11-04T03:00:00Z",
            from: "2018-11-04T03:00:00Z", to: "2018-11-05T02:00:00Z"),
        Case(
            "a month that begins at no midnight (Asunción)", Window.Period(.month, startsOn: 4),
            "America/Asuncion", "2020-10-20T00:00:00Z", from: "2020-10-04T04:00:00Z", to: "2020-11-04T03:00:00Z"),
        Case(
            "a midnight that comes twice (Havana)", .day, "America/Havana", "2026-11-01T04:30:00Z",
            from: "2026-11-01T04:00:00Z", to: "2026-11-02T05:00:00Z"),
        Case(
            "a month's end", .month, "UTC", "2026-11-30T23:59:59.999Z",
            from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z"),
        Case(
            "a leap day", .day, "UTC", "2028-02-29T23:59:59Z",
            from: "2028-02-29T00:00:00Z", to: "2028-03-01T00:00:00Z"),
        Case(
            "a leap February", .month, "UTC", "2028-02-29T23:59:59Z",
            from: "2028-02-01T00:00:00Z", to: "2028-03-01T00:00:00Z"),
        Case(
            "no leap day in 2100", .month, "UTC", "2100-02-28T23:59:59Z",
            from: "2100-02-01T00:00:00Z", to: "2100-03-01T00:00:00Z"),
        Case(
            "a date left out (Samoa, 2011-12-30): the day before", .day, "Pacific/Apia", "2011-12-30T09:59:59Z",
            from: "2011-12-29T10:00:00Z", to: "2011-12-30T10:00:00Z"),
        Case(
            "a date left out (Samoa, 2011-12-30): the day after", .day, "Pacific/Apia", "2011-12-30T10:00:00Z",
            from: "2011-12-30T10:00:00Z", to: "2011-12-31T10:00:00Z"),
        Case(
            "a date left out: a month that begins on it", Window.Period(.month, startsOn: 30), "Pacific/Apia",
            "2011-12-30T10:00:00Z", from: "2011-12-30T10:00:00Z", to: "2012-01-29T10:00:00Z"),
        Case(
            "a date left out: a week that begins on it, a Friday", Window.Period(.week, startsOn: 5), "Pacific/Apia",
            "2011-12-31T00:00:00Z", from: "2011-12-30T10:00:00Z", to: "2012-01-05T10:00:00Z"),
        Case(
            "a date left out: its noon is the jump", noon, "Pacific/Apia", "2011-12-30T21:59:59Z",
            from: "2011-12-30T10:00:00Z", to: "2011-12-30T22:00:00Z"),
        Case(
            "a date left out (Kwajalein, 1993-08-21)", .day, "Pacific/Kwajalein", "1993-08-21T12:00:00Z",
            from: "1993-08-21T12:00:00Z", to: "1993-08-22T12:00:00Z"),
        Case(
            "a date left out (Kwajalein): a month of 30 days in August", .month, "Pacific/Kwajalein",
            "1993-08-10T00:00:00Z", from: "1993-08-01T12:00:00Z", to: "1993-08-31T12:00:00Z"),
        Case(
            "half an hour back at midnight (Pyongyang, 2015)", .day, "Asia/Pyongyang", "2015-08-14T15:29:59Z",
            from: "2015-08-13T15:00:00Z", to: "2015-08-14T15:30:00Z"),
        Case(
            "half an hour ahead before midnight (Pyongyang, 2018)", .day, "Asia/Pyongyang", "2018-05-04T14:59:59Z",
            from: "2018-05-03T15:30:00Z", to: "2018-05-04T15:00:00Z"),
        Case(
            "another zone's time for years (Lisbon, 1992)", .year, "Europe/Lisbon", "1993-06-01T00:00:00Z",
            from: "1992-12-31T23:00:00Z", to: "1993-12-31T23:00:00Z"),
        Case(
            "another zone's time for years (Lisbon, 1996)", .year, "Europe/Lisbon", "1996-06-01T00:00:00Z",
            from: "1995-12-31T23:00:00Z", to: "1997-01-01T00:00:00Z"),
        Case(
            "two hours at once (Troll)", Window.Period(.day, startsAt: .hours(2)), "Antarctica/Troll",
            "2026-03-29T01:00:00Z", from: "2026-03-29T01:00:00Z", to: "2026-03-30T00:00:00Z"),
        Case(
            "two hours back (Troll)", Window.Period(.day, startsAt: .hours(2)), "Antarctica/Troll",
            "2026-10-25T01:59:59Z", from: "2026-10-25T00:00:00Z", to: "2026-10-26T02:00:00Z"),
        Case(
            "half an hour back (Lord Howe)", .day, "Australia/Lord_Howe", "2026-04-05T00:00:00Z",
            from: "2026-04-04T13:00:00Z", to: "2026-04-05T13:30:00Z"),
        Case(
            "half an hour ahead (Lord Howe)", .day, "Australia/Lord_Howe", "2026-10-04T00:00:00Z",
            from: "2026-10-03T13:30:00Z", to: "2026-10-04T13:00:00Z"),
        Case(
            "an hour cut by half an hour (Lord Howe)", .hour, "Australia/Lord_Howe", "2026-04-04T15:10:00Z",
            from: "2026-04-04T15:00:00Z", to: "2026-04-04T15:30:00Z"),
        Case(
            "winter time for Ramadan (Casablanca)", Window.Period(.day, startsAt: .minutes(150)), "Africa/Casablanca",
            "2026-02-15T02:00:00Z", from: "2026-02-15T01:30:00Z", to: "2026-02-16T02:30:00Z"),
    ]

    @Test(arguments: cases) func `bounds hold`(_ fault: Case) {
        let window = Window.calendar(fault.period)
        let slot = window.slot(containing: instant(fault.time), in: zone(fault.zone))
        #expect(RFC3339.utc(slot.start) == fault.start)
        #expect(RFC3339.utc(slot.end) == fault.end)
        #expect(window.slot(containing: slot.start - Span(milliseconds: 1), in: zone(fault.zone)).end == slot.start)
        #expect(window.slot(containing: slot.end, in: zone(fault.zone)).start == slot.end)
    }

    @Test func `a wall clock that is set back or ahead changes no bounds`() {
        // Windows depend on the instant asked about alone: whatever was asked before, the answer is the same.
        let warsaw = zone("Europe/Warsaw")
        let day = Window.calendar(.day)
        let asked = [
            "2026-03-29T22:00:00Z", "2026-03-29T21:59:59.999Z", "2026-03-30T22:00:00Z", "2026-03-29T00:00:00Z",
        ]
        let slots = asked.map { day.slot(containing: instant($0), in: warsaw) }
        #expect(slots[0] == day.slot(containing: instant(asked[0]), in: warsaw))
        #expect(slots[1] == slots[3] && slots[1].end == slots[0].start && slots[0].end == slots[2].start)
    }
}
