/// Finds why one line drifts. The first that fits is the cause, from what the numbers prove to what they suggest.
struct DriftJudge {
    let line: Reconciliation.Line
    /// When the provider was asked about the day; nil when it never was.
    let asOf: Timestamp?
    let splitsWrites: Bool
    /// Whether Claude Code's own report has the model on a subscription that day.
    let isSubscribed: Bool
    /// Whether the provider's costs of the whole day are what we have.
    let isDayBalanced: Bool
    let tolerance: Ratio

    struct Verdict {
        var cause: DriftCause
        var text: String
        var isBeyond = false
    }

    /// How near an amount must be to another to be taken for it; the tolerance itself where that is wider.
    private var likeness: Nearness { Nearness(max(tolerance, .percent(5))) }
    private var nearness: Nearness { Nearness(tolerance) }

    private var ours: Reconciliation.Side { line.sums.ours }
    private var theirs: Reconciliation.Side { line.sums.theirs }
    private var ourTokens: TokenCounts { ours.tokens ?? TokenCounts() }
    private var ourCost: Money { ours.cost ?? .zero }
    private var title: String { ReportingProvider(rawValue: line.provider)?.title ?? line.provider }

    var verdict: Verdict {
        guard let asOf else { return notAsked }
        guard theirs.cost != nil || theirs.tokens != nil else { return isFresh(asOf) ? late : nothingReported }
        if !line.item.isEmpty || (line.model.isEmpty && theirs.tokens == nil) { return withoutModel }
        if agrees { return Verdict(cause: .agrees, text: "within \(tolerance.percentText)") }
        if let tokens = theirs.tokens, tokens.total > 0 || ourTokens.total > 0 {
            if let verdict = byTokens(tokens) { return verdict }
            return ourTokens.total > tokens.total ? more(asOf) : unseen
        }
        guard let cost = theirs.cost else { return Verdict(cause: .agrees, text: "nothing was used") }
        return ourCost > cost ? more(asOf) : unseen
    }

    /// Dollars decide where both sides have them, since they are what is governed; tokens where they have none.
    private var agrees: Bool {
        if let cost = theirs.cost {
            return nearness.isNear(ourCost, cost)
                && theirs.tokens.map { nearness.isNear(ourTokens.total, $0.total) } ?? true
        }
        return theirs.tokens.map { nearness.isNear(ourTokens, $0, splitsWrites: splitsWrites) } ?? true
    }

    /// What only the tokens tell.
    private func byTokens(_ tokens: TokenCounts) -> Verdict? {
        if nearness.isNear(ourTokens, tokens, splitsWrites: splitsWrites) {
            let factor = theirs.cost.flatMap { Self.factor($0, over: ourCost) } ?? "otherwise"
            return Verdict(
                cause: .priceChange,
                text: "the same tokens, but \(title) charges \(factor): the price book is not at its prices "
                    + "(a new price, a discount, batch or priority)", isBeyond: true)
        }
        guard nearness.isNear(ourTokens.total, tokens.total) else { return nil }
        let differing = Self.classes(ourTokens, tokens, splitsWrites: splitsWrites)
            .filter { !nearness.isNear($0.ours, $0.theirs) }
            .map { "\($0.name) \($0.ours) against \($0.theirs)" }
        return Verdict(
            cause: .cacheClass,
            text: "as many tokens in all, but in other classes: \(differing.joined(separator: ", "))", isBeyond: true)
    }

    /// We have more than the provider.
    private func more(_ asOf: Timestamp) -> Verdict {
        if isFresh(asOf) { return late }
        if let what = double {
            return Verdict(cause: .seenTwice, text: "counted twice, it seems: \(what)", isBeyond: true)
        }
        return Verdict(
            cause: .unexplained,
            text: "more than \(title) has: calls on another account's key, a subscription, or a wrong day?",
            isBeyond: true)
    }

