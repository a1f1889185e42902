/// The ledger against what providers report, per day (UTC) and model. Parts sum to the whole exactly.
///
/// What Governor booked from a provider's report itself is on neither side: a report always agrees with itself.
package struct Reconciliation: Sendable {
    /// What is compared.
    package struct Question: Hashable, Sendable {
        package var since: CivilDate
        /// The first day that is not compared.
        package var until: CivilDate
        /// Labels `provider`; those that can't be asked get lines too, which say so.
        package var providers: [String]
        /// How much may differ, as a share of what the provider says.
        package var tolerance: Ratio

        /// A difference that means something at any scale.
        package static let usualTolerance = Ratio.percent(1)

        package init(since: CivilDate, until: CivilDate, providers: [String], tolerance: Ratio = usualTolerance) {
            self.since = since
            self.until = until
            self.providers = providers
            self.tolerance = tolerance
        }

        func contains(_ day: CivilDate) -> Bool { since <= day && day < until }
    }

    /// One side's tokens and dollars.
    package struct Side: Hashable, Sendable {
        /// nil where the provider doesn't count calls.
        package var calls: Int64?
        /// nil where its reports tell of money alone.
        package var tokens: TokenCounts?
        /// nil where they tell of tokens alone.
        package var cost: Money?

        package init(calls: Int64? = nil, tokens: TokenCounts? = nil, cost: Money? = nil) {
            self.calls = calls
            self.tokens = tokens
            self.cost = cost
        }

        mutating func add(_ other: Side) {
            if let more = other.calls { calls = (calls ?? 0).saturatingAdding(more) }
            if let more = other.tokens { tokens = (tokens ?? TokenCounts()).plus(more) }
            if let more = other.cost { cost = (cost ?? .zero) + more }
        }
    }

    /// Both sides of a line, a day or the whole.
    package struct Sums: Hashable, Sendable {
        /// What the provider says; nothing where it wasn't asked.
        package var theirs = Side()
        /// What counts in the ledger.
        package var ours = Side(calls: 0, tokens: TokenCounts(), cost: .zero)
        package var shadowedCalls: Int64 = 0
        package var shadowedCost: Money = .zero

        package init() {}

        mutating func add(_ other: Sums) {
            theirs.add(other.theirs)
            ours.add(other.ours)
            shadowedCalls = shadowedCalls.saturatingAdding(other.shadowedCalls)
            shadowedCost += other.shadowedCost
        }

        /// Ours less theirs; nil where they name no cost.
        package var drift: Money? { theirs.cost.map { (ours.cost ?? .zero) - $0 } }

        /// The drift as a share of theirs, to the millionth; nil where that is nothing.
        package var driftRatio: Ratio? {
            guard let cost = theirs.cost, let drift else { return nil }
            return Self.ratio(drift.nanodollars, of: cost.nanodollars)
        }

        /// The same of tokens of all classes.
        package var tokenDrift: Int64? {
            theirs.tokens.map { (ours.tokens?.total ?? 0).saturatingAdding($0.total.saturatingNegation) }
        }

        package var tokenDriftRatio: Ratio? {
            guard let total = theirs.tokens?.total, let tokenDrift else { return nil }
            return Self.ratio(tokenDrift, of: total)
        }

        private static func ratio(_ part: Int64, of whole: Int64) -> Ratio? {
            guard whole > 0 else { return nil }
            let millionths = DecimalText.roundedQuotient(Int128(part) * 1_000_000, Int128(whole))
            return Ratio(partsPerMillion: Int64(clamping: millionths))
        }
    }

    /// One day and model of one provider.
    package struct Line: Hashable, Sendable {
        package var provider: String
        package var day: CivilDate
        /// Without prefixes and build dates; empty where costs belong to none.
        package var model: String
        /// What a cost without a model is for.
        package var item: String
        package var sums = Sums()
        /// Whether the provider was asked about the day at all.
        package var isCovered = false
        /// Our kinds of sources with what each counts, the largest first.
        package var sources: [SourceShare] = []
        package var cause: DriftCause = .agrees
        /// The cause in words, with its numbers.
        package var text = ""
        /// Whether it drifts further than the tolerance, and not for want of time or of a report.
        package var isBeyond = false
    }

    /// What one kind of source counts of a line.
    package struct SourceShare: Hashable, Sendable {
        package var source: String
        package var cost: Money
        package var tokens: Int64
    }

    package let question: Question
    /// By day, provider, then model.
    package let lines: [Line]
    /// The sums of each day that has a line.
    package let days: [(day: CivilDate, sums: Sums)]
    package let total: Sums

    /// Whether any line drifts further than the tolerance.
    package var isBeyond: Bool { lines.contains(where: \.isBeyond) }

    /// Whether any provider was asked about any of the days; else there is nothing to compare with.
    package let isCompared: Bool

    /// - Parameters:
    ///   - reports: what providers said of the days; rows of other days and `agent` rows' sums are passed over.
    ///   - coverage: which days they were asked about, and when.
    ///   - ours: what the ledger holds of the days.
    package init(
        _ question: Question, reports: [ProviderReport], coverage: [ReportCoverage], ours: [DaySums]
    ) {
        self.question = question
        isCompared = coverage.contains {
            $0.kind != .agent && question.contains($0.day) && question.providers.contains($0.provider.rawValue)
        }
        var table = ReconcileTable(question, coverage)
        for report in reports { table.add(report) }
        for sums in ours where !sums.isReport { table.add(sums) }
        lines = table.judged()
        var days: [(day: CivilDate, sums: Sums)] = []
        var total = Sums()
        for line in lines {
            if days.last?.day != line.day { days.append((line.day, Sums())) }
            days[days.count - 1].sums.add(line.sums)
            total.add(line.sums)
        }
        self.days = days
        self.total = total
    }
}
