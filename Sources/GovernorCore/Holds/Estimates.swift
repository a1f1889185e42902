/// What ended work has cost, for estimating what new work will: by project, task type and model, then wider while too
/// few are known.
package struct Estimates: Sendable {
    /// Where an estimate comes from.
    package enum Origin: String, Sendable { case caller, history, fallback }

    /// What work is alike; each of the four groups leaves out one more label. The model says most of a price, so it stays
    /// the longest.
    private struct Kind: Hashable, Sendable {
        var breadth: Int
        var project: String?
        var type: String?
        var model: String?

        static func all(_ labels: Labels) -> [Kind] {
            let (project, type) = (labels.project, labels.tags[Estimates.typeTag])
            let model = labels.model.map(ModelName.withoutProvider)
            return [
                Kind(breadth: 0, project: project, type: type, model: model),
                Kind(breadth: 1, project: project, model: model),
                Kind(breadth: 2, model: model),
                Kind(breadth: 3),
            ]
        }
    }

    /// One piece of work.
    private struct Sample: Hashable, Sendable {
        var id: Int64
        var amount: Amount
    }

    private var samples: [Kind: [Sample]] = [:]
    /// Whether each of the newest cost more than was set aside, by id.
    private var verdicts: [Int64: Bool] = [:]
    private var order: [Int64] = []
    private var above = 0

    /// The tag that names the type of a task.
    package static let typeTag = "task_type"
    /// Fewer than this many say nothing of a quantile.
    package static let fewest = 10
    /// So many of a kind are remembered, and five times as many in all.
    package static let memory = 200

    package init() {}

    /// How many ended holds are known, and how many of them cost more than was set aside.
    package var record: (ended: Int, above: Int) { (order.count, above) }

    /// Takes in what an ended hold has come to, also again when late records changed it. One that nothing was billed for
    /// says nothing of a cost.
    package mutating func note(_ reservation: Reservation) {
        guard !reservation.isLive, reservation.spent > .zero else { return }
        let isAbove = reservation.spent > reservation.size.cost
        if let before = verdicts.updateValue(isAbove, forKey: reservation.id) {
            above += (isAbove ? 1 : 0) - (before ? 1 : 0)
        } else {
            order.append(reservation.id)
            above += isAbove ? 1 : 0
            if order.count > Self.memory * 5, verdicts.removeValue(forKey: order.removeFirst()) == true { above -= 1 }
        }
        var amount = reservation.charged
        amount.cost = reservation.spent
        let sample = Sample(id: reservation.id, amount: amount)
        for kind in Kind.all(reservation.labels) {
            if let place = samples[kind]?.lastIndex(where: { $0.id == sample.id }) {
                samples[kind]?[place] = sample
            } else {
                samples[kind, default: []].append(sample)
                if let count = samples[kind]?.count, count > Self.memory { samples[kind]?.removeFirst() }
            }
        }
    }

    /// What work with these labels is likely to cost.
    package func estimate(_ labels: Labels, _ settings: HoldSettings) -> (amount: Amount, origin: Origin) {
        let fallback = Amount(cost: settings.fallback, tokens: 0, calls: 1)
        guard settings.usesHistory,
            let known = Kind.all(labels).lazy.compactMap({ samples[$0] }).first(where: { $0.count >= Self.fewest })
        else { return (fallback, .fallback) }
        let quantile = { (values: [Int64]) in Self.quantile(settings.quantile, of: values) }
        let cost = Money(nanodollars: quantile(known.map(\.amount.cost.nanodollars)))
        return (
            Amount(
                cost: max(cost, settings.least), tokens: quantile(known.map(\.amount.tokens)),
                calls: max(1, quantile(known.map(\.amount.calls)))), .history
        )
    }

    /// By nearest rank: the smallest value that at least this share does not exceed.
    private static func quantile(_ share: Ratio, of values: [Int64]) -> Int64 {
        let sorted = values.sorted()
        let rank = (Int64(sorted.count) * share.partsPerMillion + 999_999) / 1_000_000
        return sorted[Int(min(max(rank, 1), Int64(sorted.count))) - 1]
    }
}
