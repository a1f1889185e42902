import Foundation

/// What a property test starts from. An argument of the test, so that a failure names it:
/// `GOVERNOR_SEED=123 swift test --filter …` runs that one case again.
package struct Seed: Hashable, Sendable, Codable, CustomStringConvertible {
    package var value: UInt64

    package init(value: UInt64) { self.value = value }

    package var description: String { "GOVERNOR_SEED=\(value)" }

    /// So many seeds that differ from run to run, or the one to replay. `GOVERNOR_SEEDS=10` makes it ten times as many,
    /// for a long run.
    package static func some(_ count: Int) -> [Seed] {
        let times = ProcessInfo.processInfo.environment["GOVERNOR_SEEDS"].flatMap(Int.init) ?? 1
        return seeds(count * max(1, times), from: .random(in: 0...(1 << 48)))
    }

    /// So many seeds that are the same in every run, or the one to replay.
    package static func same(_ count: Int) -> [Seed] { seeds(count, from: 0) }

    private static func seeds(_ count: Int, from first: UInt64) -> [Seed] {
        if let text = ProcessInfo.processInfo.environment["GOVERNOR_SEED"], let value = UInt64(text) {
            return [Seed(value: value)]
        }
        return (0..<UInt64(count)).map { Seed(value: first + $0) }
    }
}
