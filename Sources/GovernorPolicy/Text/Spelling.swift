/// Finds the word that was meant.
enum Spelling {
    /// `did you mean "month"?` for the candidate a slip of the fingers away; nil when none is near.
    static func hint(for word: String, among candidates: [String]) -> String? {
        nearest(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
    }

    /// The nearest candidate at most a third of the word's letters away (one at least, three at most), the earlier of
    /// two that are equally near; else the only one the word is a part of.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let typed = Array(word.lowercased())
        let reach = max(1, min(3, typed.count / 3))
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let wanted = Array(candidate.lowercased())
            guard abs(wanted.count - typed.count) <= reach else { continue }
            let distance = distance(typed, wanted)
            if distance <= reach, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.candidate }
        let wider = candidates.filter { word.count >= 4 && $0.lowercased().contains(word.lowercased()) }
        return wider.count == 1 ? wider.first : nil
    }

    /// Letters to insert, remove, replace or swap with a neighbour (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
