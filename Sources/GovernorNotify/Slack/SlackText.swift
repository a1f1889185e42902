import GovernorCore

/// Text as Slack wants it: `&`, `<` and `>` escaped, so that data can never be a mention, a link or a command.
enum SlackText {
    /// Slack counts characters; UTF-16 units are at least as many, so that nothing is refused whichever it means.
    /// The text is cut before it is longer than `limit` in its escaped form, never inside an escape.
    static func escaped(_ text: String, limit: Int) -> String {
        var pieces: [String] = []
        var used = 0
        for scalar in text.unicodeScalars {
            let piece: String
            switch scalar {
            case "&": piece = "&amp;"
            case "<": piece = "&lt;"
            case ">": piece = "&gt;"
            default: piece = String(scalar)
            }
            guard used + piece.utf16.count <= limit else {
                while used >= limit, let last = pieces.popLast() { used -= last.utf16.count }
                return pieces.joined() + "…"
            }
            pieces.append(piece)
            used += piece.utf16.count
        }
        return pieces.joined()
    }
}
