import GovernorCore
import Seeds
import Testing

@Suite struct ScheduleTests {
    private static let night = Schedule(name: "night", days: [1, 2, 3, 4, 5], from: .hours(22), to: .hours(6))

    private static func shown(_ shift: Interval?) -> String {
        shift.map { "\(RFC3339.utc($0.start)) \(RFC3339.utc($0.end))" } ?? "none"
    }

    struct Case: Sendable, CustomStringConvertible {
        var name: String
        var days: Set<Int64>
        var hours: (from: Span, to: Span)
        var zone: String
        var time: String
        /// Start and end, or `none`.
        var shift: String

        init(
            _ name: String, _ days: Set<Int64> = [], _ from: Int64, _ to: Int64, _ zone: String, _ time: String,
            _ shift: String
        ) {
            self.name = name
            self.days = days
            hours = (.minutes(from), .minutes(to))
            self.zone = zone
            self.time = time
            self.shift = shift
        }

        var description: String { name }
    }

    static let cases = [
        Case(
            "Friday's night ends on Saturday", [1, 2, 3, 4, 5], 1320, 360, "UTC", "2026-03-07T05:59:59Z",
            "2026-03-06T22:00:00Z 2026-03-07T06:00:00Z"),
        Case("no night begins on Saturday", [1, 2, 3, 4, 5], 1320, 360, "UTC", "2026-03-07T22:00:00Z", "none"),
        Case("Sunday's night is none of Monday's", [1, 2, 3, 4, 5], 1320, 360, "UTC", "2026-03-02T05:00:00Z", "none"),
        Case("its end is outside", [1, 2, 3, 4, 5], 1320, 360, "UTC", "2026-03-07T06:00:00Z", "none"),
        Case(
            "its start is inside", [1, 2, 3, 4, 5], 1320, 360, "UTC", "2026-03-06T22:00:00Z",
            "2026-03-06T22:00:00Z 2026-03-07T06:00:00Z"),
        Case(
            "until 24:00 is until midnight", [7], 1080, 1440, "UTC", "2026-03-01T23:59:59Z",
            "2026-03-01T18:00:00Z 2026-03-02T00:00:00Z"),
        Case(
            "until 00:00 is until midnight too", [7], 1080, 0, "UTC", "2026-03-01T23:59:59Z",
            "2026-03-01T18:00:00Z 2026-03-02T00:00:00Z"),
        Case(
            "equal ends are a whole day", [1], 540, 540, "UTC", "2026-03-03T08:59:59Z",
            "2026-03-02T09:00:00Z 2026-03-03T09:00:00Z"),
        Case(
            "00:00 to 24:00 is a whole day", [], 0, 1440, "UTC", "2026-03-03T08:59:59Z",
            "2026-03-03T00:00:00Z 2026-03-04T00:00:00Z"),
        Case(
            "a night of seven hours", [], 1320, 360, "Europe/Warsaw", "2026-03-29T00:00:00Z",
            "2026-03-28T21:00:00Z 2026-03-29T04:00:00Z"),
        Case(
            "a night of nine hours", [], 1320, 360, "Europe/Warsaw", "2026-10-25T00:00:00Z",
            "2026-10-24T20:00:00Z 2026-10-25T05:00:00Z"),
        Case(
            "a start that the clock jumps over is the jump", [], 150, 300, "Europe/Warsaw", "2026-03-29T01:00:00Z",
            "2026-03-29T01:00:00Z 2026-03-29T03:00:00Z"),
        Case(
            "an end that the clock jumps over is the jump", [], 60, 150, "Europe/Warsaw", "2026-03-29T00:59:59Z",
            "2026-03-29T00:00:00Z 2026-03-29T01:00:00Z"),
        Case(
            "a start that comes twice is the first", [], 150, 300, "Europe/Warsaw", "2026-10-25T01:00:00Z",
            "2026-10-25T00:30:00Z 2026-10-25T04:00:00Z"),
        Case(
            "an end that comes twice is the first", [], 60, 150, "Europe/Warsaw", "2026-10-25T00:29:59Z",
            "2026-10-24T23:00:00Z 2026-10-25T00:30:00Z"),
        Case("what follows the first end is outside", [], 60, 150, "Europe/Warsaw", "2026-10-25T01:00:00Z", "none"),
        Case("a shift within the gap is none", [], 130, 170, "Europe/Warsaw", "2026-03-29T01:00:00Z", "none"),
        Case(
            "a midnight that does not exist", [], 0, 480, "America/Sao_Paulo", "2018-11-04T03:00:00Z",
            "2018-11-04T03:00:00Z 2018-11-04T10:00:00Z"),
        Case(
            "a night into the date left out ends at the jump", [], 1320, 360, "Pacific/Apia", "2011-12-30T09:59:59Z",
            "2011-12-30T08:00:00Z 2011-12-30T10:00:00Z"),
        Case(
            "a night of the date left out is its morning after", [], 1320, 360, "Pacific/Apia",
            "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z 2011-12-30T16:00:00Z"),
        Case("a shift of the date left out is none", [5], 540, 1020, "Pacific/Apia", "2011-12-30T10:00:00Z", "none"),
        Case(
            // Newfoundland went from 00:01 back to 23:01 of Saturday: Sunday's shift had begun by then.
            "one that begins at a midnight that comes twice", [7], 0, 480, "America/St_Johns", "2006-10-29T03:00:00Z",
            "2006-10-29T02:30:00Z 2006-10-29T11:30:00Z"),
        Case(
            "half an hour more (Lord Howe)", [], 60, 180, "Australia/Lord_Howe", "2026-04-04T15:00:00Z",
            "2026-04-04T14:00:00Z 2026-04-04T16:30:00Z"),
    ]

