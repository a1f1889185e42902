/// A text whose characters can be found by line and column, and replaced one for one.
struct YAMLSource {
    private let file: String
    private let lineStarts: [Int]

    /// The text's characters; setting one leaves every other where it is.
    var scalars: [Unicode.Scalar]

    init(_ text: String, file: String) {
        self.file = file
        scalars = Array(text.unicodeScalars)
        var starts = [0]
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": break
            // What libyaml takes for the end of a line.
            case "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}": starts.append(index + 1)
            default: break
            }
            index += 1
        }
        lineStarts = starts
    }

    var text: String { String(String.UnicodeScalarView(scalars)) }

    /// - Returns: nil when the place is at the very end, or nowhere.
    func offset(of place: Place) -> Int? {
        guard place.line >= 1, place.line <= lineStarts.count else { return nil }
        let offset = lineStarts[place.line - 1] + place.column - 1
        return offset >= 0 && offset < scalars.count ? offset : nil
    }

    func place(of offset: Int) -> Place {
        let line = lineStarts.lastIndex { $0 <= offset } ?? 0
        return Place(file: file, line: line + 1, column: offset - lineStarts[line] + 1)
    }

    /// Whether a `${` stands outside double quotes.
    func hasUnquotedVariable(onLineOf place: Place) -> Bool {
        guard place.line >= 1, place.line <= lineStarts.count else { return false }
        let end = place.line < lineStarts.count ? lineStarts[place.line] : scalars.count
        var isQuoted = false
        var before: Unicode.Scalar?
        for scalar in scalars[lineStarts[place.line - 1]..<end].prefix(1000) {
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == "{", before == "$", !isQuoted { return true }
            before = scalar
        }
        return false
    }
}
