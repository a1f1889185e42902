import Foundation
import Glibc
import GovernorSources
import Testing

/// Being told of changes, by inotify and by looking.
@Suite(.timeLimit(.minutes(1))) struct WatcherTests {
    static let ways: [WatchOptions] = [
        WatchOptions(mode: .automatic), WatchOptions(mode: .poll, pollInterval: .milliseconds(20)),
    ]

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The first change that is wanted, from a watcher that has said it stands.
    private func first(
        _ changes: inout FileWatcher.Iterator, where isWanted: (Change) -> Bool
    ) async throws -> Change {
        while let batch = await changes.next() {
            if let change = batch.first(where: isWanted) { return change }
        }
        throw CancellationError()
    }

    private func started(_ options: WatchOptions, _ roots: [String]) async throws -> FileWatcher.Iterator {
        var changes = try FileWatcher(roots: SourceRoots(paths: roots), options: options).makeAsyncIterator()
        let first = await changes.next()
        guard case .rescan(let reason)? = first?.first else {
            Issue.record("the first change was \(String(describing: first))")
            return changes
        }
        #expect(reason.hasPrefix("started"))
        return changes
    }

    @Test(arguments: ways) func `26 a line appended is told, by inotify and without it`(options: WatchOptions)
        async throws
    {
        try folder.write("s.jsonl", Fixture.lines(1...1))
        var changes = try await started(options, [folder.path])
        for id in 2...4 {
            try folder.append("s.jsonl", Fixture.lines(id...id))
            _ = try await first(&changes) { $0 == .changed(folder.file("s.jsonl")) }
        }
    }

    @Test(arguments: ways) func `files in folders that are made later are told`(options: WatchOptions) async throws {
        var changes = try await started(options, [folder.path])
        try folder.makeFolder("p/s-1/subagents/workflows/w-1")
        try folder.write("p/s-1/subagents/workflows/w-1/agent-7.jsonl", Fixture.lines(1...1))
        let path = folder.file("p/s-1/subagents/workflows/w-1/agent-7.jsonl")
        _ = try await first(&changes) { $0 == .changed(path) }
        try folder.append("p/s-1/subagents/workflows/w-1/agent-7.jsonl", Fixture.lines(2...2))
        _ = try await first(&changes) { $0 == .changed(path) }
    }

    @Test(arguments: ways) func `a root that appears later is watched`(options: WatchOptions) async throws {
        var changes = try await started(options, [folder.file("home/.claude/projects")])
        try folder.makeFolder("home/.claude/projects/p")
        try folder.write("home/.claude/projects/p/s.jsonl", Fixture.lines(1...1))
        let path = folder.file("home/.claude/projects/p/s.jsonl")
        _ = try await first(&changes) { $0 == .changed(path) }
        try folder.append("home/.claude/projects/p/s.jsonl", Fixture.lines(2...2))
        _ = try await first(&changes) { $0 == .changed(path) }
    }

    @Test(arguments: ways) func `deleting, renaming and permissions are told`(options: WatchOptions) async throws {
        try folder.write("a.jsonl", "")
        try folder.write("b.jsonl", "")
        var changes = try await started(options, [folder.path])
        try folder.rename("a.jsonl", to: "c.jsonl")
        _ = try await first(&changes) { $0 == .changed(folder.file("c.jsonl")) }
        try folder.remove("c.jsonl")
        _ = try await first(&changes) { $0 == .changed(folder.file("c.jsonl")) }
        chmod(folder.file("b.jsonl"), 0o600)
        _ = try await first(&changes) { $0 == .changed(folder.file("b.jsonl")) }
    }

    @Test(arguments: ways) func `a folder that is moved away and another put in its place is watched`(
        options: WatchOptions
    ) async throws {
        try folder.makeFolder("roots/p")
        try folder.write("roots/p/s.jsonl", "")
        var changes = try await started(options, [folder.file("roots")])
        try folder.rename("roots/p", to: "elsewhere")
        try folder.makeFolder("roots/p")
        try folder.write("roots/p/t.jsonl", "")
        _ = try await first(&changes) { $0 == .changed(folder.file("roots/p/t.jsonl")) }
        try folder.append("roots/p/t.jsonl", Fixture.lines(1...1))
        _ = try await first(&changes) { $0 == .changed(folder.file("roots/p/t.jsonl")) }
    }

    @Test(arguments: ways) func `27 a link to a folder that points elsewhere is followed`(options: WatchOptions)
        async throws
    {
        try folder.makeFolder("a")
        try folder.makeFolder("b")
        try folder.makeFolder("root")
        try folder.link("root/link", to: folder.file("a"))
        var changes = try await started(options, [folder.file("root")])
        try folder.link("root/new", to: folder.file("b"))
        try folder.rename("root/new", to: "root/link")
        try folder.write("b/s.jsonl", "")
        _ = try await first(&changes) { $0 == .changed(folder.file("root/link/s.jsonl")) }
        try folder.append("b/s.jsonl", Fixture.lines(1...1))
        _ = try await first(&changes) { $0 == .changed(folder.file("root/link/s.jsonl")) }
    }

    @Test func `25 when the kernel's queue runs over, everything is to be read again`() throws {
        let limit = try #require(
            Int(
                String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)))
        try folder.write("a.jsonl", "")
        try folder.write("b.jsonl", "")
        let watch = FolderWatch(roots: SourceRoots(paths: [folder.path]))
        _ = watch.start()
        let files = try ["a.jsonl", "b.jsonl"].map { try #require(FileHandle(forWritingAtPath: folder.file($0))) }
        // In turn, because the kernel unites equal events that follow each other.
        for index in 0...limit { try files[index % 2].write(contentsOf: Data([0x0A])) }
        var seen: [Change] = []
        while !seen.contains(.rescan("the kernel's queue of changes ran over")) {
            seen += try #require(watch.wait(stop: -1))
        }
        try files[0].write(contentsOf: Data([0x0A]))
        while !(watch.wait(stop: -1) ?? []).contains(.changed(folder.file("a.jsonl"))) {}
    }

    @Test func `26 above the limit of watched folders files are looked at`() throws {
        try folder.makeFolder("p/q")
        let options = WatchOptions(pollInterval: .milliseconds(10), safetyInterval: .seconds(1000), watchLimit: 1)
        let watch = FolderWatch(roots: SourceRoots(paths: [folder.path]), options: options)
        #expect(
            watch.start() == [
                .rescan("started, looking every 0.01 seconds (1 folders are watched, the others are not)")
            ])
        try folder.write("p/q/s.jsonl", Fixture.lines(1...1))
        while !(watch.wait(stop: -1) ?? []).contains(.changed(folder.file("p/q/s.jsonl"))) {}
    }

    @Test func `26 where inotify is silent, files are looked at more often`() throws {
        try folder.write("s.jsonl", Fixture.lines(1...1))
        let options = WatchOptions(pollInterval: .milliseconds(1), safetyInterval: .milliseconds(1))
        let watch = FolderWatch(roots: SourceRoots(paths: [folder.path]), options: options)
        _ = watch.start()
        // A write through mapped memory is one of those that inotify never tells of.
        let descriptor = open(folder.file("s.jsonl"), O_RDWR)
        defer { close(descriptor) }
        let memory = try #require(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0))
        defer { munmap(memory, 4096) }
        var seen: [Change] = []
        for round in 0..<1000
        where !seen.contains(.rescan("looking every 0.001 seconds: inotify is silent about \(folder.file("s.jsonl"))"))
        {
            memory.storeBytes(of: UInt8(truncatingIfNeeded: round), as: UInt8.self)
            msync(memory, 4096, Int32(MS_SYNC))
            seen += watch.wait(stop: -1) ?? []
        }
        #expect(seen.contains(.changed(folder.file("s.jsonl"))))
        #expect(seen.contains { if case .rescan = $0 { true } else { false } })
    }

    @Test func `26 inotify that speaks is not taken for silent under a busy writer`() throws {
        try folder.write("s.jsonl", "")
        let options = WatchOptions(safetyInterval: .milliseconds(1))
        let watch = FolderWatch(roots: SourceRoots(paths: [folder.path]), options: options)
        _ = watch.start()
        let path = folder.file("s.jsonl")
        let writer = Thread {
            let descriptor = open(path, O_WRONLY | O_APPEND)
            for _ in 0..<20_000 { _ = write(descriptor, "\n", 1) }
            close(descriptor)
            rename(path, path + ".1")
        }
        writer.start()
        var seen: [Change] = []
        while !seen.contains(.changed(path + ".1")) { seen += watch.wait(stop: -1) ?? [] }
        #expect(seen.allSatisfy { if case .changed = $0 { true } else { false } })
    }

    @Test(arguments: ways) func `stopping ends the sequence`(options: WatchOptions) async throws {
        let watcher = try FileWatcher(roots: SourceRoots(paths: [folder.path]), options: options)
        var changes = watcher.makeAsyncIterator()
        _ = await changes.next()
        watcher.stop()
        #expect(await changes.next() == nil)
    }

    @Test func `a consumer that is cancelled stops waiting`() async throws {
        let watcher = try FileWatcher(roots: SourceRoots(paths: [folder.path]))
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in watcher { start.yield() }
            }
            for await _ in starts { break }
            group.cancelAll()
        }
    }

    @Test func `changes that wait are told once each`() async throws {
        try folder.write("s.jsonl", "")
        let watcher = try FileWatcher(roots: SourceRoots(paths: [folder.path]))
        var changes = watcher.makeAsyncIterator()
        _ = await changes.next()
        for id in 1...200 { try folder.append("s.jsonl", Fixture.lines(id...id)) }
        try folder.write("end.jsonl", "")
        var batches: [[Change]] = []
        while !batches.joined().contains(.changed(folder.file("end.jsonl"))), let batch = await changes.next() {
            batches.append(batch)
        }
        for batch in batches { #expect(Set(batch).count == batch.count) }
    }
}