    @Test(arguments: cases) func `shifts hold`(_ fault: Case) {
        let schedule = Schedule(name: "s", days: fault.days, from: fault.hours.from, to: fault.hours.to)
        let time = instant(fault.time)
        let shift = schedule.shift(containing: time, in: zone(fault.zone))
        #expect(Self.shown(shift) == fault.shift)
        #expect(schedule.contains(time, in: zone(fault.zone)) == (fault.shift != "none"))
    }

    @Test(arguments: [
        ("2026-03-02T00:00:00Z", "2026-03-02T22:00:00Z 2026-03-03T06:00:00Z"),
        ("2026-03-02T22:00:00Z", "2026-03-03T22:00:00Z 2026-03-04T06:00:00Z"),
        ("2026-03-02T21:59:59.999Z", "2026-03-02T22:00:00Z 2026-03-03T06:00:00Z"),
        ("2026-03-06T23:00:00Z", "2026-03-09T22:00:00Z 2026-03-10T06:00:00Z"),
    ])
    func `the next shift begins later`(time: String, shift: String) {
        #expect(Self.shown(Self.night.nextShift(after: instant(time), in: .utc)) == shift)
    }

    @Test func `the next shift passes over a Friday that was left out`() {
        let fridays = Schedule(name: "s", days: [5], from: .hours(9), to: .hours(17))
        let next = fridays.nextShift(after: instant("2011-12-25T00:00:00Z"), in: zone("Pacific/Apia"))
        #expect(Self.shown(next) == "2012-01-05T19:00:00Z 2012-01-06T03:00:00Z")
    }

    @Test(arguments: Seed.some(40)) func `an instant is in one shift, or before the next`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        for _ in 0..<40 {
            let zone = zone(random.pick(trickyZones))
            let time = random.awkwardInstant(in: zone)
            let schedule = random.schedule()
            let note: Comment = "\(schedule.text) at \(RFC3339.utc(time)) in \(zone.identifier)"
            let next = try #require(schedule.nextShift(after: time, in: zone), note)
            #expect(next.start > time && next.start < next.end, note)
            #expect(schedule.shift(containing: next.start, in: zone) == next, note)
            #expect(schedule.nextShift(after: next.start - Span(milliseconds: 1), in: zone) == next, note)
            let shift = schedule.shift(containing: time, in: zone)
            #expect((shift != nil) == schedule.contains(time, in: zone), note)
            if let shift {
                #expect(shift.contains(time) && next.start >= shift.end, note)
                #expect(schedule.shift(containing: shift.start, in: zone) == shift, note)
                #expect(schedule.shift(containing: shift.end - Span(milliseconds: 1), in: zone) == shift, note)
            }
            // Between here and the next there is none.
            let from = shift?.end ?? time
            if from < next.start {
                let between = from + Span(milliseconds: random.number(0...(next.start - from).milliseconds - 1))
                #expect(!schedule.contains(between, in: zone), note)
            }
        }
    }

    @Test(
        arguments: [
            (Set<Int64>([1, 2, 3, 4, 5]), 1320, 360, "mon to fri from 22:00 to 06:00"),
            ([], 480, 1200, "every day from 08:00 to 20:00"), ([6, 7], 0, 1440, "sat and sun from 00:00 to 24:00"),
            ([1, 3, 5], 540, 545, "mon, wed and fri from 09:00 to 09:05"), ([4], 60, 120, "thu from 01:00 to 02:00"),
            ([2, 3, 4], 60, 120, "tue to thu from 01:00 to 02:00"),
            ([1, 2, 3, 7], 60, 120, "mon, tue, wed and sun from 01:00 to 02:00"),
        ] as [(Set<Int64>, Int64, Int64, String)])
    func `a schedule says when it is`(days: Set<Int64>, from: Int64, to: Int64, text: String) {
        #expect(Schedule(name: "s", days: days, from: .minutes(from), to: .minutes(to)).text == text)
    }

    @Test func `distinct sets of days have distinct texts`() {
        let texts = (1..<128).map { bits in
            let days = Set((1...7).filter { bits & (1 << ($0 - 1)) != 0 }.map(Int64.init))
            return Schedule(name: "s", days: days, from: .zero, to: .hours(1)).text
        }
        #expect(Set(texts).count == 127)
    }

    @Test(arguments: [Timestamp.distantPast, Timestamp(milliseconds: .max - 1), .distantFuture])
    func `no instant is too extreme to be asked about`(time: Timestamp) {
        for identifier in ["UTC", "Europe/Warsaw", "Pacific/Apia"] {
            _ = Self.night.contains(time, in: zone(identifier))
            _ = Self.night.nextShift(after: time, in: zone(identifier))
        }
    }
}

extension SeededGenerator {
    /// Some weekdays, and hours of which many begin or end when clocks are changed.
    mutating func schedule() -> Schedule {
        let days = Set((Int64(1)...7).filter { _ in once(in: 2) })
        return Schedule(name: "s", days: days, from: reading(), to: once(in: 6) ? .hours(24) : reading())
    }
}
