import Foundation
import GovernorCore
import GovernorPolicy
import Seeds
import Testing

/// Valid policies with a few bytes changed: whatever comes of it is a policy or an explanation, never a crash.
@Suite struct MutationTests {
    /// Replayed with GOVERNOR_SEED, lengthened with GOVERNOR_ROUNDS.
    static let seed =
        ProcessInfo.processInfo.environment["GOVERNOR_SEED"].flatMap(UInt64.init) ?? .random(in: 0...(.max))
    static let rounds = ProcessInfo.processInfo.environment["GOVERNOR_ROUNDS"].flatMap(Int.init) ?? 300

    static let pieces: [[UInt8]] =
        [
            "&a", "*a", "&a ", " *a", "<<: *a", "? ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "#", "|\n", ">\n",
            "!!int ",
            "!", "%", "---\n", "...\n", "\t", "\n", "\r\n", "${", "}", "${A:-", "\\x00", "\\uD800", "\0", "\u{FEFF}",
            "é",
            "\u{2028}", "\u{E000}", "1e999", "99999999999999999999%", "rolling ", "~", "null", "forecast ", "block ",
            "24:00", "9999-12-31", "0000-01-01T00:00:00+23:59", "9223372036854775807", "0.000000001", "99999999w", "x",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

    static let shipped =
        ["default.yaml"]
        + ["starter", "solo-developer", "team", "night-shift", "subscription"].map { "\($0)/policy.yaml" }

    @Test func `a policy with random edits never crashes the loader`() throws {
        let folder = try TemporaryFolder()
        let valid =
            try Self.shipped.map {
                try String(contentsOf: Repository.root.appending(path: "policies/\($0)"), encoding: .utf8)
            }
            + [try MistakeTests.input(of: "contract-example.yaml")]
        let mistaken = try MistakeTests.mistakes.map { try MistakeTests.input(of: $0) }
        let loader = PolicyLoader(environment: ["SLACK_OPS": "https://hooks.example.com/swordfish"])
        for round in 0..<Self.rounds {
            let seed = Self.seed &+ UInt64(round)
            var generator = SeededGenerator(Seed(value: seed))
            let pick = Bool.random(using: &generator) ? valid : mistaken
            let bytes = Self.mutated(Array((pick.randomElement(using: &generator) ?? "").utf8), using: &generator)
            try folder.write("policy.yaml", bytes)

            let loading = loader.load(folder: folder.path)
            let errors = loading.diagnostics.filter { $0.severity == .error }
            #expect((loading.policy == nil) == !errors.isEmpty, "GOVERNOR_SEED=\(seed) GOVERNOR_ROUNDS=1")
            #expect(
                loading.diagnostics.allSatisfy { Self.isPrintable($0.description) },
                "GOVERNOR_SEED=\(seed) GOVERNOR_ROUNDS=1")
            #expect(loader.load(folder: folder.path).diagnostics == loading.diagnostics, "GOVERNOR_SEED=\(seed)")
            if let policy = loading.policy {
                #expect(PolicySentence.sentences(for: policy).allSatisfy { !$0.isEmpty })
                #expect(policy.rules.allSatisfy { !$0.condition.kind.meters(of: $0).isEmpty }, "GOVERNOR_SEED=\(seed)")
            }
        }
    }

    /// One to eight edits: a byte changed, a stretch removed, copied elsewhere, or a piece put in.
    static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, at + Int.random(in: 1...24, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(at..<end)
            case 2:
                let target = Int.random(in: 0...bytes.count, using: &generator)
                bytes.insert(contentsOf: Array(bytes[at..<end]), at: target)
            default: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: at)
            }
        }
        return bytes
    }

    static func isPrintable(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    }
}
