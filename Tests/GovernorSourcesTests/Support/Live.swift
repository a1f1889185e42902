import GovernorCore
import GovernorSources
import Testing

/// How changes are noticed.
enum Way: String, CaseIterable, CustomTestStringConvertible {
    case inotify, polling

    var options: WatchOptions {
        switch self {
        case .inotify: WatchOptions(mode: .automatic, safetyInterval: .seconds(1000))
        case .polling: WatchOptions(mode: .poll, pollInterval: .milliseconds(10))
        }
    }

    var testDescription: String { rawValue }
}

/// The daemon's loop over real files, step by step: a watcher tells, a queue says what is next, a follower reads.
struct Live {
    private let folder: TemporaryFolder
    private let roots: SourceRoots
    private let way: Way
    private var watcher: FileWatcher
    private var changes: FileWatcher.Iterator
    private(set) var queue = ReadQueue()
    private(set) var follower: Follower
    /// What can't be read, and what can't be looked into.
    private(set) var failed: [String: SourceError] = [:]
    private(set) var problems: [SourceError] = []
    private(set) var rescans: [String] = []
    private var markers = 0

    /// Starts, and reads what is there.
    init(
        _ way: Way, _ folder: TemporaryFolder, _ follower: Follower = Follower(), roots: [String]? = nil,
        isRequired: Bool = false
    ) async throws {
        self.way = way
        self.folder = folder
        self.follower = follower
        self.roots = SourceRoots(paths: roots ?? [folder.path], areRequired: isRequired)
        watcher = try FileWatcher(roots: self.roots, options: way.options)
        changes = watcher.makeAsyncIterator()
        try await until { !$0.queue.isCatchingUp }
    }

    var ids: [String] { follower.ids }
    var counted: Set<String> { Set(follower.counted.map(\.message)) }

    /// Takes what is told until something holds.
    mutating func until(_ isDone: (Live) -> Bool) async throws {
        while !isDone(self) {
            let batch = try #require(await changes.next(), "the watcher ended")
            take(batch)
            read()
        }
    }

    /// Waits until the records are those.
    mutating func until(counted ids: [String]) async throws {
        try await until { $0.counted.isSuperset(of: ids) }
        try await settle()
        #expect(counted == Set(ids))
        #expect(follower.counted.count == ids.count)
    }

    /// Until all that has happened so far is read.
    ///
    /// Of two files made one after the other the second is seen by a look that began after the first was told of, and
    /// sees all that was done before.
    mutating func settle() async throws {
        for _ in 0..<2 {
            markers += 1
            let name = "marker-\(markers)"
            try folder.makeFolder("markers")
            try folder.write("markers/\(name).jsonl", Fixture.line(name))
            try await until { $0.follower.records.contains { $0.message == name } }
        }
    }

    /// The daemon ends. What happens now is not seen before it is started again.
    func stop() { watcher.stop() }

    /// It starts again, from what it stored.
    mutating func start() async throws {
        watcher.stop()
        var follower = self.follower
        follower.restart()
        let fresh = try await Live(way, folder, follower, roots: roots.paths, isRequired: roots.areRequired)
        let markers = self.markers
        self = fresh
        self.markers = markers
    }

    /// Some seconds pass.
    mutating func pass() {
        queue.pass()
        for path in follower.tail.pass() { if let kind = FileKind(path: path) { queue.changed(path, kind) } }
        read()
    }

    private mutating func take(_ batch: [Change]) {
        for change in batch {
            switch change {
            case .changed(let path): if let kind = FileKind(path: path) { queue.changed(path, kind) }
            case .unreadable(let problems): self.problems = problems
            case .pass: break
            case .rescan(let reason):
                rescans.append(reason)
                let found = roots.discover()
                problems = found.problems
                let tail = follower.tail
                let renamed = tail.renamed(besides: Set(found.files.map(\.path)))
                queue.found(
                    found.files,
                    renamed: renamed, behind: tail.bytesBehind)
            }
        }
    }

    private mutating func read() {
        while let turn = queue.next() {
            do throws(SourceError) {
                let batch = try follower.step(turn.path, turn.kind, isLive: turn.isLive)
                failed[turn.path] = nil
                if let batch, !batch.isAtEnd {
                    queue.goesOn(turn, read: batch.cursor.offset)
                } else {
                    queue.finished(turn)
                }
            } catch {
                if error.code == .gone {
                    failed[turn.path] = nil
                    queue.gone(turn)
                } else {
                    failed[turn.path] = error
                    queue.failed(turn)
                }
            }
        }
    }
}
