/// What calls of free models would have cost elsewhere.
package struct Savings: Hashable, Sendable {
    package var above: Money
    package var window: Window.Period
    /// The prices of the model they are compared with.
    package var at: PriceRow

    package init(above: Money, window: Window.Period, at: PriceRow) {
        self.above = above
        self.window = window
        self.at = at
    }
}

extension Savings: RuleKind {
    package static let keyword = "savings"
    package static let summary = """
        What calls of free models (local ones, and those listed under `free`) would have cost at the prices of the model \
        they are compared with, from a line on. Good news, once a window.
        """

    package func meters(of rule: Rule) -> [Meter] {
        [Meter(of: rule, value: .saved(at: at), slots: .window(.calendar(window)))]
    }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        let saved = view.spent(0, split, at: now).cost
        guard saved > .zero, saved >= above else { return .no(now) }
        let period = ActionText.period(.calendar(window))
        let what =
            view.rule.per.isEmpty
            ? "\(saved.dollarText) saved \(period)" : "\(view.who(split)) saved \(saved.dollarText) \(period)"
        return Finding(
            holds: true, asOf: now, text: "\(what) by free models, at \(at.model) prices", value: saved.nanodollars,
            limit: .usd(above))
    }
}
