/// One provider (or model, project …) with too large a part of the whole.
package struct Concentration: Hashable, Sendable {
    /// What the parts are.
    package var by: LabelKey
    /// What is shared out.
    package var of: Limit.Unit
    /// The largest share above which it fires.
    package var above: Ratio?
    /// The Herfindahl-Hirschman index, the sum of the squared shares, above which it fires.
    package var aboveHHI: Ratio?
    /// Fewer calls than this say nothing.
    package var minCalls: Int64
    package var over: Span

    package init(
        by: LabelKey, of: Limit.Unit, above: Ratio? = nil, aboveHHI: Ratio? = nil, minCalls: Int64, over: Span
    ) {
        self.by = by
        self.of = of
        self.above = above
        self.aboveHHI = aboveHHI
        self.minCalls = minCalls
        self.over = over
    }
}

extension Concentration: RuleKind {
    package static let keyword = "concentration"
    package static let summary = """
        One provider, model or project with too large a share of the cost, the tokens or the calls, or all shares \
        together too uneven by the Herfindahl-Hirschman index (1 when one has it all, 0.25 for four equal ones). What \
        names no provider counts in the whole.
        """

    package func meters(of rule: Rule) -> [Meter] { [Meter(of: rule, per: [by], slots: .window(.rolling(over)))] }

    /// Whoever spent, it is the whole that is judged.
    package func judged(_ split: Split) -> Split { .fleet }

    package var firesWithTime: Bool { true }
    package var firesWithRecords: Bool { false }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        let unit = Limit(unit: of, value: 1)
        var calls: Int64 = 0
        var parts: [(split: Split, value: Int64)] = []
        for part in view.splits(0) {
            let amount = view.spent(0, part, at: now)
            calls = calls.saturatingAdding(amount.calls)
            parts.append((part, max(0, unit.measure(amount))))
        }
        let shares = Shares(parts.map(\.value))
        let largest = parts.max { ($0.value, $1.split.raw) < ($1.value, $0.split.raw) }
        guard calls >= minCalls, let largest, shares.total > 0 else { return .no(now) }
        let who = largest.split.who(per: [by])
        let what = "of the \(noun) of the last \(over.text)"
        let share = shares.share(of: largest.value).percentText
        let index = DecimalText.text(shares.index, places: 2, atLeast: 2)
        if let above, shares.isShare(of: largest.value, above: above) {
            return Finding(
                holds: true, asOf: now,
                text: "\(who) has \(share) \(what), above \(above.percentText) (HHI \(index))",
                value: largest.value, limit: Limit(unit: of, value: shares.line(of: above)))
        }
        if let aboveHHI, shares.isIndex(above: aboveHHI) {
            return Finding(
                holds: true, asOf: now,
                text: "the \(by.text)s' shares \(what) have an HHI of \(index), above \(aboveHHI.text); "
                    + "\(who) has \(share)")
        }
        return .no(now)
    }

    private var noun: String {
        switch of {
        case .usd: "cost"
        case .tokens: "tokens"
        case .calls: "calls"
        }
    }
}

/// Parts of a whole, compared exactly.
private struct Shares {
    /// Up to 64 bits each, however many.
    let total: Int128
    /// The sum of the parts' squares and the square of their sum, both scaled down alike when the sum has over 53 bits,
    /// so that a million times either still fits; below that ($9 million) nothing is lost.
    private let squares: Int128
    private let square: Int128

    /// - Parameter parts: none negative.
    init(_ parts: [Int64]) {
        total = parts.reduce(0) { $0 + Int128($1) }
        let shift = max(0, 75 - total.leadingZeroBitCount)
        squares = parts.reduce(0) { $0 + (Int128($1) >> shift) * (Int128($1) >> shift) }
        square = (total >> shift) * (total >> shift)
    }

    /// To a tenth of a percent.
    func share(of part: Int64) -> Ratio {
        Ratio(
            partsPerMillion: Int64(clamping: DecimalText.roundedQuotient(Int128(part) * 1000, max(1, total)) * 1000))
    }

    func isShare(of part: Int64, above ratio: Ratio) -> Bool {
        Int128(part) * Self.million > total * Self.limited(ratio)
    }

    /// The largest part that is not above the share.
    func line(of ratio: Ratio) -> Int64 { Int64(clamping: total * Self.limited(ratio) / Self.million) }

    /// The Herfindahl-Hirschman index in hundredths, rounded; only for texts.
    var index: Int64 { Int64(clamping: DecimalText.roundedQuotient(squares * 100, max(1, square))) }

    func isIndex(above ratio: Ratio) -> Bool { squares * Self.million > square * Self.limited(ratio) }

    private static let million: Int128 = 1_000_000

    /// Nothing is above the whole, so a larger ratio (which might not fit the product) says no more.
    private static func limited(_ ratio: Ratio) -> Int128 { Int128(min(max(ratio.partsPerMillion, 0), 1_000_000)) }
}
