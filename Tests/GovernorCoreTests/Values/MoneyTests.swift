import GovernorCore
import Seeds
import Testing

@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("0", 0), ("0.30", 300_000_000), ("2.5e-05", 25_000), ("2.5E-05", 25_000), ("1e3", 1_000_000_000_000),
            ("-12.5e-3", -12_500_000), ("9223372036.854775807", .max), ("-9223372036.854775808", .min),
            // Half to even beyond the ninth place.
            ("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), ("0.00000000250000000000000000000000001", 3),
            ("-0.0000000015", -2), ("-0.0000000005", 0),
            // Python's Decimal writes every binary digit; a decimal128 zero keeps its exponent.
            ("0.1000000000000000055511151231257827021181583404541015625", 100_000_000), ("0E-6176", 0),
            ("0.0001665000000000000000000000000000000000000000", 166_500), ("1e-99999", 0), ("0e999999999999", 0),
            ("0.00000000000000000000000000000000000000000000001e47", 1_000_000_000), ("00.5", 500_000_000),
        ] as [(String, Int64)])
    func `dollars are read to the nano-dollar`(text: String, nanodollars: Int64) {
        #expect(Money(dollars: text)?.nanodollars == nanodollars)
    }

    @Test(arguments: [
        "", "-", "+1", ".5", "5.", "1.e5", "1e", "1e+", "1e5.5", "1,5", "1_000", "0x10", "NaN", "inf", " 1", "1 ",
        "--1", "1-", "1.2.3", "e5", ".", "-.5", "9223372036.854775808", "1e10", "1e400", "9e99999",
        "1000000000000000000000000000000000000000", "٣",
    ])
    func `what is no number of dollars is refused`(text: String) { #expect(Money(dollars: text) == nil) }

    @Test(arguments: Seed.some(50)) func `every amount is read back as it was written`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<200 {
            let value = random.anyInteger()
            for places in 0...12 {
                let text = DecimalText.text(value, places: places)
                #expect(DecimalText.scaled(text.utf8, places: places) == value, "\(text) at \(places)")
                #expect(DecimalText.scaled(text.utf8, places: places, exactly: true) == value, "\(text) at \(places)")
            }
        }
    }

    @Test(arguments: Seed.some(50)) func `reading rounds half to even, as long division does`(seed: Seed) {
        var random = SeededGenerator(seed)
        for _ in 0..<200 {
            // A number of digits d1…dn with a point somewhere and an exponent; the expectation works on the digits.
            let digits = (0..<random.number(1..<30)).map { _ in random.pick([0, 0, 1, 2, 4, 5, 5, 5, 9]) }
            let point = random.number(0..<digits.count) + 1
            let exponent = random.number(-12..<8)
            let whole = digits[..<point].map(String.init).joined()
            let fraction = digits[point...].map(String.init).joined()
            let text = whole + (fraction.isEmpty ? "" : "." + fraction) + (exponent == 0 ? "" : "e\(exponent)")
            let expected = Natural.rounded(digits: digits, keeping: point + exponent + 9)
            #expect(
                Money(dollars: text).map { Natural($0.nanodollars) } == expected.flatMap { $0.fits ? $0 : nil },
                "\(text)")
        }
    }

    @Test(
        arguments: [
            (25_071_200_000, "$25.07"), (0, "$0.00"), (5_000_000, "$0.005"), (25_000, "$0.00"), (99_999_999, "$0.10"),
            (100_000_000, "$0.10"), (1_005_000_000, "$1.00"), (1_015_000_000, "$1.02"), (-25_071_200_000, "-$25.07"),
            (1_000_000, "$0.001"), (.max, "$9223372036.85"), (.min, "-$9223372036.85"), (-1, "$0.00"),
        ] as [(Int64, String)])
    func `people see cents, or four places of a small amount`(nanodollars: Int64, text: String) {
        #expect(Money(nanodollars: nanodollars).dollarText == text)
    }

    @Test(
        arguments: [
            (25_071_200_000, 9, 0, "25.0712"), (1, 9, 0, "0.000000001"), (-1, 9, 0, "-0.000000001"), (0, 9, 0, "0"),
            (0, 9, 2, "0.00"), (1_500_000_000, 9, 2, "1.50"), (.min, 9, 0, "-9223372036.854775808"), (7, 0, 0, "7"),
            (1_000_000, 6, 0, "1"), (1_003_000, 6, 0, "1.003"),
        ] as [(Int64, Int, Int, String)])
    func `numbers are written with no more digits than needed`(value: Int64, places: Int, least: Int, text: String) {
        #expect(DecimalText.text(value, places: places, atLeast: least) == text)
    }

    @Test func `sums saturate at both ends instead of trapping`() {
        let most = Money.max
        let least = Money(nanodollars: .min)
        #expect(most + Money(nanodollars: 1) == most)
        #expect(least - Money(nanodollars: 1) == least)
        #expect(-least == most)
        #expect(least - least == Money(nanodollars: -1))
        #expect(Money.dollars(10_000_000_000) == most)
        #expect(Money.dollars(-10_000_000_000) == least)
        let amount = Amount(cost: least, tokens: .min, calls: .min)
        #expect(-amount == Amount(cost: most, tokens: .max, calls: .max))
        #expect(amount + amount == amount)
    }

    @Test(arguments: Seed.some(50)) func `a sum of parts equals the whole in any order and grouping`(seed: Seed) {
        var random = SeededGenerator(seed)
        let parts = (0..<200).map { _ in
            Amount(
                cost: Money(nanodollars: random.number(-1_000_000_000_000...1_000_000_000_000)),
                tokens: random.number(0...1 << 40), calls: 1)
        }
        let whole = parts.reduce(.zero, +)
        let shuffled = parts.shuffled(using: &random)
        #expect(random.batches(shuffled, most: 9).map { $0.reduce(.zero, +) }.reduce(.zero, +) == whole)
        #expect(whole + parts.map { -$0 }.reduce(.zero, +) == .zero)
        #expect(whole.cost.nanodollars == parts.map(\.cost.nanodollars).reduce(0, +))
    }
}

