package import GovernorCore

/// A letter as an Adaptive Card (adaptivecards.io, version 1.2), in the envelope that Teams' webhooks take.
///
/// Data stands in text runs, in which, unlike in text blocks and facts, no Markdown is read
/// (learn.microsoft.com/adaptive-cards/schema-explorer/text-run), and a mention would need an entity beside it.
package struct TeamsPayload {
    /// Teams takes 28 KB, and counts two bytes a UTF-16 unit where it takes the text for UTF-16.
    package static let limit = 27_000
    private let letter: Letter

    package init(_ letter: Letter) { self.letter = letter }

    /// UTF-8.
    package var json: [UInt8] {
        letter.message.fitted(
            { bytes in
                bytes.count <= Self.limit && String(decoding: bytes, as: UTF8.self).utf16.count * 2 <= Self.limit
            }, write: write)
    }

    private func write(_ message: Message) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "message")
            json.field("attachments", array: [message]) { json, message in
                json.object { json in
                    json.field("contentType", "application/vnd.microsoft.card.adaptive")
                    json.key("contentUrl")
                    json.null()
                    json.field("content", object: { card(message, &$0) })
                }
            }
        }
        return json.bytes
    }

    private func card(_ message: Message, _ json: inout JSONWriter) {
        json.field("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
        json.field("type", "AdaptiveCard")
        json.field("version", "1.2")
        json.field("msteams", object: { $0.field("width", "Full") })
        json.field("fallbackText", FittedText.cut(message.title, limit: 300))
        json.key("body")
        json.array { json in
            json.object { json in
                json.field("type", "Container")
                json.field("style", Self.style(message.tone))
                json.field("bleed", true)
                json.key("items")
                json.array { line([Run(message.title, limit: 600, isStrong: true, isLarge: true)], &$0) }
            }
            for section in message.sections.prefix(12) {
                line([Run(section.title, limit: 100, isStrong: true)], spacing: "Medium", &json)
                for row in section.rows { pair(row.label, row.value, limit: 160, &json) }
            }
            for entry in message.entries {
                line([Run(entry.headline, limit: 500, isStrong: true)], spacing: "Medium", &json)
                pair("Spent", entry.spent, limit: 300, &json)
                pair("Governor", entry.action, limit: 300, &json)
                pair("Until", entry.until, limit: 300, &json)
            }
            if let more = message.moreText { line([Run(more, limit: 100, isStrong: true)], spacing: "Medium", &json) }
            if let forecast = message.forecast { pair("Forecast", forecast, limit: 500, spacing: "Medium", &json) }
            pair("See more", message.command, limit: 300, spacing: "Medium", &json)
            line([Run("Times are in \(message.zone) · \(Message.clean(letter.id))", limit: 200, isSubtle: true)], &json)
        }
        guard let link = message.link else { return }
        json.field("actions", array: [link]) { json, link in
            json.object { json in
                json.field("type", "Action.OpenUrl")
                json.field("title", "Open the dashboard")
                json.field("url", FittedText.cut(link, limit: 1000))
            }
        }
    }

    private struct Run {
        var text: String
        var isStrong = false
        var isLarge = false
        var isSubtle = false

        init(_ text: String, limit: Int, isStrong: Bool = false, isLarge: Bool = false, isSubtle: Bool = false) {
            self.text = FittedText.cut(text, limit: limit)
            self.isStrong = isStrong
            self.isLarge = isLarge
            self.isSubtle = isSubtle
        }
    }

    private func pair(
        _ label: String, _ value: String, limit: Int, spacing: String = "None", _ json: inout JSONWriter
    ) {
        line([Run("\(label): ", limit: 100, isSubtle: true), Run(value, limit: limit)], spacing: spacing, &json)
    }

    private func line(_ runs: [Run], spacing: String = "None", _ json: inout JSONWriter) {
        json.object { json in
            json.field("type", "RichTextBlock")
            json.field("spacing", spacing)
            json.field("inlines", array: runs) { json, run in
                json.object { json in
                    json.field("type", "TextRun")
                    json.field("text", run.text)
                    if run.isStrong { json.field("weight", "Bolder") }
                    if run.isLarge { json.field("size", "Large") }
                    if run.isSubtle { json.field("isSubtle", true) }
                }
            }
        }
    }

    private static func style(_ tone: Tone) -> String {
        switch tone {
        case .critical: "attention"
        case .warning: "warning"
        case .info: "accent"
        case .resolved: "good"
        case .report: "emphasis"
        }
    }
}
