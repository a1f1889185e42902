import GovernorCore
import GovernorLedger
import Synchronization
import Seeds
import Testing

/// Invariant 8: what was acknowledged is there, what was half-written is not, nothing counts twice. The images are the
/// ledger's files as they stood on the disk at some moment, opened as if the process had been killed there, or the power
/// cut.
@Suite struct CrashTests {
    @Test(arguments: Seed.some(2))
    func `an image of any moment holds whole transactions, and all that were acknowledged`(_ seed: Seed) async throws {
        let feed = Feed(seed)
        let batches = 25
        let pictures = try LedgerPicture.all(of: feed, batches: batches)
        let images = try await images(during: feed, batches: batches)
        var random = SeededGenerator(seed)
        for (acknowledged, image) in images {
            // No checkpoint came between, so the log alone decides and the two files fit each other.
            try #require(image.database == images[0].image.database)
            let whole = try reopen(image, feed, pictures, &random)
            #expect(whole >= acknowledged)
            var cut = image
            cut.log.removeLast(random.number(0..<cut.log.count + 1))
            #expect(try reopen(cut, feed, pictures, &random) <= whole)
            var torn = image
            for place in torn.log.indices.suffix(random.number(1..<9000)) where random.once(in: 300) {
                torn.log[place] ^= 1 << UInt8(random.number(0..<8))
            }
            #expect(try reopen(torn, feed, pictures, &random) <= whole)
        }
    }

    /// Each sector of 512 bytes that a commit wrote has reached the disk or has not; also while the log starts over after
    /// a checkpoint.
    @Test(arguments: Seed.some(2))
    func `a power cut within a commit leaves all of it or none`(_ seed: Seed) throws {
        let feed = Feed(seed, ballast: 750_000)
        let batches = 24
        let pictures = try LedgerPicture.all(of: feed, batches: batches)
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: feed.policy, now: feed.time(of: 0))
        var random = SeededGenerator(seed)
        var before = try folder.takeImage()
        var checkpoints = 0
        for index in 0..<batches {
            try ledger.take(index + 1, of: feed, &book)
            let after = try folder.takeImage()
            // A checkpoint runs behind the commit, when the log is safe.
            if after.database != before.database { checkpoints += 1 }
            if random.once(in: 3) {
                #expect(try reopen(after, feed, pictures, &random) == index + 1)
                let torn = DiskImage(
                    database: before.database, log: random.torn(between: before.log, and: after.log))
                #expect(try [index, index + 1].contains(reopen(torn, feed, pictures, &random)))
            }
            before = after
        }
        #expect(checkpoints > 0, "too little was written to see a checkpoint")
    }

    /// Takes images on one thread while another commits, each with the number of batches acknowledged before it.
    private func images(during feed: Feed, batches: Int) async throws -> [(acknowledged: Int, image: DiskImage)] {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let progress = Progress()
        async let committed: Void = Self.commit(batches, of: feed, to: ledger, progress)
        var images: [(Int, DiskImage)] = []
        while !progress.isOver {
            let acknowledged = progress.acknowledged
            images.append((acknowledged, try folder.takeImage()))
            await Task.yield()
        }
        try await committed
        let last = (batches, try folder.takeImage())
        // A spread of them: opening each takes longer than taking it.
        return images.enumerated().filter { $0.offset % max(1, images.count / 8) == 0 }.map(\.element) + [last]
    }

    private static func commit(_ batches: Int, of feed: Feed, to ledger: Ledger, _ progress: Progress) async throws {
        defer { progress.end() }
        var book = try ledger.book(for: feed.policy, now: feed.time(of: 0))
        for index in 0..<batches {
            try ledger.take(index + 1, of: feed, &book)
            progress.acknowledge(index + 1)
        }
    }

    /// Opens an image as a new process would, looks whether it is a prefix of the undisturbed run, and reads on from it,
    /// some batches a second time.
    /// - Returns: how many batches it holds.
    private func reopen(
        _ image: DiskImage, _ feed: Feed, _ pictures: [LedgerPicture], _ random: inout SeededGenerator
    ) throws -> Int {
        let folder = try DataFolder()
        try folder.put(image)
        let ledger = try Ledger(folder: folder.path)
        let picture = try LedgerPicture(ledger, feed)
        let found = picture.progress
        #expect(picture == pictures[found])
        var book = try ledger.book(for: feed.policy, now: feed.time(of: found))
        let end = random.once(in: 4) ? pictures.count - 1 : min(found + 3, pictures.count - 1)
        for index in max(0, found - random.number(0..<3))..<end { try ledger.take(index + 1, of: feed, &book) }
        #expect(try LedgerPicture(ledger, feed) == pictures[end])
        try ledger.close()
        #expect(try integrity(of: folder.file(DiskImage.database)) == "ok")
        return found
    }
}

/// How far a thread that commits has come.
private final class Progress: Sendable {
    private let state = Mutex((acknowledged: 0, isOver: false))

    var acknowledged: Int { state.withLock { $0.acknowledged } }
    var isOver: Bool { state.withLock { $0.isOver } }

    func acknowledge(_ batch: Int) { state.withLock { $0.acknowledged = batch } }
    func end() { state.withLock { $0.isOver = true } }
}

extension SeededGenerator {
    /// The log with some of the sectors that were written between two moments. Its header, which SQLite makes durable
    /// before anything that counts on it, is the later one.
    fileprivate mutating func torn(between before: [UInt8], and after: [UInt8]) -> [UInt8] {
        let header = 32
        var torn = Array(after.prefix(header)) + before.dropFirst(header)
        torn += [UInt8](repeating: 0, count: max(0, after.count - torn.count))
        let share = number(1..<30)
        for start in stride(from: 0, to: after.count, by: 512) where !once(in: share) {
            let sector = max(start, header)..<min(start + 512, after.count)
            torn.replaceSubrange(sector, with: after[sector])
        }
        return torn
    }
}
