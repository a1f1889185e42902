import GovernorCore
import Seeds
import Testing

@Suite struct WindowTests {
    @Test(arguments: Seed.some(60)) func `every instant is in one slot, and slots meet`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        for _ in 0..<40 {
            let identifier = random.pick(trickyZones)
            let zone = try #require(Zone(identifier: identifier), "\(identifier)")
            let time = random.awkwardInstant(in: zone)
            for unit in Window.CalendarUnit.allCases {
                let period = random.once(in: 3) ? Window.Period(unit) : random.period(unit)
                let window = Window.calendar(period)
                let slot = window.slot(containing: time, in: zone)
                let note: Comment = "\(period.text) at \(RFC3339.utc(time)) in \(identifier)"
                #expect(slot.contains(time), note)
                #expect(window.current(at: time, in: zone) == slot, note)
                #expect(window.slot(containing: slot.start, in: zone) == slot, note)
                #expect(window.slot(containing: slot.end - Span(milliseconds: 1), in: zone) == slot, note)
                #expect(window.slot(containing: slot.end, in: zone).start == slot.end, note)
                let before = window.slot(containing: slot.start - Span(milliseconds: 1), in: zone)
                #expect(before.end == slot.start, note)
                let inside =
                    slot.start + Span(milliseconds: random.number(0...(slot.end - slot.start).milliseconds - 1))
                #expect(window.slot(containing: inside, in: zone) == slot, note)
                #expect(window.counts(slot, at: time) && !window.counts(before, at: time), note)
            }
        }
    }

    @Test(arguments: Seed.some(60)) func `a unit begins on its first date and is no longer than its name`(seed: Seed)
        throws
    {
        var random = SeededGenerator(seed)
        for _ in 0..<60 {
            let identifier = random.pick(trickyZones)
            let zone = try #require(Zone(identifier: identifier))
            let time = random.awkwardInstant(in: zone)
            let note: Comment = "\(RFC3339.utc(time)) in \(identifier)"
            let day = Window.calendar(.day).slot(containing: time, in: zone)
            let date = zone.civil(at: day.start).date
            #expect(zone.civil(at: day.start - Span(milliseconds: 1)).date < date, note)
            #expect(zone.start(of: date) == day.start, note)
            // Casey's clock has moved by three hours at once.
            #expect(day.end - day.start <= .hours(27) && day.end > day.start, note)
            #expect(Window.calendar(.week).slot(containing: time, in: zone).contains(day.start), note)
            for (unit, months) in [
                (Window.CalendarUnit.month, [Int64](1...12)), (.quarter, [1, 4, 7, 10]), (.year, [1]),
            ] {
                let slot = Window.calendar(Window.Period(unit)).slot(containing: time, in: zone)
                let first = zone.civil(at: slot.start).date
                #expect(first.day == 1 && months.contains(first.month), note)
                #expect(slot.start <= day.start && day.end <= slot.end, note)
            }
            let hour = Window.calendar(.hour).slot(containing: time, in: zone)
            #expect(hour.end - hour.start <= .hours(1), note)
            #expect(zone.offset(at: hour.start) == zone.offset(at: hour.end - Span(milliseconds: 1)), note)
        }
    }

    @Test(arguments: [
        // 23 and 25 hours, a midnight that does not exist, a leap day, a month's end, a date left out.
        (
            Window.CalendarUnit.day, "Europe/Warsaw", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z"
        ),
        (.day, "Europe/Warsaw", "2026-10-25T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (.day, "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        (.day, "Africa/Cairo", "2024-04-26T12:00:00Z", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z"),
        (.day, "Pacific/Apia", "2011-12-30T09:59:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        (.day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        (.day, "UTC", "2028-02-29T12:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
        (.month, "UTC", "2026-02-28T12:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        (.quarter, "UTC", "2026-12-31T23:59:59Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        (.week, "UTC", "2027-01-03T23:59:59Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"),
        (.year, "Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2026-12-31T10:00:00Z", "2027-12-31T10:00:00Z"),
        (.hour, "Asia/Kathmandu", "2026-05-05T12:20:00Z", "2026-05-05T12:15:00Z", "2026-05-05T13:15:00Z"),
        (.hour, "Australia/Lord_Howe", "2026-04-04T14:59:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z"),
        (.hour, "Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"),
    ])
    func `known days have known bounds`(
        unit: Window.CalendarUnit, identifier: String, time: String, start: String, end: String
    ) {
        let slot = Window.calendar(Window.Period(unit)).slot(containing: instant(time), in: zone(identifier))
        #expect(RFC3339.utc(slot.start) == start)
        #expect(RFC3339.utc(slot.end) == end)
    }

    @Test func `where the clock falls back over midnight the new day has begun all the same`() {
        // Newfoundland went from 00:01 back to 23:01 of the day before until 2011.
        let zone = zone("America/St_Johns")
        let day = Window.calendar(.day).slot(containing: instant("2006-10-29T12:00:00Z"), in: zone)
        #expect(RFC3339.utc(day.start) == "2006-10-29T02:30:00Z")
        let again = instant("2006-10-29T03:00:00Z")
        #expect(zone.civil(at: again).date == CivilDate(year: 2006, month: 10, day: 28))
        #expect(Window.calendar(.day).slot(containing: again, in: zone) == day)
    }

    @Test(arguments: Seed.some(60)) func `rolling spend leaves never early and at most a slot late`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<100 {
            let span = Span(
                milliseconds: random.once(in: 4) ? random.number(1...2000) : random.number(300...3_000_000_000))
            let window = Window.rolling(span)
            let time = Timestamp(milliseconds: random.number(-1_000_000_000_000...2_000_000_000_000))
            let slot = window.slot(containing: time, in: .utc)
            #expect(slot.contains(time))
            #expect(window.slot(containing: slot.end, in: .utc).start == slot.end)
            let exact = time + span
            let expiry = window.expiry(of: slot)
            let grace = Span(milliseconds: max(1, span.milliseconds / 300))
            #expect(expiry >= exact && expiry - exact <= grace)
            #expect(window.counts(slot, at: time))
            #expect(window.counts(slot, at: exact - Span(milliseconds: 1)))
            #expect(window.counts(slot, at: expiry - Span(milliseconds: 1)))
            #expect(!window.counts(slot, at: expiry))
            let current = window.current(at: time, in: .utc)
            #expect(current.contains(time) && !current.contains(time - span))
            #expect(span.milliseconds < 2 || current.contains(time - span + Span(milliseconds: 1)))
        }
    }

    @Test func `a lifetime has one slot and never ends`() {
        let slot = Window.lifetime.slot(containing: monday, in: .utc)
        #expect(slot.contains(monday) && slot == Window.lifetime.current(at: monday, in: .utc))
        #expect(Window.lifetime.expiry(of: slot) == .distantFuture)
    }

    @Test(arguments: [
        Timestamp.distantPast, Timestamp(milliseconds: .min + 1), Timestamp(milliseconds: -62_167_219_200_000),
        Timestamp(milliseconds: -1), Timestamp(milliseconds: 253_402_300_800_000), Timestamp(milliseconds: .max - 1),
        .distantFuture,
    ])
    func `no instant is too extreme to be asked about`(time: Timestamp) {
        for identifier in ["UTC", "Europe/Warsaw", "Pacific/Apia", "America/St_Johns"] {
            let zone = zone(identifier)
            for unit in Window.CalendarUnit.allCases {
                let window = Window.calendar(Window.Period(unit))
                _ = window.counts(window.slot(containing: time, in: zone), at: time)
            }
            _ = Window.lifetime.slot(containing: time, in: zone)
            let rolling = Window.rolling(.hours(1))
            _ = rolling.counts(rolling.slot(containing: time, in: zone), at: .distantPast)
            _ = rolling.counts(rolling.slot(containing: .distantFuture, in: zone), at: time)
            _ = rolling.current(at: time, in: zone)
            _ = RFC3339.text(time, in: zone)
        }
        _ = RFC3339.utc(time)
    }
}
