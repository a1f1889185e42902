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
            provider,model,input,output,cache_write,cache_write_1h,cache_read,tier_over_tokens,input_hi,output_hi,cache_write_hi
            p,m,3,15,3.75,6,0.3,200,6,22.5,7.5
            p,n,3,15,,,,200,6,22.5,
            """)
        #expect(
            rows[0].high
                == ClassPrices(
                    input: 6_000_000_000, output: 22_500_000_000, cacheRead: 600_000_000, cacheWrite5m: 7_500_000_000,
                    cacheWrite1h: 12_000_000_000))
        #expect(rows[1].high == ClassPrices(input: 6_000_000_000, output: 22_500_000_000))
    }

    @Test func `nonsense is dear and visible rather than a crash`() {
        let dear = ClassPrices(input: 100_000_000_000_000, output: 100_000_000_000_000)
        var row = PriceRow(provider: "p", model: "m", base: dear)
        row.webSearch = 100_000_000_000_000
        row.fast = PriceRow.Multiplier(numerator: 99_999_999_999_999, denominator: 1_000_000_000)
        row.usGeography = row.fast
        let odd = PriceRow.Multiplier(numerator: 99_999_999_999_989, denominator: 99_999_999_999_973)
        row.batch = PriceRow.TierMultiplier(
            input: odd, output: PriceRow.Multiplier(numerator: 99_999_999_999_971, denominator: 3))
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
        let hour = cache("cache_write_1h", else: inputNow * Natural(2))
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
