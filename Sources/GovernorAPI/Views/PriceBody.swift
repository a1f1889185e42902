package import GovernorCore

/// A row of the price book as JSON: the shape **price** of CLI-JSON.md; dollars per million tokens.
package struct PriceView: Hashable, Sendable {
    package var row: PriceRow
    /// Whether it is the policy's own.
    package var isOwn: Bool

    package init(row: PriceRow, isOwn: Bool) {
        self.row = row
        self.isOwn = isOwn
    }
}

/// `governor prices list`.
package struct PriceListBody: Sendable {
    private let prices: [PriceView]
    private let at: Timestamp
    private let zone: Zone

    /// - Parameter provider: only its models; all when nil.
    package init(_ book: PriceBook, provider: String?, at time: Timestamp, zone: Zone) {
        prices = book.entries.filter { provider == nil || $0.row.provider == provider }.map {
            PriceView(row: $0.row, isOwn: $0.isOwn)
        }
        at = time
        self.zone = zone
    }

    package var isEmpty: Bool { prices.isEmpty }

    /// The columns of `rows`; all but the first two and the last are numbers.
    package static let header = [
        "MODEL", "PROVIDER", "INPUT", "OUTPUT", "CACHE READ", "WRITE 5M", "WRITE 1H", "WRITE 12H", "ABOVE", "HOLDS",
    ]

    /// A line for each level of each row: the upper tiers below their model.
    package var rows: [[String]] {
        prices.flatMap { price in
            price.row.levels.map { level in
                let isFirst = level.over == 0
                let cells = [
                    TokenClass.input, .output, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h,
                ].map { PriceText.dollars(level.prices.standard[$0]) }
                return [isFirst ? price.row.model : "", isFirst ? price.row.provider : ""] + cells
                    + [isFirst ? "" : PriceText.grouped(level.over), isFirst ? PriceText.holds(price, at, zone) : ""]
            }
        }
    }

    /// `{"at":…,"prices":[price]}`
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("at", RFC3339.text(at, in: zone))
            json.field("prices", array: prices) { $0.value($1, at: at, zone: zone) }
        }
        return json.bytes
    }
}

/// `governor prices show`.
package struct PriceShowBody: Sendable {
    private let finding: PriceFinding
    private let book: PriceBook
    private let zone: Zone

    package init(_ model: String, in book: PriceBook, at time: Timestamp, zone: Zone) {
        finding = book.finding(for: model, at: time)
        self.book = book
        self.zone = zone
    }

    /// Whether the model has a price, be it nothing.
    package var isPriced: Bool {
        if case .unpriced = finding.verdict { false } else { true }
    }

    /// What is said before the table.
    package var lines: [String] {
        switch finding.verdict {
        case .free: return ["\(finding.asked) is free: \(finding.why)."]
        case .unpriced(let standIn):
            let price = standIn.map { "at the price of \($0.model)" } ?? "at nothing, since the book is empty"
            return [
                "\(finding.asked) has no price: \(finding.why). Its calls are booked \(price), and shown as unpriced."
            ]
        case .priced(let row, let isOwn):
            let others = finding.history.count - 1
            let more = others > 0 ? " There \(others == 1 ? "is 1 other" : "are \(others) others") in its history." : ""
            return [
                "\(finding.asked) is \(row.model) of \(row.provider), by \(finding.why).",
                "\(isOwn ? "From the policy" : "Built in"), \(PriceText.term(row, zone)).\(more)",
                "What 1,000,000 tokens cost, in USD:",
            ]
        }
    }

    /// The columns of `rows`: the classes, to the right.
    package static let header = ["", "INPUT", "OUTPUT", "CACHE READ", "WRITE 5M", "WRITE 1H", "WRITE 12H"]

    /// A line for each way to buy at each size of prompt; of a model without a price its stand-in's.
    package var rows: [[String]] {
        guard let row = shown else { return [] }
        return row.levels.flatMap { level in
            let place = level.over == 0 ? "" : " above \(PriceText.grouped(level.over))"
            return PriceText.offers(of: row, at: level).map { tier in
                ["\(tier.rawValue)\(place)"] + TokenClass.allCases.map { PriceText.dollars(level.prices[tier][$0]) }
            }
        }
    }

    /// What is said behind the table.
    package var footnotes: [String] {
        guard let row = shown else { return [] }
        var notes: [String] = []
        if row.levels.count > 1 {
            notes.append("A prompt above a size, cache included, re-rates the whole request.")
        }
        if let fast = row.fast { notes.append("Fast calls: \(PriceText.times(fast)).") }
        if let geography = row.usGeography { notes.append("Kept in the US: \(PriceText.times(geography)).") }
        if let search = row.webSearch { notes.append("Web searches: $\(PriceText.dollars(search)) per 1,000.") }
        if let request = row.perRequest {
            notes.append("A call known by its model alone: $\(PriceText.dollars(request)).")
        }
        if let end = row.deprecation { notes.append("Its provider ends it on \(end).") }
        return notes
    }

    private var shown: PriceRow? {
        switch finding.verdict {
        case .free: nil
        case .priced(let row, _): row
        case .unpriced(let standIn): standIn
        }
    }

    /// `{"model":…,"at":…,"verdict":"priced","why":…,"spelling":…?,"price":price?,"stand_in":price?,"history":[price]}`
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("model", finding.asked)
            json.field("at", RFC3339.text(finding.at, in: zone))
            switch finding.verdict {
            case .free: json.field("verdict", "free")
            case .priced: json.field("verdict", "priced")
            case .unpriced: json.field("verdict", "unpriced")
            }
            json.field("why", finding.why)
            json.field("spelling", ifPresent: finding.spelling)
            if case .priced(let row, let isOwn) = finding.verdict {
                json.key("price")
                json.value(PriceView(row: row, isOwn: isOwn), at: finding.at, zone: zone)
            }
            if case .unpriced(let row?) = finding.verdict {
                json.key("stand_in")
                json.value(PriceView(row: row, isOwn: book.isOwn(row)), at: finding.at, zone: zone)
            }
            json.field("history", array: finding.history) { json, row in
                json.value(PriceView(row: row, isOwn: book.isOwn(row)), at: finding.at, zone: zone)
            }
        }
        return json.bytes
    }
}

