package import GovernorCore

/// A model whose calls were booked at another's price: in the shape **status**.
package struct UnpricedModelView: Hashable, Sendable {
    package var model: String
    package var provider: String?
    package var calls: Int64
    package var cost: Money

    /// Models a status names; the dearest of them.
    package static let limit = 20

    /// - Parameter totals: sums of each provider and model over all time.
    package static func views(_ totals: [(labels: Labels, sums: UsageSums)]) -> [UnpricedModelView] {
        let views = totals.filter { $0.sums.unpriced > 0 }.map {
            UnpricedModelView(
                model: $0.labels.model ?? "", provider: $0.labels.provider, calls: $0.sums.unpriced,
                cost: $0.sums.cost)
        }
        return Array(views.sorted { ($1.cost, $0.model) < ($0.cost, $1.model) }.prefix(limit))
    }
}

/// What calls of free models would have cost elsewhere: in the shape **status**.
package struct SavedView: Hashable, Sendable {
    package var amount: Money
    /// The model whose prices say so.
    package var comparedWith: String

    /// - Parameters:
    ///   - sums: of labels, the model among them, over the month.
    ///   - row: what free models are held against.
    package init(_ sums: [(labels: Labels, sums: UsageSums)], comparedWith row: PriceRow) {
        amount = sums.reduce(.zero) { $0 + PriceBook.saved($1.sums, at: row) }
        comparedWith = row.model
    }
}

extension JSONWriter {
    /// `{"model":"mystery","provider":"acme","calls":3,"cost_usd":1.5}`
    mutating func value(_ view: UnpricedModelView) {
        object { json in
            json.field("model", view.model)
            json.field("provider", ifPresent: view.provider)
            json.field("calls", view.calls)
            json.field("cost_usd", view.cost)
        }
    }

    /// `"saved_usd":12.5,"compared_with":"claude-opus-5"`
    mutating func value(_ saved: SavedView) {
        field("saved_usd", saved.amount)
        field("compared_with", saved.comparedWith)
    }
}
