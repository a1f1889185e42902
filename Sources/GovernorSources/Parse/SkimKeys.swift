import Glibc

/// The keys of one kind of object that are wanted, looked for in every line's every object.
struct SkimKeys: ExpressibleByArrayLiteral, Sendable {
    let names: [StaticString]
    /// The names' places, the shorter names' first.
    private let byLength: [(name: StaticString, place: Int)]
    /// How many names are shorter, by length; one more entry than there are lengths.
    private let shorter: [Int]

    init(arrayLiteral names: StaticString...) {
        self.names = names
        byLength = names.enumerated().sorted { $0.element.utf8CodeUnitCount < $1.element.utf8CodeUnitCount }
            .map { (name: $0.element, place: $0.offset) }
        let longest = names.map(\.utf8CodeUnitCount).max() ?? 0
        shorter = (0...longest + 1).map { length in names.count { $0.utf8CodeUnitCount < length } }
    }

    /// The place of a key among the names, by its bytes between the quotes; nil when it is not wanted.
    @inline(__always)
    func place(of key: UnsafeRawPointer, count: Int) -> Int? {
        // Most keys are not wanted, and have not even the length of one that is, or not its first letter.
        guard count > 0, count &+ 1 < shorter.count else { return nil }
        var number = shorter[count]
        let end = shorter[count &+ 1]
        let first = key.load(as: UInt8.self)
        while number < end {
            let (name, place) = byLength[number]
            if name.utf8Start.pointee == first, memcmp(key, name.utf8Start, count) == 0 { return place }
            number &+= 1
        }
        return nil
    }
}
