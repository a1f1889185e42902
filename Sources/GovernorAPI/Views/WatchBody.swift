package import GovernorCore

extension Reply {
    /// One line of `watch`, without its end.
    package static func event(_ event: WatchEvent, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("seq", event.sequence)
            json.field("at", RFC3339.utc(event.at))
            json.field("event", event.kind.rawValue)
            json.field("labels", object: { $0.labels(event.labels) })
            switch event.item {
            case .budget(let name): json.field("budget", name)
            case .rule(let name): json.field("rule", name)
            case .operator(let name): json.field("operator", name)
            case nil: break
            }
            json.field("text", event.text)
        }
        return json.bytes
    }

    /// A sign of life, with the number of the last event.
    package static func heartbeat(sequence: Int64, at now: Timestamp, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("seq", sequence)
            json.field("at", RFC3339.utc(now))
            json.field("event", "heartbeat")
            json.field("labels", object: { _ in })
            json.field("text", "")
        }
        return json.bytes
    }
}
