/// Reads the price table: comma-separated, a header, USD per million tokens, one model a line.
package enum PriceTable {
    /// A line that can't be read.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "prices.csv:\(line): \(message)" }
    }

    /// - Throws: the first line that is wrong; a price table is ours, and half of one is none.
    package static func read(_ text: String) throws(Failure) -> [PriceRow] {
        // The table comes with CR LF, which is one character: splitting at "\n" would find a single line.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let header = lines.first, !header.isEmpty else { throw Failure(line: 1, message: "the table is empty") }
        let columns = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var rows: [PriceRow] = []
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == columns.count else {
                throw Failure(line: index + 1, message: "\(cells.count) cells under \(columns.count) columns")
            }
            rows.append(try row(Cells(values: Dictionary(zip(columns, cells)) { first, _ in first }, line: index + 1)))
        }
        guard !rows.isEmpty else { throw Failure(line: 2, message: "the table has no models") }
        return rows
    }

    private struct Cells {
        let values: [String: String]
        let line: Int

        func text(_ column: String) -> String? { values[column].flatMap { $0.isEmpty ? nil : $0 } }

        /// Dollars per million as nano-dollars per million; nil for an empty cell.
        func price(_ column: String) throws(Failure) -> TokenPrice? {
            guard let text = text(column) else { return nil }
            // A thousand times the dearest price there is; keeps the products in `PriceBook` within 128 bits.
            guard let money = Money(dollars: text), money >= .zero, money <= .dollars(100_000) else {
                throw Failure(line: line, message: "\(column) is no price: \(text)")
            }
            return money.nanodollars
        }

        func need(_ column: String) throws(Failure) -> TokenPrice {
            guard let value = try price(column) else { throw Failure(line: line, message: "\(column) is missing") }
            return value
        }

        func multiplier(_ column: String) throws(Failure) -> PriceRow.Multiplier? {
            guard let value = try price(column) else { return nil }
            return PriceRow.Multiplier(numerator: value, denominator: 1_000_000_000)
        }

        /// `batch_input` over `input` and `batch_output` over `output`: what a tier does to every class on its side.
        func tier(_ name: String, over base: ClassPrices) throws(Failure) -> PriceRow.TierMultiplier? {
            guard let input = try price(name + "_input"), let output = try price(name + "_output") else { return nil }
            return PriceRow.TierMultiplier(
                input: PriceRow.Multiplier(numerator: input, denominator: max(1, base.input)),
                output: PriceRow.Multiplier(numerator: output, denominator: max(1, base.output)))
        }
    }

    private static func row(_ cells: Cells) throws(Failure) -> PriceRow {
        guard let provider = cells.text("provider"), let named = cells.text("model") else {
            throw Failure(line: cells.line, message: "provider or model is missing")
        }
        let (model, until) = try dated(named, line: cells.line)
        let base = ClassPrices(
            input: try cells.need("input"), output: try cells.need("output"), cacheRead: try cells.price("cache_read"),
            cacheWrite5m: try cells.price("cache_write"), cacheWrite1h: try cells.price("cache_write_1h"),
            cacheWrite12h: try cells.price("cache_write_12h"))
        var row = PriceRow(provider: provider, model: model, base: base)
        row.until = until
        if let threshold = cells.text("tier_over_tokens") {
            guard let tokens = Int64(threshold), tokens > 0 else {
                throw Failure(line: cells.line, message: "tier_over_tokens is no number: \(threshold)")
            }
            row.threshold = tokens
            row.high = try high(cells, base: base)
        }
        row.batch = try cells.tier("batch", over: base)
        row.flex = try cells.tier("flex", over: base)
        row.priority = try cells.tier("priority", over: base)
        row.fast = try cells.multiplier("fast_multiplier")
        row.usGeography = try cells.multiplier("us_geo_multiplier")
        row.webSearch = try cells.price("web_search_per_1k")
        row.deprecation = cells.text("deprecation")
        return row
    }

    /// The upper tier; a cache class it doesn't list rises as the input does, where the base lists that class at all.
    private static func high(_ cells: Cells, base: ClassPrices) throws(Failure) -> ClassPrices {
        let input = try cells.need("input_hi")
        func listed(_ column: String, orScaled lower: String, _ price: TokenPrice) throws(Failure) -> TokenPrice? {
            if let listed = try cells.price(column) { return listed }
            guard try cells.price(lower) != nil, base.input > 0 else { return nil }
            return Int64(clamping: DecimalText.roundedQuotient(Int128(price) * Int128(input), Int128(base.input)))
        }
        return ClassPrices(
            input: input, output: try cells.need("output_hi"),
            cacheRead: try listed("cache_read_hi", orScaled: "cache_read", base.cacheRead),
            cacheWrite5m: try listed("cache_write_hi", orScaled: "cache_write", base.cacheWrite5m),
            cacheWrite1h: try listed("cache_write_1h_hi", orScaled: "cache_write_1h", base.cacheWrite1h),
            cacheWrite12h: try listed("cache_write_12h_hi", orScaled: "cache_write_12h", base.cacheWrite12h))
    }

    /// `claude-sonnet-4-5@2025-11` is that model as it was listed then: its prices hold to the end of that year, after
    /// which a row without a date takes over.
    private static func dated(_ name: String, line: Int) throws(Failure) -> (String, Timestamp?) {
        let parts = name.split(separator: "@")
        guard parts.count == 2, parts[1].count == 7, parts[1].dropFirst(4).first == "-" else { return (name, nil) }
        guard let year = Int64(parts[1].prefix(4)) else {
            throw Failure(line: line, message: "no year behind @ in \(name)")
        }
        let end = CivilDate(year: year + 1, month: 1, day: 1).daysSinceEpoch
        return (String(parts[0]), Timestamp(seconds: end * 86_400))
    }
}
