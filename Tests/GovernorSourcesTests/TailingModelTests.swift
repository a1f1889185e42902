import Foundation
import GovernorCore
import GovernorSources
import Seeds
import Testing

/// A writer that does anything to its files, and a follower that is stopped, started and robbed of its last
/// transaction, against two sentences: a line that is in a file at the end was delivered, and nothing was delivered
/// that was never written.
@Suite struct TailingModelTests {
    @Test func `whatever a writer does, every line that is there at the end was delivered, and none that never was`()
        throws
    {
        for seed in Seed.same(60) {
            let fault = try Run(seed: seed).fault()
            #expect(fault == nil, "replay with \(seed): \(fault ?? "")")
        }
    }
}

private struct Run {
    private let folder: TemporaryFolder
    private var generator: SeededGenerator
    private var follower = Follower()
    private var stored = Follower()
    /// Every line ever written in full, by its id.
    private var written: [String: String] = [:]
    private var unfinished = ""
    private var nextId = 0
    private var rotations = 0
    private let hasEqualLengths: Bool
    private var steps: [String] = []

    init(seed: Seed) throws {
        folder = try TemporaryFolder()
        generator = SeededGenerator(seed)
        hasEqualLengths = seed.value.isMultiple(of: 2)
        // Small pieces, so that every edge is met within a few kilobytes.
        follower.reader = FileReader(
            zone: .utc, lineLimit: 4000, chunk: 64 + Int.random(in: 0...900, using: &generator))
        follower.limit = Int.random(in: 1...9, using: &generator)
        stored = follower
    }

    /// Runs; what was found wrong.
    func fault() throws -> String? {
        var run = self
        for _ in 0..<120 { try run.step() }
        let roots = SourceRoots(paths: [folder.path])
        try run.follower.followAll(roots)
        let delivered = Set(run.follower.ids)
        for file in roots.discover().files {
            let name = String(file.path.dropFirst(folder.path.count + 1))
            let content = String(decoding: try folder.bytes(name), as: UTF8.self)
            // What stands behind the last newline is no line yet.
            for line in content.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                guard let id = run.written.first(where: { $0.value == line })?.key else { continue }
                if !delivered.contains(id) { return "\(id) of \(name) was not delivered after \(run.steps)" }
            }
        }
        for id in delivered where run.written[id] == nil { return "\(id) was delivered and never written" }
        return nil
    }

    private mutating func step() throws {
        let exists = FileManager.default.fileExists(atPath: folder.file("s.jsonl"))
        switch Int.random(in: 0..<24, using: &generator) {
        case 0..<7: try append()
        case 7, 8: try appendHalf()
        case 9..<14: try read()
        case 14: log("restart")
        case 15:
            log("lose the last transaction")
            follower = stored
        case 16 where exists: try rotate()
        case 17 where exists:
            log("delete")
            try folder.remove("s.jsonl")
            unfinished = ""
        case 18 where exists: try truncate(to: 0)
        case 19 where exists: try cut()
        case 20 where exists:
            log("copy and truncate")
            rotations += 1
            try folder.copy("s.jsonl", to: "s.jsonl.\(rotations)")
            try truncate(to: 0)
        case 21 where exists: try replaceByOlder()
        case 22 where exists:
            log("a tail of NUL")
            try folder.append("s.jsonl", [UInt8](repeating: 0, count: Int.random(in: 1...200, using: &generator)))
            // What was half a line is now torn.
            unfinished = ""
        default: try append()
        }
    }

    private mutating func log(_ step: String) { steps.append(step) }

    private mutating func newLine() -> String {
        nextId += 1
        let id = "m\(100_000 + nextId)"
        let line = Fixture.line(id, pad: hasEqualLengths ? 10 : Int.random(in: 0...1500, using: &generator))
        written[id] = String(line.dropLast())
        return line
    }

    private mutating func append() throws {
        var text = ""
        if !unfinished.isEmpty {
            text = unfinished
            unfinished = ""
        }
        for _ in 0..<Int.random(in: 1...6, using: &generator) { text += newLine() }
        log("append \(text.utf8.count)")
        try folder.append("s.jsonl", text)
    }

    private mutating func appendHalf() throws {
        guard unfinished.isEmpty else { return }
        let line = newLine()
        let cut = Int.random(in: 1..<line.utf8.count, using: &generator)
        log("append half")
        try folder.append("s.jsonl", String(line.prefix(cut)))
        unfinished = String(line.dropFirst(cut))
    }

    private mutating func read() throws {
        log("read")
        stored = follower
        let path = folder.file("s.jsonl")
        if Bool.random(using: &generator) {
            try follower.followAll(SourceRoots(paths: [folder.path]))
        } else if FileManager.default.fileExists(atPath: path) {
            try follower.follow(path, batches: 1)
        }
    }

    private mutating func rotate() throws {
        rotations += 1
        let name = ["s.jsonl.\(rotations)", "s-\(rotations).jsonl", "s.old-\(rotations)"].randomElement(
            using: &generator)
        log("rotate to \(name ?? "")")
        try folder.rename("s.jsonl", to: name ?? "s.old")
        unfinished = ""
    }

    /// Anywhere, or behind a line, where what grows next may end exactly where the old lines did.
    private mutating func cut() throws {
        let bytes = try folder.bytes("s.jsonl")
        let ends = bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        let size = Bool.random(using: &generator) ? ends.randomElement(using: &generator) : nil
        try truncate(to: size ?? Int.random(in: 0...bytes.count, using: &generator))
    }

    private mutating func truncate(to size: Int) throws {
        log("truncate to \(size)")
        try folder.truncate("s.jsonl", to: size)
        unfinished = ""
    }

    private mutating func replaceByOlder() throws {
        let bytes = try folder.bytes("s.jsonl")
        let size = Int.random(in: 0...bytes.count, using: &generator)
        log("replace by its first \(size)")
        try folder.write("older", bytes.prefix(size))
        try folder.rename("older", to: "s.jsonl")
        unfinished = ""
    }
}
