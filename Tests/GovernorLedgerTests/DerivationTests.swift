import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// Accounts summed from the ledger are those that were kept call by call.
@Suite struct DerivationTests {
    /// Blocks depend on the order in which calls become known, so here it is that of time; and now and then nobody works
    /// for longer than the longest block.
    @Test(arguments: Seed.some(12))
    func `any policy's accounts are derived as they would have been kept from the first call on`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        let history = random.history()
        let now = try #require(history.last?.now)
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        for _ in 0..<4 {
            let policy = random.watchful()
            var book = try ledger.book(for: policy, now: history[0].now)
            if try ledger.allRecords().isEmpty {
                // The first of them lives through it, and what it kept is what a new sum gives.
                for (now, records) in history { try ledger.carryOut(records, on: &book, at: now) }
                _ = try ledger.book(for: GovernorLedgerTests.policy(), now: now)
            }
            let kept = Self.kept(history, policy)
            let derived = try ledger.book(for: policy, now: now)
            let differences = BookPicture(derived, now: now).amounts.differences(
                from: BookPicture(kept, now: now).amounts)
            #expect(differences.isEmpty)
            #expect(derived.lastSeen(now) == kept.lastSeen(now))
        }
    }

    /// A budget that never was anywhere but in memory.
    private static func kept(_ history: [SeededGenerator.Moment], _ policy: Policy) -> Book {
        var book = Book(policy: policy, now: history[0].now)
        for (now, records) in history {
            var planner = Planner(book: book, now: now)
            planner.add(records.map { .insert($0) })
            planner.evaluateAll()
            book.apply(planner.finish())
        }
        return book
    }

    @Test func `budgets of the same definition share their rows, and no call counts twice`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let twice = policy(budget("a", 10), budget("b", 20))
        var book = try ledger.book(for: twice, now: monday)
        try ledger.carryOut([spend(3, id: "1")], on: &book, at: monday)
        let once = policy(budget("b", 20))
        for policy in [twice, once, twice, policy(budget("c", 20))] {
            book = try ledger.book(for: policy, now: monday)
            for place in policy.budgets.indices {
                let account = book.account(AccountKey(meter: place, split: .fleet))
                #expect(account?.dollars(at: monday, .calendar(.day)) == .dollars(3))
            }
        }
        try ledger.carryOut([spend(4, id: "2")], on: &book, at: monday)
        book = try ledger.book(for: twice, now: monday)
        #expect(book.standing(of: AccountKey(meter: 1, split: .fleet), now: monday).spent == 7_000_000_000)
    }

    @Test func `what was stored before anybody loaded a book is in it`() throws {
        let folder = try DataFolder()
        var ledger = try Ledger(folder: folder.path)
        let policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(3, id: "1")], on: &book, at: monday)
        try ledger.close()
        ledger = try Ledger(folder: folder.path)
        try ledger.store([spend(4, id: "2")])
        book = try ledger.book(for: policy, now: monday)
        #expect(book.standing(of: AccountKey(meter: 0, split: .fleet), now: monday).spent == 7_000_000_000)
    }

    /// The day has its own clock and its own hours, the rolling window its own grid; none of the ends are a quarter's.
    @Test func `slots and shifts that begin inside a rollup are summed from the calls`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var random = SeededGenerator(Seed(value: 11))
        let records = (0..<600).map { number in
            spend(
                1, at: monday - Span(milliseconds: random.number(0...40 * 86_400_000)), id: "\(number)",
                tokens: random.number(1...9))
        }
        try ledger.store(records)
        var policy = policy(
            budget("noon", 9, window: .calendar(Window.Period(.day, startsAt: .minutes(541)))),
            budget("shift", 9, window: .calendar(.month)), budget("days", 9, window: .rolling(.days(30))))
        policy.budgets[1].schedule = Schedule(name: "odd", from: .minutes(67), to: .minutes(1003))
        let fresh = Book.fresh(records, policy, now: monday)
        #expect(BookPicture(try ledger.book(for: policy, now: monday), now: monday).amounts == fresh.amounts)
        #expect(fresh.amounts.values.allSatisfy { $0.count == 1 })
    }

    @Test func `an account in use without a gap begins a block with the last week`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        // Every 50 minutes for ten days, so that no five hours are free.
        let records = (0..<288).map { spend(1, at: monday - .minutes(Int64($0) * 50), id: "\($0)") }
        try ledger.store(records)
        let policy = policy(budget("block", 9, window: .block(.hours(5))))
        let book = try ledger.book(for: policy, now: monday)
        let slots = try #require(book.account(AccountKey(meter: 0, split: .fleet))?.slots)
        #expect(slots.allSatisfy { $0.interval.end - $0.interval.start == .hours(5) })
        #expect(slots.last.map { $0.interval.contains(monday) } == true)
        #expect(slots.allSatisfy { $0.amount.calls == 6 || $0.interval.contains(monday) })
    }
}

extension Book {
    /// When each account that keeps it was heard of last.
    fileprivate func lastSeen(_ now: Timestamp) -> [String: [Split: Timestamp]] {
        var seen: [String: [Split: Timestamp]] = [:]
        for (meter, splits) in zip(metering.meters, accounts) where meter.value == .presence {
            seen[meter.name] = splits.compactMapValues(\.lastSeen).filter { $0.value > meter.reach(at: now) }
        }
        return seen
    }
}

extension SeededGenerator {
    fileprivate typealias Moment = (now: Timestamp, records: [UsageRecord])

    /// Calls in order of time over some days, with nights in which nobody works.
    fileprivate mutating func history() -> [Moment] {
        var now = monday
        var made = 0
        return (0..<number(30..<90)).map { _ in
            let last = now
            now = now + (once(in: 8) ? .hours(number(26...40)) : Span(milliseconds: number(1...1_500_000)))
            let times = (0..<number(0..<8)).map { _ in
                Timestamp(milliseconds: max(last.milliseconds + 1, now.milliseconds - number(0...300_000)))
            }
            return (
                now,
                times.sorted().map { time in
                    made += 1
                    var record = record(key: "transcript/\(made)", near: time)
                    record.time = time
                    return record
                }
            )
        }
    }

    /// A policy that also misses those who fall silent.
    fileprivate mutating func watchful() -> Policy {
        var policy = policy()
        policy.rules.append(
            Rule(
                name: "silent", condition: .noData(NoData(after: .minutes(30))), per: per(), matcher: matcher(),
                schedule: schedule()))
        return policy
    }
}
