/// A price in nano-dollars per million tokens: $3 a million is 3,000,000,000.
package typealias TokenPrice = Int64

/// What a token of each class costs; a class that is not listed falls back as `contract/usage.md` says.
package struct ClassPrices: Hashable, Sendable {
    package var input: TokenPrice
    package var output: TokenPrice
    package var cacheRead: TokenPrice
    package var cacheWrite5m: TokenPrice
    package var cacheWrite1h: TokenPrice
    package var cacheWrite12h: TokenPrice

    /// - Note: A provider that lists no price for a cache class bills it as plain input; a 1 h write is twice the input
    ///   and a 12 h write as dear as a 1 h one where they are not listed.
    package init(
        input: TokenPrice, output: TokenPrice, cacheRead: TokenPrice? = nil, cacheWrite5m: TokenPrice? = nil,
        cacheWrite1h: TokenPrice? = nil, cacheWrite12h: TokenPrice? = nil
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead ?? input
        self.cacheWrite5m = cacheWrite5m ?? input
        self.cacheWrite1h = cacheWrite1h ?? input.saturatingMultiplied(by: 2)
        self.cacheWrite12h = cacheWrite12h ?? self.cacheWrite1h
    }
}

/// One model's prices over a stretch of time.
package struct PriceRow: Hashable, Sendable {
    /// A price that multiplies another, kept as the two numbers it came from.
    package struct Multiplier: Hashable, Sendable {
        package var numerator: Int64
        package var denominator: Int64

        package static let one = Multiplier(numerator: 1, denominator: 1)
        /// From prices per million tokens to the price of one.
        static let perMillion = Multiplier(numerator: 1, denominator: 1_000_000)

        /// `numerator / denominator` in lowest terms; both positive.
        package init(numerator: Int64, denominator: Int64) {
            var (a, b) = (numerator, denominator)
            while b != 0 { (a, b) = (b, a % b) }
            self.numerator = numerator / max(1, a)
            self.denominator = denominator / max(1, a)
        }
    }

    /// How a service tier changes the price of what goes in and what comes out.
    package struct TierMultiplier: Hashable, Sendable {
        package var input: Multiplier
        package var output: Multiplier

        package init(input: Multiplier, output: Multiplier) {
            self.input = input
            self.output = output
        }
    }

    package var provider: String
    package var model: String
    package var base: ClassPrices
    /// Prices of the whole request once its prompt is strictly above `threshold` tokens.
    package var high: ClassPrices?
    package var threshold: Int64?
    package var batch: TierMultiplier?
    package var flex: TierMultiplier?
    package var priority: TierMultiplier?
    package var fast: Multiplier?
    package var usGeography: Multiplier?
    /// Nano-dollars per thousand searches.
    package var webSearch: Int64?
    /// The first instant these prices hold; nil from the beginning.
    package var from: Timestamp?
    /// The first instant they no longer hold; nil for ever.
    package var until: Timestamp?
    /// When the provider ends the model, as written; shown, never used.
    package var deprecation: String?

    /// A row without tiers, surcharges or dates; those are set one by one.
    package init(provider: String, model: String, base: ClassPrices) {
        self.provider = provider
        self.model = model
        self.base = base
    }
}
