import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// Reports are exact whichever way they are summed, and no amount stops the ledger.
@Suite struct SumTests {
    @Test(arguments: Seed.some(6))
    func `rollups equal the sum of the records after any stream of changes`(_ seed: Seed) throws {
        var world = try World(seed)
        for _ in 0..<25 { try world.step() }
        let quarter: Int64 = 15 * 60_000
        for _ in 0..<30 {
            let from = world.now.milliseconds - world.random.number(0...60 * 86_400_000)
            let aligned = from - from % quarter
            let since = Timestamp(milliseconds: world.random.once(in: 2) ? aligned : from)
            let until = since + Span(milliseconds: world.random.number(0...3000) * quarter)
            // Aligned ends are summed from rollups, others from records.
            #expect(try sums(world.ledger, since, until) == sums(world.records.values, since, until))
            let groups = try world.ledger.sums(since: since, until: until)
            #expect(groups.allSatisfy { $0.sums.calls > 0 }, "a group without calls is shown")
        }
        try expectTotals(of: world)
    }

    @Test func `amounts beyond any fleet are held at the end of the range, and later records still go in`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let policy = policy(budget("all", 1000, window: .lifetime), budget("hour", 1000, window: .rolling(.hours(1))))
        var book = try ledger.book(for: policy, now: monday)
        for index in 0..<3 {
            var record = spend(0, id: "\(index)")
            record.cost = .max
            try ledger.carryOut([record], on: &book, at: monday)
        }
        try ledger.carryOut([spend(1, Labels([.worker: "w-1"]), id: "small")], on: &book, at: monday)
        #expect(try ledger.allRecords().count == 4)
        let loaded = try ledger.book(for: policy, now: monday)
        #expect(BookPicture(loaded, now: monday) == BookPicture(book, now: monday))
        var renamed = policy
        for index in renamed.budgets.indices { renamed.budgets[index].name += "-renamed" }
        let again = try ledger.book(for: renamed, now: monday)
        #expect(again.account(AccountKey(meter: 0, split: .fleet))?.dollars(at: monday, .lifetime) == .max)
    }

    private func expectTotals(of world: World) throws {
        let ledger = world.ledger
        let records = world.records.values
        var whole = UsageSums()
        for record in records { whole.add(record) }
        var total = UsageSums()
        for group in try ledger.totals() { total.add(group.sums) }
        #expect(total == whole)
        #expect(try ledger.spend(since: .distantPast).reduce(.zero) { $0 + $1.cost } == whole.cost)

        var misgivings = Misgivings()
        misgivings.take(records.map { .insert($0) })
        #expect(try ledger.misgivings() == misgivings)

        let activity = try ledger.activity(since: world.now - .hours(3))
        let recent = records.filter { $0.time >= world.now - .hours(3) }
        #expect(
            activity.sums == sums(recent, .distantPast, .distantFuture).values.reduce(into: UsageSums()) { $0.add($1) })
        #expect(activity.sessions == Int64(Set(recent.compactMap(\.labels.session)).count))
        #expect(activity.lastTime == records.map(\.time).max())
    }

    private func sums(_ ledger: Ledger, _ since: Timestamp, _ until: Timestamp) throws -> [Labels: UsageSums] {
        var sums: [Labels: UsageSums] = [:]
        for group in try ledger.sums(since: since, until: until) {
            sums[group.labels, default: UsageSums()].add(group.sums)
        }
        return sums
    }

    private func sums(
        _ records: some Sequence<UsageRecord>, _ since: Timestamp, _ until: Timestamp
    ) -> [Labels: UsageSums] {
        var sums: [Labels: UsageSums] = [:]
        for record in records where since <= record.time && record.time < until {
            sums[record.labels, default: UsageSums()].add(record)
        }
        return sums
    }
}
