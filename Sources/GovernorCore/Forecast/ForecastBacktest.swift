extension Forecast {
    /// How the same method did in the past of the same account: a forecast was made as far into a window as we are now,
    /// for a window as long as this one, from every day of the history that has enough days after it.
    package struct Backtest: Hashable, Sendable {
        /// The sum of the errors' sizes over the sum of the windows' totals: 0.3 is 30% off on the average.
        package var wape: Double
        /// The share of windows whose total lay in the interval; 0.8 is what it promises.
        package var coverage: Double
        /// How many windows were tried; they overlap, so they are fewer pieces of evidence than their number.
        package var windows: Int

        package init(wape: Double, coverage: Double, windows: Int) {
            self.wape = wape
            self.coverage = coverage
            self.windows = windows
        }

        /// A forecast from fewer days than a week says nothing about the method.
        static let fewestDaysKnown = 7

        /// At most 84 windows of a few dozen sums each.
        ///
        /// - Parameters:
        ///   - days: the full days of history, oldest first.
        ///   - levels: the level after none, one, two … of them.
        ///   - length: the window's length in days; those past were cut to whole days.
        ///   - gone: how many of them had passed.
        /// - Returns: nil when the history is shorter than two windows, the window is too short to be forecast from
        ///   full days, or there was no spend to be wrong about.
        init?(days: [Double], levels: [Double], length: Int, gone: Int) {
            guard length >= 2, days.count >= 2 * length, levels.count == days.count + 1 else { return nil }
            let gone = min(length - 1, max(1, gone))
            let remaining = Double(length - gone)
            var errors = 0.0
            var totals = 0.0
            var covered = 0
            var windows = 0
            for start in 0...(days.count - length) where start + gone >= Self.fewestDaysKnown {
                let now = start + gone
                let actual = days[now..<(start + length)].reduce(0, +)
                let expected = levels[now] * remaining
                let spread = SpendSpread(days: days[..<now], level: levels[now], remaining: remaining)
                errors += abs(actual - expected.rounded())
                totals += days[start..<now].reduce(0, +) + actual
                // To the nano-dollar, as forecasts are made: of steady spend the interval is a point.
                let low = max(0, expected - spread.down).rounded()
                if low <= actual, actual <= (expected + spread.up).rounded() { covered += 1 }
                windows += 1
            }
            guard windows > 0, totals > 0 else { return nil }
            self.init(wape: errors / totals, coverage: Double(covered) / Double(windows), windows: windows)
        }
    }
}
