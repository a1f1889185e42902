import Foundation
import Glibc
import GovernorSources
import Testing

/// The cases of tailing (`faults.md`) that are about being told: 25, 26, and what can't be looked into.
@Suite(.timeLimit(.minutes(1))) struct WatchCaseTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func set(_ path: String, _ mode: mode_t) throws { try withPrivileges { #expect(chmod(path, mode) == 0) } }

    /// Steps the watch as its thread does until something holds of what it tells.
    private func step(_ watch: FolderWatch, until isDone: ([Change]) -> Bool) throws {
        var seen: [Change] = []
        while !isDone(seen) { seen += try #require(watch.wait(stop: -1)) }
    }

    @Test func `25 what is written while the kernel's queue runs over is read`() throws {
        let text = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let limit = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("a.jsonl", Fixture.lines(1...1))
        try folder.write("b.jsonl", Fixture.lines(2...2))
        var follower = Follower()
        let watch = FolderWatch(roots: roots, options: WatchOptions(safetyInterval: .seconds(1000)))
        _ = watch.start()
        try follower.followAll(roots)
        // In turn, because the kernel unites equal events that follow each other.
        let files = try ["a.jsonl", "b.jsonl"].map { try #require(FileHandle(forWritingAtPath: folder.file($0))) }
        for file in files { try file.seekToEnd() }
        for index in 0...limit { try files[index % 2].write(contentsOf: Data([0x0A])) }
        // The kernel has no room left to tell of these.
        try folder.makeFolder("new")
        try folder.write("new/c.jsonl", Fixture.lines(3...3))
        try folder.append("a.jsonl", Fixture.lines(4...4))
        let overflow = Change.rescan("the kernel's queue of changes ran over")
        try step(watch) { $0.contains(overflow) }
        try follower.followAll(roots)
        #expect(Set(follower.ids) == ["m1", "m2", "m3", "m4"])
        // And what comes later is told, in the new folder too.
        try folder.append("new/c.jsonl", Fixture.lines(5...5))
        try step(watch) { $0.contains(.changed(folder.file("new/c.jsonl"))) }
        try follower.followAll(roots)
        #expect(follower.counted.count == 5)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else for a moment"))
    func `26 a machine without inotify to spare looks for changes`() throws {
        // Instances are counted by user: nobody's are used up on this thread, and nobody else notices.
        chmod(folder.path, 0o777)
        var taken: [Int32] = []
        defer { for descriptor in taken { close(descriptor) } }
        let watch = try asNobody {
            while true {
                let descriptor = inotify_init1(Int32(IN_CLOEXEC))
                guard descriptor >= 0 else { break }
                taken.append(descriptor)
            }
            let options = WatchOptions(pollInterval: .milliseconds(5), safetyInterval: .seconds(1000))
            return FolderWatch(roots: SourceRoots(paths: [folder.path]), options: options)
        }
        #expect(
            watch.start() == [
                .rescan("started, looking every 0.005 seconds (no inotify: Too many open files)")
            ])
        var follower = Follower()
        try folder.makeFolder("p")
        for number in 1...3 {
            try folder.append("p/s.jsonl", Fixture.lines(number...number))
            try step(watch) { $0.contains(.changed(folder.file("p/s.jsonl"))) }
            try follower.follow(folder.file("p/s.jsonl"))
        }
        #expect(follower.ids == ["m1", "m2", "m3"])
    }

    @Test(arguments: Way.allCases) func `a root that was asked for and isn't there is a problem until it is`(way: Way)
        async throws
    {
        let root = folder.file("there/projects")
        var live = try await Live(way, folder, roots: [folder.path, root], isRequired: true)
        #expect(live.problems.map(\.code) == [.missing])
        #expect(
            live.problems.map(\.description) == [
                "cannot read \(root): No such file or directory; make it, or don't name it; it is read as soon as it is there"
            ])
        try folder.makeFolder("there/projects")
        try folder.write("there/projects/s.jsonl", Fixture.lines(1...1))
        try await live.until(counted: ["m1"])
        try await live.until { $0.problems.isEmpty }
        try folder.rename("there", to: "elsewhere")
        try await live.until { $0.problems.map(\.path) == [root] }
    }

    @Test(arguments: Way.allCases) func `28 a folder whose permission is lost is told, and read when it is given back`(
        way: Way
    ) async throws {
        try folder.makeFolder("root/p")
        try folder.write("root/p/s.jsonl", Fixture.lines(1...1))
        let watch = FolderWatch(roots: SourceRoots(paths: [folder.file("root")]), options: way.options)
        let problem = SourceError(code: .forbidden, path: folder.file("root/p"), cause: "Permission denied")
        try withoutPrivileges {
            #expect(watch.start().count == 1)
            try set(folder.file("root/p"), 0)
            try step(watch) { $0.contains(.unreadable([problem])) }
            try set(folder.file("root/p"), 0o755)
            try step(watch) { $0.contains(.unreadable([])) && $0.contains(.changed(folder.file("root/p/s.jsonl"))) }
            try set(folder.file("root"), 0)
            try step(watch) { changes in
                changes.contains { if case .unreadable(let problems) = $0 { !problems.isEmpty } else { false } }
            }
            try set(folder.file("root"), 0o755)
            try step(watch) { $0.contains(.unreadable([])) }
        }
    }
}
