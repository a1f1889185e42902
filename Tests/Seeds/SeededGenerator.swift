/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the same numbers for the
/// same seed, on every machine.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: Seed) { state = seed.value }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    package mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in so many times.
    package mutating func once(in times: Int) -> Bool { number(0..<times) == 0 }

    /// One of a few; the list is never empty.
    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0..<elements.count)] }

    /// A number of any size: its bit length is drawn first, so that small and huge ones come alike.
    package mutating func anyInteger() -> Int64 { Int64(bitPattern: next() >> UInt64(number(0..<64))) }

    /// The same from zero up.
    package mutating func anyCount() -> Int64 { Int64(next() >> UInt64(number(1..<64))) }

    /// The list cut into batches of one to `most`.
    package mutating func batches<Element>(_ elements: [Element], most: Int) -> [[Element]] {
        var rest = elements[...]
        var result: [[Element]] = []
        while !rest.isEmpty {
            let batch = rest.prefix(number(1..<most + 1))
            result.append(Array(batch))
            rest = rest.dropFirst(batch.count)
        }
        return result
    }
}
