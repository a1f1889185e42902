import GovernorCore
import Testing

@Suite struct WallClockTests {
    @Test(
        arguments: [
            ("00:00", 0), ("06:00", 360), ("22:00", 1320), ("23:59", 1439), ("24:00", 1440), ("24:01", nil),
            ("25:00", nil), ("12:60", nil), ("6:00", nil), ("06:0", nil), ("0600", nil), ("06:00:00", nil),
            (" 06:00", nil), ("06:00 ", nil), ("+6:00", nil), ("-1:00", nil), ("06.00", nil), ("", nil),
            ("noon", nil), ("٠٦:٠٠", nil), ("1é:0", nil), ("6pm", nil), ("22:00Z", nil),
        ] as [(String, Int64?)])
    func `a wall clock is read`(text: String, minutes: Int64?) {
        #expect(Span(wallClock: text) == minutes.map { .minutes($0) })
    }

    @Test func `every minute is written as it is read`() {
        for minutes in Int64(0)...1440 {
            let span = Span.minutes(minutes)
            #expect(Span(wallClock: span.wallClock) == span)
        }
        #expect(Span(milliseconds: 23_415_250).wallClock == "06:30:15.250")
        #expect(Span.seconds(30).wallClock == "00:00:30")
    }

    @Test(
        arguments: [
            ("2026-11-23", CivilDate(year: 2026, month: 11, day: 23)),
            ("2028-02-29", CivilDate(year: 2028, month: 2, day: 29)), ("2026-02-29", nil), ("2026-13-01", nil),
            ("2026-11-23T00:00", nil), ("2026-11-23Z", nil), ("2026-11-2", nil), ("26-11-23", nil), ("20261123", nil),
            ("2026/11/23", nil), ("2026-11-23 ", nil), ("", nil),
        ] as [(String, CivilDate?)])
    func `a date alone is read`(text: String, date: CivilDate?) {
        #expect(CivilDate(text: text) == date)
        #expect(date == nil || date?.text == text)
    }

    @Test(
        arguments: [
            ("mon", 1), ("Mon", 1), ("MONDAY", 1), ("tue", 2), ("tuesday", 2), ("wed", 3), ("thu", 4), ("fri", 5),
            ("sat", 6), ("sun", 7), ("Sunday", 7), ("tues", nil), ("m", nil), ("", nil), ("mond", nil),
            ("weekday", nil),
            ("mon ", nil), ("1", nil), ("moń", nil),
        ] as [(String, Int64?)])
    func `a weekday is read`(text: String, number: Int64?) { #expect(Weekday.number(of: text) == number) }

    @Test func `weekdays are named as the calendar numbers them`() throws {
        for number in Int64(1)...7 {
            #expect(Weekday.number(of: Weekday.name(of: number)) == number)
            #expect(Weekday.number(of: Weekday.short(number)) == number)
        }
        let date = try #require(CivilDate(text: "2026-03-02"))
        #expect(Weekday.name(of: date.weekday) == "Monday")
        #expect(date.later(by: -1).text == "2026-03-01" && date.later(by: 365).text == "2027-03-02")
    }
}
