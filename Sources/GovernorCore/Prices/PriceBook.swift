/// List prices per model and time, and the exact cost of a call.
package struct PriceBook: Sendable {
    private let builtIn: PriceShelf
    /// A policy's own, which go before.
    private let own: PriceShelf
    /// Models that cost nothing on purpose, beside local ones.
    private let free: [Glob]
    /// The listed model at whose price calls of unlisted ones are booked; nil for the dearest of their provider.
    private let priceAs: String?
    /// Whether a cost that a source reports is passed over where the model has a price.
    private let calculates: Bool
    /// By falling price of the output, of each provider; of all under the empty name.
    private let byOutput: [String: [PriceRow]]
    /// When any row begins or ends, in order: between two of these the same rows hold.
    private let turns: [Timestamp]

    /// - Parameters:
    ///   - rows: the list. Of a model's rows that hold at a time the one that began last counts, then the one that ends
    ///     first, then the later one.
    ///   - own: rows that go before those of the list whenever they hold.
    ///   - free: globs of model names that cost nothing.
    ///   - priceAs: the listed model at whose price calls of unlisted ones are booked; nil for the dearest of their
    ///     provider.
    ///   - calculates: whether a cost that a source reports is passed over where the model has a price.
    package init(
        rows: [PriceRow], own: [PriceRow] = [], free: [Glob] = [], priceAs: String? = nil, calculates: Bool = false
    ) {
        builtIn = PriceShelf(rows)
        self.own = PriceShelf(own)
        self.free = free
        self.priceAs = priceAs
        self.calculates = calculates
        let all = (rows + own).sorted {
            ($1.base.output, $1.base.input, $1.model) < ($0.base.output, $0.base.input, $0.model)
        }
        byOutput = Dictionary(grouping: all, by: \.provider).merging(["": all]) { named, _ in named }
        turns = Set(all.flatMap { [$0.from, $0.until].compactMap { $0 } }).sorted()
    }

    /// The list that is built in, from `Resources/prices.csv`.
    /// - Throws: the line that can't be read, should the embedded table ever be wrong.
    package static func embeddedRows() throws(PriceTable.Failure) -> [PriceRow] {
        try PriceTable.read(String(decoding: PackageResources.prices_csv, as: UTF8.self))
    }

    /// The book that is built in.
    package static func embedded(free: [Glob] = [], priceAs: String? = nil) throws(PriceTable.Failure) -> PriceBook {
        PriceBook(rows: try embeddedRows(), free: free, priceAs: priceAs)
    }

    /// The book that is built in, as a policy wants it.
    package static func embedded(for policy: Policy) throws(PriceTable.Failure) -> PriceBook {
        PriceBook(
            rows: try embeddedRows(), own: policy.prices, free: policy.free, priceAs: policy.priceAs,
            calculates: policy.calculatesCost)
    }

    /// Every row that holds at some time, models in order of name, the oldest first; for `governor prices`.
    package var listed: [PriceRow] { entries.map(\.row) }

    /// The same with whether it is the policy's own.
    package var entries: [(row: PriceRow, isOwn: Bool)] {
        let listed = builtIn.rows.filter { row in !own.alwaysHas(row.model) }.map { (row: $0, isOwn: false) }
        return (listed + own.rows.map { (row: $0, isOwn: true) }).sorted { left, right in
            let (a, b) = (left.row, right.row)
            // A row without a beginning that has an end is older than one that has neither.
            return (a.model, a.from ?? .distantPast, a.until ?? .distantFuture, left.isOwn ? 1 : 0)
                < (b.model, b.from ?? .distantPast, b.until ?? .distantFuture, right.isOwn ? 1 : 0)
        }
    }

    /// Sets the record's cost and where it comes from.
    ///
    /// A reported cost wins, unless the policy calculates and there is something to calculate; local, `free` and
    /// `<synthetic>` models cost nothing; a call of which only the model is known costs the row's price per request; an
    /// unknown model costs what the policy's `price_as` would, else the dearest of its provider (of all, when the provider
    /// is unknown too), and says so.
    package func price(_ record: inout UsageRecord) {
        var memo = PriceMemo()
        price(&record, &memo)
    }

    /// - Parameter memo: for a run of records that this book prices.
    package func price(_ record: inout UsageRecord, _ memo: inout PriceMemo) {
        let model = record.labels.model ?? ""
        let known = memo.known(of: model, at: record.time, in: self)
        let row = known.row
        let named = record.labels.provider
        if named == nil { record.labels.provider = row?.provider ?? Self.provider(of: model) }
        // A source may name the local server beside the bare name.
        let isFree = known.isFree || (row == nil && ModelName.isLocal(provider: named))
        if let reported = record.reportedCost, !passesOver(record, hasPrice: row != nil || isFree) {
            (record.cost, record.costOrigin) = (reported, .reported)
        } else if isFree {
            (record.cost, record.costOrigin) = (.zero, .priced)
        } else if record.isBareCount {
            // Unknown is not nothing: without a price for it, it shows among what has none.
            record.cost = Money(nanodollars: row?.perRequest ?? 0)
            record.costOrigin = row?.perRequest == nil ? .unpriced : .priced
        } else if let row {
            (record.cost, record.costOrigin) = (Self.cost(of: record, at: row), .priced)
        } else {
            let standIn = standIn(for: model, provider: record.labels.provider, at: record.time)
            (record.cost, record.costOrigin) = (standIn.map { Self.cost(of: record, at: $0) } ?? .zero, .unpriced)
        }
    }

    /// A record that names its cost and no tokens leaves nothing to calculate from, and would come out as nothing.
    private func passesOver(_ record: UsageRecord, hasPrice: Bool) -> Bool {
        calculates && hasPrice && (record.tokens.total > 0 || record.terms.webSearches > 0)
    }

    /// Whether a model costs nothing on purpose.
    package func isFree(_ model: String) -> Bool { whyFree(model) != nil }

    /// Why a model costs nothing; nil when it does.
    func whyFree(_ model: String) -> String? {
        if model == "<synthetic>" { return "what an agent writes itself is no call" }
        if ModelName.isLocal(model) { return "it runs on this machine" }
        return free.first { $0.matches(model) }.map { "the policy's \"free\" has \"\($0.pattern)\"" }
    }

    /// The same number is a stretch of time in which the same rows hold.
    func epoch(at time: Timestamp) -> Int { turns.firstIndex { $0 > time } ?? turns.endIndex }

    /// The prices of a model at a time; nil when none are known. The longest of its spellings that is listed counts
    /// (`ModelName.firstSpelling`).
    package func row(for model: String, at time: Timestamp) -> PriceRow? {
        ModelName.firstSpelling(of: model) { row(spelled: $0, at: time) }
    }

    /// The row of exactly this name, else of the newest version of it that is listed; a policy's own go before.
    func row(spelled name: String, at time: Timestamp) -> PriceRow? {
        if let row = own.row(of: name, at: time) { return row }
        if let row = builtIn.row(of: name, at: time) {
            // A policy that prices `claude-opus-4` means `claude-opus-4-20250514` too, as calls name it.
            let plain = ModelName.withoutVersion(name)
            return (plain == name ? nil : own.row(of: plain, at: time)) ?? row
        }
        return own.row(ofVersion: name, at: time) ?? builtIn.row(ofVersion: name, at: time)
    }

    /// Whether a row is one of the policy's own.
    package func isOwn(_ row: PriceRow) -> Bool { own.rows.contains(row) }

    /// At whose price calls of an unlisted model are booked; nil when the book is empty.
    ///
    /// - Parameter provider: as the source names it; one that lists nothing here, such as a cloud's, is passed over for
    ///   the one the model's name belongs to.
    package func standIn(for model: String, provider: String?, at time: Timestamp) -> PriceRow? {
        if let named = priceAs.flatMap({ row(for: $0, at: time) }) { return named }
        for name in [provider, Self.provider(of: model), ""] {
            // The dearest that holds at that time, and that no other row of the model takes the place of.
            let found = name.flatMap { byOutput[$0] }?.first { row in
                row.holds(at: time) && self.row(spelled: row.model, at: time) == row
            }
            if let found { return found }
        }
        return nil
    }

    /// The exact cost of a call at a row's prices: products in 128 bits, rounded once, half to even.
    ///
    /// The tier is chosen by the whole prompt and re-rates the whole request; `fast` and the US geography multiply all
    /// tokens, and searches are added as they are listed.
    package static func cost(of record: UsageRecord, at row: PriceRow) -> Money {
        let terms = record.terms
        var sum = Fraction(record.tokens, at: row.prices(ofPrompt: record.tokens.prompt, terms.tier))
        if terms.fast, let fast = row.fast { sum.multiply(by: fast) }
        if terms.usGeography, let geography = row.usGeography { sum.multiply(by: geography) }
        // From prices per million tokens to the price of one.
        sum.multiply(by: PriceRow.Multiplier(numerator: 1, denominator: 1_000_000))
        if terms.webSearches > 0, let price = row.webSearch {
            var searches = Fraction(terms.webSearches, at: price)
            searches.multiply(by: PriceRow.Multiplier(numerator: 1, denominator: 1000))
            sum.add(searches)
        }
        return sum.rounded
    }

    /// What calls that cost nothing on purpose would have cost at a row's prices, of sums that are of one model: nothing
    /// where they cost something.
    ///
    /// By the prices of prompts that are not long, since sums no longer say how long each was; rounded once a sum. The
    /// rule `savings` judges call by call.
    package static func saved(_ sums: UsageSums, at row: PriceRow) -> Money {
        guard sums.cost == .zero, sums.unpriced == 0, sums.tokens.total > 0 else { return .zero }
        var sum = Fraction(sums.tokens, at: row.base)
        sum.multiply(by: PriceRow.Multiplier(numerator: 1, denominator: 1_000_000))
        return sum.rounded
    }

    /// The model that savings are compared with under a policy; nil when it isn't listed.
    package func compared(under policy: Policy, at time: Timestamp) -> PriceRow? {
        row(for: policy.hypotheticalModel ?? Policy.comparedByDefault, at: time)
    }

    private static func provider(of model: String) -> String? {
        ModelName.isLocal(model) ? "ollama" : ModelName.provider(of: model)
    }
}

