import GovernorCore
import Seeds
import Testing

@Suite struct DeduplicationTests {
    /// A copy of a transcript line.
    private static func line(
        _ key: String, request: String? = nil, output: Int64, sidechain: Bool = false, fast: Bool = false,
        file: String = "a.jsonl", offset: Int64 = 0, session: String = "s", time: Timestamp = monday
    ) -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(key: "transcript/\(key)", request: request, isSidechain: sidechain), growth: .larger,
            time: time, labels: Labels([.session: session, .worker: session]),
            tokens: TokenCounts(input: 10, output: output),
            terms: Terms(fast: fast), raw: UsageRecord.RawReference(file: file, offset: offset))
        record.cost = Money(nanodollars: (10 + output) * 1000)
        record.costOrigin = .priced
        return record
    }

    /// Copies of a few calls as transcripts hold them: streamed lines that grow, replays by subagents, one message id
    /// under several requests, the same line in two files.
    private static func copies(_ random: inout SeededGenerator) -> [UsageRecord] {
        (0..<60).map { index in
            line(
                random.pick(["m1", "m2", "m3", "m4", "m5", "m6"]), request: random.pick([nil, "r1", "r2", "r3"]),
                output: random.number(1...4) * 100, sidechain: random.once(in: 12), fast: random.once(in: 3),
                file: random.pick(["a", "b", "c"]), offset: Int64(index), session: random.pick(["s", "t"]),
                time: monday + .minutes(random.number(-3000...3000)))
        }
    }

    @Test(arguments: Seed.some(60))
    func `the kept set does not depend on order, batches, repetition or restarts`(seed: Seed) {
        var random = SeededGenerator(seed)
        let copies = Self.copies(&random)
        var once = RecordShelf()
        _ = once.take(copies)
        // One call per key where a sidechain replayed it, else one per key and request; the largest of each.
        for (_, group) in Dictionary(grouping: copies, by: \.identity.key) {
            let isJoined = group.contains { $0.identity.isSidechain }
            let calls = Dictionary(grouping: group) { isJoined ? nil : $0.identity.request }
            let kept = once.kept.filter { $0.identity.key == group[0].identity.key }
            #expect(kept.count == calls.count)
            #expect(
                kept.map(\.tokens.total).sorted() == calls.values.compactMap { $0.map(\.tokens.total).max() }.sorted())
        }
        for _ in 0..<6 {
            var again = RecordShelf()
            // Some copies come twice, and what is stored is fed once more, as after a crash before the cursor moved.
            let stream = (copies + copies.filter { _ in random.once(in: 4) }).shuffled(using: &random)
            for batch in random.batches(stream, most: random.pick([1, 3, 20, 100])) {
                _ = again.take(batch)
                if random.once(in: 5) { _ = again.take(again.records.values.shuffled(using: &random)) }
            }
            #expect(again.kept == once.kept)
            #expect(again.take(copies).changes.isEmpty, "feeding all of it once more changes nothing")
        }
    }

    @Test(arguments: Seed.some(60)) func `accounts equal the sum of the kept records`(seed: Seed) {
        var random = SeededGenerator(seed)
        let budgets = [
            Budget(name: "life", limit: .usd(.dollars(1)), window: .lifetime),
            Budget(name: "session-life", limit: .usd(.dollars(1)), per: [.label(.session)], window: .lifetime),
            Budget(
                name: "s-only", limit: .usd(.dollars(1)), window: .lifetime,
                matcher: Matcher(terms: [Matcher.Term(key: .label(.worker), globs: [Glob("s")])])),
            Budget(name: "day", limit: .usd(.dollars(1)), window: .calendar(.day), zone: zone("Asia/Kathmandu")),
            Budget(name: "rolling", limit: .usd(.dollars(1)), window: .rolling(.hours(7))),
        ]
        let now = monday + .minutes(3001)
        var book = Book(policy: Policy(revision: "r", budgets: budgets), now: now)
        var shelf = RecordShelf()
        for batch in random.batches(Self.copies(&random), most: 7) {
            let plan = book.commit(shelf.take(batch).changes, at: now)
            #expect(plan.accounts.allSatisfy { key, account in book.account(key) == (account.isEmpty ? nil : account) })
        }
        func spent(_ budget: Int, _ split: Split) -> Amount {
            book.account(AccountKey(meter: budget, split: split))?.spent(at: now, window: budgets[budget].window)
                ?? .zero
        }
        func sum(_ isIn: (UsageRecord) -> Bool) -> Amount {
            shelf.records.values.filter(isIn).reduce(.zero) { $0 + $1.amount }
        }
        #expect(spent(0, .fleet) == shelf.total)
        for session in ["s", "t"] { #expect(spent(1, Split(raw: session)) == sum { $0.labels.session == session }) }
        #expect(spent(2, .fleet) == sum { $0.labels.worker == "s" })
        let day = budgets[3].window.current(at: now, in: budgets[3].zone)
        #expect(spent(3, .fleet) == sum { day.contains($0.time) })
        #expect(
            spent(4, .fleet)
                == sum { budgets[4].window.counts(budgets[4].window.slot(containing: $0.time, in: .utc), at: now) })
    }

    @Test func `a line that grows corrects its own earlier amount`() {
        var shelf = RecordShelf()
        #expect(shelf.take([Self.line("m", request: "r", output: 1)]).fates == [.accepted])
        #expect(shelf.take([Self.line("m", request: "r", output: 50, offset: 9)]).fates == [.revised])
        #expect(shelf.take([Self.line("m", request: "r", output: 8, offset: 18)]).fates == [.duplicate])
        #expect(shelf.total == Amount(cost: Money(nanodollars: 60_000), tokens: 60, calls: 1))
    }

    @Test func `a replay makes one call of two, and what goes is named before what takes its identity`() {
        var shelf = RecordShelf()
        _ = shelf.take([Self.line("m", request: "r1", output: 5), Self.line("m", request: "r2", output: 9, offset: 1)])
        #expect(shelf.total.calls == 2)
        let (fates, changes) = shelf.take([Self.line("m", request: "r3", output: 7, sidechain: true, offset: 2)])
        #expect(fates == [.revised] && shelf.total.calls == 1 && shelf.kept.first?.identity.request == "r2")
        guard case .remove? = changes.first, case .revise? = changes.last, changes.count == 2 else {
            Issue.record("\(changes)")
            return
        }
        #expect(
            shelf.take([Self.line("m", request: "r4", output: 1, offset: 3)]).fates == [.duplicate],
            "from now on the key alone decides")
    }

    @Test func `of equal copies the one that is no replay is kept, then the one that names its speed`() {
        let plain = Self.line("m", output: 5, file: "b", offset: 7)
        let replay = Self.line("m", output: 5, sidechain: true, fast: true, offset: 1)
        let fast = Self.line("m", output: 5, fast: true, file: "z", offset: 9)
        for order in [[plain, replay, fast], [fast, replay, plain], [replay, plain, fast]] {
            var shelf = RecordShelf()
            for copy in order { _ = shelf.take([copy]) }
            #expect(shelf.kept.first?.raw == fast.raw && shelf.total.calls == 1)
        }
    }

    @Test func `a source that restates history is believed the last time, up or down`() {
        var shelf = RecordShelf()
        #expect(shelf.take([spend(usd("5"), id: "push/1")]).fates == [.accepted])
        #expect(shelf.take([spend(usd("5"), id: "push/1")]).fates == [.duplicate])
        #expect(
            shelf.take([spend(usd("7"), id: "push/1"), spend(usd("2"), id: "push/1")]).fates == [.revised, .revised])
        #expect(shelf.total.cost == usd("2"))
        #expect(shelf.take([spend(usd("2"), id: "push/1")]).changes.isEmpty)
    }

    @Test func `what an export has of a source that restates was said before what is there`() {
        var shelf = RecordShelf()
        shelf.take([spend(usd("5"), id: "push/1")])
        shelf.take([spend(usd("7"), id: "push/1")])
        let old = [spend(usd("5"), id: "push/1"), spend(usd("2"), id: "push/2")]
        #expect(shelf.take(old, isExport: true).fates == [.duplicate, .accepted])
        #expect(shelf.total.cost == usd("9"))
        #expect(
            shelf.take([spend(usd("3"), id: "push/1"), spend(usd("1"), id: "push/2")]).fates == [.revised, .revised])
        #expect(shelf.total.cost == usd("4"))
    }

    @Test func `of a line that grows an export may hold the larger copy`() {
        var shelf = RecordShelf()
        shelf.take([Self.line("m", request: "r", output: 5)])
        #expect(shelf.take([Self.line("m", request: "r", output: 4)], isExport: true).fates == [.duplicate])
        #expect(shelf.take([Self.line("m", request: "r", output: 6)], isExport: true).fates == [.revised])
    }

    @Test func `identities are compared byte by byte, in one batch as in two`() {
        let records = [spend(usd("1"), id: "push/caf\u{E9}"), spend(usd("1"), id: "push/cafe\u{301}")]
        var together = RecordShelf()
        var apart = RecordShelf()
        _ = together.take(records)
        for record in records { _ = apart.take([record]) }
        #expect(together.total.calls == 2 && apart.total.calls == 2)
    }

    @Test func `a key shared by many requests costs no square`() {
        var shelf = RecordShelf()
        let records = (0..<20_000).map { Self.line("m", request: "r\($0)", output: 1, offset: Int64($0)) }
        #expect(shelf.take(records).fates.allSatisfy { $0 == .accepted })
        #expect(shelf.take(records).changes.isEmpty)
    }

    @Test(
        arguments: [
            ("transcript/msg_1", nil, "msg_1"), ("transcript/msg_1", "req_1", "msg_1:req_1"), ("push/a/b", nil, "a/b"),
            ("bare", nil, "bare"),
        ] as [(String, String?, String)])
    func `people see the identity without the kind of source`(key: String, request: String?, id: String) {
        #expect(CallIdentity(key: key, request: request).id == id)
    }
}
