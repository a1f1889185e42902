import Foundation

/// How a source's records get labels it does not write itself: named groups of a regular expression over one field.
package struct LabelRule: Hashable, Sendable {
    /// The kind of source it is for, such as `transcript`.
    package var source: String
    /// Matched against the whole working folder.
    package var workingFolder: LabelPattern

    package init(source: String, workingFolder: LabelPattern) {
        self.source = source
        self.workingFolder = workingFolder
    }
}

/// A regular expression whose named groups are labels: `.*/worktrees/(?<worker>[^/]+)`. Compiled once, by the same code
/// for the loader that checks it and for the records it reads.
package struct LabelPattern: Hashable, Sendable {
    package let text: String
    /// Names of its groups, in the order in which they open.
    package let groups: [String]
    private let expression: NSRegularExpression

    /// - Returns: nil when it is no regular expression as ICU reads them.
    package init?(_ text: String) {
        do { expression = try NSRegularExpression(pattern: text) } catch { return nil }
        self.text = text
        groups = text.split(separator: "(?<", omittingEmptySubsequences: false).dropFirst().compactMap { piece in
            // A look-behind opens the same way, but names nothing.
            let name = piece.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            return name.isEmpty || piece.dropFirst(name.count).first != ">" ? nil : String(name)
        }
    }

    /// What its groups find when the whole of `value` matches; empty otherwise.
    package func labels(in value: String) -> Labels {
        var labels = Labels()
        let whole = NSRange(value.startIndex..., in: value)
        guard let match = expression.firstMatch(in: value, range: whole), match.range == whole else { return labels }
        for group in groups {
            guard let name = LabelName(rawValue: group), let range = Range(match.range(withName: group), in: value)
            else { continue }
            labels[name] = String(value[range])
        }
        return labels
    }

    package static func == (left: LabelPattern, right: LabelPattern) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