    /// What shows that calls count twice.
    private var double: String? {
        // In dollars where both have them.
        let (mine, its, amounts): (Int64, Int64, [Int64])
        let near: (Int64, Int64) -> Bool
        if let cost = theirs.cost {
            (mine, its) = (ourCost.nanodollars, cost.nanodollars)
            amounts = line.sources.map(\.cost.nanodollars)
            near = { likeness.isNear(Money(nanodollars: $0), Money(nanodollars: $1)) }
        } else if let tokens = theirs.tokens {
            (mine, its) = (ourTokens.total, tokens.total)
            amounts = line.sources.map(\.tokens)
            near = { likeness.isNear($0, $1) }
        } else {
            return nil
        }
        guard its > 0, mine > its else { return nil }
        let excess = mine - its
        if line.sources.count > 1, let place = amounts.firstIndex(where: { $0 > 0 && near(excess, $0) }) {
            return "what is too much is what \(line.sources[place].source) tells"
        }
        if theirs.cost != nil, line.sums.shadowedCost > .zero, near(excess, line.sums.shadowedCost.nanodollars) {
            return "what is too much is as much as is shadowed (\(line.sums.shadowedCost.dollarText))"
        }
        let times = (2...5).first { near(mine, its.saturatingMultiplied(by: Int64($0))) }
        return times.map { "it is \($0) times what \(title) has" }
    }

    private var unseen: Verdict {
        let missing: String
        if let drift = line.sums.drift, drift < .zero {
            missing = (-drift).dollarText
        } else {
            missing = "\((line.sums.tokenDrift ?? 0).magnitude) tokens"
        }
        let all = ourTokens.total == 0 && ourCost == .zero
        return Verdict(
            cause: .unseenSource,
            text: "\(title) has \(missing) that no source here tells of"
                + (all ? "" : ", beside what they do: another machine, user or key"), isBeyond: true)
    }

    private var late: Verdict {
        Verdict(cause: .late, text: "the day was not over, or not fully reported, when \(title) was last asked")
    }

    private var notAsked: Verdict {
        let why = ReportingProvider.silent[line.provider] ?? "\(title) has not been asked about this day"
        return Verdict(cause: .notReported, text: why)
    }

    /// The provider was asked, and has no row.
    private var nothingReported: Verdict {
        // What is only shadowed, or cost nothing, is nobody's drift.
        let isNothing = nearness.isNear(ourCost, .zero)
        let text =
            isSubscribed
            ? "on a subscription, which is not billed by the call"
            : "\(title) has nothing of it: a subscription, another organisation's key, or a cloud's own endpoint"
        return Verdict(cause: .notReported, text: text, isBeyond: !isNothing && !isSubscribed)
    }

    private var withoutModel: Verdict {
        let what = line.item.isEmpty ? "costs" : line.item
        return Verdict(
            cause: .noModel,
            text: isDayBalanced
                ? "\(what): not told by model; the day as a whole agrees"
                : "\(what): not told by model; the day as a whole differs", isBeyond: !isDayBalanced)
    }

    /// Whether the provider may have learnt more of the day since it was asked.
    private func isFresh(_ asOf: Timestamp) -> Bool {
        let delay = ReportingProvider(rawValue: line.provider)?.delay ?? .zero
        return asOf < line.day.adding(days: 1).startInUTC + delay
    }

    /// `1.25 times as much`.
    private static func factor(_ theirs: Money, over ours: Money) -> String? {
        guard ours > .zero else { return nil }
        let thousandths = DecimalText.roundedQuotient(Int128(theirs.nanodollars) * 1000, Int128(ours.nanodollars))
        return "\(DecimalText.text(Int64(clamping: thousandths), places: 3)) times as much"
    }

    private static func classes(
        _ ours: TokenCounts, _ theirs: TokenCounts, splitsWrites: Bool
    ) -> [(name: String, ours: Int64, theirs: Int64)] {
        let plain = [
            ("input", ours.input, theirs.input), ("output", ours.output, theirs.output),
            ("cache_read", ours.cacheRead, theirs.cacheRead),
        ]
        guard splitsWrites else { return plain + [("cache_write", ours.cacheWrite, theirs.cacheWrite)] }
        return plain + [
            ("cache_write_5m", ours.cacheWrite5m, theirs.cacheWrite5m),
            ("cache_write_1h", ours.cacheWrite1h, theirs.cacheWrite1h),
            ("cache_write_12h", ours.cacheWrite12h, theirs.cacheWrite12h),
        ]
    }
}
