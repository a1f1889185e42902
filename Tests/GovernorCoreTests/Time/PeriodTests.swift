import GovernorCore
import Seeds
import Testing

@Suite struct PeriodTests {
    /// The dates of the starts of the periods of that year, by the clock of UTC.
    private static func starts(_ period: Window.Period, in year: Int64) -> [String] {
        var time = Timestamp(milliseconds: CivilDate(year: year, month: 1, day: 1).daysSinceEpoch * 86_400_000)
        let end = Timestamp(milliseconds: CivilDate(year: year + 1, month: 1, day: 1).daysSinceEpoch * 86_400_000)
        var dates: [String] = []
        while true {
            let slot = period.interval(containing: time, in: .utc)
            if slot.start >= end { return dates }
            let text = RFC3339.utc(slot.start)
            if text.hasPrefix("\(year)-") { dates.append(String(text.dropFirst(5).prefix(5))) }
            time = slot.end
        }
    }

    @Test(
        arguments: [
            (
                29, 2028,
                "01-29 02-29 03-29 04-29 05-29 06-29 07-29 08-29 09-29 10-29 11-29 12-29"
            ),
            (29, 2027, "01-29 02-28 03-29 04-29 05-29 06-29 07-29 08-29 09-29 10-29 11-29 12-29"),
            (30, 2028, "01-30 02-29 03-30 04-30 05-30 06-30 07-30 08-30 09-30 10-30 11-30 12-30"),
            (30, 2027, "01-30 02-28 03-30 04-30 05-30 06-30 07-30 08-30 09-30 10-30 11-30 12-30"),
            (31, 2028, "01-31 02-29 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"),
            (31, 2027, "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"),
            (31, 2100, "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"),
            (15, 2027, "01-15 02-15 03-15 04-15 05-15 06-15 07-15 08-15 09-15 10-15 11-15 12-15"),
            (1, 2027, "01-01 02-01 03-01 04-01 05-01 06-01 07-01 08-01 09-01 10-01 11-01 12-01"),
        ] as [(Int64, Int64, String)])
    func `a month begins on its day, or on the last it has`(startsOn: Int64, year: Int64, dates: String) {
        #expect(Self.starts(Window.Period(.month, startsOn: startsOn), in: year).joined(separator: " ") == dates)
    }

    @Test(
        arguments: [
            (Window.CalendarUnit.quarter, 1, "01-01 04-01 07-01 10-01"), (.quarter, 15, "01-15 04-15 07-15 10-15"),
            (.quarter, 30, "01-30 04-30 07-30 10-30"), (.quarter, 31, "01-31 04-30 07-31 10-31"), (.year, 1, "01-01"),
            (.year, 6, "01-06"), (.year, 31, "01-31"),
        ] as [(Window.CalendarUnit, Int64, String)])
    func `a quarter or year begins on the day of its first month`(
        unit: Window.CalendarUnit, startsOn: Int64, dates: String
    ) {
        for year: Int64 in [2027, 2028] {
            #expect(Self.starts(Window.Period(unit, startsOn: startsOn), in: year).joined(separator: " ") == dates)
        }
    }

    @Test(
        arguments: [
            // 2026-03-02 is a Monday.
            (1, "2026-03-02", "2026-03-09"), (7, "2026-03-01", "2026-03-08"), (6, "2026-02-28", "2026-03-07"),
            (2, "2026-02-24", "2026-03-03"), (4, "2026-02-26", "2026-03-05"),
        ] as [(Int64, String, String)])
    func `a week begins on its weekday`(startsOn: Int64, start: String, end: String) {
        let week = Window.Period(.week, startsOn: startsOn).interval(containing: monday, in: .utc)
        #expect(RFC3339.utc(week.start) == start + "T00:00:00Z")
        #expect(RFC3339.utc(week.end) == end + "T00:00:00Z")
    }

    @Test(arguments: [
        ("2026-03-02T11:59:59.999Z", "2026-03-01"), ("2026-03-02T12:00:00Z", "2026-03-02"),
        ("2026-03-03T00:00:00Z", "2026-03-02"), ("2026-03-03T11:59:59.999Z", "2026-03-02"),
    ])
    func `a day from 12:00 holds a night whole`(time: String, date: String) {
        let night = Window.Period(.day, startsAt: .hours(12)).interval(containing: instant(time), in: .utc)
        #expect(RFC3339.utc(night.start) == date + "T12:00:00Z")
        #expect(night.end - night.start == .hours(24))
    }

