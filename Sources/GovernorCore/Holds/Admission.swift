/// Who was let in, and whom operators keep out: the part of the book that follows from what callers asked for, not from
/// what was spent.
package struct Admission: Sendable {
    package private(set) var holds: Holds
    /// By id.
    package private(set) var pauses: [String: OperatorPause]

    package init(holds: Holds = Holds(), pauses: [OperatorPause] = []) {
        self.holds = holds
        self.pauses = Dictionary(pauses.map { ($0.id, $0) }) { _, later in later }
    }

    mutating func take(_ plan: Plan) {
        if !plan.holds.isEmpty || plan.overrun != .zero { holds.take(plan) }
        for (id, pause) in plan.pauses { pauses[id] = pause }
    }
}

/// An operator's own pause, on whatever the labels match; nothing that was spent is behind it.
package struct OperatorPause: Hashable, Sendable {
    /// Whom it keeps out; a value may be a pattern, and none at all is the whole fleet.
    package var labels: Labels
    package var reason: String
    /// Who paused.
    package var by: String
    package var since: Timestamp
    /// nil until it is resumed.
    package var until: Timestamp?
    /// Whether running work must end too.
    package var stop: Bool

    package init(labels: Labels, reason: String, by: String, since: Timestamp, until: Timestamp?, stop: Bool = false) {
        self.labels = labels
        self.reason = reason
        self.by = by
        self.since = since
        self.until = until
        self.stop = stop
    }

    /// A second pause of the same labels replaces the first.
    package var id: String { labels.text }

    package var matcher: Matcher { Matcher(labels) }

    package func holds(at now: Timestamp) -> Bool { until.map { $0 > now } ?? true }

    /// `paused by ada: load test; it may go on on 2026-11-21 at 14:05`.
    package func text(in zone: Zone) -> String {
        let stopping = stop ? "; running work must stop" : ""
        let end = until.map { "on \(zone.civil(at: $0).date.text) at \(ActionText.clock($0, in: zone))" }
        return "paused by \(by): \(reason)\(stopping); it may go on \(end ?? "when an operator resumes it")"
    }

    /// Why a decision holds work back.
    func decisionReason(in zone: Zone) -> Decision.Reason {
        let pairs = labels.pairs
        return Decision.Reason(
            item: by, isOperator: true, per: pairs.map(\.key), split: Split(values: pairs.map(\.value)), kind: .pause,
            share: nil, resumesAt: until, text: text(in: zone))
    }
}

extension Labels {
    /// Every label that is set, with its value, in the order of `LabelName`, then tags by name.
    package var pairs: [(key: LabelKey, value: String)] {
        LabelName.allCases.compactMap { name in self[name].map { (LabelKey.label(name), $0) } }
            + tags.sorted { $0.key < $1.key }.map { (LabelKey.tag($0.key), $0.value) }
    }

    /// The labels of a split.
    package init(_ pairs: [(key: LabelKey, value: String)]) {
        self.init()
        for (key, value) in pairs where !value.isEmpty {
            switch key {
            case .label(let name): self[name] = value
            case .tag(let tag): tags[tag] = value
            }
        }
    }

    /// Whether every label that `wanted` names is here with the same value; none at all fit everything.
    package func agree(with wanted: Labels) -> Bool { wanted.pairs.allSatisfy { self[$0.key] == $0.value } }
}
