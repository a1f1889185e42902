package import GovernorCore

extension JSONWriter {
    /// The shape **alert** of `contract/json.md`.
    /// - Parameter messages: those that tell of it.
    package mutating func value(_ alert: Alert, told messages: [Notification], zone: Zone) {
        object { json in
            json.fields(of: alert, zone: zone)
            json.field("deliveries", array: messages) { json, message in
                json.object { $0.fields(of: message, zone: zone) }
            }
        }
    }

    /// How far a message is.
    mutating func fields(of message: Notification, zone: Zone) {
        field("id", message.id)
        field("receiver", message.receiver)
        field("state", message.state.rawValue)
        field("attempts", message.attempts)
        field("last_error", ifPresent: message.lastError)
        if message.state == .pending { field("next_at", RFC3339.text(message.nextAt, in: zone)) }
    }
}
