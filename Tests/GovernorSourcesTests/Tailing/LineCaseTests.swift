import Foundation
import GovernorCore
import GovernorSources
import Testing

/// The cases of tailing (`faults.md`) that are about lines, each with a watcher over files that are written meanwhile, by
/// inotify and by polling.
@Suite(.timeLimit(.minutes(1))) struct LineCaseTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Way.allCases) func `1 a partial last line at shutdown is unread, then and after the start`(
        way: Way
    )
        async throws
    {
        var live = try await Live(way, folder)
        try folder.write("s.jsonl", Fixture.line("m1") + Fixture.line("m2").prefix(100))
        try await live.until(counted: ["m1"])
        try await live.start()
        try await live.settle()
        #expect(live.ids == ["m1"])
        #expect(live.follower.cursors[folder.file("s.jsonl")]?.offset == Int64(Fixture.line("m1").utf8.count))
    }

    @Test(arguments: Way.allCases)
    func `2 a partial line is read once it is complete, also when that was while stopped`(
        way: Way
    ) async throws {
        var live = try await Live(way, folder)
        let (second, third) = (Fixture.line("m2"), Fixture.line("m3"))
        try folder.write("s.jsonl", Fixture.line("m1") + second.prefix(100))
        try await live.until(counted: ["m1"])
        try folder.append("s.jsonl", String(second.dropFirst(100).dropLast()))
        try await live.settle()
        #expect(live.ids == ["m1"])
        try folder.append("s.jsonl", "\n" + third.prefix(50))
        try await live.until(counted: ["m1", "m2"])
        live.stop()
        try folder.append("s.jsonl", String(third.dropFirst(50)))
        try await live.start()
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids == ["m1", "m2", "m3"])
        #expect(live.follower.rejected.isEmpty && live.follower.notes.isEmpty)
    }

    @Test(arguments: Way.allCases) func `11 an empty file is nothing, and is read when it grows`(way: Way) async throws
    {
        try folder.write("s.jsonl", "")
        var live = try await Live(way, folder)
        try folder.write("t.jsonl", "")
        try await live.settle()
        #expect(live.follower.cursors.keys.allSatisfy { $0.contains("marker") })
        #expect(live.queue.progress.counts[.transcript]?.bytesBehind == 0)
        try folder.append("s.jsonl", Fixture.lines(1...1))
        try folder.append("t.jsonl", Fixture.lines(2...2))
        try await live.until(counted: ["m1", "m2"])
    }

    @Test(arguments: Way.allCases)
    func `17 and 18 a line over 16 MiB is skipped and reported once, and read on behind it`(
        way: Way
    ) async throws {
        var live = try await Live(way, folder)
        let long = Fixture.line("long", pad: FileReader.lineLimit)
        try folder.write("s.jsonl", Fixture.lines(1...1) + long)
        try await live.until { $0.follower.rejected.count == 1 }
        let start = Int64(Fixture.lines(1...1).utf8.count)
        #expect(live.follower.rejected.map(\.offset) == [start])
        #expect(live.follower.cursors[folder.file("s.jsonl")]?.offset == start + Int64(long.utf8.count))
        try folder.append("s.jsonl", Fixture.lines(2...2))
        try await live.until(counted: ["m1", "m2"])
        try await live.start()
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids == ["m1", "m2", "m3"])
        #expect(live.follower.rejected.count == 1 && live.follower.notes.isEmpty)
    }

    @Test(arguments: Way.allCases) func `19 a file that begins in mid-line gives its whole lines`(way: Way) async throws
    {
        try folder.write("s.jsonl", String(Fixture.line("m1").dropFirst(40)) + Fixture.lines(2...2))
        var live = try await Live(way, folder)
        try folder.append("s.jsonl", Fixture.lines(3...3))
        try await live.until(counted: ["m2", "m3"])
        #expect(live.follower.rejected.map(\.offset) == [0])
    }

    @Test(arguments: Way.allCases) func `20 a file whose head is cut off while it is followed loses only the cut line`(
        way: Way
    ) async throws {
        try folder.write("s.jsonl", Fixture.lines(1...3))
        var live = try await Live(way, folder)
        let rest = try folder.bytes("s.jsonl").dropFirst(40)
        try folder.write("new", Array(rest) + Array(Fixture.lines(4...4).utf8))
        try folder.rename("new", to: "s.jsonl")
        try await live.until(counted: ["m1", "m2", "m3", "m4"])
        #expect(live.follower.rejected.map(\.offset) == [0])
    }

    @Test(arguments: Way.allCases) func `21 a tail of NUL hides no line written behind it`(way: Way) async throws {
        var live = try await Live(way, folder)
        let torn = Array(Fixture.line("torn").utf8.dropLast(10))
        try folder.write("s.jsonl", Array(Fixture.lines(1...1).utf8) + torn + [UInt8](repeating: 0, count: 5000))
        try await live.until(counted: ["m1"])
        try await live.start()
        try folder.append("s.jsonl", Fixture.lines(2...3))
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.ids == ["m1", "m2", "m3"])
        #expect(live.follower.rejected.count == 1)
    }

    @Test(arguments: Way.allCases) func `23 and 24 CR LF ends lines, and what is not UTF-8 costs its own line`(way: Way)
        async throws
    {
        var live = try await Live(way, folder)
        try folder.write("s.jsonl", Fixture.lines(1...2).replacing("\n", with: "\r\n") + "\r\n")
        try await live.until(counted: ["m1", "m2"])
        let line = Fixture.line("broken")
        let place = try #require(line.range(of: "opus"))
        let broken = Array(line[..<place.lowerBound].utf8) + [0xFF, 0xC3] + Array(line[place.upperBound...].utf8)
        try folder.append("s.jsonl", broken + Array(Fixture.lines(3...3).utf8))
        try await live.until(counted: ["m1", "m2", "m3"])
        #expect(live.follower.rejected.map(\.reason) == ["model: a string that is not UTF-8"])
    }
}
