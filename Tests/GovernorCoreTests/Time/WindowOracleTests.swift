import Foundation
import GovernorCore
import Seeds
import Testing

/// Calendar windows and schedules against Python's `zoneinfo`, which has nothing in common with Foundation but the tz
/// data.
@Suite struct WindowOracleTests {
    /// Prints what was asked and what it found a line, in seconds: `zone kind startsOn startsAt instant start end`, or
    /// `zone schedule days from to instant start end nextStart nextEnd`. Bounds are found by walking on from two days
    /// before until the local clock shows them, not by our way of doing it. Zones whose data Python lacks are left out.
    private static let script = """
        import calendar, random, sys
        from datetime import date, datetime, timedelta, timezone
        from zoneinfo import ZoneInfo

        draw = random.Random(int(sys.argv[1]))
        EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
        DAY = timedelta(days=1)

        def local(zone, seconds):
            return (EPOCH + timedelta(seconds=seconds)).astimezone(zone)

        def reading(zone, seconds):
            return local(zone, seconds).replace(tzinfo=None)

        def search(zone, target, low, high, steps):
            '''The first second in [low, high) at which the local clock shows `target` or more.'''
            for start in range(low, high, steps[0]):
                last = start + steps[0] - 1
                if local(zone, start).utcoffset() == local(zone, last).utcoffset() and reading(zone, last) < target:
                    continue
                if steps[0] == 1:
                    return start
                found = search(zone, target, start, last + 1, steps[1:])
                if found is not None:
                    return found

        def first_instant(zone, target):
            '''The same, looked for from two days before.'''
            early = int((target.replace(tzinfo=timezone.utc) - EPOCH).total_seconds()) - 172800
            return search(zone, target, early, early + 4 * 86400, (21600, 900, 60, 1))

        def starts_near(kind, starts_on, day):
            '''The dates, in order, on which such a period begins, from well before `day` to well after.'''
            if kind == "day":
                return [day + k * DAY for k in range(-3, 5)]
            if kind == "week":
                return [d for d in (day + k * DAY for k in range(-17, 18)) if d.isoweekday() == starts_on]
            step = {"month": 1, "quarter": 3, "year": 12}[kind]
            dates = []
            for year in (day.year - 2, day.year - 1, day.year, day.year + 1, day.year + 2):
                for month in range(1, 13, step):
                    dates.append(date(year, month, min(starts_on, calendar.monthrange(year, month)[1])))
            return dates

        def period_of(zone, kind, starts_on, starts_at, at):
            day = local(zone, at).date()
            clock = timedelta(seconds=starts_at)
            starts = [datetime.combine(d, datetime.min.time()) + clock for d in starts_near(kind, starts_on, day)]
            index = max(i for i, start in enumerate(starts) if start.date() < day - DAY)
            while first_instant(zone, starts[index + 1]) <= at:
                index += 1
            return first_instant(zone, starts[index]), first_instant(zone, starts[index + 1])

        def shifts_near(zone, days, begin, end, day, count):
            for k in range(-3, count):
                d = day + k * DAY
                if str(d.isoweekday()) in days:
                    midnight = datetime.combine(d, datetime.min.time())
                    last = midnight if end > begin else midnight + DAY
                    yield (
                        first_instant(zone, midnight + timedelta(seconds=begin)),
                        first_instant(zone, last + timedelta(seconds=end)))

        def hour_of(zone, at):
            low = at
            def key(second):
                clock = local(zone, second)
                return clock.replace(minute=0, second=0, microsecond=0, tzinfo=None), clock.utcoffset()

            mine = key(at)
            high = at
            for step in (60, 1):
                while key(low - step) == mine:
                    low -= step
                while key(high + step - 1) == mine:
                    high += step
            return low, high

        def near_a_change(zone, at):
            '''The next change of the offset, give or take a day; `at` itself when none comes for a year.'''
            here = local(zone, at).utcoffset()
            far = at
            for _ in range(60):
                far += 6 * 86400
                if local(zone, far).utcoffset() != here:
                    low = far - 6 * 86400
                    while far - low > 1:
                        middle = (low + far) // 2
                        if local(zone, middle).utcoffset() == here:
                            low = middle
                        else:
                            far = middle
                    return far + draw.randrange(-90000, 90000)
            return at

        def some_reading():
            return 60 * (draw.randrange(0, 200) if draw.random() < 0.5 else draw.randrange(0, 1440))

        zones = {}
        for name in sys.argv[3:]:
            try:
                zones[name] = ZoneInfo(name)
            except Exception:
                pass
        for _ in range(int(sys.argv[2])):
            name = draw.choice(sorted(zones))
            zone = zones[name]
            at = draw.randrange(631152000, 2145916800)
            if draw.random() < 0.6:
                at = near_a_change(zone, at)
            kind = draw.choice(["hour", "day", "day", "week", "month", "month", "quarter", "year", "schedule", "schedule"])
            if kind == "schedule":
                days = "".join(d for d in "1234567" if draw.random() < 0.5) or "1234567"
                begin, end = some_reading(), 86400 if draw.random() < 0.15 else some_reading()
                day = local(zone, at).date()
                mine = [s for s in shifts_near(zone, days, begin, end, day, 3) if s[0] <= at < s[1]]
                assert len(mine) < 2
                coming = next(s for s in shifts_near(zone, days, begin, end, day, 30) if at < s[0] < s[1])
                print(name, kind, days, begin, end, at, *(mine[0] if mine else (0, 0)), *coming)
                continue
            starts_on, starts_at = 1, 0
            if kind == "day" and draw.random() < 0.7:
                starts_at = some_reading()
            elif kind == "week":
                starts_on = draw.randrange(1, 8)
            elif kind in ("month", "quarter", "year"):
                starts_on = draw.choice([1, 29, 30, 31, draw.randrange(1, 32)])
            if kind == "hour":
                start, end = hour_of(zone, at)
            else:
                start, end = period_of(zone, kind, starts_on, starts_at, at)
            print(name, kind, starts_on, starts_at, at, start, end)
        """

