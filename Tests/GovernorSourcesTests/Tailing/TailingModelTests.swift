import GovernorCore
import GovernorSources
import Seeds
import Testing

/// A writer that does anything to its files, and a follower that pauses, is stopped and started, loses its permission, its
/// last transaction or its positions, against three sentences: a line that was whole in a readable file when it was read
/// is delivered; nothing is delivered that was never written; and each counts once.
@Suite struct TailingModelTests {
    /// `GOVERNOR_SEEDS=25` makes it a thousand.
    @Test(arguments: Seed.some(40)) func `whatever a writer does, what is whole when it is read is delivered`(
        seed: Seed
    )
        throws
    {
        var run = try ModelRun(seed: seed)
        for _ in 0..<150 { try run.step() }
        try run.readAll()
    }

    @Test(.serialized, .timeLimit(.minutes(2)), arguments: Way.allCases, Seed.some(3))
    func `and so it is when it is told of changes while they happen`(way: Way, seed: Seed) async throws {
        let writer = try ModelWriter(seed: seed)
        try await follow(way, writer)
    }

    private func follow(_ way: Way, _ writer: ModelWriter) async throws {
        var writer = writer
        var live = try await Live(way, writer.folder)
        for step in 0..<300 {
            try writer.step()
            guard writer.generator.once(in: 25) || step == 299 else { continue }
            if writer.generator.once(in: 3) {
                live.stop()
                for _ in 0..<10 { try writer.step() }
                try await live.start()
            }
            let whole = try writer.wholeLines()
            try await live.settle()
            let delivered = Set(live.ids)
            #expect(
                delivered.isSuperset(of: whole), "not delivered after \(writer.steps): \(whole.subtracting(delivered))")
        }
        #expect(Set(live.ids).isSubset(of: writer.written.values), "invented")
        #expect(live.follower.counted.count == Set(live.ids).count)
    }
}

/// The follower's side of the model.
private struct ModelRun {
    /// What survives a crash: positions, records, and what was owed by the reads that are in them.
    private struct Store {
        var follower = Follower()
        var owed: Set<String> = []
    }

    private var writer: ModelWriter
    private var store = Store()
    private var before = Store()
    /// Reads are left out for so many steps.
    private var pause = 0
    private var locked: String?

    init(seed: Seed) throws {
        writer = try ModelWriter(seed: seed)
        // Small pieces, so that every edge is met within a few kilobytes.
        let chunk = 64 + writer.generator.number(0..<900)
        store.follower.reader = FileReader(zone: .utc, lineLimit: 4000, chunk: chunk)
        store.follower.limit = 1 + writer.generator.number(0..<9)
        before = store
    }

    mutating func step() throws {
        pause = max(0, pause - 1)
        switch writer.generator.number(0..<20) {
        case 0..<3: if pause == 0 { try readAll() }
        case 3..<6: if pause == 0 { try readOne() }
        case 6:
            writer.log("pause")
            pause = writer.generator.number(1..<25)
        case 7:
            writer.log("restart")
            store.follower.restart()
        case 8:
            writer.log("lose the last transaction")
            store = before
            store.follower.restart()
        case 9 where writer.generator.once(in: 3):
            writer.log("lose all positions")
            store.follower.cursors = [:]
        case 10: try unlock()
        case 11 where locked == nil:
            locked = try writer.lock()
        default: try writer.step()
        }
    }

    /// One batch of one file.
    private mutating func readOne() throws {
        let name = writer.generator.pick(ModelWriter.names)
        writer.log("read a batch of \(name)")
        before = store
        try withoutPrivileges {
            do { try store.follower.follow(writer.folder.file(name), batches: 1) } catch let error as SourceError {
                #expect(error.code == .gone || error.code == .forbidden)
            }
        }
    }

    /// Everything, as at a start; then what is owed must be there.
    mutating func readAll() throws {
        writer.log("read all")
        before = store
        store.owed.formUnion(try withoutPrivileges { try writer.wholeLines() })
        let roots = SourceRoots(paths: [writer.folder.path])
        try withoutPrivileges {
            let found = roots.discover().files.map(\.path)
            for path in store.follower.tail.renamed(besides: Set(found)) + found {
                do { try store.follower.follow(path) } catch let error as SourceError {
                    #expect(error.code == .gone || error.code == .forbidden)
                }
            }
        }
        let delivered = Set(store.follower.ids)
        let missing = store.owed.subtracting(delivered)
        #expect(missing.isEmpty, "\(missing.sorted()) not delivered after \(writer.steps)")
        #expect(delivered.isSubset(of: writer.written.values), "invented after \(writer.steps)")
        #expect(store.follower.counted.count == delivered.count)
    }

    private mutating func unlock() throws {
        guard let name = locked else { return }
        locked = nil
        try writer.unlock(name)
    }
}
