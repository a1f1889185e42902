import Foundation
import GovernorCore
import Seeds
import Testing

@Suite struct CivilDateTests {
    @Test(arguments: Seed.some(20)) func `dates agree with Foundation's calendar`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        for _ in 0..<200 {
            // Foundation's calendar is Julian before 1582.
            let days = random.number(-140_000...1_000_000)
            let date = CivilDate(daysSinceEpoch: days)
            let instant = Date(timeIntervalSince1970: Double(days) * 86_400)
            let theirs = calendar.dateComponents([.year, .month, .day, .weekday], from: instant)
            #expect(theirs.year.map(Int64.init) == date.year, "\(date.text)")
            #expect(theirs.month.map(Int64.init) == date.month, "\(date.text)")
            #expect(theirs.day.map(Int64.init) == date.day, "\(date.text)")
            // Theirs count from Sunday as 1.
            #expect(theirs.weekday.map { Int64(($0 + 5) % 7 + 1) } == date.weekday, "\(date.text)")
            #expect(date.daysSinceEpoch == days)
            let month = try #require(calendar.range(of: .day, in: .month, for: instant))
            #expect(CivilDate.daysIn(month: date.month, of: date.year) == Int64(month.count), "\(date.text)")
        }
    }

    @Test func `days are counted without a gap over four hundred years`() {
        var previous = CivilDate(daysSinceEpoch: -1)
        for days in Int64(0)..<146_097 {
            let date = CivilDate(daysSinceEpoch: days)
            guard date > previous, date.isValid, date.daysSinceEpoch == days else {
                Issue.record("\(date.text) follows \(previous.text)")
                return
            }
            previous = date
        }
        #expect(previous == CivilDate(year: 2369, month: 12, day: 31))
    }

    @Test(
        arguments: [
            (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (1, 1, 1, -719_162), (0, 3, 1, -719_468),
            (-1, 12, 31, -719_529), (2026, 11, 21, 20_778),
        ] as [(Int64, Int64, Int64, Int64)])
    func `known days have known numbers`(year: Int64, month: Int64, day: Int64, number: Int64) {
        let date = CivilDate(year: year, month: month, day: day)
        #expect(date.daysSinceEpoch == number)
        #expect(CivilDate(daysSinceEpoch: number) == date)
    }

    @Test(arguments: [
        Int64.min, .min + 1, -86_400_001, -86_400_000, -86_399_999, -1, 0, 1, 86_399_999, 86_400_000, .max,
    ])
    func `milliseconds are split and joined at any size`(milliseconds: Int64) {
        let civil = CivilTime(millisecondsAsUTC: milliseconds)
        #expect((0..<86_400_000).contains(civil.millisecondOfDay))
        // At the low end the midnight before is beyond the range.
        if milliseconds > .min + 86_400_000 { #expect(civil.millisecondsAsUTC == milliseconds) }
    }
}