    @Test(arguments: [
        (Window.Period.hour, "hour"), (.day, "day"), (.week, "week"), (.month, "month"), (.quarter, "quarter"),
        (.year, "year"), (Window.Period(.month, startsOn: 15), "month from the 15th"),
        (Window.Period(.month, startsOn: 2), "month from the 2nd"),
        (Window.Period(.month, startsOn: 11), "month from the 11th"),
        (Window.Period(.month, startsOn: 12), "month from the 12th"),
        (Window.Period(.month, startsOn: 13), "month from the 13th"),
        (Window.Period(.month, startsOn: 21), "month from the 21st"),
        (Window.Period(.month, startsOn: 22), "month from the 22nd"),
        (Window.Period(.month, startsOn: 23), "month from the 23rd"),
        (Window.Period(.quarter, startsOn: 31), "quarter from the 31st"),
        (Window.Period(.year, startsOn: 6), "year from the 6th"),
        (Window.Period(.week, startsOn: 7), "week from Sunday"),
        (Window.Period(.day, startsAt: .hours(12)), "day from 12:00"),
        (Window.Period(.day, startsAt: .minutes(425)), "day from 07:05"),
        (Window.Period(.day, startsAt: Span(milliseconds: 1_500)), "day from 00:00:01.500"),
    ])
    func `a period says where it begins`(period: Window.Period, text: String) { #expect(period.text == text) }

    @Test func `distinct definitions have distinct texts`() {
        var texts: [String] = ["hour"]
        texts += (0..<1440).map { Window.Period(.day, startsAt: .minutes($0)).text }
        texts += (1...7).map { Window.Period(.week, startsOn: $0).text }
        for unit in [Window.CalendarUnit.month, .quarter, .year] {
            texts += (1...31).map { Window.Period(unit, startsOn: $0).text }
        }
        #expect(Set(texts).count == texts.count && texts.count == 1 + 1440 + 7 + 3 * 31)
    }

    @Test(arguments: Seed.some(30)) func `periods with one text are the same windows`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<50 {
            let unit = random.pick(Window.CalendarUnit.allCases)
            // Whatever a definition says beyond what its unit has makes no difference, and never traps.
            let odd = Window.Period(
                unit, startsOn: random.anyInteger(), startsAt: Span(milliseconds: random.anyInteger()))
            let zone = zone(random.pick(trickyZones))
            let time = random.awkwardInstant(in: zone)
            let slot = odd.interval(containing: time, in: zone)
            #expect(slot.contains(time), "\(odd) at \(RFC3339.utc(time)) in \(zone.identifier)")
            let plain = Window.Period(unit, startsOn: 1, startsAt: .zero)
            #expect(odd.text != plain.text || slot == plain.interval(containing: time, in: zone), "\(odd)")
        }
    }

    @Test(arguments: Seed.some(40)) func `a period begins at the first reading of its start`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<60 {
            let unit = random.pick(Window.CalendarUnit.allCases.filter { $0 != .hour })
            let period = random.period(unit)
            let zone = zone(random.pick(trickyZones))
            let time = random.awkwardInstant(in: zone)
            let slot = period.interval(containing: time, in: zone)
            let before = zone.civil(at: slot.start - Span(milliseconds: 1))
            let shown = zone.civil(at: slot.start)
            let note: Comment = "\(period.text) at \(RFC3339.utc(time)) in \(zone.identifier)"
            #expect(before.millisecondsAsUTC < shown.millisecondsAsUTC, note)
            // Only a jump of the clock makes it begin at another reading than its own.
            guard before.millisecondsAsUTC + 1 == shown.millisecondsAsUTC else { continue }
            #expect(shown.millisecondOfDay == (unit == .day ? period.startsAt.milliseconds : 0), note)
            switch unit {
            case .hour, .day: break
            case .week: #expect(shown.date.weekday == period.startsOn, note)
            case .month, .quarter, .year:
                let last = CivilDate.daysIn(month: shown.date.month, of: shown.date.year)
                #expect(shown.date.day == min(period.startsOn, last), note)
                let size: Int64 = unit == .month ? 1 : unit == .quarter ? 3 : 12
                #expect((shown.date.month - 1) % size == 0, note)
            }
        }
    }
}
