/// Finds the matchers that may match a record without trying each: the cost of a record must not grow with budgets that
/// don't concern it.
///
/// Every matcher is filed under one of its terms: one of literal values under those values, else one whose patterns all
/// begin with something under that beginning. Only matchers without such a term are always tried. What is found still
/// has to be matched in full.
package struct MatcherIndex: Sendable {
    /// What is filed under one label.
    private struct Shelf: Sendable {
        var key: LabelKey
        var literals: [String: [Int]] = [:]
        /// Beginnings by their length in bytes.
        var stems: [Int: [String: [Int]]] = [:]
        /// Everything filed here, for requests that lack the label.
        var all: [Int] = []

        func add(_ value: String, to found: inout [Int]) {
            if let places = literals[value] { found += places }
            let bytes = value.utf8
            for (length, table) in stems where length <= bytes.count {
                if let stem = String(bytes.prefix(length)), let places = table[stem] { found += places }
            }
        }
    }

    private var always: [Int] = []
    private var shelves: [Shelf] = []

    /// - Parameter matchers: by the place that look-ups give back.
    package init(_ matchers: [Matcher]) {
        for (place, matcher) in matchers.enumerated() {
            let literal = matcher.terms.first { $0.globs.allSatisfy(\.isLiteral) }
            let stemmed = literal ?? matcher.terms.first { $0.globs.allSatisfy { !$0.stem.isEmpty } }
            guard let term = stemmed else {
                always.append(place)
                continue
            }
            file(place, under: term)
        }
    }

    private mutating func file(_ place: Int, under term: Matcher.Term) {
        let index =
            shelves.firstIndex { $0.key == term.key }
            ?? {
                shelves.append(Shelf(key: term.key))
                return shelves.endIndex - 1
            }()
        shelves[index].all.append(place)
        for glob in term.globs {
            if glob.isLiteral {
                shelves[index].literals[glob.pattern, default: []].append(place)
            } else {
                let stem = glob.stem
                shelves[index].stems[stem.utf8.count, default: [:]][stem, default: []].append(place)
            }
        }
    }

    /// The places of all matchers that may match, rising, each once.
    /// - Parameter includingLacking: also of those filed under a label that is not there.
    package func candidates(for labels: Labels, includingLacking: Bool = false) -> [Int] {
        var found = always
        for shelf in shelves {
            guard let value = labels[shelf.key] else {
                if includingLacking { found += shelf.all }
                continue
            }
            shelf.add(value, to: &found)
            if shelf.key == .label(.model) {
                let bare = ModelName.withoutProvider(value)
                if bare != value { shelf.add(bare, to: &found) }
            }
        }
        guard !shelves.isEmpty else { return found }
        found.sort()
        var last = -1
        found.removeAll { place in
            defer { last = place }
            return place == last
        }
        return found
    }
}
