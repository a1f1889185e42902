import GovernorCore
import GovernorSources
import Testing

/// The cases of tailing (`faults.md`) in which a cursor is no longer about what the file holds, with a watcher, by inotify
/// and by polling.
@Suite(.timeLimit(.minutes(1))) struct RewriteCaseTests {
    let folder: TemporaryFolder
    var path: String { folder.file("s.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Way.allCases) func `6 truncated, then grown past the old end while stopped`(way: Way) async throws
    {
        let head = Fixture.line("head", pad: 2000)
        try folder.write("s.jsonl", head + Fixture.lines(1...2))
        var live = try await Live(way, folder)
        live.stop()
        // Behind its head, and to lines of the same lengths.
        try folder.truncate("s.jsonl", to: head.utf8.count)
        try folder.append("s.jsonl", Fixture.lines(5...7))
        try await live.start()
        try await live.until(counted: ["head", "m1", "m2", "m5", "m6", "m7"])
        live.stop()
        try folder.write("s.jsonl", Fixture.lines(10...30))
        try await live.start()
        try await live.until(counted: ["head", "m1", "m2", "m5", "m6", "m7"] + (10...30).map { "m\($0)" })
        #expect(
            live.follower.notes == ["rewritten, read again from the start", "rewritten, read again from the start"])
    }

    @Test(arguments: Way.allCases) func `7 truncated while running`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...3))
        var live = try await Live(way, folder)
        try folder.truncate("s.jsonl", to: 0)
        try folder.append("s.jsonl", Fixture.lines(4...4))
        try await live.until(counted: ["m1", "m2", "m3", "m4"])
        try folder.truncate("s.jsonl", to: Fixture.lines(4...4).utf8.count - 30)
        try await live.settle()
        try folder.append("s.jsonl", "\n" + Fixture.lines(5...6))
        try await live.until(counted: ["m1", "m2", "m3", "m4", "m5", "m6"])
        #expect(live.follower.rejected.count == 1, "the line that was cut")
    }

    @Test(arguments: Way.allCases, [1...1, 5...30]) func `8 and 9 an inode used again by a smaller or a larger file`(
        way: Way, ids: ClosedRange<Int>
    ) async throws {
        try folder.write("s.jsonl", Fixture.lines(50...53))
        var live = try await Live(way, folder)
        live.stop()
        // The file system gives a freed inode to the next file soon, if not at once; where it never does, the stored
        // position is given the new file's inode, which is the same to the reader.
        try folder.remove("s.jsonl")
        try folder.write("s.jsonl", Fixture.lines(ids))
        let inode = try #require(SourceRoots(paths: [folder.path]).discover().files.first).inode
        var follower = live.follower
        follower.cursors[path]?.inode = inode
        live = try await Live(way, folder, follower)
        try await live.until(counted: (50...53).map { "m\($0)" } + ids.map { "m\($0)" })
    }

    @Test(arguments: Way.allCases) func `12 a cursor beyond the end starts anew`(way: Way) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...4))
        var live = try await Live(way, folder)
        live.stop()
        try folder.write("s.jsonl", Fixture.lines(5...6))
        try await live.start()
        try await live.until(counted: (1...6).map { "m\($0)" })
        #expect(live.follower.notes == ["truncated, read again from the start"])
    }

    @Test(
        arguments: Way.allCases,
        [(-5, 5), (.min, 0), (.max, 1024), (100, -1), (100, 1_000_000), (0, 7), (10, 1024)] as [(Int64, Int64)])
    func `22 a corrupt cursor starts anew`(way: Way, cursor: (offset: Int64, headLength: Int64)) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...2))
        var live = try await Live(way, folder)
        live.stop()
        var follower = live.follower
        follower.cursors[path]?.offset = cursor.offset
        follower.cursors[path]?.headLength = cursor.headLength
        live = try await Live(way, folder, follower)
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids.filter { $0 == "m1" }.count == 2, "it was read again")
    }

    @Test(arguments: Way.allCases) func `28 a permission lost and given back, of the file and of its folder`(way: Way)
        async throws
    {
        try folder.makeFolder("p")
        try folder.write("p/s.jsonl", Fixture.lines(1...1))
        var live = try await Live(way, folder)
        // Root may read everything, but nobody can read a folder in place of the file, or follow a link to itself.
        try folder.rename("p/s.jsonl", to: "p/hidden")
        try folder.link("p/s.jsonl", to: "s.jsonl")
        try await live.until { !$0.problems.isEmpty || !$0.failed.isEmpty }
        try await live.settle()
        #expect(live.failed[folder.file("p/s.jsonl")]?.code == .wrongKind)
        try folder.append("p/hidden", Fixture.lines(2...2))
        try folder.rename("p/hidden", to: "p/s.jsonl")
        try await live.until(counted: ["m1", "m2"])
        #expect(live.failed.isEmpty)
        #expect(live.ids == ["m1", "m2"])
        try folder.rename("p", to: "hidden")
        try folder.link("p", to: "p")
        try await live.until { $0.problems.map(\.path) == [folder.file("p")] }
        try folder.append("hidden/s.jsonl", Fixture.lines(3...3))
        try folder.remove("p")
        try folder.rename("hidden", to: "p")
        try await live.until(counted: ["m1", "m2", "m3"])
        try await live.until { $0.problems.isEmpty }
    }

    @Test(arguments: Way.allCases) func `30 killed between ingest and cursor: the same batch again, which adds nothing`(
        way: Way
    ) async throws {
        var follower = Follower()
        follower.limit = 3
        try folder.write("s.jsonl", Fixture.lines(1...10))
        try follower.follow(path, batches: 1)
        let stored = follower
        try follower.follow(path, batches: 1)
        // Stored together and lost together, or the records stored and the cursor not.
        var again = stored
        again.records = follower.records
        for (start, copies) in [(stored, 1), (again, 2)] {
            var start = start
            start.restart()
            var live = try await Live(way, folder, start)
            #expect(Array(live.follower.records.dropFirst(start.records.count).prefix(3)) == follower.records.suffix(3))
            try await live.until(counted: (1...10).map { "m\($0)" })
            #expect(live.ids.filter { $0 == "m5" }.count == copies)
            live.stop()
        }
    }
}
