/// Text as Discord wants it: whatever its Markdown or its mentions would be made of is escaped.
enum DiscordText {
    static func escaped(_ text: String, limit: Int) -> String { FittedText.cut(pieces(text), limit: limit) }

    /// The text's scalars, each with the backslash it needs where it stands.
    private static func pieces(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        // What the line has so far: lists begin with `-`, `+` or `1.` there.
        var isBlank = true
        var isNumber = false
        return scalars.indices.map { index in
            let scalar = scalars[index]
            let (wasBlank, wasNumber) = (isBlank, isNumber)
            isNumber = isDigit(scalar) && (wasBlank || wasNumber)
            isBlank = scalar == "\n" || (wasBlank && scalar == " ")
            let needsEscape: Bool =
                switch scalar {
                case "\\", "*", "_", "~", "`", "|", "<", ">", "#", "[", "]", "@": true
                // Addresses become links and `:name:` becomes a picture, but what ends a word or tells the time is
                // neither.
                case ":":
                    index + 1 < scalars.count && scalars[index + 1] != " "
                        && !(index > 0 && isDigit(scalars[index - 1]) && isDigit(scalars[index + 1]))
                case "-", "+": wasBlank
                case ".": wasNumber
                default: false
                }
            return needsEscape ? "\\\(scalar)" : String(scalar)
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
