/// One of the lines that tell of an answer as it grows, by what it may say otherwise than the line before. All else is the
/// same in each, so that the call's record takes the line in, and no other is made of it and compared.
package struct CallCopy: Sendable {
    package var time: Timestamp
    package var tokens: TokenCounts
    package var terms: Terms
    package var reportedCost: Money?
    /// Where in the file of the line before it stands, in bytes.
    package var offset: Int64

    package init(time: Timestamp, tokens: TokenCounts, terms: Terms, reportedCost: Money?, offset: Int64) {
        self.time = time
        self.tokens = tokens
        self.terms = terms
        self.reportedCost = reportedCost
        self.offset = offset
    }
}

extension UsageRecord {
    /// Becomes what `Deduplication` would keep of this record and a copy of its call, under `GrowthRule.larger`.
    /// - Returns: where what is kept stands in the file.
    package mutating func unite(with copy: CallCopy) -> Int64 {
        let (mine, its) = (tokens.total, copy.tokens.total)
        if its > mine {
            take(copy)
        } else if its == mine {
            var other = self
            other.take(copy)
            if other.outranks(self) { self = other }
        }
        return raw?.offset ?? copy.offset
    }

    private mutating func take(_ copy: CallCopy) {
        time = copy.time
        tokens = copy.tokens
        terms = copy.terms
        reportedCost = copy.reportedCost
        raw?.offset = copy.offset
    }
}
