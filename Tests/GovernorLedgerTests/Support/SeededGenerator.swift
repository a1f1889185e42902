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

    /// A number from zero up of any size: its bit length is drawn first, so that small and huge ones come alike.
    mutating func anyCount() -> Int64 { Int64(next() >> UInt64(number(1..<64))) }
}

/// What a property test starts from. An argument of the test, so that a failure names it:
/// `GOVERNOR_SEED=123 swift test --filter …` runs that one case again.
struct Seed: Hashable, Sendable, Codable, CustomTestStringConvertible {
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