    @Test(arguments: Seed.some(2)) func `bounds agree with Python's zoneinfo`(seed: Seed) throws {
        guard let output = try Self.python(["-c", Self.script, "\(seed.value)", "3000"] + trickyZones) else {
            print("skipped: there is no python3 with zoneinfo to compare calendar windows with")
            return
        }
        var compared = 0
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            try #require(fields.count >= 7, "\(line)")
            let zone = try #require(Zone(identifier: fields[0]))
            let numbers = try fields[2...].map { try #require(Int64($0)) }
            if fields[1] == "schedule" {
                try Self.compareShifts(days: fields[2], numbers, in: zone)
            } else {
                let unit = try #require(Window.CalendarUnit(rawValue: fields[1]))
                let period = Window.Period(unit, startsOn: numbers[0], startsAt: .seconds(numbers[1]))
                let time = Timestamp(seconds: numbers[2])
                let slot = Window.calendar(period).slot(containing: time, in: zone)
                let theirs = Self.interval(numbers[3...])
                let note = "\(period.text) at \(RFC3339.utc(time)) in \(fields[0])"
                #expect(slot == theirs, "\(note): \(Self.shown(slot)), Python says \(Self.shown(theirs))")
            }
            compared += 1
        }
        #expect(compared == 3000)
    }

    /// - Parameter numbers: days, from, to, the instant, the shift's ends (zero without one), the next one's ends.
    private static func compareShifts(days: String, _ numbers: [Int64], in zone: Zone) throws {
        try #require(numbers.count == 8)
        let schedule = Schedule(
            name: "s", days: Set(days.compactMap(\.wholeNumberValue).map(Int64.init)), from: .seconds(numbers[1]),
            to: .seconds(numbers[2]))
        let time = Timestamp(seconds: numbers[3])
        let note = "\(schedule.text) at \(RFC3339.utc(time)) in \(zone.identifier)"
        let shift = schedule.shift(containing: time, in: zone)
        let theirs = numbers[4] == 0 ? nil : interval(numbers[4...])
        #expect(shift == theirs, "\(note): \(shown(shift)), Python says \(shown(theirs))")
        let next = schedule.nextShift(after: time, in: zone)
        #expect(next == interval(numbers[6...]), "\(note): next \(shown(next)), not \(shown(interval(numbers[6...])))")
    }

    private static func interval(_ seconds: ArraySlice<Int64>) -> Interval {
        Interval(
            start: Timestamp(seconds: seconds[seconds.startIndex]),
            end: Timestamp(seconds: seconds[seconds.startIndex + 1]))
    }

    private static func shown(_ interval: Interval?) -> String { interval.map(shown) ?? "none" }

    private static func shown(_ interval: Interval) -> String {
        "\(RFC3339.utc(interval.start)) to \(RFC3339.utc(interval.end))"
    }

    /// What python3 prints; nil when there is none, or it has no time zones.
    private static func python(_ arguments: [String]) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: output, as: UTF8.self) : nil
    }
}
