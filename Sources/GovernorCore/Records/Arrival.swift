extension UsageRecord {
    /// How far a source's clock may run ahead of ours.
    package static let clockLead = Span.minutes(5)

    /// The record as it is booked when it arrives at `now`: dated, labelled and priced.
    ///
    /// What is dated in the future was spent now: a clock that runs ahead must neither hide spend in a window to come nor
    /// keep it in a rolling one for ever.
    ///
    /// - Parameter memo: for a run of records under the same resolver and prices.
    package func arriving(
        at now: Timestamp, _ resolver: LabelResolver, _ prices: PriceBook, _ memo: inout ArrivalMemo
    ) -> UsageRecord {
        var record = self
        if timeIsArrival || time > now + Self.clockLead {
            record.time = now
            record.timeIsArrival = true
        }
        record.labels = labels.kept
        resolver.resolve(&record, &memo.folders)
        prices.price(&record, &memo.prices)
        return record
    }

    /// The same of a record by itself.
    package func arriving(at now: Timestamp, _ resolver: LabelResolver, _ prices: PriceBook) -> UsageRecord {
        var memo = ArrivalMemo()
        return arriving(at: now, resolver, prices, &memo)
    }
}

/// What records before this one had in common with it.
package struct ArrivalMemo: Sendable {
    var folders = FolderMemo()
    var prices = PriceMemo()

    package init() {}
}
