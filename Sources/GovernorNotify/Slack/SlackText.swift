import GovernorCore

/// Text as Slack wants it: `&`, `<` and `>` escaped, so that data can never be a mention, a link or a command.
enum SlackText {
    static func escaped(_ text: String, limit: Int) -> String {
        FittedText.cut(text, limit: limit) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: nil
            }
        }
    }
}
