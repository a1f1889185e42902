package import GovernorCore

/// A letter as ntfy's JSON, plain text throughout.
///
/// ntfy's limits: 4,096 bytes a message, beyond which it becomes an attachment, and, before 2.14, twice that for all of
/// the JSON (github.com/binwiederhier/ntfy, server/server.go).
package struct NtfyPayload {
    private let letter: Letter
    private let topic: Secret

    package init(_ letter: Letter, topic: Secret) {
        self.letter = letter
        self.topic = topic
    }

    /// Whether ntfy takes it as a topic or as a sequence's id.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// UTF-8.
    package var json: [UInt8] {
        // Every quotation mark takes two bytes in JSON: these limits stay below ntfy's even then.
        let message = letter.message
        let text = message.fitted({ $0.utf8.count <= 3400 }, write: \.textBelowTitle)
        let (tag, priority) = Self.look(message.tone)
        var json = JSONWriter()
        json.object { json in
            json.field("topic", topic.reveal())
            json.field("title", FittedText.cut(FittedText.orDash(message.title), limit: 240, in: .utf8))
            json.field("message", FittedText.cut(text, limit: 3400, in: .utf8))
            json.field("priority", priority)
            json.field("tags", array: [tag]) { $0.value($1) }
            if let link = message.link, link.utf8.count <= 400 { json.field("click", link) }
            // From ntfy 2.16 on the same message again replaces the one before; older servers don't look at it.
            if Self.isName(letter.id) { json.field("sequence_id", letter.id) }
        }
        return json.bytes
    }

    /// An emoji's name, shown before the title, and a priority of 1 to 5.
    private static func look(_ tone: Tone) -> (tag: String, priority: Int64) {
        switch tone {
        case .critical: ("rotating_light", 5)
        case .warning: ("warning", 4)
        case .info: ("information_source", 3)
        case .resolved: ("white_check_mark", 3)
        case .report: ("bar_chart", 2)
        }
    }
}
