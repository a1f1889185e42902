/// Finds partners: each of one list with one of another.
enum Pairing {
    /// Whether all of both have a partner. By augmenting paths (Kuhn's algorithm), so that a pattern that fits several
    /// never takes the only one of another.
    static func isWhole<Left, Right>(_ left: [Left], _ right: [Right], _ fits: (Left, Right) -> Bool) -> Bool {
        guard left.count == right.count else { return false }
        var partners = [Int?](repeating: nil, count: right.count)
        func place(_ index: Int, _ visited: inout Set<Int>) -> Bool {
            for candidate in right.indices where fits(left[index], right[candidate]) {
                guard visited.insert(candidate).inserted else { continue }
                if let other = partners[candidate], !place(other, &visited) { continue }
                partners[candidate] = index
                return true
            }
            return false
        }
        return left.indices.allSatisfy { index in
            var visited: Set<Int> = []
            return place(index, &visited)
        }
    }
}
