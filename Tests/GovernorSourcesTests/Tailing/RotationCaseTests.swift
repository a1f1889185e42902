import Foundation
import Glibc
import GovernorSources
import Testing

/// The cases of tailing (`faults.md`) in which a path gets another file, with a watcher, by inotify and by polling.
@Suite(.timeLimit(.minutes(1))) struct RotationCaseTests {
    let folder: TemporaryFolder
    var path: String { folder.file("s.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    static let names = ["s.jsonl.1", "s.jsonl-20261121", "s.old", "s.2.jsonl"]

    @Test(arguments: Way.allCases, names) func `3 rotated by rename: the old file's rest, then the new one`(
        way: Way, name: String
    ) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        try folder.append("s.jsonl", Fixture.lines(3...4))
        try folder.rename("s.jsonl", to: name)
        try folder.write("s.jsonl", Fixture.lines(5...6))
        try await live.until(counted: ["m1", "m2", "m3", "m4", "m5", "m6"])
        #expect(live.ids.count == 6, "nothing is read twice")
    }

    @Test(arguments: Way.allCases, names) func `3 rotated while stopped, with none in its place`(way: Way, name: String)
        async throws
    {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        live.stop()
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try folder.rename("s.jsonl", to: name)
        try await live.start()
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids == ["m1", "m2", "m3"])
    }

    @Test(arguments: Way.allCases) func `3 a writer that is slow to take the new file is read in the old one`(way: Way)
        async throws
    {
        try folder.write("s.jsonl", Fixture.lines(1...1))
        var live = try await Live(way, folder)
        try folder.rename("s.jsonl", to: "s.old")
        try folder.write("s.jsonl", "")
        try await live.settle()
        try folder.append("s.old", Fixture.lines(2...2))
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids == ["m1", "m2", "m3"])
    }

    @Test(arguments: Way.allCases) func `4 two rotations between two looks lose nothing`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        live.stop()
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try folder.rename("s.jsonl", to: "s.jsonl.1")
        try folder.write("s.jsonl", Fixture.lines(4...5))
        try folder.rename("s.jsonl.1", to: "s.jsonl.2")
        try folder.rename("s.jsonl", to: "s.jsonl.1")
        try folder.write("s.jsonl", Fixture.lines(6...6))
        try await live.start()
        try await live.until(counted: (1...6).map { "m\($0)" })
        // And the next ones while it runs, faster than it looks.
        for round in 0..<20 {
            try folder.rename("s.jsonl", to: "s.jsonl.\(round + 3)")
            try folder.write("s.jsonl", Fixture.lines(7 + round...7 + round))
        }
        try await live.until(counted: (1...26).map { "m\($0)" })
    }

    @Test(arguments: Way.allCases) func `5 copied and truncated`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...3))
        var live = try await Live(way, folder)
        try folder.append("s.jsonl", Fixture.lines(4...4))
        try folder.copy("s.jsonl", to: "s.jsonl.1")
        try folder.truncate("s.jsonl", to: 0)
        try folder.append("s.jsonl", Fixture.lines(5...5))
        try await live.until(counted: (1...5).map { "m\($0)" })
    }

    @Test(arguments: Way.allCases) func `10 two files with the same first bytes are two files`(way: Way) async throws {
        let head = Fixture.line("head", pad: 3000)
        try folder.write("s.jsonl", head + Fixture.lines(1...1))
        var live = try await Live(way, folder)
        try folder.write("t.jsonl", head + Fixture.lines(2...2))
        try await live.until(counted: ["head", "m1", "m2"])
        try folder.append("t.jsonl", Fixture.lines(3...3))
        try folder.rename("t.jsonl", to: "s.jsonl")
        try await live.until(counted: ["head", "m1", "m2", "m3"])
    }

    @Test(arguments: Way.allCases) func `14 a known file in place of one that has something left hides nothing of it`(
        way: Way
    ) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        try folder.write("t.jsonl", Fixture.lines(3...4))
        var live = try await Live(way, folder)
        live.stop()
        try folder.append("t.jsonl", Fixture.lines(5...5))
        try folder.rename("t.jsonl", to: "t.old")
        try folder.append("s.jsonl", Fixture.lines(6...6))
        try folder.rename("s.jsonl", to: "t.jsonl")
        try await live.start()
        try await live.until(counted: (1...6).map { "m\($0)" })
        #expect(live.ids.count == 6, "nothing is read twice")
    }

    @Test(arguments: Way.allCases) func `13 deleted and made again`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        try folder.remove("s.jsonl")
        try await live.settle()
        let markers = try #require(live.queue.progress.counts[.transcript]?.files)
        #expect(markers == 2, "the file is gone, the markers are there")
        #expect(live.failed.isEmpty)
        try folder.write("s.jsonl", Fixture.lines(3...5))
        try await live.until(counted: ["m1", "m2", "m3", "m4", "m5"])
        try folder.remove("s.jsonl")
        try folder.write("s.jsonl", Fixture.lines(6...6))
        try await live.until(counted: (1...6).map { "m\($0)" })
    }

    @Test(arguments: Way.allCases) func `14 a rotated name that is itself read gives nothing twice, ids or not`(
        way: Way
    )
        async throws
    {
        let bare = { (number: Int) in
            Fixture.line("m\(number)").replacing("\"id\":\"m\(number)\",", with: "").replacing(
                "\"requestId\":\"req_m\(number)\",", with: "")
        }
        try folder.write("s.jsonl", bare(1) + Fixture.lines(2...2))
        var live = try await Live(way, folder)
        try folder.append("s.jsonl", bare(3))
        try folder.rename("s.jsonl", to: "s.2.jsonl")
        try folder.write("s.jsonl", Fixture.lines(4...4))
        try await live.until { $0.counted.isSuperset(of: ["m2", "m4"]) }
        try await live.settle()
        #expect(live.follower.counted.count == 4)
        live.stop()
        try folder.rename("s.2.jsonl", to: "s.3.jsonl")
        try folder.rename("s.jsonl", to: "s.2.jsonl")
        try folder.write("s.jsonl", Fixture.lines(5...5))
        try await live.start()
        try await live.until { $0.counted.contains("m5") }
        try await live.settle()
        #expect(live.follower.counted.count == 5)
        #expect(live.ids.count == 5, "nothing is read twice")
    }

    @Test(arguments: Way.allCases)
    func `15 rotated, then compressed: its rest was read, the compressed file is left alone`(
        way: Way
    ) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try await live.until(counted: ["m1", "m2", "m3"])
        try folder.rename("s.jsonl", to: "s.jsonl.1")
        try folder.append("s.jsonl.1", Fixture.lines(4...4))
        try folder.write("s.jsonl.1.gz", [0x1F, 0x8B, 8, 0] + Array("\"usage\"\n".utf8))
        try folder.remove("s.jsonl.1")
        try folder.write("s.jsonl", Fixture.lines(5...5))
        try await live.until(counted: ["m1", "m2", "m3", "m4", "m5"])
        #expect(live.follower.rejected.isEmpty && live.failed.isEmpty)
    }

    @Test(arguments: Way.allCases) func `16 deleted while its writer has it open: read as long as it grows`(way: Way)
        async throws
    {
        var live = try await Live(way, folder)
        try folder.write("s.jsonl", Fixture.lines(1...1))
        try await live.until(counted: ["m1"])
        let writer = try #require(FileHandle(forWritingAtPath: path))
        try writer.seekToEnd()
        // Written and deleted before anybody can look.
        try writer.write(contentsOf: Data(Fixture.lines(2...2).utf8))
        try folder.remove("s.jsonl")
        try await live.until(counted: ["m1", "m2"])
        for number in 3...4 {
            try writer.write(contentsOf: Data(Fixture.lines(number...number).utf8))
            live.pass()
            #expect(live.counted == Set((1...number).map { "m\($0)" }))
        }
        // The last words, and another file in its place.
        try writer.write(contentsOf: Data(Fixture.lines(5...5).utf8))
        try writer.close()
        try folder.write("s.jsonl", Fixture.lines(6...6))
        try await live.until(counted: (1...6).map { "m\($0)" })
        #expect(live.ids == (1...6).map { "m\($0)" })
    }

    @Test(arguments: Way.allCases) func `16 what doesn't grow for a minute is let go`(way: Way) async throws {
        var live = try await Live(way, folder)
        try folder.write("s.jsonl", Fixture.lines(1...1))
        try await live.until(counted: ["m1"])
        let deleted = { () throws -> Bool in
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"))
                    == path + " (deleted)"
            }
        }
        try folder.remove("s.jsonl")
        #expect(try deleted())
        for _ in 0..<12 { live.pass() }
        #expect(try !deleted())
    }

    @Test(arguments: Way.allCases) func `27 a link that points elsewhere, and the file behind it`(way: Way) async throws
    {
        try folder.makeFolder("elsewhere")
        try folder.makeFolder("root")
        try folder.write("elsewhere/a", Fixture.lines(1...3))
        try folder.write("elsewhere/b", Fixture.lines(4...8))
        try folder.link("root/s.jsonl", to: folder.file("elsewhere/a"))
        try folder.link("markers", to: folder.file("root/markers"))
        try folder.makeFolder("root/markers")
        var live = try await Live(way, folder, roots: [folder.file("root")])
        try folder.append("elsewhere/a", Fixture.lines(9...9))
        try await live.until(counted: [1, 2, 3, 9].map { "m\($0)" })
        try folder.link("root/new", to: folder.file("elsewhere/b"))
        try folder.rename("root/new", to: "root/s.jsonl")
        try await live.until(counted: (1...9).map { "m\($0)" })
        try folder.append("elsewhere/b", Fixture.lines(10...10))
        try await live.until(counted: (1...10).map { "m\($0)" })
        try folder.remove("root/s.jsonl")
        try folder.link("root/s.jsonl", to: "nothing")
        try await live.settle()
        #expect(live.failed.isEmpty)
        #expect(live.rescans.allSatisfy { $0.hasPrefix("started") }, "inotify isn't taken for silent")
    }

    @Test(arguments: Way.allCases) func `29 replaced by rename with older content`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...4))
        var live = try await Live(way, folder)
        try folder.write("backup", Fixture.lines(1...2))
        try folder.rename("backup", to: "s.jsonl")
        try folder.append("s.jsonl", Fixture.lines(5...6))
        try await live.until(counted: (1...6).map { "m\($0)" })
    }
}
