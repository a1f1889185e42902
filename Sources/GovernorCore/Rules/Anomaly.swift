/// Spend far above what is usual at this time of the day and week.
package struct Anomaly: Hashable, Sendable {
    /// The stretch that is looked at.
    package var over: Span
    /// How far back usual is looked for.
    package var baseline: Span
    /// So many times the usual.
    package var above: Ratio
    /// Less than this is never worth a message.
    package var minimum: Money

    package init(over: Span, baseline: Span, above: Ratio, minimum: Money) {
        self.over = over
        self.baseline = baseline
        self.above = above
        self.minimum = minimum
    }
}

extension Anomaly: RuleKind {
    package static let keyword = "anomaly"
    package static let summary = """
        Spend many times what is usual at this time of the day, or of the week where a weekday has its own pattern. \
        Usual is a median of the days before, by the wall clock, so one earlier spike does not hide the next; it needs \
        three days of history, and says nothing of amounts below `min_usd`.
        """

    package func meters(of rule: Rule) -> [Meter] {
        // The oldest sample begins one and a half times `over` before its day, whose clock may have been changed since.
        let keep = baseline.milliseconds.saturatingAdding(over.milliseconds.saturatingMultiplied(by: 2))
            .saturatingAdding(Span.days(1).milliseconds)
        return [Meter(of: rule, slots: .steps(step, keep: Span(milliseconds: keep)))]
    }

    package var firesWithTime: Bool { true }

    /// How finely spend is kept: a twelfth of the stretch, from a minute to an hour.
    private var step: Span { min(.hours(1), max(.minutes(1), Span(milliseconds: over.milliseconds / 12))) }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        guard let account = view.account(0, split) else { return .no(now) }
        let current = spend(of: account, endingAt: now)
        // Most accounts end here, for the price of one look-up.
        guard current > 0, current >= minimum.nanodollars else { return .no(now) }
        let zone = view.rule.zone
        guard let usual = Usual(samples(of: account, before: now, in: zone), on: zone.civil(at: now).date.weekday),
            let line = line(usual), current >= line
        else { return .no(now) }
        return Finding(
            holds: true, asOf: now, text: "\(view.who(split)) spent \(text(current, usual, at: now, in: zone))",
            value: current, limit: .usd(Money(nanodollars: line)))
    }

    /// The least that is an anomaly: so many times the usual, more than three standard deviations above it (1.4826 times
    /// the median absolute deviation, as of a normal distribution: Rousseeuw and Croux, "Alternatives to the Median
    /// Absolute Deviation", 1993), and worth a message.
    /// - Returns: nil when it is more than any amount.
    private func line(_ usual: Usual) -> Int64? {
        let expected = Int128(usual.expected)
        let (quotient, rest) = (expected * Int128(above.partsPerMillion)).quotientAndRemainder(dividingBy: 1_000_000)
        let beyondSpread = expected + Int128(usual.deviation) * 44_478 / 10_000 + 1
        return Int64(exactly: max(quotient + (rest > 0 ? 1 : 0), beyondSpread, Int128(minimum.nanodollars)))
    }

    /// What was spent in the steps that begin in the last `over` before `end`, in nano-dollars.
    private func spend(of account: Account, endingAt end: Timestamp) -> Int64 {
        let next = end + Span(milliseconds: 1)
        return account.amount(from: next - over, until: next).cost.nanodollars
    }

    /// What was spent at this time of the day on the days before, newest first; none from before the first spend.
    ///
    /// Each is the largest of the stretch itself and those half of it earlier and later, since a job that moves a little
    /// is no anomaly. Where they would reach into the stretch that is judged, they are left out.
    private func samples(of account: Account, before now: Timestamp, in zone: Zone) -> [Usual.Sample] {
        guard let first = account.slots.first(where: { $0.amount.cost > .zero })?.interval.start else { return [] }
        let clock = zone.civil(at: now)
        let days = baseline.milliseconds / Span.days(1).milliseconds
        let half = Span(milliseconds: over.milliseconds / 2)
        var samples: [Usual.Sample] = []
        var day: Int64 = 1
        while day <= days {
            let date = CivilDate(daysSinceEpoch: clock.date.daysSinceEpoch - day)
            let end = zone.instant(of: CivilTime(date: date, millisecondOfDay: clock.millisecondOfDay))
            guard end >= first else { break }
            let ends = [end - half, end, end + half].filter { $0 <= now - over }
            if let most = ends.map({ spend(of: account, endingAt: $0) }).max() {
                samples.append(Usual.Sample(weekday: date.weekday, spent: max(0, most)))
            }
            day += 1
        }
        return samples
    }

    /// `$42.00 in the last 1h, 8.4 times the $5.00 usual around 14:05`, `… usual on a Monday around 14:05`.
    private func text(_ current: Int64, _ usual: Usual, at now: Timestamp, in zone: Zone) -> String {
        let day = usual.weekday.map { "on a \(Weekday.name(of: $0)) " } ?? ""
        let time = "\(day)around \(ActionText.clock(now, in: zone))"
        let spent = "\(Money(nanodollars: current).dollarText) in the last \(over.text)"
        guard usual.expected > 0 else { return "\(spent), where nothing is usual \(time)" }
        let times = DecimalText.roundedQuotient(Int128(current) * 10, Int128(usual.expected))
        return "\(spent), \(DecimalText.text(Int64(clamping: times), places: 1)) times the "
            + "\(Money(nanodollars: usual.expected).dollarText) usual \(time)"
    }
}

/// What is usual at one time of the day, in nano-dollars.
private struct Usual {
    /// One earlier day.
    struct Sample {
        var weekday: Int64
        var spent: Int64
    }

    /// Fewer days say nothing of what is usual.
    private static let fewestDays = 3

    let expected: Int64
    /// The median absolute deviation of the days it was taken from.
    let deviation: Int64
    /// The weekday, when it is this day's own pattern.
    let weekday: Int64?

    /// The median of all days or, when that is more, what this weekday has at least half of the time: so a weekly job is
    /// usual from its third week on (two make a pattern, one is a spike).
    /// - Returns: nil when there are too few days.
    init?(_ samples: [Sample], on weekday: Int64) {
        guard samples.count >= Self.fewestDays else { return nil }
        let all = samples.map(\.spent).sorted()
        let same = samples.filter { $0.weekday == weekday }.map(\.spent).sorted()
        let overall = Self.median(all)
        let lower = same.count >= 2 ? same[(same.count - 1) / 2] : 0
        let isWeekly = lower > overall
        let expected = isWeekly ? lower : overall
        self.expected = expected
        self.weekday = isWeekly ? weekday : nil
        deviation = Self.median((isWeekly ? same : all).map { abs($0 - expected) }.sorted())
    }

    /// The one in the middle, or the mean of the two, toward zero.
    /// - Parameter sorted: at least one; none negative.
    private static func median(_ sorted: [Int64]) -> Int64 {
        let upper = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[upper] : Int64((Int128(sorted[upper - 1]) + Int128(sorted[upper])) / 2)
    }
}
