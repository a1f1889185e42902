/// A limit on matched spend per window, shared or split by labels.
package struct Budget: Hashable, Sendable {
    package var name: String
    /// The limit that holds while no override does.
    package var limit: Limit
    /// The labels it is split by; empty for one pot for the fleet.
    package var per: [LabelKey]
    package var window: Window
    /// The zone of its calendar.
    package var zone: Zone
    package var matcher: Matcher
    /// When it counts and decides; nil for always.
    package var schedule: Schedule?
    /// Spent before forecast, then in rising order, each once.
    package var thresholds: [Threshold]
    package var mode: Mode
    /// By start; no two hold at once.
    package var overrides: [Override]

    package init(
        name: String, limit: Limit, per: [LabelKey] = [], window: Window, zone: Zone = .utc, matcher: Matcher = .all,
        schedule: Schedule? = nil, thresholds: [Threshold] = [], mode: Mode = .enforce, overrides: [Override] = []
    ) {
        self.name = name
        self.limit = limit
        self.per = per
        self.window = window
        self.zone = zone
        self.matcher = matcher
        self.schedule = schedule
        self.thresholds = thresholds.sorted(by: Threshold.inOrder)
        self.mode = mode
        self.overrides = overrides.sorted { $0.interval.start < $1.interval.start }
    }

    /// The limit in force at `now`.
    package func limit(at now: Timestamp) -> Limit {
        overrides.isEmpty ? limit : overrides.first { $0.interval.contains(now) }?.limit ?? limit
    }

    /// The override in force at `now`.
    package func override(at now: Timestamp) -> Override? { overrides.first { $0.interval.contains(now) } }

    /// Whose pot these labels draw on; nil when they lack a label the budget is split by.
    package func split(of labels: Labels) -> Split? { Split(of: labels, per: per) }

    /// What happens to whom: a pot of spend that names nobody is kept and shown, but alerts and holds back nobody, since
    /// it is not one worker's (or session's) spend but that of all who have no name.
    package func thresholds(for split: Split) -> [Threshold] { split.isNamed(per: per) ? thresholds : [] }
}

/// One combination of the values a budget is split by.
package struct Split: Hashable, Sendable {
    /// The values in the order of `per`, joined by U+001F.
    package let raw: String

    package static let fleet = Split(raw: "")

    package init(raw: String) { self.raw = raw }
    package init(values: [String]) { raw = values.joined(separator: "\u{1F}") }

    /// - Returns: nil when the labels lack one that is split by.
    package init?(of labels: Labels, per keys: [LabelKey]) {
        if keys.isEmpty {
            self = .fleet
        } else if keys.count == 1 {
            guard let value = labels[keys[0]] else { return nil }
            self.init(raw: value)
        } else {
            var values: [String] = []
            for key in keys {
                guard let value = labels[key] else { return nil }
                values.append(value)
            }
            self.init(values: values)
        }
    }

    /// The same for records, whose spend always lands somewhere: a missing label is the empty value.
    package init(booking labels: Labels, per keys: [LabelKey]) {
        self = Split(of: labels, per: keys) ?? Split(values: keys.map { labels[$0] ?? "" })
    }

    /// Whether every label it is split by has a value.
    package func isNamed(per keys: [LabelKey]) -> Bool { keys.isEmpty || !values.contains("") }

    package var values: [String] { raw.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init) }

    /// Each label with its value; empty for the fleet.
    package func labels(per keys: [LabelKey]) -> [(key: LabelKey, value: String)] {
        keys.isEmpty ? [] : Array(zip(keys, values)).map { (key: $0.0, value: $0.1) }
    }

    /// `w-1`, `web, ada`, `the fleet`, `(no worker)`.
    package func who(per keys: [LabelKey]) -> String {
        guard !keys.isEmpty else { return "the fleet" }
        return labels(per: keys).map { $0.value.isEmpty ? "(no \($0.key.text))" : $0.value }.joined(separator: ", ")
    }
}

/// How much, in one of three units.
package struct Limit: Hashable, Sendable {
    package enum Unit: String, Sendable { case usd, tokens, calls }

    package var unit: Unit
    /// Nano-dollars, tokens or calls; at least 1.
    package var value: Int64

    package init(unit: Unit, value: Int64) {
        self.unit = unit
        self.value = value
    }

    package static func usd(_ money: Money) -> Limit { Limit(unit: .usd, value: money.nanodollars) }

    /// The part of an amount that this limit counts.
    package func measure(_ amount: Amount) -> Int64 {
        switch unit {
        case .usd: amount.cost.nanodollars
        case .tokens: amount.tokens
        case .calls: amount.calls
        }
    }

    /// For people: `$25.07`, `5000000 tokens`, `12 calls`.
    package func text(_ value: Int64) -> String {
        switch unit {
        case .usd: Money(nanodollars: value).dollarText
        case .tokens: "\(value) tokens"
        case .calls: "\(value) \(value == 1 ? "call" : "calls")"
        }
    }

    package var text: String { text(value) }
}
