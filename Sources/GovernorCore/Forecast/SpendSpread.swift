import Foundation

/// How far the remaining spend may lie from its forecast: the 80% interval and the odds of passing a limit.
///
/// The recipe was fitted to past windows of agent spend, because residual bootstrap and normal intervals cover 15 to
/// 45% where they promise 80: what breaks them is a change of level, and the total usually lands above. With the
/// standard deviation of the last 28 full days and their lag-1 autocorrelation ρ, clipped to [0, 0.9],
///
///     s = 1.2816 · sd · sqrt(remaining days · (1 + ρ) / (1 − ρ))
///     low = f − 2s, high = f + k·s
///
/// where f is the forecast of the remaining spend. k was measured in windows of 30 days; it is kept here by the days
/// that remain, not by the days gone, since what it allows for is a change of level, which has as many days to happen
/// in and to add up over as remain. In a window of 30 days that is the same thing; in weeks it covers 85 to 98%, where
/// k by the share of the window gone covers 94 to 98 at up to twice the cost in width.
struct SpendSpread: Sendable {
    /// Below the forecast to the tenth percentile, and above it to the ninetieth; in nano-dollars, before the limits
    /// that what is spent stays spent.
    let down: Double
    let up: Double

    /// The ninetieth percentile of a normal distribution, in standard deviations.
    static let ninetiethPercentile = 1.2816
    static let deviationDays = 28
    /// Days of history short of a week count as days whose deviation is the level itself, as it is for bursty spend:
    /// two equal days don't make a sure forecast.
    static let daysToTrust = 7
    /// k by remaining days: at 3, 5, 7, 10, 14 and 21 days into 30.
    static let upward: [(remaining: Double, k: Double)] = [
        (9, 1.75), (16, 3.75), (20, 5.25), (23, 6.25), (25, 7.25), (27, 7.75),
    ]

    /// - Parameters:
    ///   - days: the full days known, oldest first.
    ///   - level: what a day is expected to cost.
    ///   - remaining: days the forecast reaches ahead, not negative.
    init(days: ArraySlice<Double>, level: Double, remaining: Double) {
        let recent = days.suffix(Self.deviationDays)
        let count = Double(recent.count)
        let mean = recent.isEmpty ? 0 : recent.reduce(0, +) / count
        var squares = 0.0
        var products = 0.0
        var previous = 0.0
        for day in recent {
            let deviation = day - mean
            squares += deviation * deviation
            products += deviation * previous
            previous = deviation
        }
        var variance = count > 1 ? squares / (count - 1) : 0
        let trust = Double(Self.daysToTrust)
        if count < trust { variance = (count * variance + (trust - count) * level * level) / trust }
        let correlation = count > 2 && squares > 0 ? min(0.9, max(0, products / squares)) : 0
        let s =
            Self.ninetiethPercentile * variance.squareRoot()
            * (max(0, remaining) * (1 + correlation) / (1 - correlation)).squareRoot()
        down = 2 * s
        up = Self.upwardFactor(remaining: remaining) * s
    }

    /// k between the measured points on a straight line, and as at the nearest of them beyond.
    static func upwardFactor(remaining: Double) -> Double {
        guard let above = upward.firstIndex(where: { $0.remaining >= remaining }) else {
            return upward[upward.count - 1].k
        }
        guard above > 0 else { return upward[0].k }
        let (left, right) = (upward[above - 1], upward[above])
        return left.k + (right.k - left.k) * (remaining - left.remaining) / (right.remaining - left.remaining)
    }

    /// The probability that the remaining spend passes `room`, when `expected` of it is forecast.
    ///
    /// Two half normal distributions meet at the forecast, each holding half of the probability and each with the
    /// standard deviation that puts its decile at its end of the interval, so the odds agree with the interval:
    ///
    ///     P(spend > room) = erfc(z / √2) / 2, z = 1.2816 · (room − f) / (up or down, whichever side room is on)
    func probability(over room: Double, expected: Double) -> Double {
        let distance = room - expected
        let side = distance < 0 ? down : up
        guard side > 0 else { return distance < 0 ? 1 : 0 }
        return erfc(Self.ninetiethPercentile * distance / side / 2.0.squareRoot()) / 2
    }
}
