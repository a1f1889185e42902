/// The shape **alert** of `contract/json.md`; the control socket, HTTP and webhooks say the same of an alert.
extension JSONWriter {
    /// An alert's fields, without the messages that tell of it.
    package mutating func fields(of alert: Alert, zone: Zone) {
        field("id", alert.id)
        field("name", alert.name)
        field("kind", alert.kind.rawValue)
        switch alert.kind {
        case .threshold, .forecast: field("budget", alert.item)
        case .rule: field("rule", alert.item)
        case .policy, .delivery, .source: break
        }
        split(alert.split, per: alert.per)
        field(
            "window",
            object: { json in
                if alert.window.start != .distantPast {
                    json.field("start", RFC3339.text(alert.window.start, in: zone))
                }
                if alert.window.end != .distantFuture {
                    json.field("end", RFC3339.text(alert.window.end, in: zone))
                }
            })
        if let ratio = alert.ratio { field("threshold", ratio) }
        field("state", alert.state.rawValue)
        field("severity", alert.severity.rawValue)
        field("fired_at", RFC3339.text(alert.firedAt, in: zone))
        if let resolved = alert.resolvedAt { field("resolved_at", RFC3339.text(resolved, in: zone)) }
        field("resolved_because", ifPresent: alert.end?.rawValue)
        field("silenced", alert.silenced)
        if let acknowledgement = alert.acknowledgement {
            field("acknowledged_by", acknowledgement.by)
            field("acknowledged_at", RFC3339.text(acknowledgement.at, in: zone))
        }
        if let spent = alert.spent, let limit = alert.limit {
            measured("spent", spent, limit.unit)
            measured("limit", limit.value, limit.unit)
        }
        field("action", alert.action)
        field("text", alert.headline)
    }

    /// `{"worker":"w-1"}`; empty for the fleet.
    package mutating func split(_ split: Split, per keys: [LabelKey]) {
        field("split", object: { for (key, value) in split.labels(per: keys) { $0.field(key.text, value) } })
    }

    /// `spent_usd`, `spent_tokens` or `spent_calls`, by the limit's unit.
    package mutating func measured(_ name: String, _ value: Int64, _ unit: Limit.Unit) {
        switch unit {
        case .usd: field("\(name)_usd", Money(nanodollars: value))
        case .tokens, .calls: field("\(name)_\(unit.rawValue)", value)
        }
    }
}
