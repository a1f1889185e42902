import GovernorCore

extension Glob {
    /// Whether every text that matches `other` matches this too. Never wrongly true; the odd true one it misses (`?*`
    /// over `**`) nobody writes.
    func covers(_ other: Glob) -> Bool {
        // Most pairs differ before any wildcard, and a policy may have millions of them.
        let (mine, theirs) = (beginning, other.beginning)
        guard theirs.starts(with: mine) else { return false }
        if mine.count == pattern.utf8.count { return pattern == other.pattern }
        if pattern.utf8.dropFirst(mine.count).elementsEqual([UInt8(ascii: "*")]) { return true }
        return Self.pairs(pattern, other.pattern, unless: false) { mine, theirs, rest in
            switch (mine, theirs) {
            case (nil, nil): true
            case ("*", nil): rest(1, 0)
            case ("*", _): rest(1, 0) || rest(0, 1)
            case (nil, _), (_, nil), (_, "*"): false
            case ("?", _): rest(1, 1)
            default: mine == theirs && rest(1, 1)
            }
        }
    }

    /// Whether some text matches both. Never wrongly false.
    func overlaps(_ other: Glob) -> Bool {
        guard zip(beginning, other.beginning).allSatisfy({ $0 == $1 }) else { return false }
        return Self.pairs(pattern, other.pattern, unless: true) { mine, theirs, rest in
            switch (mine, theirs) {
            case (nil, nil): true
            case ("*", nil): rest(1, 0)
            case (nil, "*"): rest(0, 1)
            case (nil, _), (_, nil): false
            case ("*", _), (_, "*"): rest(1, 0) || rest(0, 1)
            default: (mine == theirs || mine == "?" || theirs == "?") && rest(1, 1)
            }
        }
    }

    /// What every matching text begins with: all of it before the first wildcard.
    private var beginning: Substring.UTF8View {
        pattern.utf8.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }
    }

    /// Goes through both patterns from their ends, each pair of places once.
    ///
    /// - Parameters:
    ///   - answer: for patterns too long to be looked at.
    ///   - step: decides a pair of places, given what was found for those further on by each.
    private static func pairs(
        _ left: String, _ right: String, unless answer: Bool,
        step: (Unicode.Scalar?, Unicode.Scalar?, (Int, Int) -> Bool) -> Bool
    ) -> Bool {
        let (left, right) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        guard left.count <= 256, right.count <= 256 else { return answer }
        var found = [[Bool]](repeating: [Bool](repeating: false, count: right.count + 1), count: left.count + 1)
        for row in (0...left.count).reversed() {
            for column in (0...right.count).reversed() {
                let mine = row < left.count ? left[row] : nil
                let theirs = column < right.count ? right[column] : nil
                found[row][column] = step(mine, theirs) { found[row + $0][column + $1] }
            }
        }
        return found[0][0]
    }

    /// Whether it stands for one text alone.
    var isOneText: Bool { !pattern.contains("*") && !pattern.contains("?") }
}

extension Matcher {
    /// Whether all that `other` matches is matched by this too. Never wrongly true.
    func covers(_ other: Matcher) -> Bool {
        terms.allSatisfy { term in
            other.terms.contains { theirs in
                theirs.key == term.key
                    && theirs.globs.allSatisfy { glob in term.globs.contains { $0.covers(glob) } }
            }
        }
    }

    /// The patterns for a label; nil when any value will do.
    func globs(for key: LabelKey) -> [Glob]? { terms.first { $0.key == key }?.globs }
}
