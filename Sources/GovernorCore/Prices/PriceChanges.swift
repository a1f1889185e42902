/// How another list of prices differs from a book: `governor prices diff` and `import`.
package struct PriceChanges: Hashable, Sendable {
    /// One model whose calls would cost something else.
    package struct Change: Hashable, Sendable {
        /// The row as it would be, under the provider the book knows the model by, without dates.
        package var row: PriceRow
        /// What its calls cost now; nil for a model that has no price.
        package var present: PriceRow?
        /// Whether that is the policy's own.
        package var presentIsOwn = false
        /// What differs, each as `input $5 → $4`; of a new model what it costs.
        package var differences: [String]
    }

    package var changes: [Change] = []
    /// Models of the list that cost the same already.
    package var same = 0
    /// Models of the book that the list does not have, in order of name.
    package var missing: [String] = []

    /// - Parameters:
    ///   - only: patterns of the models that are looked at; all when there is none.
    ///   - time: the book as it is then.
    package init(_ rows: [PriceRow], comparedTo book: PriceBook, only: [Glob] = [], at time: Timestamp) {
        var seen: Set<String> = []
        for row in rows where only.isEmpty || only.contains(where: { $0.matches(row.model) }) {
            let present = book.row(for: row.model, at: time)
            seen.insert(row.model)
            if let present { seen.insert(present.model) }
            if let present, present.charges(as: row) {
                same += 1
                continue
            }
            var changed = row
            // A cloud's word for a model's provider is not the name its spend is told apart by.
            changed.provider = present?.provider ?? ModelName.provider(of: row.model) ?? row.provider
            let differences = present.map { row.differences(from: $0) } ?? row.essentials
            changes.append(
                Change(
                    row: changed, present: present, presentIsOwn: present.map(book.isOwn) ?? false,
                    differences: differences))
        }
        changes.sort { $0.row.model < $1.row.model }
        let names = Set(book.listed.filter { $0.holds(at: time) }.map(\.model))
        missing = names.filter { name in
            !seen.contains(name) && (only.isEmpty || only.contains { $0.matches(name) })
        }.sorted()
    }
}

extension PriceRow {
    /// `input $5, output $25`.
    fileprivate var essentials: [String] {
        ["input \(Self.dollars(base.input))", "output \(Self.dollars(base.output))"]
    }

    /// What this row charges otherwise than another, each as `input $5 → $4`.
    package func differences(from other: PriceRow) -> [String] {
        var result: [String] = []
        for over in Set(levels.map(\.over) + other.levels.map(\.over)).sorted() {
            let place = over == 0 ? "" : " above \(over)"
            guard let mine = levels.first(where: { $0.over == over }),
                let theirs = other.levels.first(where: { $0.over == over })
            else {
                result.append(levels.contains { $0.over == over } ? "new tier\(place)" : "no tier\(place) any more")
                continue
            }
            for tier in [Terms.Tier.standard, .batch, .flex, .priority] {
                let offer = tier == .standard ? "" : "\(tier.rawValue) "
                result += TokenClass.allCases.compactMap { kind in
                    let (old, new) = (theirs.prices[tier][kind], mine.prices[tier][kind])
                    guard old != new else { return nil }
                    return "\(offer)\(kind.rawValue)\(place) \(Self.dollars(old)) → \(Self.dollars(new))"
                }
            }
        }
        for (word, old, new) in [("fast", other.fast, fast), ("us_geo", other.usGeography, usGeography)] {
            let texts = [old, new].map { DecimalText.text($0?.billionths ?? 1_000_000_000, places: 9) + "x" }
            if texts[0] != texts[1] { result.append("\(word) \(texts[0]) → \(texts[1])") }
        }
        if webSearch ?? 0 != other.webSearch ?? 0 {
            result.append(
                "web_search_per_1k \(Self.dollars(other.webSearch ?? 0)) → \(Self.dollars(webSearch ?? 0))")
        }
        return result
    }

    /// `$0.0375`, exact.
    private static func dollars(_ price: Int64) -> String { "$" + Money(nanodollars: price).text }
}
