/// What `diff -u` shows of two texts.
package enum UnifiedDiff {
    private struct Line {
        var sign: Character
        var text: Substring
    }

    /// - Returns: empty when the texts are the same.
    package static func text(_ old: String, _ new: String, oldName: String, newName: String) -> String {
        guard old != new else { return "" }
        let lines = Self.lines(old, new)
        var result = "--- \(oldName)\n+++ \(newName)\n"
        for hunk in hunks(lines) {
            let before = lines[..<hunk.lowerBound]
            let shown = lines[hunk]
            result += "@@ -\(span(before, shown, "+")) +\(span(before, shown, "-")) @@\n"
            for line in shown { result += "\(line.sign)\(line.text)\n" }
        }
        return result
    }

    /// Both texts as one sequence of kept, removed and added lines.
    private static func lines(_ old: String, _ new: String) -> [Line] {
        let (old, new) = (split(old), split(new))
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left), left < old.count {
                lines.append(Line(sign: "-", text: old[left]))
                left += 1
            } else if added.contains(right), right < new.count {
                lines.append(Line(sign: "+", text: new[right]))
                right += 1
            } else {
                lines.append(Line(sign: " ", text: old[left]))
                left += 1
                right += 1
            }
        }
        return lines
    }

    private static func split(_ text: String) -> [Substring] {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The changed stretches with three lines around each; near ones are one.
    private static func hunks(_ lines: [Line]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for index in lines.indices where lines[index].sign != " " {
            let around = max(0, index - 3)..<min(lines.count, index + 4)
            if let last = hunks.last, around.lowerBound <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
            } else {
                hunks.append(around)
            }
        }
        return hunks
    }

    /// `12,7`: the first line and how many, of the side that has no lines of the other sign.
    private static func span(_ before: ArraySlice<Line>, _ shown: ArraySlice<Line>, _ other: Character) -> String {
        let count = shown.count { $0.sign != other }
        let start = before.count { $0.sign != other } + (count > 0 ? 1 : 0)
        return "\(start),\(count)"
    }
}
