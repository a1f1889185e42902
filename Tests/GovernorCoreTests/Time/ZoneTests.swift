import GovernorCore
import Testing

@Suite struct ZoneTests {
    @Test(arguments: trickyZones) func `every awkward zone is known`(identifier: String) {
        #expect(Zone(identifier: identifier)?.identifier == identifier)
    }

    @Test(arguments: [
        "Asia/Calcutta", "US/Eastern", "Europe/Kiev", "America/Buenos_Aires", "Asia/Saigon", "Etc/GMT+3", "Etc/UTC",
        "America/Argentina/Buenos_Aires", "Antarctica/South_Pole", "GMT", "UTC",
    ])
    func `names of the tz data are taken as they are, old ones too`(identifier: String) {
        #expect(Zone(identifier: identifier)?.identifier == identifier)
    }

    @Test func `an old name is the same clock as the new one`() {
        for (old, new) in [("Asia/Calcutta", "Asia/Kolkata"), ("US/Eastern", "America/New_York")] {
            for time in [monday, monday + .days(150)] {
                #expect(zone(old).offset(at: time) == zone(new).offset(at: time) && zone(old).offset(at: time) != 0)
            }
        }
    }

    @Test(arguments: [
        "", "PST", "EST", "CET", "EST5EDT", "GMT-5", "GMT+03:00", "UTC+2", "+03:00", "Z", "Etc/GMT+99", "Etc/Unknown",
        "/usr/share/zoneinfo/Europe/Warsaw", "posix/Europe/Warsaw", "Europe/../Europe/Warsaw", "Europe//Warsaw",
        "Europe/Warsaw/", "/Europe/Warsaw", "Europe/Warsaw\0", "utc", "US/eastern", "GMT/3", "GMT+3", "Warsaw",
        "Europe/Warszawa", "europe/warsaw", "Europe/Warsaw ", "/", "local", "../UTC",
        "Mars/Olympus",
    ])
    func `what is no zone of the tz data is refused`(identifier: String) {
        #expect(Zone(identifier: identifier) == nil)
    }

    @Test func `a reading the clock jumps over is the instant of the jump`() {
        let warsaw = zone("Europe/Warsaw")
        let skipped = CivilTime(date: CivilDate(year: 2026, month: 3, day: 29), millisecondOfDay: 9_000_000)
        #expect(RFC3339.utc(warsaw.instant(of: skipped)) == "2026-03-29T01:00:00Z")
        let twice = CivilTime(date: CivilDate(year: 2026, month: 10, day: 25), millisecondOfDay: 9_000_000)
        #expect(RFC3339.utc(warsaw.instant(of: twice)) == "2026-10-25T00:30:00Z")
    }
}
