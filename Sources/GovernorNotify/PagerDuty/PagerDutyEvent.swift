import GovernorCore

/// Events of PagerDuty's; its limits: 1,024 characters a summary, 255 a `dedup_key`, 512 KB in all.
struct PagerDutyEvent {
    let routingKey: Secret
    let message: Message

    /// A trigger for one alert.
    /// - Parameter entry: its lines in the message; nil for one that is not written out.
    func fired(_ alert: Alert, _ entry: Message.Entry?) -> [UInt8] {
        let who = Message.clean(alert.who, limit: Message.valueLimit)
        let lines =
            entry.map { [("Spent", $0.spent), ("Governor", $0.action), ("Until", $0.until)] }
            ?? [("Governor", Message.clean(alert.action, limit: 300))]
        return event("trigger", key: alert.id) { json in
            json.field("summary", FittedText.cut(Message.clean(alert.headline), limit: 1024))
            json.field("source", FittedText.orDash(who))
            json.field("severity", alert.severity.rawValue)
            json.field("timestamp", RFC3339.utc(alert.firedAt))
            json.field("component", Message.clean(alert.item, limit: Message.valueLimit))
            json.field("class", alert.kind.rawValue)
            json.field("custom_details", object: { details(lines, &$0) })
        }
    }

    /// The end of what `fired` began.
    func resolved(_ alert: Alert) -> [UInt8] { event("resolve", key: alert.id, payload: nil) }

    /// A trigger for the message as a whole: many alerts, a digest or a test.
    func told(_ id: String, severity: Alert.Severity, at time: Timestamp) -> [UInt8] {
        let report = message.sections.map { section in
            (section.title, section.rows.map { "\($0.label): \($0.value)" }.joined(separator: "\n"))
        }
        let alerts = message.entries.enumerated().map { index, entry in
            ("\(index + 1)", "\(entry.headline); \(entry.spent); \(entry.action); until \(entry.until)")
        }
        let more = message.moreText.map { [("More", $0)] } ?? []
        return event("trigger", key: String(Message.clean(id).prefix(255))) { json in
            json.field("summary", FittedText.cut(FittedText.orDash(message.title), limit: 1024))
            json.field("source", "governor")
            json.field("severity", severity.rawValue)
            json.field("timestamp", RFC3339.utc(time))
            json.field("class", message.sections.isEmpty ? "alerts" : "report")
            json.field("custom_details", object: { details(report + alerts + more, &$0) })
        }
    }

    private func event(_ action: String, key: String, payload: ((inout JSONWriter) -> Void)?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("routing_key", routingKey.reveal())
            json.field("event_action", action)
            json.field("dedup_key", key)
            guard let payload else { return }
            json.field("client", "Governor")
            if let link = message.link {
                json.field("client_url", link)
                json.field("links", array: [link]) { json, link in
                    json.object { json in
                        json.field("href", link)
                        json.field("text", "Governor's dashboard")
                    }
                }
            }
            json.field("payload", object: payload)
        }
        return json.bytes
    }

    private func details(_ lines: [(String, String)], _ json: inout JSONWriter) {
        // The table shows a name once: a report may have two parts of one title.
        var names: Set<String> = []
        for (name, text) in lines where names.insert(name).inserted {
            json.field(name, FittedText.cut(text, limit: 4000))
        }
        json.field("Forecast", ifPresent: message.forecast)
        json.field("See more", message.command)
        json.field("Times are in", message.zone)
    }
}
