import Foundation
import Glibc
import GovernorCore
import GovernorSources
import Testing

/// The thirty cases of tailing a file (`faults.md`), each made to happen. Those about being told of changes are in
/// `WatcherTests`: 25 and 26. The same with a watcher, while files change: `LineCaseTests`, `RotationCaseTests`,
/// `RewriteCaseTests`.
@Suite struct TailingTests {
    let folder: TemporaryFolder
    var path: String { folder.file("s.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    @Test func `1 a partial last line stays unread`() throws {
        var follower = Follower()
        let half = Fixture.line("m2").prefix(100)
        try folder.write("s.jsonl", Fixture.line("m1") + half)
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
        #expect(follower.cursors[path]?.offset == Int64(Fixture.line("m1").utf8.count))
    }

    @Test func `2 a partial line is read once it is complete`() throws {
        var follower = Follower()
        let line = Fixture.line("m2")
        try folder.write("s.jsonl", Fixture.line("m1") + line.prefix(100))
        try follower.follow(path)
        try folder.append("s.jsonl", String(line.dropFirst(100).dropLast()))
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
        try folder.append("s.jsonl", "\n")
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
        #expect(follower.rejected.isEmpty)
    }

    @Test(arguments: ["s.jsonl.1", "s.jsonl-20261121", "s.old"])
    func `3 after a rotation by rename the rest of the old file is read, then the new one`(name: String) throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(3...4))
        try folder.rename("s.jsonl", to: name)
        try folder.write("s.jsonl", Fixture.lines(5...6))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m3", "m4", "m5", "m6"])
    }

    @Test func `3 a file renamed with none in its place is read to its end`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...1))
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(2...2))
        try folder.rename("s.jsonl", to: "s.old")
        #expect(throws: SourceError.self) { try follower.follow(path) }
        #expect(follower.ids == ["m1", "m2"])
    }

    @Test func `4 two rotations between two reads lose nothing`() throws {
        var follower = Follower()
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.followAll(roots)
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try folder.rename("s.jsonl", to: "s.jsonl.1")
        try folder.write("s.jsonl", Fixture.lines(4...5))
        try folder.rename("s.jsonl.1", to: "s.jsonl.2")
        try folder.rename("s.jsonl", to: "s.jsonl.1")
        try folder.write("s.jsonl", Fixture.lines(6...6))
        try follower.followAll(roots)
        #expect(Set(follower.ids) == ["m1", "m2", "m3", "m4", "m5", "m6"])
        #expect(follower.counted.count == 6)
    }

    @Test func `5 copied and truncated, copy and file are read`() throws {
        var follower = Follower()
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("s.jsonl", Fixture.lines(1...3))
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(4...4))
        try folder.copy("s.jsonl", to: "s.jsonl.1")
        try folder.truncate("s.jsonl", to: 0)
        try folder.append("s.jsonl", Fixture.lines(5...5))
        try follower.followAll(roots)
        #expect(follower.counted.map(\.identity.id).sorted() == (1...5).map { "m\($0):req_m\($0)" })
        #expect(follower.notes == ["truncated, read again from the start"])
    }

    @Test func `6 truncated and grown past the old end while stopped`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.follow(path)
        try folder.truncate("s.jsonl", to: 0)
        try folder.append("s.jsonl", Fixture.lines(5...9))
        try follower.follow(path)
        #expect(Set(follower.ids) == ["m1", "m2", "m5", "m6", "m7", "m8", "m9"])
        #expect(follower.notes == ["rewritten, read again from the start"])
    }

    @Test func `6 cut behind its head and grown to lines of the same lengths`() throws {
        var follower = Follower()
        let head = Fixture.line("head", pad: 2000)
        try folder.write("s.jsonl", head + Fixture.lines(1...2))
        try follower.follow(path)
        try folder.truncate("s.jsonl", to: head.utf8.count)
        try folder.append("s.jsonl", Fixture.lines(5...7))
        try follower.follow(path)
        #expect(Set(follower.ids) == ["head", "m1", "m2", "m5", "m6", "m7"])
    }

    @Test func `7 truncated between two batches of one read`() throws {
        var follower = Follower()
        follower.limit = 2
        try folder.write("s.jsonl", Fixture.lines(1...6))
        try follower.follow(path, batches: 1)
        #expect(follower.ids == ["m1", "m2"])
        try folder.write("s.jsonl", Fixture.lines(7...7))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m7"])
    }

    @Test(arguments: [1...1, 5...9])
    func `8 and 9 an inode used again by a smaller or a larger file`(ids: ClosedRange<Int>) throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(ids))
        try follower.follow(path)
        // What was there before had the same device and inode, and 2,000 bytes.
        var before = try #require(follower.cursors[path])
        before.offset = 2000
        before.headLength = 1024
        before.headHash ^= 1
        before.birth = 0
        follower = Follower(cursors: [path: before])
        try follower.follow(path)
        #expect(follower.ids == ids.map { "m\($0)" })
    }

    @Test func `9 an inode used again by a file that begins and ends alike is told by its birth`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...3))
        try follower.follow(path)
        var before = try #require(follower.cursors[path])
        try #require(before.birth != 0, "this file system keeps no birth times")
        before.birth -= 1
        follower = Follower(cursors: [path: before])
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m3"])
        #expect(follower.notes == ["another file is in its place; read from the start"])
    }

    @Test func `10 two files with the same first bytes are two files`() throws {
        var follower = Follower()
        let head = Fixture.line("head", pad: 3000)
        try folder.write("s.jsonl", head + Fixture.lines(1...1))
        try folder.write("t.jsonl", head + Fixture.lines(2...2))
        try follower.follow(path)
        try follower.follow(folder.file("t.jsonl"))
        #expect(follower.ids == ["head", "m1", "head", "m2"])
        try folder.rename("t.jsonl", to: "s.jsonl")
        try follower.follow(path)
        #expect(follower.ids == ["head", "m1", "head", "m2"], "it is known under its other name")
        follower.cursors[folder.file("t.jsonl")] = nil
        follower.cursors[path]?.headHash ^= 1
        try follower.follow(path)
        #expect(follower.ids == ["head", "m1", "head", "m2", "head", "m2"])
        #expect(follower.counted.count == 3)
    }

    @Test func `11 an empty file is nothing new, and is read when it grows`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", "")
        try follower.follow(path)
        #expect(follower.cursors.isEmpty)
        try folder.append("s.jsonl", Fixture.lines(1...1))
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
    }

    @Test func `12 a cursor beyond the end starts anew`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...4))
        try follower.follow(path)
        try folder.truncate("s.jsonl", to: Fixture.lines(1...2).utf8.count)
        follower.records = []
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
        #expect(follower.notes == ["truncated, read again from the start"])
    }

    @Test func `13 deleted and made again`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.follow(path)
        try folder.remove("s.jsonl")
        let gone = #expect(throws: SourceError.self) { try follower.follow(path) }
        #expect(gone?.code == .gone)
        try folder.write("s.jsonl", Fixture.lines(3...5))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m3", "m4", "m5"])
    }

    @Test func `14 a rotated name that is itself read counts nothing twice`() throws {
        var follower = Follower()
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.followAll(roots)
        try folder.rename("s.jsonl", to: "s-old.jsonl")
        try folder.write("s.jsonl", Fixture.lines(3...3))
        try follower.followAll(roots)
        #expect(follower.counted.count == 3)
    }

    @Test func `15 a rotated file that was compressed is left alone`() throws {
        var follower = Follower()
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.followAll(roots)
        try folder.remove("s.jsonl")
        try folder.write("s.jsonl.1.gz", [0x1F, 0x8B, 8, 0] + Array("\"usage\"\n".utf8))
        try folder.write("s.jsonl", Fixture.lines(3...3))
        try follower.followAll(roots)
        #expect(follower.ids == ["m1", "m2", "m3"])
        #expect(follower.rejected.isEmpty)
    }

    @Test func `16 what is deleted while the daemon is stopped is gone, and what takes its place is read`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...1))
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(2...2))
        try folder.remove("s.jsonl")
        follower.restart()
        let gone = #expect(throws: SourceError.self) { try follower.follow(path) }
        #expect(gone?.code == .gone)
        try folder.write("s.jsonl", Fixture.lines(4...4))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m4"])
    }

    @Test func `17 a line over 16 MiB is skipped and reported, not the file`() throws {
        var follower = Follower()
        let long = Fixture.line("long", pad: FileReader.lineLimit)
        try folder.write("s.jsonl", Fixture.lines(1...1) + long + Fixture.lines(2...2))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
        #expect(follower.rejected.map(\.offset) == [Int64(Fixture.lines(1...1).utf8.count)])
        #expect(follower.rejected.first?.reason == "longer than 16777216 bytes; the line was skipped")
    }

    @Test(arguments: [-1, 0, 1])
    func `17 a line at the limit is read`(excess: Int) throws {
        var follower = Follower(reader: FileReader(zone: .utc, lineLimit: 4096, chunk: 64))
        let bare = Fixture.line("long").utf8.count - 1
        try folder.write("s.jsonl", Fixture.line("long", pad: 4096 - bare + excess) + Fixture.lines(1...1))
        try follower.follow(path)
        #expect(follower.ids == (excess > 0 ? ["m1"] : ["long", "m1"]))
        #expect(follower.rejected.count == (excess > 0 ? 1 : 0))
    }

    @Test func `17 a line over the limit without an end yet stays unread`() throws {
        var follower = Follower(reader: FileReader(zone: .utc, lineLimit: 1000, chunk: 64))
        try folder.write("s.jsonl", Fixture.lines(1...1) + String(repeating: "x", count: 5000))
        try follower.follow(path)
        #expect(follower.cursors[path]?.offset == Int64(Fixture.lines(1...1).utf8.count))
        #expect(follower.rejected.isEmpty)
        try folder.append("s.jsonl", "\n" + Fixture.lines(2...2))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
        #expect(follower.rejected.count == 1)
    }

    @Test func `18 a cursor right after an over-long line goes on there`() throws {
        var follower = Follower(reader: FileReader(zone: .utc, lineLimit: 1000, chunk: 64))
        try folder.write("s.jsonl", String(repeating: "x", count: 5000) + "\n")
        try follower.follow(path)
        #expect(follower.cursors[path]?.offset == 5001)
        try folder.append("s.jsonl", Fixture.lines(1...1))
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
        #expect(follower.notes.isEmpty)
        #expect(follower.rejected.count == 1)
    }

    @Test func `19 a cursor in mid-line starts anew`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...3))
        try follower.follow(path)
        follower.cursors[path]?.offset -= 20
        follower.records = []
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m3"])
    }

    @Test func `20 a file whose head was cut off loses only the cut line`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...3))
        try follower.follow(path)
        let rest = try folder.bytes("s.jsonl").dropFirst(40)
        try folder.write("s.jsonl", Array(rest) + Array(Fixture.lines(4...4).utf8))
        follower.records = []
        try follower.follow(path)
        #expect(follower.ids == ["m2", "m3", "m4"])
        #expect(follower.rejected.map(\.offset) == [0])
    }

    @Test func `21 a tail of NUL bytes hides no line written behind it`() throws {
        var follower = Follower()
        let nul = [UInt8](repeating: 0, count: 5000)
        try folder.write("s.jsonl", Array(Fixture.lines(1...1).utf8) + nul)
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
        try folder.append("s.jsonl", Fixture.lines(2...3))
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2", "m3"])
        #expect(follower.rejected.isEmpty)
        #expect(follower.records[1].raw?.offset == Int64(Fixture.lines(1...1).utf8.count) + 5000)
    }

    @Test func `21 a line torn by NUL bytes is reported, the one behind it read`() throws {
        var follower = Follower()
        let torn = Array(Fixture.line("torn").utf8.dropLast(10))
        try folder.write("s.jsonl", torn + [0, 0, 0] + Array(Fixture.lines(1...1).utf8))
        try follower.follow(path)
        #expect(follower.ids == ["m1"])
        #expect(follower.rejected.count == 1)
    }

    @Test(
        arguments: [(-5, 5), (.min, 0), (.max, 1024), (100, -1), (100, 1_000_000), (0, 7), (10, 1024)]
            as [(Int64, Int64)])
    func `22 a corrupt cursor starts anew`(offset: Int64, headLength: Int64) throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try follower.follow(path)
        follower.cursors[path]?.offset = offset
        follower.cursors[path]?.headLength = headLength
        follower.records = []
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
    }

    @Test func `23 lines that end in CR LF are lines`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...2).replacing("\n", with: "\r\n") + "\r\n")
        try follower.follow(path)
        #expect(follower.ids == ["m1", "m2"])
        #expect(follower.rejected.isEmpty)
        try folder.write("api-calls-2026-11-20.jsonl", Fixture.call().replacing("\n", with: "\r\n"))
        try follower.follow(folder.file("api-calls-2026-11-20.jsonl"))
        #expect(follower.records.count == 3)
    }

    @Test func `24 bytes that are no UTF-8 cost at most their own line`() throws {
        var follower = Follower()
        func broken(_ line: String, _ marker: String) throws -> [UInt8] {
            let place = try #require(line.range(of: marker))
            return Array(line[..<place.lowerBound].utf8) + [0xFF, 0xC3] + Array(line[place.upperBound...].utf8)
        }
        let model = try broken(Fixture.line("m1"), "opus")
        let conversation = try broken(Fixture.line("m2", pad: 10), "xx")
        try folder.write("s.jsonl", model + conversation + Array(Fixture.lines(3...3).utf8))
        try follower.follow(path)
        #expect(follower.ids == ["m2", "m3"])
        #expect(follower.rejected.map(\.reason) == ["model: a string that is not UTF-8"])
    }

    @Test func `27 a symbolic link that points elsewhere`() throws {
        var follower = Follower()
        try folder.write("a", Fixture.lines(1...3))
        try folder.write("b", Fixture.lines(4...8))
        try folder.link("s.jsonl", to: "a")
        try follower.follow(path)
        try folder.link("new", to: "b")
        try folder.rename("new", to: "s.jsonl")
        try follower.follow(path)
        #expect(follower.ids == (1...8).map { "m\($0)" })
        try folder.remove("s.jsonl")
        try folder.link("s.jsonl", to: "nothing")
        #expect(throws: SourceError.self) { try follower.follow(path) }
    }

    @Test func `28 a lost permission loses no line once it is given back`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...1))
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(2...2))
        chmod(path, 0)
        let refused = #expect(throws: SourceError.self) { try withoutPrivileges { try follower.follow(path) } }
        #expect(refused?.code == .forbidden)
        #expect(
            refused?.description
                == "cannot read \(path): Permission denied; let the daemon's user read it; reading goes on by itself")
        chmod(path, 0o644)
        try withoutPrivileges { try follower.follow(path) }
        #expect(follower.ids == ["m1", "m2"])
    }

    @Test func `29 replaced by rename with older content`() throws {
        var follower = Follower()
        try folder.write("s.jsonl", Fixture.lines(1...4))
        try follower.follow(path)
        try folder.write("backup", Fixture.lines(1...2))
        try folder.rename("backup", to: "s.jsonl")
        try follower.follow(path)
        try folder.append("s.jsonl", Fixture.lines(5...6))
        try follower.follow(path)
        #expect(Set(follower.ids) == ["m1", "m2", "m3", "m4", "m5", "m6"])
        #expect(follower.counted.count == 6)
    }

    @Test func `30 killed between reading and storing reads the same batch again`() throws {
        var follower = Follower()
        follower.limit = 3
        try folder.write("s.jsonl", Fixture.lines(1...10))
        try follower.follow(path, batches: 1)
        let stored = follower
        try follower.follow(path, batches: 1)
        let lost = follower
        follower = stored
        try follower.follow(path, batches: 1)
        #expect(follower.records == lost.records)
        #expect(follower.cursors == lost.cursors)
        // The records stored but not the cursor, which one transaction makes impossible, would do no harm either.
        follower.cursors = stored.cursors
        try follower.follow(path)
        #expect(follower.counted.count == 10)
    }

    @Test func `a named pipe or a folder with a transcript's name is refused, not waited for`() throws {
        mkfifo(path, 0o644)
        var follower = Follower()
        let refused = #expect(throws: SourceError.self) { try follower.follow(path) }
        #expect(refused?.code == .wrongKind)
    }

    @Test func `batches end at their limit and say that there is more`() throws {
        try folder.write("s.jsonl", Fixture.lines(1...5))
        let reader = FileReader(zone: .utc)
        let first = try #require(try reader.read(path: path, kind: .transcript, from: nil, limit: 2))
        #expect(first.records.count == 2 && !first.isAtEnd && first.kind == "transcript")
        let rest = try #require(try reader.read(path: path, kind: .transcript, from: first.cursor))
        #expect(rest.records.count == 3 && rest.isAtEnd)
        let more = try reader.read(path: path, kind: .transcript, from: rest.cursor)
        #expect(more?.records == nil)
    }

    @Test func `a batch of lines without usage ends after its bytes`() throws {
        try folder.write("s.jsonl", String(repeating: "{\"type\":\"user\"}\n", count: 1000))
        let reader = FileReader(zone: .utc, chunk: 1024, batchBytes: 4096)
        let batch = try #require(try reader.read(path: path, kind: .transcript, from: nil))
        #expect(!batch.isAtEnd && batch.records.isEmpty && batch.cursor.offset > 2000 && batch.cursor.offset < 8000)
    }
}
