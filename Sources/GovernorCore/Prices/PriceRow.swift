/// One model's prices over a stretch of time.
package struct PriceRow: Hashable, Sendable {
    /// A price that multiplies another, kept as the two numbers it came from.
    package struct Multiplier: Hashable, Sendable {
        package var numerator: Int64
        package var denominator: Int64

        /// `numerator / denominator` in lowest terms; both positive.
        package init(numerator: Int64, denominator: Int64) {
            var (a, b) = (numerator, denominator)
            while b != 0 { (a, b) = (b, a % b) }
            self.numerator = numerator / max(1, a)
            self.denominator = denominator / max(1, a)
        }

        /// From billionths: 1.1 is 1,100,000,000.
        package init(billionths: Int64) { self.init(numerator: billionths, denominator: 1_000_000_000) }

        /// The number in billionths; what `init(billionths:)` took.
        package var billionths: Int64 {
            Int64(
                clamping: DecimalText.roundedQuotient(
                    Int128(numerator) * 1_000_000_000, Int128(max(1, denominator))))
        }
    }

    /// What prompts of more than so many tokens cost: the whole request, once the whole prompt is above.
    package struct Level: Hashable, Sendable {
        /// In tokens, cache included; 0 for the level that is always there.
        package var over: Int64
        /// As the table has it, by how the call was bought.
        package var listed: Offers<PriceList>
        /// The same with every class of every offer filled in.
        package fileprivate(set) var prices: Offers<ClassPrices>

        package init(over: Int64, listed: Offers<PriceList>) {
            self.over = over
            self.listed = listed
            prices = Offers { _ in ClassPrices(input: 0, output: 0) }
        }
    }

    package var provider: String
    package var model: String
    /// By the size of the prompt, rising; the first is over 0.
    package private(set) var levels: [Level]
    package var fast: Multiplier?
    package var usGeography: Multiplier?
    /// Nano-dollars per thousand searches.
    package var webSearch: Int64?
    /// Nano-dollars for a call of which nothing but the model is known, as the lines of a plain `litellm.log` tell it.
    package var perRequest: Int64?
    /// The first instant these prices hold; nil from the beginning.
    package var from: Timestamp?
    /// The first instant they no longer hold; nil for ever.
    package var until: Timestamp?
    /// When the provider ends the model, as written; shown, never used.
    package var deprecation: String?

    /// - Parameter levels: in any order; one over 0 that lists input and output has to be among them, no two over the
    ///   same, and nothing above 10^14.
    package init(provider: String, model: String, levels: [Level]) {
        self.provider = provider
        self.model = model
        self.levels = levels.sorted { $0.over < $1.over }
        fill()
    }

    /// A row without tiers, surcharges or dates; those are set one by one.
    package init(provider: String, model: String, base: ClassPrices) {
        let list = PriceList(Dictionary(uniqueKeysWithValues: TokenClass.allCases.map { ($0, base[$0]) }))
        let listed = Offers { $0 == .standard ? list : PriceList() }
        self.init(provider: provider, model: model, levels: [Level(over: 0, listed: listed)])
    }

    /// What everybody pays for a prompt that is not long.
    package var base: ClassPrices { levels.first?.prices.standard ?? ClassPrices(input: 0, output: 0) }

    /// What a request with a prompt of so many tokens pays: the prices of the highest level it is strictly above.
    package func prices(ofPrompt tokens: Int64, _ tier: Terms.Tier) -> ClassPrices {
        var place = levels.endIndex - 1
        while place > 0, tokens <= levels[place].over { place -= 1 }
        return levels.isEmpty ? ClassPrices(input: 0, output: 0) : levels[place].prices[tier]
    }

    /// Whether two rows charge the same for every call, whatever they list and whenever they hold.
    package func charges(as other: PriceRow) -> Bool {
        levels.map(\.over) == other.levels.map(\.over) && levels.map(\.prices) == other.levels.map(\.prices)
            && fast ?? .init(numerator: 1, denominator: 1) == other.fast ?? .init(numerator: 1, denominator: 1)
            && usGeography ?? .init(numerator: 1, denominator: 1)
                == other.usGeography ?? .init(numerator: 1, denominator: 1)
            && webSearch ?? 0 == other.webSearch ?? 0 && perRequest == other.perRequest
    }

    // MARK: What is not listed

    /// Fills in every class of every offer. A price that follows from others is rounded to the nano-dollar per million
    /// tokens, half to even, as if it were listed so; every row of `prices.csv` comes out without rounding.
    private mutating func fill() {
        guard let first = levels.first else { return }
        for place in levels.indices {
            let listed = levels[place].listed.standard
            levels[place].prices.standard =
                place == 0 ? Self.standard(listed) : Self.standard(listed, over: first.listed.standard)
            for tier in [Terms.Tier.batch, .flex, .priority] {
                levels[place].prices[tier] = offer(tier, at: place)
            }
        }
    }

    private static func standard(_ listed: PriceList) -> ClassPrices {
        ClassPrices(
            input: listed[.input] ?? 0, output: listed[.output] ?? 0, cacheRead: listed[.cacheRead],
            cacheWrite5m: listed[.cacheWrite5m], cacheWrite1h: listed[.cacheWrite1h],
            cacheWrite12h: listed[.cacheWrite12h])
    }

    /// An upper tier. A cache class it doesn't list rises as the input does, where the base lists that class at all; a
    /// 1 h write is twice the input there too.
    private static func standard(_ listed: PriceList, over base: PriceList) -> ClassPrices {
        let input = listed[.input] ?? base[.input] ?? 0
        func risen(_ kind: TokenClass) -> TokenPrice? {
            listed[kind] ?? base[kind].map { scaled($0, by: input, over: base[.input] ?? 0) }
        }
        return ClassPrices(
            input: input, output: listed[.output] ?? base[.output] ?? 0, cacheRead: risen(.cacheRead),
            cacheWrite5m: risen(.cacheWrite5m), cacheWrite1h: listed[.cacheWrite1h],
            cacheWrite12h: risen(.cacheWrite12h))
    }

    /// Batch, flex or priority. A class that isn't listed changes as its side does: the cache with the input. The upper
    /// tier changes as the lower one does, and an offer that lists nothing of a side changes nothing there.
    private func offer(_ tier: Terms.Tier, at place: Int) -> ClassPrices {
        let (base, level) = (levels[0], levels[place])
        let (mine, below) = (level.listed[tier], base.listed[tier])
        return ClassPrices { kind in
            if let listed = mine[kind] { return listed }
            let standard = level.prices.standard
            if let listed = mine[kind.side] {
                return Self.scaled(standard[kind], by: listed, over: standard[kind.side])
            }
            for other in [kind, kind.side] {
                guard let listed = below[other] else { continue }
                return Self.scaled(standard[kind], by: listed, over: base.prices.standard[other])
            }
            return standard[kind]
        }
    }

    private static func scaled(_ price: TokenPrice, by part: TokenPrice, over whole: TokenPrice) -> TokenPrice {
        guard whole > 0 else { return price }
        return Int64(clamping: DecimalText.roundedQuotient(Int128(price) * Int128(part), Int128(whole)))
    }
}
