import GovernorCore
import Seeds
import Testing

@Suite struct PriceBookCostTests {
    @Test func `the built-in book has every row of the table`() throws {
        #expect(PriceTableFile.rows.count >= 74)
        #expect(try PriceBook.embedded().listed.count == PriceTableFile.rows.count)
    }

    @Test(arguments: PriceTableFile.rows)
    func `every row prices every class, tier and surcharge exactly`(row: PriceTableFile.Row) throws {
        var random = SeededGenerator(Seed.some(1)[0])
        let book = try PriceBook.embedded()
        for tier in [Terms.Tier.standard, .batch, .flex, .priority] {
            for round in 0..<4 {
                var record = try Self.record(row, &random, isHigh: round % 2 == 1)
                record.terms = Terms(
                    tier: tier, fast: random.once(in: 2), usGeography: random.once(in: 2),
                    webSearches: random.once(in: 2) ? random.number(0...1000) : 0)
                book.price(&record)
                let expected = try Self.expected(record, row)
                #expect(Natural(record.cost.nanodollars) == expected, "\(record.tokens) \(record.terms)")
                #expect(record.costOrigin == .priced && record.labels.provider == row["provider"])
            }
        }
    }

    @Test(arguments: PriceTableFile.rows.filter { $0["tier_over_tokens"] != nil })
    func `the upper tier begins strictly above its threshold and counts the cache`(row: PriceTableFile.Row) throws {
        let threshold = try #require(row["tier_over_tokens"].flatMap { Int64($0) })
        let book = try PriceBook.embedded()
        for (tokens, column) in [
            (TokenCounts(input: threshold), "input"), (TokenCounts(input: threshold + 1), "input_hi"),
            (TokenCounts(input: threshold - 3, cacheRead: 1, cacheWrite5m: 1, cacheWrite12h: 1), "input"),
            (TokenCounts(input: threshold - 2, cacheRead: 1, cacheWrite1h: 2), "input_hi"),
            // What comes out is no part of the prompt.
            (TokenCounts(input: threshold, output: threshold, reasoning: threshold), "input"),
        ] {
            var random = SeededGenerator(Seed(value: 0))
            var record = try Self.record(row, &random, isHigh: false)
            record.tokens = tokens
            book.price(&record)
            #expect(
                Natural(record.cost.nanodollars) == (try Self.expected(record, row, isHigh: column == "input_hi")),
                "\(tokens)")
        }
    }

    @Test func `a class that is not listed falls back`() {
        let bare = ClassPrices(input: 3, output: 15)
        #expect(bare.cacheRead == 3 && bare.cacheWrite5m == 3 && bare.cacheWrite1h == 6 && bare.cacheWrite12h == 6)
        let listed = ClassPrices(input: 3, output: 15, cacheRead: 1, cacheWrite5m: 4, cacheWrite1h: 7)
        #expect(listed.cacheWrite12h == 7)
        #expect(ClassPrices(input: .max, output: 0).cacheWrite1h == .max)
    }

    @Test func `the upper tier raises a cache class it does not list as the input rises`() throws {
        let rows = try PriceTable.read(
            """
            provider,model,input,output,cache_write,cache_write_1h,cache_write_12h,cache_read,tier_over_tokens,input_hi,output_hi,cache_write_hi
            p,m,3,15,3.75,7,9,0.3,200,6,22.5,7.6
            p,n,3,15,,,,,200,6,22.5,
            """)
        // An hour's write is twice the input where it isn't listed, in the upper tier too, whatever it is below.
        #expect(
            rows[0].prices(ofPrompt: 201, .standard)
                == ClassPrices(
                    input: 6_000_000_000, output: 22_500_000_000, cacheRead: 600_000_000, cacheWrite5m: 7_600_000_000,
                    cacheWrite1h: 12_000_000_000, cacheWrite12h: 18_000_000_000))
        #expect(
            rows[1].prices(ofPrompt: 201, .standard) == ClassPrices(input: 6_000_000_000, output: 22_500_000_000))
    }

    @Test func `several tiers each re-rate the whole request strictly above their threshold`() {
        func level(_ over: Int64, _ input: Int64) -> PriceRow.Level {
            PriceRow.Level(
                over: over,
                listed: Offers { $0 == .standard ? PriceList([.input: input, .output: 2 * input]) : PriceList() })
        }
        let row = PriceRow(provider: "p", model: "m", levels: [level(272_000, 7), level(0, 1), level(128_000, 3)])
        for (prompt, price) in [
            (0, 1), (1, 1), (128_000, 1), (128_001, 3), (272_000, 3), (272_001, 7), (Int64.max, 7),
        ] as [(Int64, Int64)] { #expect(row.prices(ofPrompt: prompt, .standard).input == price, "\(prompt)") }
        #expect(row.levels.map(\.over) == [0, 128_000, 272_000])
    }

    @Test func `batch, flex and priority are exact where they are listed and follow their side where they are not`() {
        var base = Offers<PriceList> { _ in PriceList() }
        base.standard = PriceList([.input: 3000, .output: 9000, .cacheRead: 300, .cacheWrite12h: 4500])
        base.batch = PriceList([.input: 1000, .output: 4500, .cacheRead: 101])
        base.priority = PriceList([.output: 18_000])
        var high = Offers<PriceList> { _ in PriceList() }
        high.standard = PriceList([.input: 6000, .output: 12_000])
        high.priority = PriceList([.input: 30_000])
        let row = PriceRow(
            provider: "p", model: "m",
            levels: [PriceRow.Level(over: 0, listed: base), PriceRow.Level(over: 10, listed: high)])
        // What is listed as it is; a third of the input for the cache classes that aren't.
        #expect(
            row.prices(ofPrompt: 1, .batch)
                == ClassPrices(
                    input: 1000, output: 4500, cacheRead: 101, cacheWrite5m: 1000, cacheWrite1h: 2000,
                    cacheWrite12h: 1500))
        // The upper tier changes as the lower one does, class by class; 600 x 101/300 is 202.
        #expect(
            row.prices(ofPrompt: 11, .batch)
                == ClassPrices(
                    input: 2000, output: 6000, cacheRead: 202, cacheWrite5m: 2000, cacheWrite1h: 4000,
                    cacheWrite12h: 3000))
        // A side that isn't listed doesn't change.
        #expect(row.prices(ofPrompt: 1, .priority).input == 3000 && row.prices(ofPrompt: 1, .priority).output == 18_000)
        let dear = row.prices(ofPrompt: 11, .priority)
        #expect(dear.input == 30_000 && dear.cacheRead == 3000 && dear.output == 24_000)
        #expect(row.prices(ofPrompt: 11, .flex) == row.prices(ofPrompt: 11, .standard))
    }

    @Test func `a price that follows from others is rounded half to even, and none of the book has to be`() throws {
        var base = Offers<PriceList> { _ in PriceList() }
        base.standard = PriceList([.input: 2, .output: 1, .cacheRead: 5])
        base.batch = PriceList([.input: 1])
        let row = PriceRow(provider: "p", model: "m", levels: [PriceRow.Level(over: 0, listed: base)])
        #expect(row.prices(ofPrompt: 1, .batch).cacheRead == 2)
        base.standard[.cacheRead] = 7
        let odd = PriceRow(provider: "p", model: "m", levels: [PriceRow.Level(over: 0, listed: base)])
        #expect(odd.prices(ofPrompt: 1, .batch).cacheRead == 4)
        for row in try PriceBook.embedded().listed {
            for level in row.levels {
                for tier in [Terms.Tier.batch, .flex, .priority] {
                    let (standard, offer) = (level.prices.standard, level.prices[tier])
                    for kind in [TokenClass.cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h] {
                        let (left, right) = (
                            Int128(offer[kind]) * Int128(standard.input), Int128(standard[kind]) * Int128(offer.input)
                        )
                        #expect(left == right, "\(row.model) over \(level.over), \(tier) \(kind)")
                    }
                }
            }
        }
    }

    @Test func `nonsense is dear and visible rather than a crash`() {
        let dear = ClassPrices(input: 100_000_000_000_000, output: 100_000_000_000_000)
        var row = PriceRow(provider: "p", model: "m", base: dear)
        row.webSearch = 100_000_000_000_000
        row.fast = PriceRow.Multiplier(numerator: 99_999_999_999_999, denominator: 1_000_000_000)
        row.usGeography = row.fast
        var record = UsageRecord(
            identity: CallIdentity(key: "k"), growth: .later, time: monday, labels: Labels(),
            tokens: TokenCounts(input: .max, output: .max, cacheRead: .max, cacheWrite5m: .max, cacheWrite1h: .max))
        #expect(
            record.tokens.prompt == .max && record.tokens.total == .max && record.tokens.outOfRange == "input_tokens")
        #expect(PriceBook.cost(of: record, at: row) == .max)
        record.terms = Terms(tier: .batch, fast: true, usGeography: true, webSearches: .max)
        #expect(PriceBook.cost(of: record, at: row) == .max)
        record.tokens = TokenCounts(input: TokenCounts.limit, output: TokenCounts.limit)
        #expect(PriceBook.cost(of: record, at: row) == .max)
    }

    /// A call of the row's model while its prices held.
    private static func record(
        _ row: PriceTableFile.Row, _ random: inout SeededGenerator, isHigh: Bool
    ) throws -> UsageRecord {
        let model = try #require(row["model"])
        let isPast = model.contains("@")
        let most: Int64 = isHigh ? 3_000_000 : 60_000
        var counts = (0..<6).map { _ in random.once(in: 4) ? 0 : random.number(0...most) }
        if random.once(in: 8) { counts = counts.map { $0 * 3000 } }
        return UsageRecord(
            identity: CallIdentity(key: "k"), growth: .larger, time: isPast ? instant("2025-11-20T00:00:00Z") : monday,
            labels: Labels([.model: isPast ? String(model.prefix { $0 != "@" }) : model]),
            tokens: TokenCounts(
                input: counts[0], output: counts[1], cacheRead: counts[2], cacheWrite5m: counts[3],
                cacheWrite1h: counts[4], cacheWrite12h: counts[5], reasoning: counts[1] / 2))
    }

    /// The cost as one fraction of whole numbers, divided once.
    private static func expected(_ record: UsageRecord, _ row: PriceTableFile.Row, isHigh: Bool? = nil) throws
        -> Natural
    {
        let tokens = record.tokens
        let threshold = row["tier_over_tokens"].flatMap { Int64($0) }
        let isHigh = isHigh ?? threshold.map { tokens.prompt > $0 } ?? false
        let one = Natural(1_000_000_000)
        let input = try #require(row.price("input"))
        let output = try #require(row.price("output"))
        let inputNow = isHigh ? try #require(row.price("input_hi")) : input
        let outputNow = isHigh ? try #require(row.price("output_hi")) : output
        func cache(_ column: String, else fallback: Natural) -> Natural {
            guard isHigh else { return row.price(column) ?? fallback }
            if let listed = row.price(column + "_hi") { return listed }
            return row.price(column).map { ($0 * inputNow).divided(by: input) } ?? fallback
        }
        let hour = (isHigh ? row.price("cache_write_1h_hi") : row.price("cache_write_1h")) ?? inputNow * Natural(2)
        let takenIn = [
            Natural(tokens.input) * inputNow, Natural(tokens.cacheRead) * cache("cache_read", else: inputNow),
            Natural(tokens.cacheWrite5m) * cache("cache_write", else: inputNow), Natural(tokens.cacheWrite1h) * hour,
            Natural(tokens.cacheWrite12h) * cache("cache_write_12h", else: hour),
        ].reduce(.zero, +)
        let givenOut = Natural(tokens.output) * outputNow
        // A tier that isn't listed changes nothing.
        let tier = record.terms.tier.rawValue
        let tierInput = row.price("\(tier)_input")
        let tierOutput = row.price("\(tier)_output")
        let isListed = tierInput != nil && tierOutput != nil
        let fast = record.terms.fast ? row.price("fast_multiplier") ?? one : one
        let geography = record.terms.usGeography ? row.price("us_geo_multiplier") ?? one : one
        let calls =
            (takenIn * (isListed ? tierInput ?? input : input) * output
                + givenOut * (isListed ? tierOutput ?? output : output) * input) * fast * geography
        let callsBelow = input * output * one * one * Natural(1_000_000)
        let searches = Natural(record.terms.webSearches) * (row.price("web_search_per_1k") ?? .zero)
        return (calls * Natural(1000) + searches * callsBelow).divided(by: callsBelow * Natural(1000))
    }
}
