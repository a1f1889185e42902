/// A limit on matched spend per window, shared or split by labels.
package struct Budget: Hashable, Sendable {
    package var name: String
    package var limit: Limit
    /// The labels it is split by; empty for one pot for the fleet.
    package var per: [LabelKey]
    package var window: Window
    /// The zone of its calendar.
    package var zone: Zone
    package var matcher: Matcher
    /// In rising order, each ratio once.
    package var thresholds: [Threshold]
    package var mode: Mode

    package init(
        name: String, limit: Limit, per: [LabelKey] = [], window: Window, zone: Zone = .utc, matcher: Matcher = .all,
        thresholds: [Threshold] = [], mode: Mode = .enforce
    ) {
        self.name = name
        self.limit = limit
        self.per = per
        self.window = window
        self.zone = zone
        self.matcher = matcher
        self.thresholds = thresholds.sorted { $0.ratio < $1.ratio }
        self.mode = mode
    }

    /// What its accounts depend on; while it stays the same the stored accounts hold, whatever happens to limits and
    /// actions.
    package var fingerprint: String {
        let zone = if case .calendar = window { self.zone.identifier } else { "" }
        let match = matcher.terms.map { "\($0.key.text)~\($0.globs.map(\.pattern))" }.joined(separator: ",")
        return StableHash.hex("\(name)|\(per.map(\.text))|\(window)|\(zone)|\(match)")
    }

    /// Whose pot these labels draw on; nil when they lack a label the budget is split by.
    package func split(of labels: Labels) -> Split? {
        if per.isEmpty { return .fleet }
        if per.count == 1 { return labels[per[0]].map { Split(raw: $0) } }
        var values: [String] = []
        for key in per {
            guard let value = labels[key] else { return nil }
            values.append(value)
        }
        return Split(values: values)
    }

    /// Why labels that lack a name it is split by find no account.
    func caveat(without labels: Labels) -> String {
        let missing = per.filter { labels[$0] == nil }.map(\.text).joined(separator: " and ")
        return "\(name) is per \(missing), which the request does not name"
    }

    /// What happens to whom: a pot of spend that names nobody is kept and shown, but alerts and holds back nobody, since
    /// it is not one worker's (or session's) spend but that of all who have no name.
    package func thresholds(for split: Split) -> [Threshold] {
        !per.isEmpty && split.values.contains("") ? [] : thresholds
    }

    /// The same for records, whose spend always lands somewhere: a missing label is the empty value.
    package func recordSplit(of labels: Labels) -> Split {
        split(of: labels) ?? Split(values: per.map { labels[$0] ?? "" })
    }
}

/// One combination of the values a budget is split by.
package struct Split: Hashable, Sendable {
    /// The values in the order of `per`, joined by U+001F.
    package let raw: String

    package static let fleet = Split(raw: "")

    package init(raw: String) { self.raw = raw }
    package init(values: [String]) { raw = values.joined(separator: "\u{1F}") }

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

/// A share of the limit, and what happens from there on.
package struct Threshold: Hashable, Sendable {
    package var ratio: Ratio
    /// Names of receivers.
    package var notify: [String]
    package var throttle: Throttle?
    package var pause: Pause?
    /// Running work is told to stop, and no new work starts.
    package var stop: Bool

    package init(
        ratio: Ratio, notify: [String] = [], throttle: Throttle? = nil, pause: Pause? = nil, stop: Bool = false
    ) {
        self.ratio = ratio
        self.notify = notify
        self.throttle = throttle
        self.pause = pause
        self.stop = stop
    }

    /// Whether new work is refused here.
    package var blocks: Bool { stop || pause != nil }
}

/// Fewer workers, or slower ones.
package struct Throttle: Hashable, Sendable {
    package var maxWorkers: Int64?
    package var delay: Span?

    package init(maxWorkers: Int64? = nil, delay: Span? = nil) {
        self.maxWorkers = maxWorkers
        self.delay = delay
    }
}

/// How long new work is refused.
package enum Pause: Hashable, Sendable {
    /// To the end of the calendar window.
    case untilReset
    /// For so long from the crossing.
    case lasting(Span)
}
