import GovernorCore
import Seeds
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-20T15:18:56.120Z", 1_795_187_936_120),
            ("2026-11-20T16:18:56.120+01:00", 1_795_187_936_120), ("2026-11-20 16:18:56.12+0100", 1_795_187_936_120),
            ("2026-11-20t15:18:56.120999999999z", 1_795_187_936_120), ("2026-11-20T15:18Z", 1_795_187_880_000),
            ("1969-12-31T23:59:59.999Z", -1), ("2026-11-20T00:00:00-23:59", 1_795_219_140_000),
            // A leap second reads as the second after it.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func `an instant is read`(text: String, milliseconds: Int64) {
        #expect(RFC3339.read(text.utf8) == .instant(Timestamp(milliseconds: milliseconds)))
    }

    @Test(
        arguments: [
            ("2026-11-20", 0), ("2026-11-20T15:18:56", 55_136_000), ("2026-11-20 15:18:56.5", 55_136_500),
            ("2026-11-20T15:18", 55_080_000), ("2026-11-20T23:59:60", 86_400_000),
        ] as [(String, Int64)])
    func `a reading without a zone stays one`(text: String, millisecondOfDay: Int64) {
        let date = CivilDate(year: 2026, month: 11, day: 20)
        #expect(RFC3339.read(text.utf8) == .local(CivilTime(date: date, millisecondOfDay: millisecondOfDay)))
    }

    @Test(arguments: [
        "", "2026", "2026-11", "2026-1-2", "20261120", "2026-13-01", "2026-00-10", "2026-11-31", "2023-02-29",
        "1900-02-29", "2026-11-00", "2026-11-20T", "2026-11-20Z", "2026-11-20T15", "2026-11-20T15:",
        "2026-11-20T24:00:00Z",
        "2026-11-20T15:60:00Z", "2026-11-20T15:18:61Z", "2026-11-20T15:18:56.Z", "2026-11-20T15:18:56,5Z",
        "2026-11-20T15:18.5Z", "2026-11-20T15:18:56+24:00", "2026-11-20T15:18:56+01:60", "2026-11-20T15:18:56+1:00",
        "2026-11-20T15:18:56 Z", "2026-11-20T15:18:56ZZ", "2026-11-20T15:18:56Z ", " 2026-11-20T15:18:56Z",
        "-2026-11-20",
        "2026-11-20X15:18:56Z", "2026-11-20T15:18:56+", "2026-11-20T-1:18:56Z", "２026-11-20", "2026-11-20T15:18:5６Z",
        "now", "\u{0}2026-11-20", "2026-11-20T15:18:56.\u{0}Z",
    ])
    func `nonsense is no time`(text: String) { #expect(RFC3339.read(text.utf8) == nil) }

    @Test(arguments: [
        ("2026-11-20T23:00:00Z", "Europe/Warsaw", "2026-11-21T00:00:00+01:00"),
        ("2026-11-20T23:00:00.007Z", "America/New_York", "2026-11-20T18:00:00.007-05:00"),
        ("2026-11-20T23:00:00Z", "UTC", "2026-11-20T23:00:00Z"),
        ("2026-11-20T23:00:00Z", "Asia/Kathmandu", "2026-11-21T04:45:00+05:45"),
        ("2026-03-29T01:00:00Z", "Europe/Warsaw", "2026-03-29T03:00:00+02:00"),
        // Monrovia was 44 minutes and 30 seconds behind until 1972, which the format can't write.
        ("1971-06-01T12:00:00Z", "Africa/Monrovia", "1971-06-01T12:00:00Z"),
    ])
    func `an instant is written as the zone's clock shows it`(time: String, in identifier: String, text: String) {
        #expect(RFC3339.text(instant(time), in: zone(identifier)) == text)
    }

    @Test(arguments: Seed.some(40)) func `what is written is read back`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<200 {
            let time = Timestamp(milliseconds: random.number(-62_135_596_800_000...253_402_214_400_000))
            let zone = zone(random.pick(trickyZones))
            #expect(RFC3339.read(RFC3339.text(time, in: zone).utf8) == .instant(time), "\(time) in \(zone.identifier)")
            #expect(RFC3339.read(RFC3339.utc(time).utf8) == .instant(time), "\(time)")
        }
    }

    @Test(arguments: Seed.some(40)) func `a mangled timestamp is refused or read, and nothing else`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<500 {
            var bytes = Array("2026-11-20T15:18:56.120+01:00".utf8)
            for _ in 0..<random.number(1..<4) {
                let index = random.number(0..<bytes.count)
                if random.once(in: 3) {
                    bytes.remove(at: index)
                } else {
                    bytes[index] = UInt8.random(in: 0...255, using: &random)
                }
            }
            _ = RFC3339.read(bytes)
        }
    }
}
