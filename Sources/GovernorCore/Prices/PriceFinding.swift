/// What the book knows of a model at a time, and how it came to it: `governor prices show`.
package struct PriceFinding: Hashable, Sendable {
    /// How calls of the model are booked.
    package enum Verdict: Hashable, Sendable {
        /// At nothing, on purpose.
        case free(why: String)
        /// At this row's prices.
        case priced(PriceRow, isOwn: Bool)
        /// At the prices of another model, and shown as unpriced; nil when the book is empty.
        case unpriced(standIn: PriceRow?)
    }

    package var asked: String
    package var at: Timestamp
    package var verdict: Verdict
    /// The spelling under which the row was found.
    package var spelling: String?
    /// All rows that its model ever had, the oldest first.
    package var history: [PriceRow] = []

    /// Why this row: `the name without "us.anthropic." and "-20260101"`.
    package var why: String {
        switch verdict {
        case .free(let why): return why
        case .unpriced: return "no name like it is listed"
        case .priced(let row, _):
            guard let spelling else { return "" }
            var words = spelling == asked ? "the name as it is written" : Self.cut(asked, to: spelling)
            if row.model != spelling { words += ", of which \(row.model) is the newest version listed" }
            return words
        }
    }

    private static func cut(_ name: String, to spelling: String) -> String {
        if let place = name.firstRange(of: spelling) {
            let parts = [name[..<place.lowerBound], name[place.upperBound...]].filter { !$0.isEmpty }
            return "the name without \(parts.map { "\"\($0)\"" }.joined(separator: " and "))"
        }
        return "the name, written \"\(spelling)\""
    }
}

extension PriceBook {
    /// What is known of a model at a time.
    package func finding(for model: String, at time: Timestamp) -> PriceFinding {
        var finding = PriceFinding(asked: model, at: time, verdict: .unpriced(standIn: nil))
        let found = ModelName.firstSpelling(of: model) { name in
            row(spelled: name, at: time).map { (name: name, row: $0) }
        }
        if let found {
            finding.spelling = found.name
            finding.history = listed.filter { $0.model == found.row.model }
        }
        if let why = whyFree(model) {
            finding.verdict = .free(why: why)
        } else if let found {
            finding.verdict = .priced(found.row, isOwn: isOwn(found.row))
        } else {
            finding.verdict = .unpriced(standIn: standIn(for: model, provider: nil, at: time))
        }
        return finding
    }

    /// What a decision about a model must not hide: that its calls would be booked at a guess; nil when it has a price.
    package func caveat(for model: String?, provider: String? = nil, at time: Timestamp) -> String? {
        guard let model, !model.isEmpty, !isFree(model), row(for: model, at: time) == nil,
            !ModelName.isLocal(provider: provider)
        else { return nil }
        let price = standIn(for: model, provider: provider, at: time).map { "\($0.model)'s" } ?? "no known"
        return "\(model) has no price; its calls are booked at \(price) price"
    }
}
