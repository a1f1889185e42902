/// What an account sums: money, tokens and calls side by side, so that a budget may change its unit without a new sum.
package struct Amount: Hashable, Sendable {
    package var cost: Money
    package var tokens: Int64
    package var calls: Int64

    package static let zero = Amount(cost: .zero, tokens: 0, calls: 0)

    package init(cost: Money, tokens: Int64, calls: Int64) {
        self.cost = cost
        self.tokens = tokens
        self.calls = calls
    }

    package static func + (left: Amount, right: Amount) -> Amount {
        Amount(
            cost: left.cost + right.cost, tokens: left.tokens.saturatingAdding(right.tokens),
            calls: left.calls.saturatingAdding(right.calls))
    }

    package static prefix func - (amount: Amount) -> Amount {
        Amount(
            cost: -amount.cost, tokens: amount.tokens.saturatingNegation, calls: amount.calls.saturatingNegation)
    }

    package static func += (left: inout Amount, right: Amount) { left = left + right }
}

/// A share of a limit in parts per million: 80% is 800,000.
package struct Ratio: Hashable, Comparable, Sendable {
    package var partsPerMillion: Int64

    package init(partsPerMillion: Int64) { self.partsPerMillion = partsPerMillion }

    /// `percent(80)`.
    package static func percent(_ percent: Int64) -> Ratio { Ratio(partsPerMillion: percent * 10_000) }

    /// `part / whole` to the millionth, toward zero; a whole of zero counts as reached.
    package init(of part: Int64, in whole: Int64) {
        guard whole > 0 else {
            partsPerMillion = 1_000_000
            return
        }
        partsPerMillion = Int64(clamping: Int128(part) * 1_000_000 / Int128(whole))
    }

    /// Whether `part` has reached this share of `whole`: compared as products, without rounding.
    package func isReached(by part: Int64, of whole: Int64) -> Bool {
        Int128(part) * 1_000_000 >= Int128(whole) * Int128(partsPerMillion)
    }

    /// `80%`, `12.5%`.
    package var percentText: String { DecimalText.text(partsPerMillion, places: 4) + "%" }

    /// The same in tenths of a percent, toward zero, so that what is not yet reached never reads as 100%.
    package var wholePercentText: String { Ratio(partsPerMillion: partsPerMillion / 1000 * 1000).percentText }

    /// The ratio as a decimal number: `1.003`; JSON and exposition formats.
    package var text: String { DecimalText.text(partsPerMillion, places: 6) }

    package static func < (left: Ratio, right: Ratio) -> Bool { left.partsPerMillion < right.partsPerMillion }
}
