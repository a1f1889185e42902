/// A share of the limit, spent or forecast, and what happens from there on.
package struct Threshold: Hashable, Sendable {
    /// What is held against the limit.
    package enum Measure: String, Sendable {
        /// What was spent in the window.
        case spent
        /// What will have been spent at its end, as the forecast has it.
        case forecast
    }

    package var measure: Measure
    package var ratio: Ratio
    package var actions: Actions
    /// How long the share must be reached before anything happens.
    package var hold: Span
    /// How long it must not be reached any more before its alert resolves; nil for the default of its window.
    package var keepFiringFor: Span?

    package init(
        measure: Measure = .spent, ratio: Ratio, actions: Actions = Actions(), hold: Span = .zero,
        keepFiringFor: Span? = nil
    ) {
        self.measure = measure
        self.ratio = ratio
        self.actions = actions
        self.hold = hold
        self.keepFiringFor = keepFiringFor
    }

    /// `80%`, `forecast110%`: its name within its budget.
    package var label: String { measure == .spent ? ratio.percentText : "forecast\(ratio.percentText)" }

    /// Spent before forecast, then by share.
    static func inOrder(_ left: Threshold, _ right: Threshold) -> Bool {
        (left.measure == .spent ? 0 : 1, left.ratio) < (right.measure == .spent ? 0 : 1, right.ratio)
    }
}
