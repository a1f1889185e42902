import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// What goes in comes out, field by field, also after the ledger was closed and opened again.
@Suite struct RoundTripTests {
    private let folder: DataFolder
    private let ledger: Ledger

    init() throws {
        folder = try DataFolder()
        ledger = try Ledger(folder: folder.path)
    }

    private func reopened() throws -> Ledger {
        try ledger.close()
        return try Ledger(folder: folder.path)
    }

    @Test(arguments: Seed.some(5)) func `every field of a record comes back`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        let records = (0..<40).map { random.anyRecord(key: "transcript/\($0)-\(random.labels().text)") }
        try ledger.store(records)
        let back = try reopened()
        for record in records { #expect(try back.stored(record.identity.key)?.record == record) }
        #expect(try back.allRecords().count == records.count)
        try back.close()
    }

    @Test func `a record of nothing but what it must have comes back`() throws {
        let bare = UsageRecord(
            identity: CallIdentity(key: ""), growth: .larger, time: Timestamp(milliseconds: -1), labels: Labels(),
            tokens: TokenCounts())
        try ledger.store([bare])
        #expect(try ledger.stored("")?.record == bare)
    }

    @Test func `keys are told apart byte by byte, also those that look alike`() throws {
        let keys = ["push/\u{E9}", "push/e\u{301}", "push/E\u{301}", "push/a", "push/A", "push/a "]
        for (index, key) in keys.enumerated() {
            var record = spend(Int64(index), id: "")
            record.identity = CallIdentity(key: key)
            try ledger.store([record])
        }
        for (index, key) in keys.enumerated() {
            #expect(try ledger.records(withKeys: [key]).map(\.record.cost) == [.dollars(Int64(index))])
        }
    }

    @Test func `calls under one key and several requests are all found`() throws {
        var records = [spend(1, id: "a"), spend(2, id: "a"), spend(3, id: "a")]
        records[1].identity.request = "req-1"
        records[2].identity.request = "req-2"
        try ledger.store(records)
        #expect(try Set(ledger.records(withKeys: ["push/a", "push/b"]).map(\.record)) == Set(records))
    }

    @Test func `a revision keeps the sequence and leaves its neighbours alone`() throws {
        try ledger.store([spend(1, id: "a"), spend(2, id: "b"), spend(3, id: "c")])
        let before = try #require(try ledger.stored("push/b"))
        var labels = Labels([.worker: "w-9", .session: "s-1"])
        labels.tags = ["env": "prod"]
        let grown = spend(20, labels, at: monday + .days(3), id: "b", tokens: 77)
        try ledger.store([.revise(before, to: grown)])
        #expect(try ledger.stored("push/b") == StoredRecord(sequence: before.sequence, record: grown))
        #expect(try ledger.stored("push/a")?.record == spend(1, id: "a"))
        #expect(try ledger.stored("push/c")?.record == spend(3, id: "c"))
        #expect(try ledger.records(ofSessions: ["s-1"]).map(\.record) == [grown])
    }

