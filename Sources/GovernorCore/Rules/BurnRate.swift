/// Spend per hour over the last stretch of time above a line.
package struct BurnRate: Hashable, Sendable {
    package var over: Span
    /// Dollars an hour.
    package var above: Money

    package init(over: Span, above: Money) {
        self.over = over
        self.above = above
    }
}

extension BurnRate: RuleKind {
    package static let keyword = "burn_rate"
    package static let summary = """
        Spend per hour, averaged over the last stretch of time, above a line. It tells of a worker that runs hot long \
        before its budget is gone; `for` keeps one dear call from being news.
        """

    package func meters(of rule: Rule) -> [Meter] { [Meter(of: rule, slots: .window(.rolling(over)))] }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        let spent = Int128(view.spent(0, split, at: now).cost.nanodollars)
        let length = Int128(max(1, over.milliseconds))
        // Compared as products, so that no rounding decides; the rate itself is only shown.
        guard spent * Self.hour > Int128(above.nanodollars) * length else { return .no(now) }
        let rate = Money(nanodollars: Int64(clamping: DecimalText.roundedQuotient(spent * Self.hour, length)))
        return Finding(
            holds: true, asOf: now,
            text: "\(view.who(split)) spends \(rate.dollarText) an hour over the last \(over.text), above "
                + above.dollarText,
            value: rate.nanodollars, limit: .usd(above))
    }

    /// Milliseconds.
    private static let hour: Int128 = 3_600_000
}
