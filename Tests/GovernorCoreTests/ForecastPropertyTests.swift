import Foundation
import GovernorCore
import Seeds
import Testing

/// What holds for any history, window and instant. GOVERNOR_SEED replays a failure.
@Suite struct ForecastPropertyTests {
    static let seed =
        ProcessInfo.processInfo.environment["GOVERNOR_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0 ... .max)

    @Test func `spent, low, expected and high stand in this order whatever was spent`() throws {
        var draw = ForecastDraw(seed: Self.seed)
        for round in 0..<400 {
            let scene = draw.scene(largest: [1000, 1_000_000_000_000, .max].randomElement(using: &draw) ?? 1)
            let label: Comment = "GOVERNOR_SEED=\(Self.seed), round \(round): \(scene)"
            let forecast = try #require(scene.forecast(), label)
            #expect(forecast.spent <= forecast.low, label)
            #expect(forecast.low <= forecast.expected, label)
            #expect(forecast.expected <= forecast.high, label)
            #expect((0...DailySpend.longest).contains(forecast.historyDays), label)
            let odds = try #require(forecast.probabilityOver, label)
            #expect((0...1).contains(odds), label)
            if let backtest = forecast.backtest {
                #expect(backtest.wape.isFinite && backtest.wape >= 0 && (0...1).contains(backtest.coverage), label)
                #expect((1...DailySpend.longest).contains(backtest.windows), label)
            }
            #expect(forecast.text(scene.zone).hasPrefix("forecast for "), label)
        }
    }

    @Test func `a higher limit is never likelier to be passed`() throws {
        var draw = ForecastDraw(seed: Self.seed)
        for round in 0..<100 {
            var scene = draw.scene(largest: 1_000_000_000_000)
            var last = 1.0
            for step in 0..<40 {
                scene.limit = Money(nanodollars: Int64(step) * 1_000_000_000_000)
                let odds = try #require(scene.forecast()?.probabilityOver)
                #expect(odds <= last, "GOVERNOR_SEED=\(Self.seed), round \(round), step \(step): \(scene)")
                last = odds
            }
        }
    }

    @Test func `ten times the money is ten times the forecast`() throws {
        var draw = ForecastDraw(seed: Self.seed)
        for round in 0..<200 {
            let scene = draw.scene(largest: 1_000_000_000_000)
            var tenfold = scene
            tenfold.history.totals = scene.history.totals.map { Money(nanodollars: $0.nanodollars * 10) }
            tenfold.limit = Money(nanodollars: scene.limit.nanodollars * 10)
            let label: Comment = "GOVERNOR_SEED=\(Self.seed), round \(round): \(scene)"
            let one = try #require(scene.forecast(), label)
            let ten = try #require(tenfold.forecast(), label)
            for (small, large) in [(one.low, ten.low), (one.expected, ten.expected), (one.high, ten.high)] {
                // Half a nano-dollar either way, ten times, and what Double loses in sums as large as these.
                let tolerance = 10 + Double(large.nanodollars.magnitude) * 1e-12
                #expect(abs(Double(large.nanodollars) - 10 * Double(small.nanodollars)) <= tolerance, label)
            }
            #expect(abs(try #require(ten.probabilityOver) - (try #require(one.probabilityOver))) < 1e-9, label)
        }
    }

    @Test func `more spent today never lowers the forecast`() throws {
        var draw = ForecastDraw(seed: Self.seed)
        for round in 0..<200 {
            var scene = draw.scene(largest: 1_000_000_000_000)
            let before = try #require(scene.forecast())
            scene.history.totals[scene.history.totals.count - 1] += Money(
                nanodollars: .random(in: 1...1_000_000_000_000, using: &draw))
            let after = try #require(scene.forecast())
            let label: Comment = "GOVERNOR_SEED=\(Self.seed), round \(round): \(scene)"
            // To the rounding of Double.
            #expect(after.expected.nanodollars >= before.expected.nanodollars - 1000, label)
        }
    }

    @Test func `midnight makes no step, not even the month's`() throws {
        var draw = ForecastDraw(seed: Self.seed)
        for round in 0..<200 {
            var scene = draw.scene(largest: 1_000_000_000_000)
            // Short enough that no day drops out at its far end, which is a step of its own, if a small one.
            let tooMany = scene.history.totals.count - DailySpend.longest
            if tooMany > 0 {
                scene.history.totals.removeFirst(tooMany)
                let first = scene.history.firstDay.daysSinceEpoch + Int64(tooMany)
                scene.history.firstDay = CivilDate(daysSinceEpoch: first)
            }
            let label: Comment = "GOVERNOR_SEED=\(Self.seed), round \(round): \(scene)"
            // The month that begins at this midnight, forecast from the last millisecond before and from its first.
            let today = scene.zone.civil(at: scene.now).date
            let midnight = scene.zone.start(of: CivilDate(daysSinceEpoch: today.daysSinceEpoch + 1))
            for window in [
                Interval(start: midnight, end: midnight + .days(30)),
                Interval(start: midnight - .days(10), end: midnight + .days(20)),
            ] {
                var before = scene
                before.window = window
                before.now = midnight - Span(milliseconds: 1)
                before.spent = .zero
                var after = before
                after.now = midnight
                after.history.totals.append(.zero)
                let early = try #require(before.forecast(), label)
                let late = try #require(after.forecast(), label)
                let step = abs(Double(early.expected.nanodollars) - Double(late.expected.nanodollars))
                #expect(step <= 1000 + Double(late.expected.nanodollars) * 1e-6, label)
            }
        }
    }
}

/// One history and what is asked of it.
private struct ForecastScene: CustomStringConvertible {
    var history: DailySpend
    var window: Interval
    var spent: Money?
    var limit: Money
    var now: Timestamp
    var zone: Zone

    func forecast() -> Forecast? {
        Forecast.make(history: history, window: window, spent: spent, limit: limit, now: now, zone: zone)
    }

    var description: String {
        "\(history.totals.map(\.nanodollars)) from \(history.firstDay.text), \(window), limit \(limit), at "
            + "\(RFC3339.utc(now)) in \(zone.identifier)"
    }
}

/// Histories drawn from a seed.
private struct ForecastDraw: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(Seed(value: seed)) }

    mutating func next() -> UInt64 { generator.next() }

    /// A history that ends today, of 0 to 100 days, quiet, steady or bursty, and a calendar window that holds now.
    mutating func scene(largest: Int64) -> ForecastScene {
        let zones = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"].compactMap(Zone.init(identifier:))
        let zone = zones.randomElement(using: &self) ?? .utc
        let now = Timestamp(milliseconds: .random(in: 1_600_000_000_000...1_900_000_000_000, using: &self))
        let unit = Window.CalendarUnit.allCases.randomElement(using: &self) ?? .month
        let idle = Int.random(in: 0...4, using: &self)
        let bursts = Bool.random(using: &self)
        let totals = (0...Int.random(in: 0...100, using: &self)).map { _ in
            guard Int.random(in: 0..<5, using: &self) >= idle else { return Money.zero }
            let small = largest / 50
            let burst = bursts && Int.random(in: 0..<10, using: &self) == 0
            return Money(nanodollars: .random(in: 0...(burst ? largest : small), using: &self))
        }
        let today = zone.civil(at: now).date.daysSinceEpoch
        return ForecastScene(
            history: DailySpend(
                firstDay: CivilDate(daysSinceEpoch: today - Int64(totals.count - 1)), totals: totals),
            window: unit.interval(containing: now, in: zone), spent: nil,
            limit: Money(nanodollars: .random(in: 0...largest, using: &self)), now: now, zone: zone)
    }
}
