import Foundation

/// A Swift text taken apart: its code without comments and literals, and what its string literals say. Lines stay where
/// they are in both.
struct SwiftText: Sendable {
    private(set) var code = ""
    private(set) var strings = ""

    init(_ text: String) {
        var rest = Array(text)[...]
        while let next = rest.first {
            if rest.starts(with: "//") {
                take(&rest, while: { $0.first.map { !$0.isNewline } ?? false })
            } else if rest.starts(with: "/*") {
                skipBlock(&rest)
            } else if let quote = Self.quote(at: rest) {
                skipLiteral(&rest, quote)
            } else {
                code.append(next)
                strings.append(next.isNewline ? next : " ")
                rest = rest.dropFirst()
            }
        }
    }

    /// `import GRDB`, `package import struct Foundation.Date`: the modules, each with its line.
    var imports: [(module: String, line: Int)] {
        lines(of: code).compactMap { line, text in
            var words = text.split { $0 == " " || $0 == "\t" || $0 == ";" }.map(String.init)
            words.removeAll {
                $0.hasPrefix("@") || ["package", "internal", "private", "fileprivate", "public"].contains($0)
            }
            guard words.count > 1, words[0] == "import" else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return (String(name.prefix { $0 != "." }), line)
        }
    }

    /// The lines of the code or the strings that a regular expression finds something in.
    func lines(matching pattern: String, inStrings: Bool) -> [Int] {
        lines(of: inStrings ? strings : code).filter { $0.text.range(of: pattern, options: .regularExpression) != nil }
            .map(\.line)
    }

    private func lines(of text: String) -> [(line: Int, text: Substring)] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { (line: $0.offset + 1, text: $0.element) }
    }

    /// The quotes and number signs that open a literal here.
    private static func quote(at rest: ArraySlice<Character>) -> (signs: Int, isLong: Bool)? {
        let signs = rest.prefix { $0 == "#" }.count
        let behind = rest.dropFirst(signs)
        guard behind.first == "\"" else { return nil }
        return (signs, behind.starts(with: "\"\"\""))
    }

    private mutating func blank(_ character: Character) {
        code.append(character.isNewline ? character : " ")
        strings.append(character.isNewline ? character : " ")
    }

    private mutating func take(_ rest: inout ArraySlice<Character>, while holds: (ArraySlice<Character>) -> Bool) {
        while holds(rest), let next = rest.popFirst() { blank(next) }
    }

    private mutating func skipBlock(_ rest: inout ArraySlice<Character>) {
        var depth = 0
        repeat {
            if rest.starts(with: "/*") { depth += 1 }
            if rest.starts(with: "*/") { depth -= 1 }
            let length = rest.starts(with: "/*") || rest.starts(with: "*/") ? 2 : 1
            for character in rest.prefix(length) { blank(character) }
            rest = rest.dropFirst(length)
        } while depth > 0 && !rest.isEmpty
    }

    /// A literal's text goes to `strings`, code in its interpolations included: what is banned there is rare enough.
    private mutating func skipLiteral(_ rest: inout ArraySlice<Character>, _ quote: (signs: Int, isLong: Bool)) {
        let signs = String(repeating: "#", count: quote.signs)
        let marks = quote.isLong ? "\"\"\"" : "\""
        for character in rest.prefix(signs.count + marks.count) { blank(character) }
        rest = rest.dropFirst(signs.count + marks.count)
        while let next = rest.first, !rest.starts(with: marks + signs) {
            // An escape takes its next character along; in a raw literal only behind as many number signs.
            let length = rest.starts(with: "\\" + signs) ? signs.count + 2 : 1
            for character in rest.prefix(length) {
                code.append(character.isNewline ? character : " ")
                strings.append(character)
            }
            rest = rest.dropFirst(length)
            if !quote.isLong, next.isNewline { return }
        }
        for character in rest.prefix(marks.count + signs.count) { blank(character) }
        rest = rest.dropFirst(marks.count + signs.count)
    }
}
