package import GovernorCore

/// A letter as Discord's JSON: one embed, and nothing that could ring anybody.
///
/// Discord's limits (discord.com/developers/docs/resources/message): 256 characters a title, 4,096 a description, 25
/// fields of 256 and 1,024, 2,048 a footer, and 6,000 of all these together.
package struct DiscordPayload {
    private let letter: Letter

    package init(_ letter: Letter) { self.letter = letter }

    private struct Field {
        var name: String
        var value: String
        var isInline = false
    }

    private struct Embed {
        var title: String
        var description: String
        var fields: [Field]
        var footer: String

        var size: Int {
            fields.reduce(title.utf16.count + description.utf16.count + footer.utf16.count) {
                $0 + $1.name.utf16.count + $1.value.utf16.count
            }
        }
    }

    /// UTF-8.
    package var json: [UInt8] {
        let embed = letter.message.fitted({ $0.size <= 6000 && $0.fields.count <= 25 }, write: embed)
        var json = JSONWriter()
        json.object { json in
            json.field("username", "Governor")
            json.field("allowed_mentions", object: { $0.field("parse", array: [String]()) { $0.value($1) } })
            json.field("embeds", array: [embed]) { json, embed in json.object { write(embed, &$0) } }
        }
        return json.bytes
    }

    private func write(_ embed: Embed, _ json: inout JSONWriter) {
        json.field("title", embed.title)
        json.field("url", ifPresent: letter.message.link)
        if !embed.description.isEmpty { json.field("description", embed.description) }
        json.field("color", Self.colour(letter.message.tone))
        json.field("fields", array: embed.fields) { json, field in
            json.object { json in
                json.field("name", field.name)
                json.field("value", field.value)
                json.field("inline", field.isInline)
            }
        }
        json.field("footer", object: { $0.field("text", embed.footer) })
        json.field("timestamp", RFC3339.utc(letter.createdAt))
    }

    private func embed(_ message: Message) -> Embed {
        var fields = message.sections.prefix(10).map { section in
            let rows = section.rows.map {
                "\(DiscordText.escaped($0.label, limit: 100)): \(DiscordText.escaped($0.value, limit: 150))"
            }
            return field(
                FittedText.cut(section.title, limit: 40),
                escaped: FittedText.cut(rows.joined(separator: "\n"), limit: 1024))
        }
        var description = ""
        if let only = message.entries.first, message.entries.count == 1, message.sections.isEmpty, message.more == 0 {
            description = DiscordText.escaped(only.headline, limit: 1500)
            fields += [field("Spent", only.spent, isInline: true), field("Governor", only.action, isInline: true)]
            fields.append(field("Until", only.until, isInline: true))
        } else {
            fields += message.entries.map { entry in
                let lines = [entry.spent, entry.action, "until \(entry.until)"]
                return field(
                    entry.headline, escaped: lines.map { DiscordText.escaped($0, limit: 240) }.joined(separator: "\n"))
            }
        }
        if let more = message.moreText { fields.append(field("More", more)) }
        if let forecast = message.forecast { fields.append(field("Forecast", FittedText.cut(forecast, limit: 200))) }
        fields.append(field("See more", FittedText.cut(message.command, limit: 120)))
        return Embed(
            title: DiscordText.escaped(FittedText.orDash(message.title), limit: 256), description: description,
            fields: fields,
            // Nothing is read into a footer.
            footer: FittedText.cut("Times are in \(message.zone) · \(Message.clean(letter.id))", limit: 300))
    }

    private func field(_ name: String, _ value: String, isInline: Bool = false) -> Field {
        field(name, escaped: DiscordText.escaped(value, limit: 1024), isInline: isInline)
    }

    private func field(_ name: String, escaped value: String, isInline: Bool = false) -> Field {
        // Discord refuses empty ones.
        Field(
            name: DiscordText.escaped(FittedText.orDash(name), limit: 256), value: FittedText.orDash(value),
            isInline: isInline)
    }

    private static func colour(_ tone: Tone) -> Int64 {
        switch tone {
        case .critical: 0xD1_3438
        case .warning: 0xE8_A317
        case .info: 0x3B_82F6
        case .resolved: 0x2E_9E5B
        case .report: 0x6B_7280
        }
    }
}
