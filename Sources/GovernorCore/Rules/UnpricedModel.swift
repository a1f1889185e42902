/// Calls of a model without a price.
package struct UnpricedModel: Hashable, Sendable {
    /// The listed model at whose price they are booked; nil for the dearest of their provider.
    package var priceAs: String?

    package init(priceAs: String? = nil) { self.priceAs = priceAs }
}

extension UnpricedModel: RuleKind {
    package static let keyword = "unpriced_model"
    package static let summary = """
        Calls of a model that has no price, whose cost is therefore a guess: they are booked at the price of the model \
        that `price_as` names, else at the dearest of their provider, never at nothing. A rule of its own for each model.
        """

    private static let per: [LabelKey] = [.label(.model)]

    package func meters(of rule: Rule) -> [Meter] {
        [Meter(of: rule, per: Self.per, value: .unpriced, slots: .window(.rolling(.hours(24))))]
    }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        let booked = view.spent(0, split, at: now)
        guard booked.calls > 0 else { return .no(now) }
        let calls = Limit(unit: .calls, value: 1).text(booked.calls)
        let price = priceAs.map { "at \($0)'s price" } ?? "at the dearest price of its provider"
        return Finding(
            holds: true, asOf: now,
            text:
                "\(split.who(per: Self.per)) has no price: \(calls) booked at \(booked.cost.dollarText) in the last 24h, "
                + price)
    }
}
