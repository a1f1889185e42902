/// Text cut to what a receiver takes, measured after it was escaped.
enum FittedText {
    enum Measure {
        /// Where a receiver counts "characters": UTF-16 units are at least as many as whatever it means by them.
        case utf16
        case utf8

        func size(of text: String) -> Int { self == .utf16 ? text.utf16.count : text.utf8.count }
    }

    /// The text, cut before it is longer than `limit`, never inside an escape; `…` stands where it was cut.
    /// - Parameter escape: what stands for a scalar; nil for the scalar itself.
    static func cut(
        _ text: String, limit: Int, in measure: Measure = .utf16, escape: ((Unicode.Scalar) -> String?)? = nil
    ) -> String {
        // Most texts are short and need no escape.
        guard let escape else {
            return measure.size(of: text) <= limit
                ? text : cut(text.unicodeScalars.map { String($0) }, limit: limit, in: measure)
        }
        return cut(text.unicodeScalars.map { escape($0) ?? String($0) }, limit: limit, in: measure)
    }

    /// The same of a text that comes in pieces, none of which is divided.
    static func cut(_ pieces: some Sequence<String>, limit: Int, in measure: Measure = .utf16) -> String {
        var kept: [String] = []
        var used = 0
        for piece in pieces {
            let size = measure.size(of: piece)
            guard used + size <= limit else {
                let mark = measure.size(of: "…")
                while used + mark > limit, let last = kept.popLast() { used -= measure.size(of: last) }
                return kept.joined() + "…"
            }
            kept.append(piece)
            used += size
        }
        return kept.joined()
    }

    /// The text, or a dash where there is none, since some receivers take no empty value.
    static func orDash(_ text: String) -> String { text.allSatisfy(\.isWhitespace) ? "–" : text }
}
