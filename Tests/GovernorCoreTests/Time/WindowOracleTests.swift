import Foundation
import GovernorCore
import Seeds
import Testing

/// Calendar windows against Python's `zoneinfo`, which has nothing in common with Foundation but the tz data.
@Suite struct WindowOracleTests {
    /// Prints `zone unit instant start end` a line, in milliseconds; the bounds are found by walking local dates, not by
    /// our way of doing it. Zones, or years, whose data Python lacks are left out.
    private static let script = """
        import random, sys
        from datetime import date, datetime, timedelta, timezone
        from zoneinfo import ZoneInfo

        draw = random.Random(int(sys.argv[1]))
        EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

        def local(zone, seconds):
            return (EPOCH + timedelta(seconds=seconds)).astimezone(zone)

        def first_instant(zone, day):
            '''The first second whose local date is `day` or later, looked for from two days before.'''
            at = int((datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - EPOCH).total_seconds()) - 172800
            while local(zone, at + 900).date() < day:
                at += 900
            while local(zone, at).date() < day:
                at += 1
            return at

        def unit_of(unit, day):
            if unit == "day":
                return day, day + timedelta(days=1)
            if unit == "week":
                monday = day - timedelta(days=day.weekday())
                return monday, monday + timedelta(days=7)
            size = {"month": 1, "quarter": 3, "year": 12}[unit]
            first = date(day.year, (day.month - 1) // size * size + 1, 1)
            month = first.month + size
            return first, date(first.year + (month > 12), month - 12 if month > 12 else month, 1)

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
                # Walk on to the next change of the offset and stay near it.
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
                        at = far + draw.randrange(-90000, 90000)
                        break
            unit = draw.choice(["hour", "day", "day", "week", "month", "quarter", "year"])
            if unit == "hour":
                start, end = hour_of(zone, at)
            else:
                first, after = unit_of(unit, local(zone, at).date())
                start, end = first_instant(zone, first), first_instant(zone, after)
                if at >= end:
                    # An old date that came again after the new one had begun.
                    first, after = unit_of(unit, after)
                    start, end = first_instant(zone, first), first_instant(zone, after)
            print(name, unit, at, start, end)
        """

    @Test(arguments: Seed.some(2)) func `bounds agree with Python's zoneinfo`(seed: Seed) throws {
        guard let output = try Self.python(["-c", Self.script, "\(seed.value)", "2000"] + trickyZones) else {
            print("skipped: there is no python3 with zoneinfo to compare calendar windows with")
            return
        }
        var compared = 0
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            try #require(fields.count == 5, "\(line)")
            let zone = try #require(Zone(identifier: fields[0]))
            let unit = try #require(Window.CalendarUnit(rawValue: fields[1]))
            let times = try fields[2...].map { Timestamp(seconds: try #require(Int64($0))) }
            let slot = Window.calendar(unit).slot(containing: times[0], in: zone)
            let theirs = Interval(start: times[1], end: times[2])
            let note = "\(unit) at \(RFC3339.utc(times[0])) in \(fields[0])"
            #expect(slot == theirs, "\(note): \(Self.shown(slot)), Python says \(Self.shown(theirs))")
            compared += 1
        }
        #expect(compared == 2000)
    }

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
