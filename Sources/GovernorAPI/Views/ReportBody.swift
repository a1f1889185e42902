package import GovernorCore

/// The shape **report**: sums over a stretch of time, grouped by labels; the groups add up to the total exactly.
package struct ReportBody: Sendable {
    package struct Group: Hashable, Sendable {
        /// The values in the order of `by`; a missing label is the empty text.
        package var key: [String]
        package var sums: UsageSums
        /// What its calls of free models would have cost elsewhere.
        package var saved: Money = .zero
    }

    package var since: Timestamp
    package var until: Timestamp
    package var zone: Zone
    package var by: [LabelKey]
    package private(set) var total = UsageSums()
    /// By falling cost, then by key.
    package private(set) var groups: [Group] = []
    /// What calls of free models would have cost elsewhere.
    package private(set) var saved: Money = .zero
    /// The model whose prices say what it would have cost; nil when nobody asked.
    package var comparedWith: PriceRow?

    /// - Parameters:
    ///   - sums: of labels, the model among them.
    ///   - row: the prices that calls of free models are held against; without one nothing is said of savings.
    package init(
        since: Timestamp, until: Timestamp, zone: Zone, by: [LabelKey], sums: [(labels: Labels, sums: UsageSums)],
        comparedWith row: PriceRow? = nil
    ) {
        self.since = since
        self.until = until
        self.zone = zone
        self.by = by
        comparedWith = row
        var grouped: [[String]: Group] = [:]
        for part in sums {
            let key = by.map { part.labels[$0] ?? "" }
            let saved = row.map { PriceBook.saved(part.sums, at: $0) } ?? .zero
            total.add(part.sums)
            self.saved += saved
            grouped[key, default: Group(key: key, sums: UsageSums())].sums.add(part.sums)
            grouped[key]?.saved += saved
        }
        groups = grouped.values
            .sorted {
                ($1.sums.cost, $0.key.joined(separator: "\u{0}")) < ($0.sums.cost, $1.key.joined(separator: "\u{0}"))
            }
        if by.isEmpty { groups = [] }
    }

    /// `{"since":…,"until":…,"timezone":…,"total":{…},"groups":[…]}`
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("since", RFC3339.text(since, in: zone))
            json.field("until", RFC3339.text(until, in: zone))
            json.field("timezone", zone.identifier)
            json.field("by", array: by) { $0.value($1.text) }
            json.field("compared_with", ifPresent: comparedWith?.model)
            json.field("total", object: { $0.fields(of: total, saved: comparedWith == nil ? nil : saved) })
            json.field("groups", array: groups) { json, group in
                json.object { json in
                    json.field("key", object: { for (key, value) in zip(by, group.key) { $0.field(key.text, value) } })
                    json.fields(of: group.sums, saved: comparedWith == nil ? nil : group.saved)
                }
            }
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func fields(of sums: UsageSums, saved: Money?) {
        field("calls", sums.calls)
        field("success", sums.success)
        field("unpriced_calls", sums.unpriced)
        field(
            "tokens",
            object: { json in
                json.field("input", sums.tokens.input)
                json.field("output", sums.tokens.output)
                json.field("cache_read", sums.tokens.cacheRead)
                json.field("cache_write_5m", sums.tokens.cacheWrite5m)
                json.field("cache_write_1h", sums.tokens.cacheWrite1h)
                json.field("cache_write_12h", sums.tokens.cacheWrite12h)
                json.field("reasoning", sums.tokens.reasoning)
                json.field("total", sums.tokens.total)
            })
        field("cost_usd", sums.cost)
        if let saved { field("saved_usd", saved) }
    }
}