/// How prices are said to people.
enum PriceText {
    /// `0.0375`: dollars, exact.
    static func dollars(_ price: Int64) -> String { Money(nanodollars: price).text }

    /// `1.1 times the price`.
    static func times(_ multiplier: PriceRow.Multiplier) -> String {
        "\(DecimalText.text(multiplier.billionths, places: 9)) times the price"
    }

    /// `272,000`.
    static func grouped(_ number: Int64) -> String {
        let digits = String(number)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// `for all time`, `from 2026-11-29T04:00:00Z until …`.
    static func term(_ row: PriceRow, _ zone: Zone) -> String {
        let from = row.from.map { "from \(RFC3339.text($0, in: zone))" }
        let until = row.until.map { "until \(RFC3339.text($0, in: zone))" }
        let words = [from, until].compactMap { $0 }
        return words.isEmpty ? "for all time" : words.joined(separator: " ")
    }

    /// `always`, `until 2026-01-01 (over)`, `policy, from 2026-11-29`.
    static func holds(_ price: PriceView, _ now: Timestamp, _ zone: Zone) -> String {
        let day = { (time: Timestamp) in String(RFC3339.text(time, in: zone).prefix(10)) }
        let row = price.row
        var words = [row.from.map { "from \(day($0))" }, row.until.map { "until \(day($0))" }].compactMap { $0 }
        if words.isEmpty { words = ["always"] }
        if row.until.map({ $0 <= now }) ?? false { words.append("(over)") }
        return (price.isOwn ? "policy, " : "") + words.joined(separator: " ")
    }

    /// The ways to buy that cost something else than the usual one, and that one.
    static func offers(of row: PriceRow, at level: PriceRow.Level) -> [Terms.Tier] {
        [Terms.Tier.standard]
            + [.batch, .flex, .priority].filter { tier in
                level.prices[tier] != level.prices.standard || !level.listed[tier].isEmpty
            }
    }
}

extension JSONWriter {
    /// The shape **price**.
    package mutating func value(_ price: PriceView, at now: Timestamp, zone: Zone) {
        let row = price.row
        object { json in
            json.field("model", row.model)
            json.field("provider", row.provider)
            json.field("from_policy", price.isOwn)
            if let from = row.from { json.field("from", RFC3339.text(from, in: zone)) }
            if let until = row.until { json.field("until", RFC3339.text(until, in: zone)) }
            json.field("holds", row.holds(at: now))
            json.field("levels", array: row.levels) { json, level in
                json.object { json in
                    json.field("over_tokens", level.over)
                    for tier in PriceText.offers(of: row, at: level) {
                        json.field(
                            tier.rawValue,
                            object: { json in
                                for kind in TokenClass.allCases {
                                    json.field(
                                        "\(kind.rawValue)_usd", Money(nanodollars: level.prices[tier][kind]))
                                }
                            })
                    }
                }
            }
            for (name, multiplier) in [("fast", row.fast), ("us_geo", row.usGeography)] {
                guard let multiplier else { continue }
                json.key(name)
                json.number(DecimalText.text(multiplier.billionths, places: 9))
            }
            if let search = row.webSearch { json.field("web_search_per_1k_usd", Money(nanodollars: search)) }
            json.field("deprecation", ifPresent: row.deprecation)
        }
    }
}
