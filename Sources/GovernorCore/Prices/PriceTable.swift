/// Reads the price table: comma-separated, a header, USD per million tokens, one model a line.
package enum PriceTable {
    /// A line that can't be read.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "prices.csv:\(line): \(message)" }
    }

    /// A thousand times the dearest price there is; keeps the products in `PriceBook` within 128 bits.
    package static let dearest = Money.dollars(100_000)

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
            guard let money = Money(dollars: text), money >= .zero, money <= PriceTable.dearest else {
                throw Failure(line: line, message: "\(column) is no price: \(text)")
            }
            return money.nanodollars
        }

        func multiplier(_ column: String) throws(Failure) -> PriceRow.Multiplier? {
            try price(column).map { PriceRow.Multiplier(billionths: $0) }
        }

        /// The classes whose column begins or ends so; input and output are needed unless the table may lack them.
        func list(prefix: String = "", suffix: String = "", isNeeded: Bool) throws(Failure) -> PriceList {
            var list = PriceList()
            for kind in TokenClass.allCases {
                let column = prefix + kind.rawValue + suffix
                list[kind] = try price(column)
                guard list[kind] == nil, isNeeded, kind == .input || kind == .output else { continue }
                throw Failure(line: line, message: "\(column) is missing")
            }
            return list
        }
    }

    private static func row(_ cells: Cells) throws(Failure) -> PriceRow {
        guard let provider = cells.text("provider"), let named = cells.text("model") else {
            throw Failure(line: cells.line, message: "provider or model is missing")
        }
        let (model, until) = try dated(named, line: cells.line)
        var base = Offers<PriceList> { _ in PriceList() }
        base.standard = try cells.list(isNeeded: true)
        for tier in [Terms.Tier.batch, .flex, .priority] {
            base[tier] = try cells.list(prefix: tier.rawValue + "_", isNeeded: false)
        }
        var levels = [PriceRow.Level(over: 0, listed: base)]
        if let threshold = cells.text("tier_over_tokens") {
            guard let tokens = Int64(threshold), tokens > 0 else {
                throw Failure(line: cells.line, message: "tier_over_tokens is no number: \(threshold)")
            }
            let high = try cells.list(suffix: "_hi", isNeeded: true)
            levels.append(
                PriceRow.Level(over: tokens, listed: Offers { $0 == .standard ? high : PriceList() }))
        }
        var row = PriceRow(provider: provider, model: model, levels: levels)
        row.until = until
        row.fast = try cells.multiplier("fast_multiplier")
        row.usGeography = try cells.multiplier("us_geo_multiplier")
        row.webSearch = try cells.price("web_search_per_1k")
        row.deprecation = cells.text("deprecation")
        return row
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
