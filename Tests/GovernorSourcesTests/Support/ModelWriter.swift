import Foundation
import Glibc
import GovernorSources
import Seeds

/// Writes, rotates, cuts and deletes files at random, and knows every whole line it ever wrote.
struct ModelWriter {
    static let names = ["s.jsonl", "p/t.jsonl"]

    let folder: TemporaryFolder
    var generator: SeededGenerator
    /// The ids of all lines by their text, without newlines.
    private(set) var written: [String: String] = [:]
    private(set) var steps: [String] = []
    /// What is still to come of a line, by file.
    private var unfinished: [String: String] = [:]
    private var lastId = 0
    private var rotations = 0
    /// Lines of one length end where other lines ended before.
    private let hasEqualLengths: Bool

    init(seed: Seed) throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("p")
        chmod(folder.file("p"), 0o755)
        generator = SeededGenerator(seed)
        hasEqualLengths = generator.once(in: 2)
    }

    mutating func log(_ step: String) { steps.append(step) }

    /// The ids of all lines that are whole, in files that would be found and can be opened now.
    func wholeLines() throws -> Set<String> {
        var ids: Set<String> = []
        for file in SourceRoots(paths: [folder.path]).discover().files {
            guard let bytes = FileManager.default.contents(atPath: file.path) else { continue }
            // What stands behind the last newline is no line yet.
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
                if let id = written[String(decoding: line, as: UTF8.self)] { ids.insert(id) }
            }
        }
        return ids
    }

    mutating func step() throws {
        let name = generator.pick(Self.names)
        let exists = FileManager.default.fileExists(atPath: folder.file(name))
        switch generator.number(0..<20) {
        case 0..<7: try append(name)
        case 7, 8: try appendHalf(name)
        case 9 where exists, 10 where exists: try rotate(name)
        case 11 where exists:
            log("delete \(name)")
            try folder.remove(name)
            unfinished[name] = nil
        case 12 where exists: try truncate(name, to: 0)
        case 13 where exists: try cut(name)
        case 14 where exists: try copyAndTruncate(name)
        case 15 where exists: try replaceByOlder(name)
        case 16 where exists: try compress(name)
        case 17 where exists:
            log("a tail of NUL in \(name)")
            try folder.append(name, [UInt8](repeating: 0, count: generator.number(1..<200)))
            // What was half a line is now torn.
            unfinished[name] = nil
        case 18 where exists: try swap()
        default: try append(name)
        }
    }

    /// Takes the permission to read a file away.
    /// - Returns: the file; nil where there is none.
    mutating func lock() throws -> String? {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains(".jsonl") }
        guard !files.isEmpty else { return nil }
        let name = generator.pick(files.sorted())
        log("lock \(name)")
        chmod(folder.file(name), 0)
        return name
    }

    /// Gives it back, to whatever is at its path now.
    mutating func unlock(_ name: String) throws {
        log("unlock all")
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where name.contains(".jsonl") {
            chmod(folder.file(name), 0o644)
        }
    }

    // MARK: Steps

    private mutating func newLine() -> String {
        lastId += 1
        let id = "m\(100_000 + lastId)"
        let line = Fixture.line(id, pad: hasEqualLengths ? 10 : generator.number(0..<1500))
        written[String(line.dropLast())] = id
        return line
    }

    private mutating func append(_ name: String) throws {
        var text = unfinished.removeValue(forKey: name) ?? ""
        for _ in 0..<generator.number(1..<7) { text += newLine() }
        log("append \(text.utf8.count) to \(name)")
        try folder.append(name, text)
    }

    private mutating func appendHalf(_ name: String) throws {
        guard unfinished[name] == nil else { return }
        let line = newLine()
        let cut = generator.number(1..<line.utf8.count)
        log("append half to \(name)")
        try folder.append(name, String(line.prefix(cut)))
        unfinished[name] = String(line.dropFirst(cut))
    }

    private mutating func rotatedName(_ name: String) -> String {
        rotations += 1
        let stem = String(name.dropLast(".jsonl".count))
        return generator.pick(["\(name).\(rotations)", "\(stem)-\(rotations).jsonl", "\(stem).old-\(rotations)"])
    }

    private mutating func rotate(_ name: String) throws {
        let new = rotatedName(name)
        log("rotate \(name) to \(new)")
        try folder.rename(name, to: new)
        unfinished[name] = nil
        if generator.once(in: 3) { try folder.write(name, "") }
    }

    private mutating func compress(_ name: String) throws {
        rotations += 1
        log("compress \(name)")
        try folder.rename(name, to: "\(name).\(rotations)")
        try folder.write("\(name).\(rotations).gz", [0x1F, 0x8B, 8, 0] + Array("\"usage\"\n".utf8))
        try folder.remove("\(name).\(rotations)")
        unfinished[name] = nil
    }

    private mutating func copyAndTruncate(_ name: String) throws {
        let new = rotatedName(name)
        log("copy \(name) to \(new) and truncate")
        try folder.copy(name, to: new)
        try truncate(name, to: 0)
    }

    /// Anywhere, or behind a line, where what grows next may end exactly where the old lines did.
    private mutating func cut(_ name: String) throws {
        let bytes = try folder.bytes(name)
        let ends = bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        let atLine = generator.once(in: 2) && !ends.isEmpty
        try truncate(name, to: atLine ? generator.pick(ends) : generator.number(0..<bytes.count + 1))
    }

    private mutating func truncate(_ name: String, to size: Int) throws {
        log("truncate \(name) to \(size)")
        try folder.truncate(name, to: size)
        unfinished[name] = nil
    }

    private mutating func replaceByOlder(_ name: String) throws {
        let bytes = try folder.bytes(name)
        let size = generator.number(0..<bytes.count + 1)
        log("replace \(name) by its first \(size)")
        try folder.write("older", bytes.prefix(size))
        try folder.rename("older", to: name)
        unfinished[name] = nil
    }

    /// Two files change places.
    private mutating func swap() throws {
        let (first, second) = (Self.names[0], Self.names[1])
        guard FileManager.default.fileExists(atPath: folder.file(first)),
            FileManager.default.fileExists(atPath: folder.file(second))
        else { return }
        log("swap")
        try folder.rename(first, to: "other")
        try folder.rename(second, to: first)
        try folder.rename("other", to: second)
        unfinished = [:]
    }
}