@Suite struct RatioTests {
    @Test(
        arguments: [
            (80, 100, 80, true), (79, 100, 80, false), (0, 0, 80, true), (.max, .max, 100, true),
            (.max - 1, .max, 100, false),
            (.min, 1, 0, false), (1, 3, 33, true),
        ] as [(Int64, Int64, Int64, Bool)])
    func `a share is reached without rounding`(part: Int64, whole: Int64, percent: Int64, isReached: Bool) {
        #expect(Ratio.percent(percent).isReached(by: part, of: whole) == isReached)
    }

    @Test(
        arguments: [
            (1, 3, "0.333333"), (25_071, 25_000, "1.00284"), (5, 0, "1"), (.max, 1, "9223372036854.775807"),
            (-1, 4, "-0.25"),
        ] as [(Int64, Int64, String)])
    func `a ratio is cut to the millionth`(part: Int64, whole: Int64, text: String) {
        #expect(Ratio(of: part, in: whole).text == text)
    }

    @Test func `percentages are written without idle zeros`() {
        #expect(Ratio.percent(80).percentText == "80%")
        #expect(Ratio(partsPerMillion: 125_000).percentText == "12.5%")
    }
}

@Suite struct ExactTextTests {
    @Test func `texts that only look alike are two`() {
        let composed = "caf\u{E9}"
        let combined = "cafe\u{301}"
        #expect(composed == combined)
        #expect(ExactText(composed) != ExactText(combined))
        #expect(Set([ExactText(composed), ExactText(combined), ExactText("caf\u{E9}")]).count == 2)
    }

    @Test func `stable hashes never change`() {
        #expect(StableHash.hex("") == "cbf29ce484222325")
        #expect(StableHash.hex("a") == "af63dc4c8601ec8c")
        #expect(StableHash.hex("foobar") == "85944171f73967e8")
    }
}
