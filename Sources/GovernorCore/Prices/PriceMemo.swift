/// What a book knows of the models that were priced last: the records of a fleet come from a handful of models, and taking
/// a model's name apart is what pricing costs most. It is good for one book.
package struct PriceMemo: Sendable {
    /// Of one model, as long as no row of the book begins or ends.
    struct Known: Sendable {
        fileprivate var model: ExactText
        fileprivate var epoch: Int
        var row: PriceRow?
        var isFree: Bool
    }

    private static let capacity = 8
    private var known: [Known] = []
    private var oldest = 0

    package init() {}

    mutating func known(of model: String, at time: Timestamp, in book: PriceBook) -> Known {
        let (exact, epoch) = (ExactText(model), book.epoch(at: time))
        if let found = known.first(where: { $0.epoch == epoch && $0.model == exact }) { return found }
        let new = Known(
            model: exact, epoch: epoch, row: book.row(for: model, at: time), isFree: book.isFree(model))
        if known.count < Self.capacity {
            known.append(new)
        } else {
            known[oldest] = new
            oldest = (oldest + 1) % Self.capacity
        }
        return new
    }
}
