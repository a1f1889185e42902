package import GovernorCore

/// A message as the JSON of Slack's incoming webhooks: Block Kit, and a plain text for notifications and old clients.
///
/// Block Kit's limits: 50 blocks, 150 characters a header, 3,000 a section's text, 10 fields of 2,000 characters.
package struct SlackPayload {
    private let message: Message
    private let id: String

    package init(_ message: Message, id: String) {
        self.message = message
        self.id = id
    }

    /// UTF-8.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            // Slack cuts at 40,000 and advises 4,000.
            json.field("text", SlackText.escaped(message.text, limit: 3900))
            json.field("unfurl_links", false)
            json.key("blocks")
            json.array { json in
                header(&json)
                // With a header, ten alerts and what closes the message there is room for thirty.
                for part in message.sections.prefix(30) { report(part, &json) }
                if let only = message.entries.first, message.entries.count == 1 {
                    fields(only, &json)
                } else {
                    for entry in message.entries { lines(entry, &json) }
                }
                if let more = message.moreText { section(bold(more), &json) }
                if let forecast = message.forecast {
                    section(bold("Forecast") + "\n" + SlackText.escaped(forecast, limit: 2800), &json)
                }
                context(&json)
            }
        }
        return json.bytes
    }

    private func header(_ json: inout JSONWriter) {
        json.object { json in
            json.field("type", "header")
            json.field("text") { json in
                json.field("type", "plain_text")
                json.field("text", SlackText.escaped(message.title, limit: 150))
                // `:name:` in data stays as it is.
                json.field("emoji", false)
            }
        }
    }

    /// A part of a digest's report.
    private func report(_ part: Message.Section, _ json: inout JSONWriter) {
        let rows = part.shortened(rows: 20).rows.map {
            "\(SlackText.escaped($0.label, limit: 60)): \(SlackText.escaped($0.value, limit: 70))"
        }
        section("\(bold(SlackText.escaped(part.title, limit: 100)))\n\(rows.joined(separator: "\n"))", &json)
    }

    /// One alert, spread out.
    private func fields(_ entry: Message.Entry, _ json: inout JSONWriter) {
        let pairs = [("Spent", entry.spent), ("Governor", entry.action), ("Until", entry.until)]
        json.object { json in
            json.field("type", "section")
            json.field("text") { markdown(SlackText.escaped(entry.headline, limit: 3000), &$0) }
            json.field("fields", array: pairs) { json, pair in
                json.object { markdown("\(bold(pair.0))\n\(SlackText.escaped(pair.1, limit: 1900))", &$0) }
            }
        }
    }

    /// One of several alerts, in few lines.
    private func lines(_ entry: Message.Entry, _ json: inout JSONWriter) {
        let headline = bold(SlackText.escaped(entry.headline, limit: 700))
        let rest = [entry.spent, entry.action, "until \(entry.until)"].map { SlackText.escaped($0, limit: 700) }
        section("\(headline)\n\(rest.joined(separator: " · "))", &json)
    }

    private func context(_ json: inout JSONWriter) {
        var parts = ["See more: `\(SlackText.escaped(message.command, limit: 500))`"]
        if let dashboard = message.dashboardURL {
            let text = SlackText.escaped(dashboard, limit: 1500)
            parts.append(message.link == nil ? text : "<\(text)|dashboard>")
        }
        parts.append("Times are in \(SlackText.escaped(message.zone, limit: 100))")
        parts.append(SlackText.escaped(Message.clean(id), limit: 100))
        json.object { json in
            json.field("type", "context")
            json.field("elements", array: [parts.joined(separator: " · ")]) { json, text in
                json.object { markdown(text, &$0) }
            }
        }
    }

    private func bold(_ escaped: String) -> String { "*\(escaped)*" }

    private func section(_ escaped: String, _ json: inout JSONWriter) {
        json.object { json in
            json.field("type", "section")
            json.field("text") { markdown(escaped, &$0) }
        }
    }

    private func markdown(_ escaped: String, _ json: inout JSONWriter) {
        json.field("type", "mrkdwn")
        json.field("text", escaped)
        // Data that looks like an address or a channel is not made a link.
        json.field("verbatim", true)
    }
}
