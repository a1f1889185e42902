/// A price in nano-dollars per million tokens: $3 a million is 3,000,000,000.
package typealias TokenPrice = Int64

/// The classes of tokens that are priced apart; the words are the columns of `prices.csv` and the keys of `prices:`.
package enum TokenClass: String, CaseIterable, Sendable {
    case input, output
    case cacheRead = "cache_read"
    /// Kept for five minutes; creation that nobody split counts as this.
    case cacheWrite5m = "cache_write"
    case cacheWrite1h = "cache_write_1h"
    case cacheWrite12h = "cache_write_12h"

    /// What goes in changes its price with the input, what comes out with the output.
    var side: TokenClass { self == .output ? .output : .input }
}

/// Prices as a table lists them, by class; nil where it doesn't.
package struct PriceList: Hashable, Sendable {
    private var prices: [TokenPrice?] = Array(repeating: nil, count: TokenClass.allCases.count)

    package init() {}

    /// - Parameter prices: the classes that are listed.
    package init(_ prices: [TokenClass: TokenPrice]) { for (kind, price) in prices { self[kind] = price } }

    package subscript(kind: TokenClass) -> TokenPrice? {
        get { prices[kind.place] }
        set { prices[kind.place] = newValue }
    }

    package var isEmpty: Bool { prices.allSatisfy { $0 == nil } }
}

extension TokenClass {
    fileprivate var place: Int {
        switch self {
        case .input: 0
        case .output: 1
        case .cacheRead: 2
        case .cacheWrite5m: 3
        case .cacheWrite1h: 4
        case .cacheWrite12h: 5
        }
    }
}

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

    package subscript(kind: TokenClass) -> TokenPrice {
        switch kind {
        case .input: input
        case .output: output
        case .cacheRead: cacheRead
        case .cacheWrite5m: cacheWrite5m
        case .cacheWrite1h: cacheWrite1h
        case .cacheWrite12h: cacheWrite12h
        }
    }

    /// Every class, made by `price`.
    init(_ price: (TokenClass) -> TokenPrice) {
        self.init(
            input: price(.input), output: price(.output), cacheRead: price(.cacheRead),
            cacheWrite5m: price(.cacheWrite5m), cacheWrite1h: price(.cacheWrite1h),
            cacheWrite12h: price(.cacheWrite12h))
    }
}

/// One of a thing for each way a call is bought.
package struct Offers<Value> {
    package var standard: Value
    package var batch: Value
    package var flex: Value
    package var priority: Value

    package init(_ make: (Terms.Tier) -> Value) {
        standard = make(.standard)
        batch = make(.batch)
        flex = make(.flex)
        priority = make(.priority)
    }

    package subscript(tier: Terms.Tier) -> Value {
        get {
            switch tier {
            case .standard: standard
            case .batch: batch
            case .flex: flex
            case .priority: priority
            }
        }
        set {
            switch tier {
            case .standard: standard = newValue
            case .batch: batch = newValue
            case .flex: flex = newValue
            case .priority: priority = newValue
            }
        }
    }
}

extension Offers: Equatable where Value: Equatable {}
extension Offers: Hashable where Value: Hashable {}
extension Offers: Sendable where Value: Sendable {}