    @Test func `what is removed is gone, and its labels leave no empty group in reports`() throws {
        let labels = Labels([.worker: "w-1"])
        try ledger.store([spend(1, id: "a"), spend(2, labels, id: "b")])
        try ledger.store([.remove(try #require(try ledger.stored("push/b")))])
        #expect(try ledger.stored("push/b") == nil)
        let hour = Span.hours(1)
        let groups = try ledger.sums(since: monday, until: monday + hour)
        #expect(groups.map(\.labels) == [Labels()])
        #expect(groups.map(\.sums.cost) == [.dollars(1)])
    }

    @Test func `a removed record leaves the sums it was counted in, also when equal labels were spelled otherwise`()
        throws
    {
        let composed = Labels([.project: "caf\u{E9}"])
        let decomposed = Labels([.project: "cafe\u{301}"])
        try ledger.store([spend(1, composed, id: "a")])
        let back = try reopened()
        try back.store([spend(2, decomposed, id: "b")])
        try back.store([.remove(try #require(try back.stored("push/a")))])
        let groups = try back.sums(since: monday, until: monday + .hours(1))
        #expect(groups.map(\.sums.calls) == [1])
        #expect(groups.map(\.sums.cost) == [.dollars(2)])
    }

    @Test func `records are listed oldest first, within the interval, up to the limit`() throws {
        let times: [Int64] = [5, 1, 4, 2, 3]
        try ledger.store(times.map { spend($0, at: monday + .minutes($0), id: "\($0)") })
        let found = try ledger.records(since: monday + .minutes(2), until: monday + .minutes(5), limit: 2)
        #expect(found.map(\.cost) == [.dollars(2), .dollars(3)])
    }

    @Test(arguments: Seed.some(3))
    func `page by page every record of an interval is read once, in order of time, also by a reader`(_ seed: Seed)
        throws
    {
        var random = SeededGenerator(seed)
        // Many at the same instant, which only their sequence tells apart.
        let records = (0..<60).map { spend($0, at: monday + .minutes(random.number(0...9)), id: "\($0)") }
        try ledger.store(records)
        let reader = try Ledger(readingFolder: folder.path)
        let (since, until) = (monday + .minutes(2), monday + .minutes(8))
        for limit in [1, 7, 100] {
            var pages: [StoredRecord] = []
            while true {
                let page = try reader.records(since: since, until: until, after: pages.last, limit: limit)
                #expect(page.count <= limit)
                if page.isEmpty { break }
                pages += page
            }
            #expect(pages.map(\.record) == (try ledger.records(since: since, until: until, limit: .max)))
            #expect(Set(pages.map(\.record)) == Set(records.filter { since <= $0.time && $0.time < until }))
        }
        try reader.close()
    }

    @Test func `alerts are listed from an instant on, oldest first, also by a reader`() throws {
        let policy = policy(budget("day", 10, at: [50, 80]), budget("life", 100, window: .lifetime, at: [10]))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday)
        try ledger.carryOut([spend(5, id: "b")], on: &book, at: monday + .minutes(1))
        let reader = try Ledger(readingFolder: folder.path)
        #expect(try reader.alerts(since: monday).map(\.name).first == "day@50%")
        #expect(try reader.alerts(since: monday).count == 3)
        #expect(try Set(reader.alerts(since: monday + .seconds(1)).map(\.name)) == ["day@80%", "life@10%"])
        #expect(try reader.alerts(since: monday + .minutes(2)).isEmpty)
        try reader.close()
    }

    @Test func `cursors come back with unsigned numbers to their ends`() throws {
        let cursors = [
            FileCursor(
                path: "/a", device: .max, inode: .max, birth: .min, headLength: 1024, headHash: .max, offset: .max),
            FileCursor(path: "/b", device: 0, inode: 0, birth: 0, headLength: 0, headHash: 0, offset: 0),
            FileCursor(
                path: "/ü '", device: 1 << 63, inode: (1 << 63) - 1, birth: -1, headLength: 1, headHash: 1 << 63,
                offset: 7),
        ]
        var transaction = LedgerTransaction(plan: Plan(now: monday), book: Book(policy: policy(), now: monday))
        transaction.cursors = cursors
        try ledger.commit(transaction)
        var moved = cursors[1]
        moved.offset = 99
        transaction.cursors = [moved]
        try ledger.commit(transaction)
        let back = try reopened()
        #expect(try back.cursors() == ["/a": cursors[0], "/b": moved, "/ü '": cursors[2]])
    }

    @Test(arguments: Seed.some(3)) func `labels registered for sessions come back`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        var expected: [String: Labels] = [:]
        for index in 0..<20 {
            let session = "s-\(index % 15)"
            expected[session] = random.labels()
            var transaction = LedgerTransaction(plan: Plan(now: monday), book: Book(policy: policy(), now: monday))
            transaction.sessions = [session: SessionState(labels: expected[session])]
            try ledger.commit(transaction)
        }
        #expect(try reopened().namedSessions() == expected)
    }

    @Test func `of the display's pictures the newest day of each kind is kept, oldest first`() throws {
        let kept = 288
        var own: [DisplaySnapshot] = []
        var pushed: [DisplaySnapshot] = []
        for index in 0..<Int64(kept + 5) {
            own.append(DisplaySnapshot(at: monday + .minutes(index), body: "{\"n\":\(index)}", isPushed: false))
        }
        for index in 0..<Int64(kept + 7) {
            pushed.append(
                DisplaySnapshot(at: monday + .hours(9) + .seconds(index), body: "{\"ü\":\"\(index)\"}", isPushed: true))
        }
        for snapshot in own + pushed {
            var transaction = LedgerTransaction(plan: Plan(now: monday), book: Book(policy: policy(), now: monday))
            transaction.snapshot = snapshot
            try ledger.commit(transaction)
        }
        #expect(try reopened().snapshots() == own.suffix(kept) + pushed.suffix(kept))
    }

    @Test func `an empty ledger answers with nothing, not with an error`() throws {
        #expect(try ledger.allRecords().isEmpty)
        #expect(try ledger.sums(since: .distantPast, until: .distantFuture).isEmpty)
        #expect(try ledger.activity(since: monday).sums == UsageSums())
        #expect(try ledger.misgivings() == Misgivings())
        #expect(try ledger.totals().isEmpty)
        #expect(try ledger.alerts(limit: 10).isEmpty)
        #expect(try ledger.deliveries().isEmpty)
        #expect(try ledger.sourceTallies().isEmpty)
    }
}

extension SeededGenerator {
    /// A record with every field anywhere in its range.
    fileprivate mutating func anyRecord(key: String) -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(
                key: key, request: pick([nil, "", "req 'x'"]), isSidechain: once(in: 2), joinsByKey: once(in: 2)),
            growth: pick([.larger, .later]), time: Timestamp(milliseconds: anyCount() >> 8), labels: labels(),
            tokens: TokenCounts(
                input: number(0...TokenCounts.limit), output: number(0...TokenCounts.limit),
                cacheRead: number(0...TokenCounts.limit), cacheWrite5m: number(0...TokenCounts.limit),
                cacheWrite1h: number(0...TokenCounts.limit), cacheWrite12h: number(0...TokenCounts.limit),
                reasoning: number(0...TokenCounts.limit)),
            terms: Terms(
                tier: pick([.standard, .batch, .flex, .priority]), fast: once(in: 2), usGeography: once(in: 2),
                webSearches: anyCount()),
            reportedCost: once(in: 2) ? nil : Money(nanodollars: anyCount()),
            durationMilliseconds: once(in: 2) ? nil : anyCount(),
            firstTokenMilliseconds: once(in: 2) ? nil : anyCount(),
            outcome: pick([.success, .error, .cancelled]), errorKind: pick([nil, "rate_limit", "ü"]),
            raw: once(in: 2) ? nil : .init(file: "/transcripts/\(number(0..<9)).jsonl", offset: anyCount()))
        record.cost = Money(nanodollars: anyCount())
        record.costOrigin = pick([.reported, .priced, .unpriced])
        return record
    }
}
