/// Sums over records: what a report shows of a group.
package struct UsageSums: Hashable, Sendable {
    package var calls: Int64 = 0
    package var success: Int64 = 0
    /// Calls of models without a price.
    package var unpriced: Int64 = 0
    package var cost: Money = .zero
    package var tokens = TokenCounts()
    /// Calls that are kept and not counted, since a better source reports their sessions, and what they would cost. They
    /// are in none of the other sums.
    package var shadowed: Int64 = 0
    package var shadowedCost: Money = .zero

    package init() {}

    package init(calls: Int64, success: Int64, unpriced: Int64, cost: Money, tokens: TokenCounts) {
        self.calls = calls
        self.success = success
        self.unpriced = unpriced
        self.cost = cost
        self.tokens = tokens
    }

    /// What the sums add to an account.
    package var amount: Amount { Amount(cost: cost, tokens: tokens.total, calls: calls) }

    /// Adds or, with sign -1, takes away one record.
    package mutating func add(_ record: UsageRecord, sign: Int64 = 1) {
        let cost = sign < 0 ? -record.cost : record.cost
        guard !record.isShadowed else {
            shadowed += sign
            shadowedCost += cost
            return
        }
        let tokens = record.tokens
        add(
            UsageSums(
                calls: sign, success: record.outcome == .success ? sign : 0,
                unpriced: record.costOrigin == .unpriced ? sign : 0, cost: cost,
                tokens: TokenCounts(
                    input: sign * tokens.input, output: sign * tokens.output, cacheRead: sign * tokens.cacheRead,
                    cacheWrite5m: sign * tokens.cacheWrite5m, cacheWrite1h: sign * tokens.cacheWrite1h,
                    cacheWrite12h: sign * tokens.cacheWrite12h, reasoning: sign * tokens.reasoning)))
    }

    package mutating func add(_ other: UsageSums) {
        calls += other.calls
        success += other.success
        unpriced += other.unpriced
        cost += other.cost
        shadowed += other.shadowed
        shadowedCost += other.shadowedCost
        tokens.input += other.tokens.input
        tokens.output += other.tokens.output
        tokens.cacheRead += other.tokens.cacheRead
        tokens.cacheWrite5m += other.tokens.cacheWrite5m
        tokens.cacheWrite1h += other.tokens.cacheWrite1h
        tokens.cacheWrite12h += other.tokens.cacheWrite12h
        tokens.reasoning += other.tokens.reasoning
    }
}