/// A sum on its way, as an exact fraction; anything that would leave 128 bits becomes the largest amount there is, so
/// that nonsense is dear and visible rather than a crash.
private struct Fraction {
    private var numerator: Int128
    private var denominator: Int128 = 1

    init(_ count: Int64, at price: Int64) { numerator = Int128(count) * Int128(price) }

    init(_ tokens: TokenCounts, at prices: ClassPrices) {
        self.init(tokens.input, at: prices.input)
        add(tokens.output, at: prices.output)
        add(tokens.cacheRead, at: prices.cacheRead)
        add(tokens.cacheWrite5m, at: prices.cacheWrite5m)
        add(tokens.cacheWrite1h, at: prices.cacheWrite1h)
        add(tokens.cacheWrite12h, at: prices.cacheWrite12h)
    }

    private mutating func add(_ count: Int64, at price: Int64) { add(Fraction(count, at: price)) }

    mutating func add(_ other: Fraction) {
        if denominator == other.denominator {
            let (sum, over) = numerator.addingReportingOverflow(other.numerator)
            return set(sum, denominator, over)
        }
        let (left, leftOver) = numerator.multipliedReportingOverflow(by: other.denominator)
        let (right, rightOver) = other.numerator.multipliedReportingOverflow(by: denominator)
        let (below, under) = denominator.multipliedReportingOverflow(by: other.denominator)
        let (sum, over) = left.addingReportingOverflow(right)
        set(sum, below, leftOver || rightOver || under || over)
    }

    mutating func multiply(by multiplier: PriceRow.Multiplier) {
        let (product, over) = numerator.multipliedReportingOverflow(by: Int128(multiplier.numerator))
        let (below, under) = denominator.multipliedReportingOverflow(by: Int128(multiplier.denominator))
        set(product, below, over || under)
    }

    private mutating func set(_ above: Int128, _ below: Int128, _ isHuge: Bool) {
        // Prices and counts are positive: the largest number over one rounds to the largest amount.
        (numerator, denominator) = isHuge ? (.max, 1) : (above, below)
    }

    var rounded: Money {
        guard denominator > 0 else { return .max }
        return Money(nanodollars: Int64(clamping: DecimalText.roundedQuotient(numerator, denominator)))
    }
}

extension UsageRecord {
    /// Whether nothing is known of the call but its model and that it succeeded: a line of a log that counts requests.
    fileprivate var isBareCount: Bool {
        labels.source == SourceKind.litellm.rawValue && tokens.total == 0 && outcome == .success
            && terms.webSearches == 0
    }
}
