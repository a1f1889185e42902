package import GovernorCore

extension JSONWriter {
    /// The shape **alert** of `contract/json.md`.
    /// - Parameter messages: those that tell of it.
    package mutating func value(_ alert: Alert, told messages: [Notification], zone: Zone) {
        object { json in
            json.fields(of: alert, zone: zone)
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
