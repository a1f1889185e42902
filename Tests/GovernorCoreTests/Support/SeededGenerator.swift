import Foundation
import Testing

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the same numbers for the
/// same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Seed) { state = seed.value }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { number(0..<times) == 0 }

    /// One of a few; the list is never empty.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0..<elements.count)] }

    /// A number of any size: its bit length is drawn first, so that small and huge ones come alike.
    mutating func anyInteger() -> Int64 { Int64(bitPattern: next() >> UInt64(number(0..<64))) }

    /// The list cut into batches of one to `most`.
    mutating func batches<Element>(_ elements: [Element], most: Int) -> [[Element]] {
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

/// What a property test starts from. An argument of the test, so that a failure names it:
/// `GOVERNOR_SEED=123 swift test --filter …` runs that one case again.
struct Seed: Hashable, Sendable, CustomTestStringConvertible {
    var value: UInt64

    var testDescription: String { "GOVERNOR_SEED=\(value)" }

    /// So many seeds that differ from run to run, or the one to replay.
    static func some(_ count: Int) -> [Seed] {
        if let text = ProcessInfo.processInfo.environment["GOVERNOR_SEED"], let value = UInt64(text) {
            return [Seed(value: value)]
        }
        let first = UInt64.random(in: 0...(1 << 48))
        return (0..<UInt64(count)).map { Seed(value: first + $0) }
    }
}

@Test func `the same seed gives the same numbers`() {
    var one = SeededGenerator(Seed(value: 1_234_567))
    #expect(
        (0..<3).map { _ in one.next() } == [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ])
}
