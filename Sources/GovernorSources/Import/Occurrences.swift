/// Numbers rows that are equal to one another, so that two calls that look alike are two, and the same file read again
/// finds the same numbers.
///
/// It remembers the rows seen of late: two generations of a fixed size, of which the older is forgotten when the younger is
/// full, and in which a row that comes again is young again. Equal rows have equal times, so in a file in the order of time
/// they stand together and are always found; in any other order, as long as no more than `capacity` different rows without
/// an id lie between them. Beyond that the later row would be taken for the earlier, not counted twice.
struct Occurrences {
    /// Different rows that are remembered at least; twice as many at most, of some 30 bytes each.
    static let capacity = 1 << 17

    private var young: [UInt64: UInt32] = [:]
    private var old: [UInt64: UInt32] = [:]

    /// - Parameter hash: of everything that makes rows equal.
    /// - Returns: how many equal rows came before.
    mutating func next(_ hash: UInt64) -> UInt32 {
        let before = young[hash] ?? old[hash] ?? 0
        if young.count >= Self.capacity, young[hash] == nil {
            old = young
            young = [:]
        }
        young[hash] = before &+ 1
        return before
    }
}
