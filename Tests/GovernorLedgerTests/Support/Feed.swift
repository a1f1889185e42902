import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// What a source delivers, batch by batch, counted from 1: the same for the same seed, so that after a crash it can be
/// read again. Calls come several times, growing, as streamed lines do.
struct Feed {
    let seed: Seed
    let policy: Policy
    /// Records in one batch.
    let size = 6
    /// Bytes of a picture for the display that comes with each batch; large ones fill the log until it is checkpointed.
    let ballast: Int

    init(_ seed: Seed, ballast: Int = 0) {
        self.seed = seed
        self.ballast = ballast
        var random = SeededGenerator(seed)
        policy = random.adjusted(random.policy(), around: monday)
    }

    func time(of batch: Int) -> Timestamp { monday + .minutes(Int64(batch)) }

    func batch(_ index: Int) -> [UsageRecord] {
        var random = SeededGenerator(Seed(value: seed.value &+ UInt64(index) &* 1_000_003))
        return (0..<size).map { _ in
            let call = random.number(max(0, (index - 4) * size)..<(index + 1) * size)
            var record = random.record(key: "transcript/msg_\(call)", near: time(of: index))
            record.growth = .larger
            record.identity.request = random.once(in: 9) ? "req-2" : nil
            if random.once(in: 9) {
                record.identity = CallIdentity(key: record.identity.key, isSidechain: true)
            }
            return record
        }
    }
}

extension Ledger {
    /// How many batches of the feed are in; the cursor is written with the records.
    var progress: Int {
        get throws { try Int(cursors()["feed"]?.offset ?? 0) }
    }

    /// Takes a batch in as the daemon does, a second time as well as a first; every other minute all is looked at.
    func take(_ index: Int, of feed: Feed, _ book: inout Book) throws {
        let records = feed.batch(index)
        var deduplication = Deduplication(stored: try self.records(withKeys: Set(records.map(\.identity.key))))
        for record in records { _ = deduplication.add(record) }
        let progress = try progress
        var planner = Planner(book: book, now: feed.time(of: max(index, progress)))
        planner.add(deduplication.changes)
        if index > progress, index.isMultiple(of: 2) { planner.evaluateAll() } else { planner.evaluateTouched() }
        var transaction = LedgerTransaction(plan: planner.finish(), book: book)
        let offset = Int64(max(index, progress))
        transaction.cursors = [
            FileCursor(path: "feed", device: 1, inode: 1, birth: 0, headLength: 0, headHash: 0, offset: offset)
        ]
        transaction.sessions = ["s-\(index)": SessionState(labels: Labels([.worker: "w-\(index)"]))]
        transaction.snapshot = DisplaySnapshot(
            at: feed.time(of: index), body: String(repeating: " ", count: feed.ballast) + "{}", isPushed: false)
        try commit(transaction)
        book.apply(transaction.plan)
    }
}

/// Everything a ledger holds after so many batches.
struct LedgerPicture: Equatable, CustomTestStringConvertible {
    var progress: Int
    var records: [StoredRecord]
    var alerts: Set<Alert>
    var notifications: Set<Notification>
    var book: BookPicture
    var sessions: [String: Labels]
    var snapshots: [DisplaySnapshot]

    /// A failure names what was compared; all of it would fill pages.
    var testDescription: String {
        "\(progress) batches, \(records.count) records, \(alerts.count) alerts, \(notifications.count) messages"
    }

    init(_ ledger: Ledger, _ feed: Feed) throws {
        progress = try ledger.progress
        let now = feed.time(of: progress)
        book = BookPicture(try ledger.book(for: feed.policy, now: now), now: now)
        let keys = try Set(ledger.allRecords().keys)
        records = try ledger.records(withKeys: keys).sorted { $0.sequence < $1.sequence }
        alerts = try Set(ledger.alerts(limit: .max))
        notifications = try Set(ledger.notifications(limit: .max))
        sessions = try ledger.namedSessions()
        snapshots = try ledger.snapshots()

        // Whatever happened, the parts agree with each other.
        let fresh = Book.fresh(records.map(\.record), feed.policy, now: now)
        let blocks = Book(policy: feed.policy, now: now)
        #expect(
            book.amountsWithoutBlocks(of: blocks) == fresh.amountsWithoutBlocks(of: blocks),
            "accounts are the sum of the records")
        var fromRollups: [Labels: UsageSums] = [:]
        let quarter = Timestamp(milliseconds: Int64.max / 900_000 * 900_000)
        for group in try ledger.sums(since: Timestamp(milliseconds: 0), until: quarter) {
            fromRollups[group.labels, default: UsageSums()].add(group.sums)
        }
        var fromRecords: [Labels: UsageSums] = [:]
        for stored in records { fromRecords[stored.record.labels, default: UsageSums()].add(stored.record) }
        #expect(fromRollups == fromRecords, "rollups are the sum of the records")
    }

    /// The pictures after 0, 1, … batches of a run that nothing disturbed, or only the first and the last.
    static func all(of feed: Feed, batches: Int, onlyLast: Bool = false) throws -> [LedgerPicture] {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: feed.policy, now: feed.time(of: 0))
        var pictures = [try LedgerPicture(ledger, feed)]
        for index in 0..<batches {
            try ledger.take(index + 1, of: feed, &book)
            if !onlyLast || index + 1 == batches { pictures.append(try LedgerPicture(ledger, feed)) }
        }
        try ledger.close()
        return pictures
    }
}
