package import GovernorCore

extension JSONWriter {
    /// The shape **alert** of `contract/json.md`.
    /// - Parameter messages: those that tell of it.
    package mutating func value(_ alert: Alert, told messages: [Notification], zone: Zone) {
        object { json in
            json.field("id", alert.id)
            json.field("name", alert.name)
            json.field("kind", alert.kind.rawValue)
            switch alert.kind {
            case .threshold, .forecast: json.field("budget", alert.item)
            case .rule: json.field("rule", alert.item)
            case .policy: break
            }
            json.split(alert.split, per: alert.per)
            json.field(
                "window",
                object: { json in
                    if alert.window.start != .distantPast {
                        json.field("start", RFC3339.text(alert.window.start, in: zone))
                    }
                    if alert.window.end != .distantFuture {
                        json.field("end", RFC3339.text(alert.window.end, in: zone))
                    }
                })
            if let ratio = alert.ratio { json.field("threshold", ratio) }
            json.field("state", alert.state.rawValue)
            json.field("severity", alert.severity.rawValue)
            json.field("fired_at", RFC3339.text(alert.firedAt, in: zone))
            if let resolved = alert.resolvedAt { json.field("resolved_at", RFC3339.text(resolved, in: zone)) }
            json.field("resolved_because", ifPresent: alert.end?.rawValue)
            json.field("silenced", alert.silenced)
            if let spent = alert.spent, let limit = alert.limit {
                json.measured("spent", spent, limit.unit)
                json.measured("limit", limit.value, limit.unit)
            }
            json.field("action", alert.action)
            json.field("text", alert.headline)
            json.field("deliveries", array: messages) { json, message in
                json.object { json in
                    json.field("id", message.id)
                    json.field("receiver", message.receiver)
                    json.field("state", message.state.rawValue)
                    json.field("attempts", message.attempts)
                    json.field("last_error", ifPresent: message.lastError)
                    if message.state == .pending { json.field("next_at", RFC3339.text(message.nextAt, in: zone)) }
                }
            }
        }
    }
}
