import Foundation
import Glibc
import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// Real processes that end in the middle of their work.
@Suite struct KillTests {
    /// A child commits batch after batch, noting each that was acknowledged, until a timer kills it wherever it is. SIGALRM
    /// without a handler ends a process as SIGKILL does: nothing of its own runs any more.
    @Test(arguments: Seed.some(1))
    func `a process killed at any instruction loses nothing acknowledged and books nothing twice`(_ seed: Seed)
        async throws
    {
        let folder = try DataFolder()
        var random = SeededGenerator(seed)
        let feed = Feed(seed, ballast: 120_000)
        var reached = 0
        for _ in 0..<5 {
            let path = folder.path
            let life = random.number(5_000...400_000)
            await #expect(processExitsWith: .signal(SIGALRM)) { [path = path as String, seed, life = life as Int64] in
                try commitUntilKilled(path, Feed(seed, ballast: 120_000), microseconds: life)
            }
            // The lock was the dead process's; nobody has to remove anything.
            let ledger = try Ledger(folder: path)
            let picture = try LedgerPicture(ledger, feed)
            try ledger.close()
            #expect(try integrity(of: folder.file(DiskImage.database)) == "ok")
            let acknowledged = folder.exists("acknowledged") ? try folder.bytes("acknowledged").count : 0
            #expect(picture.progress >= acknowledged && picture.progress <= acknowledged + 1)
            #expect(acknowledged >= reached)
            // What was committed but not acknowledged any more is, from the child's view, read for the second time.
            try folder.write("acknowledged", [UInt8](repeating: 1, count: picture.progress))
            reached = picture.progress
        }
        #expect(reached > 0, "every child was killed before its first commit")
        let undisturbed = try LedgerPicture.all(of: feed, batches: reached, onlyLast: true)
        let ledger = try Ledger(folder: folder.path)
        #expect(try LedgerPicture(ledger, feed) == undisturbed.last)
        try ledger.close()
    }

    @Test func `a disk that takes no more fails the commit whole, and a later one works`() async {
        await #expect(processExitsWith: .success) {
            let folder = try DataFolder()
            let ledger = try Ledger(folder: folder.path)
            // Beyond the limit a write fails with EFBIG, once the signal that comes with it is ignored.
            _ = signal(SIGXFSZ, SIG_IGN)
            try expectRecovery(ledger, folder) {
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                limit.rlim_cur = $0 ? rlim_t(try folder.bytes(DiskImage.log).count + 9000) : limit.rlim_max
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            }
        }
    }

    @Test func `a full disk fails the commit whole, and a later one works when there is room again`() throws {
        let mount = try DataFolder()
        guard try run("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", mount.path]) else {
            print("skipped: a small file system to fill can't be mounted here")
            return
        }
        defer { _ = try? run("umount", [mount.path]) }
        let ledger = try Ledger(folder: mount.path)
        try expectRecovery(ledger, mount) { isFull in
            if !isFull { return try FileManager.default.removeItem(atPath: mount.file("filler")) }
            #expect(throws: (any Error).self) { try mount.write("filler", [UInt8](repeating: 1, count: 3_000_000)) }
        }
    }

    private func run(_ command: String, _ arguments: [String]) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// Commits batches of the feed from where the ledger stands, and appends a byte to `acknowledged` for each.
private func commitUntilKilled(_ folder: String, _ feed: Feed, microseconds: Int64) throws {
    var timer = itimerval()
    timer.it_value.tv_sec = Int(microseconds / 1_000_000)
    timer.it_value.tv_usec = Int(microseconds % 1_000_000)
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    let acknowledged = open(folder + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let ledger = try Ledger(folder: folder)
    var index = try ledger.progress
    var book = try ledger.book(for: feed.policy, now: feed.time(of: index))
    while true {
        index += 1
        try ledger.take(index, of: feed, &book)
        var byte: UInt8 = 1
        try #require(write(acknowledged, &byte, 1) == 1)
    }
}

/// Commits until the disk refuses, then sees that nothing of the refused transaction is there and that the ledger goes on
/// once the disk does.
///
/// - Parameter fill: makes the disk full, or gives the room back.
private func expectRecovery(_ ledger: Ledger, _ folder: DataFolder, fill: (_ isFull: Bool) throws -> Void) throws {
    let policy = policy(budget("day", 10, per: [.label(.worker)]))
    var book = try ledger.book(for: policy, now: monday)
    try ledger.carryOut([spend(1, Labels([.worker: "w-0"]), id: "first")], on: &book, at: monday)
    try fill(true)

    // Wide enough to need more pages than there is room for; labels that were never seen, so that their ids are new.
    let refused = (0..<600).map { spend(9, Labels([.worker: "w-\($0)"]), id: "refused-\($0)", tokens: 5) }
    var planner = Planner(book: book, now: monday)
    planner.add(refused.map { .insert($0) })
    planner.evaluateTouched()
    var transaction = LedgerTransaction(plan: planner.finish(), book: book)
    transaction.cursors = [
        FileCursor(path: "/a", device: 1, inode: 1, birth: 1, headLength: 1, headHash: 1, offset: 1)
    ]
    transaction.sessions = ["s-1": SessionState(labels: Labels([.worker: "w-1"]))]
    for _ in 0..<3 {
        let error = #expect(throws: LedgerError.self) { try ledger.commit(transaction) }
        #expect(error?.code == .io)
        #expect(error?.message.contains(ledger.path) == true)
        #expect(error?.cause.isEmpty == false)
    }
    #expect(try Array(ledger.allRecords().keys) == ["push/first"])
    #expect(try ledger.cursors().isEmpty && ledger.namedSessions().isEmpty)
    #expect(try ledger.alerts(limit: 9).isEmpty && ledger.notifications(limit: 9).isEmpty)
    #expect(try ledger.totals().map(\.sums.cost) == [.dollars(1)])

    try fill(false)
    // Ids that the refused transaction took are given to others now.
    let others = (0..<5).map { spend(2, Labels([.user: "u-\($0)"]), id: "other-\($0)") }
    try ledger.carryOut(others, on: &book, at: monday)
    try ledger.commit(transaction)
    let expected = [spend(1, Labels([.worker: "w-0"]), id: "first")] + others + refused
    #expect(
        try ledger.allRecords() == Dictionary(uniqueKeysWithValues: expected.map { ($0.identity.key, $0) }))
    #expect(try ledger.cursors().count == 1)
    let fresh = Book.fresh(expected, policy, now: monday)
    #expect(BookPicture(try ledger.book(for: policy, now: monday), now: monday).amounts == fresh.amounts)
    try ledger.close()
    #expect(try integrity(of: ledger.path) == "ok")
}
