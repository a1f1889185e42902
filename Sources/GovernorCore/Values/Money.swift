/// An amount of US dollars in whole nano-dollars; nine decimal places, exact.
///
/// Sums saturate instead of trapping: ±9.2 billion dollars is beyond any fleet, and a pushed record must not be able to
/// stop the daemon. Products are taken in 128 bits where they are needed (`PriceBook`), never here.
package struct Money: Hashable, Comparable, Sendable {
    /// Billionths of a dollar.
    package var nanodollars: Int64

    package static let zero = Money(nanodollars: 0)
    package static let max = Money(nanodollars: .max)

    package init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// Whole dollars; for limits and prices written in code.
    package static func dollars(_ dollars: Int64) -> Money {
        Money(nanodollars: dollars.saturatingMultiplied(by: 1_000_000_000))
    }

    /// Reads a decimal number of dollars (`0.30`, `2.5e-05`), rounding half to even beyond nine places.
    /// - Returns: nil when it is no number or above 9.2 billion.
    package init?(dollars text: some StringProtocol) {
        guard let value = DecimalText.scaled(text.utf8, places: 9) else { return nil }
        nanodollars = value
    }

    /// The number as JSON and reports write it: `25.0712`, at most nine places.
    package var text: String { DecimalText.text(nanodollars, places: 9) }

    /// For people: `$25.07`; rounded half to even to the cent, or to four places when it is under ten cents.
    package var dollarText: String {
        let fine = nanodollars != 0 && nanodollars.magnitude < 100_000_000
        let unit: Int128 = fine ? 100_000 : 10_000_000
        let rounded = Int64(DecimalText.roundedQuotient(Int128(nanodollars), unit))
        let text = DecimalText.text(Int64(rounded.magnitude), places: fine ? 4 : 2, atLeast: 2)
        return (rounded < 0 ? "-$" : "$") + text
    }

    package static func < (left: Money, right: Money) -> Bool { left.nanodollars < right.nanodollars }

    package static func + (left: Money, right: Money) -> Money {
        Money(nanodollars: left.nanodollars.saturatingAdding(right.nanodollars))
    }

    package static func - (left: Money, right: Money) -> Money { left + -right }

    package static prefix func - (money: Money) -> Money {
        Money(nanodollars: money.nanodollars.saturatingNegation)
    }

    package static func += (left: inout Money, right: Money) { left = left + right }
}

extension Int64 {
    /// The sum, or the nearest end of the range when it does not fit.
    package func saturatingAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The product, or the nearest end of the range when it does not fit.
    package func saturatingMultiplied(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        guard overflow else { return product }
        return (self < 0) == (other < 0) ? .max : .min
    }

    /// The number with its sign turned; the lowest one, which has no counterpart, becomes the highest.
    package var saturatingNegation: Int64 { self == .min ? .max : -self }
}
