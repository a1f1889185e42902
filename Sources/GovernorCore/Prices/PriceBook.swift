/// List prices per model and time, and the exact cost of a call.
package struct PriceBook: Sendable {
    private let rows: [String: [PriceRow]]
    private let dearest: [String: PriceRow]
    private let dearestOfAll: PriceRow?
    /// Models that cost nothing on purpose, beside local ones.
    private let free: [Glob]
    /// The listed model at whose price calls of unlisted ones are booked; nil for the dearest of their provider.
    private let priceAs: String?

    /// - Parameters:
    ///   - rows: later rows of a model win over earlier ones where their times overlap.
    ///   - free: globs of model names that cost nothing.
    ///   - priceAs: the listed model at whose price calls of unlisted ones are booked; nil for the dearest of their
    ///     provider.
    package init(rows: [PriceRow], free: [Glob] = [], priceAs: String? = nil) {
        var byName: [String: [PriceRow]] = [:]
        for row in rows {
            byName[row.model, default: []].append(row)
            let plain = ModelName.withoutVersion(row.model)
            if plain != row.model { byName[plain, default: []].append(row) }
        }
        self.rows = byName
        self.free = free
        self.priceAs = priceAs
        let current = rows.filter { $0.until == nil }
        dearest = Dictionary(grouping: current, by: \.provider).compactMapValues(Self.dearest)
        dearestOfAll = Self.dearest(of: current)
    }

    /// The book that is built in, from `Resources/prices.csv`.
    /// - Throws: the line that can't be read, should the embedded table ever be wrong.
    package static func embedded(free: [Glob] = [], priceAs: String? = nil) throws(PriceTable.Failure) -> PriceBook {
        let rows = try PriceTable.read(String(decoding: PackageResources.prices_csv, as: UTF8.self))
        return PriceBook(rows: rows, free: free, priceAs: priceAs)
    }

    /// The book that is built in, as a policy wants it.
    package static func embedded(for policy: Policy) throws(PriceTable.Failure) -> PriceBook {
        try embedded(free: policy.free, priceAs: policy.priceAs)
    }

    /// Every row, models in order of name; for `governor prices`.
    package var listed: [PriceRow] {
        Set(rows.values.joined()).sorted {
            ($0.model, $0.until ?? .distantFuture) < ($1.model, $1.until ?? .distantFuture)
        }
    }

    /// Sets the record's cost and where it comes from.
    ///
    /// A reported cost wins; local, `free` and `<synthetic>` models cost nothing; an unknown model costs what the policy's
    /// `price_as` would, else the dearest of its provider (of all, when the provider is unknown too), and says so.
    package func price(_ record: inout UsageRecord) {
        let model = record.labels.model ?? ""
        let row = row(for: model, at: record.time)
        if record.labels.provider == nil { record.labels.provider = row?.provider ?? Self.provider(of: model) }
        if let reported = record.reportedCost {
            (record.cost, record.costOrigin) = (reported, .reported)
        } else if isFree(model) {
            (record.cost, record.costOrigin) = (.zero, .priced)
        } else if let row {
            (record.cost, record.costOrigin) = (Self.cost(of: record, at: row), .priced)
        } else {
            let named = priceAs.flatMap { self.row(for: $0, at: record.time) }
            let standIn = named ?? record.labels.provider.flatMap { dearest[$0] } ?? dearestOfAll
            (record.cost, record.costOrigin) = (standIn.map { Self.cost(of: record, at: $0) } ?? .zero, .unpriced)
        }
    }

    /// Whether a model costs nothing on purpose.
    package func isFree(_ model: String) -> Bool {
        model == "<synthetic>" || ModelName.isLocal(model) || free.contains { $0.matches(model) }
    }

    /// The prices of a model at a time; nil when it is unknown.
    ///
    /// The name as written, then without provider, then without version; last the longest listed name it extends, as
    /// long as the extension isn't a version (`gpt-5-mini-high` is `gpt-5-mini`; `claude-opus-5-9` is unknown).
    package func row(for model: String, at time: Timestamp) -> PriceRow? {
        let bare = ModelName.withoutProvider(model)
        for name in [model, bare, ModelName.withoutVersion(bare)] {
            if let row = rows[name].flatMap({ Self.current($0, at: time) }) { return row }
        }
        var name = ModelName.withoutVersion(bare)[...]
        while let cut = name.lastIndex(where: { $0 == "-" || $0 == ":" }) {
            let rest = name[name.index(after: cut)...]
            if rest.first?.isNumber ?? true { return nil }
            name = name[..<cut]
            if let row = rows[String(name)].flatMap({ Self.current($0, at: time) }) { return row }
        }
        return nil
    }

    /// The exact cost of a call at a row's prices: products in 128 bits, rounded once, half to even.
    package static func cost(of record: UsageRecord, at row: PriceRow) -> Money {
        let tokens = record.tokens
        let isHigh = row.threshold.map { tokens.prompt > $0 } ?? false
        let prices = isHigh ? row.high ?? row.base : row.base
        let tier: PriceRow.TierMultiplier? =
            switch record.terms.tier {
            case .standard: nil
            case .batch: row.batch
            case .flex: row.flex
            case .priority: row.priority
            }
        let input =
            Int128(tokens.input) * Int128(prices.input) + Int128(tokens.cacheRead) * Int128(prices.cacheRead)
            + Int128(tokens.cacheWrite5m) * Int128(prices.cacheWrite5m)
            + Int128(tokens.cacheWrite1h) * Int128(prices.cacheWrite1h)
            + Int128(tokens.cacheWrite12h) * Int128(prices.cacheWrite12h)
        let output = Int128(tokens.output) * Int128(prices.output)
        var sum = Fraction(numerator: input, denominator: 1).times(tier?.input)
            .plus(Fraction(numerator: output, denominator: 1).times(tier?.output))
        if record.terms.fast { sum = sum.times(row.fast) }
        if record.terms.usGeography { sum = sum.times(row.usGeography) }
        sum = sum.times(.perMillion)
        let searches = Fraction(
            numerator: Int128(record.terms.webSearches) * Int128(row.webSearch ?? 0), denominator: 1000)
        return sum.plus(searches).rounded
    }

    /// A sum on its way, as an exact fraction; anything that would leave 128 bits becomes the largest amount there is,
    /// so that nonsense is dear and visible rather than a crash.
    private struct Fraction {
        var numerator: Int128
        var denominator: Int128

        func times(_ multiplier: PriceRow.Multiplier?) -> Fraction {
            guard let multiplier else { return self }
            let (product, over) = numerator.multipliedReportingOverflow(by: Int128(multiplier.numerator))
            let (below, under) = denominator.multipliedReportingOverflow(by: Int128(multiplier.denominator))
            return over || under ? .huge : Fraction(numerator: product, denominator: below)
        }

        func plus(_ other: Fraction) -> Fraction {
            if denominator == other.denominator {
                let (sum, over) = numerator.addingReportingOverflow(other.numerator)
                return over ? .huge : Fraction(numerator: sum, denominator: denominator)
            }
            let (left, leftOver) = numerator.multipliedReportingOverflow(by: other.denominator)
            let (right, rightOver) = other.numerator.multipliedReportingOverflow(by: denominator)
            let (below, under) = denominator.multipliedReportingOverflow(by: other.denominator)
            let (sum, over) = left.addingReportingOverflow(right)
            return leftOver || rightOver || under || over ? .huge : Fraction(numerator: sum, denominator: below)
        }

        var rounded: Money {
            guard denominator > 0 else { return .max }
            return Money(nanodollars: Int64(clamping: DecimalText.roundedQuotient(numerator, denominator)))
        }

        static let huge = Fraction(numerator: .max, denominator: 1)
    }

    private static func provider(of model: String) -> String? {
        ModelName.isLocal(model) ? "ollama" : ModelName.provider(of: model)
    }

    private static func dearest(of rows: [PriceRow]) -> PriceRow? {
        rows.max { ($0.base.output, $0.base.input, $0.model) < ($1.base.output, $1.base.input, $1.model) }
    }

    /// Of the rows that hold at a time, the one with the tightest dates; among equals the last.
    private static func current(_ rows: [PriceRow], at time: Timestamp) -> PriceRow? {
        let holding = rows.filter { ($0.from ?? .distantPast) <= time && time < ($0.until ?? .distantFuture) }
        return holding.last { $0.from != nil || $0.until != nil } ?? holding.last
    }
}
