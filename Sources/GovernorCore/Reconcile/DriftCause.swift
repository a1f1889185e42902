/// Why the ledger and a provider differ, as far as their numbers tell.
package enum DriftCause: String, CaseIterable, Sendable {
    /// They don't, beyond the tolerance.
    case agrees
    /// The provider has tokens or dollars that we have not: something runs that no source reports.
    case unseenSource = "unseen_source"
    /// The tokens agree and the dollars don't: the price book and the provider's prices are two.
    case priceChange = "price_change"
    /// The tokens agree as a whole and not by class: what was read from and written to the cache is told differently.
    case cacheClass = "cache_class"
    /// We have more, by what one of our sources tells or by a multiple: a call counts twice.
    case seenTwice = "seen_twice"
    /// We have more, and the provider's report of that day was not final when it was read.
    case late
    /// The provider says nothing of it, or was not asked.
    case notReported = "not_reported"
    /// Costs that the provider books to no model; they are compared by the day.
    case noModel = "no_model"
    /// None of these.
    case unexplained
}

/// Whether two numbers are the same for our purposes.
struct Nearness {
    let tolerance: Ratio

    /// What no one looks into: a tenth of a cent, a hundred tokens.
    static let smallestCost = Money(nanodollars: 1_000_000)
    static let smallestTokens: Int64 = 100

    init(_ tolerance: Ratio) { self.tolerance = tolerance }

    func isNear(_ ours: Money, _ theirs: Money) -> Bool {
        isNear(ours.nanodollars, theirs.nanodollars, smallest: Self.smallestCost.nanodollars)
    }

    func isNear(_ ours: Int64, _ theirs: Int64) -> Bool { isNear(ours, theirs, smallest: Self.smallestTokens) }

    private func isNear(_ ours: Int64, _ theirs: Int64, smallest: Int64) -> Bool {
        let difference = (Int128(ours) - Int128(theirs)).magnitude
        guard difference > UInt128(smallest.magnitude) else { return true }
        return difference * 1_000_000
            <= UInt128(Int128(theirs).magnitude) * UInt128(tolerance.partsPerMillion.magnitude)
    }

    /// Whether every class is the same.
    /// - Parameter splitsWrites: whether cache writes are compared by how long they last, or as one.
    func isNear(_ ours: TokenCounts, _ theirs: TokenCounts, splitsWrites: Bool) -> Bool {
        let writes =
            splitsWrites
            ? isNear(ours.cacheWrite5m, theirs.cacheWrite5m) && isNear(ours.cacheWrite1h, theirs.cacheWrite1h)
                && isNear(ours.cacheWrite12h, theirs.cacheWrite12h)
            : isNear(ours.cacheWrite, theirs.cacheWrite)
        return writes && isNear(ours.input, theirs.input) && isNear(ours.output, theirs.output)
            && isNear(ours.cacheRead, theirs.cacheRead)
    }
}
