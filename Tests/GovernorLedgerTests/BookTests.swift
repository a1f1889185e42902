import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// The book that a restart or a reload takes from the ledger.
@Suite struct BookTests {
    @Test(arguments: Seed.some(8))
    func `a restart gives the book that was in memory, after any stream`(_ seed: Seed) throws {
        var world = try World(seed)
        for _ in 0..<8 {
            for _ in 0..<world.random.number(1..<10) { try world.step() }
            // An override that began or ended since the last look counts from the restart on.
            try world.tick()
            let before = world.picture
            try world.restart()
            #expect(world.picture == before)
        }
    }

    @Test(arguments: Seed.some(8))
    func `a reload gives every budget the accounts that a fresh run over all records gives it`(_ seed: Seed) throws {
        var world = try World(seed)
        for _ in 0..<6 {
            for _ in 0..<world.random.number(1..<8) { try world.step() }
            let policy = world.random.edited(world.book.policy)
            try world.restart(policy)
            let fresh = Book.fresh(world.records.values, policy, now: world.now)
            let book = world.book
            #expect(world.picture.amountsWithoutBlocks(of: book) == fresh.amountsWithoutBlocks(of: book))
        }
    }

    /// Offsets that are no multiple of a quarter of an hour: a rollup's bucket then lies in two windows.
    @Test(arguments: [
        ("Africa/Monrovia", "1971-06-15T12:00:00Z"), ("Europe/Amsterdam", "1935-03-02T23:50:00Z"),
        ("Asia/Kathmandu", "2026-03-02T18:20:00Z"), ("Pacific/Chatham", "2026-04-04T14:20:00Z"),
    ])
    func `windows of odd zones are derived to the millisecond`(_ identifier: String, _ now: String) throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let now = instant(now)
        var random = SeededGenerator(Seed(value: 7))
        let records = (0..<400).map {
            spend(
                1, at: now - Span(milliseconds: random.number(0...2 * 86_400_000)), id: "\($0)",
                tokens: random.number(1...9))
        }
        try ledger.store(records)
        var policy = policy(
            budget("hour", 9, window: .calendar(.hour)), budget("day", 9), budget("week", 9, window: .calendar(.week)))
        for index in policy.budgets.indices { policy.budgets[index].zone = zone(identifier) }
        let fresh = Book.fresh(records, policy, now: now)
        #expect(BookPicture(try ledger.book(for: policy, now: now), now: now).amounts == fresh.amounts)
    }

    @Test func `a budget derived while the clock ran a day ahead has today's spend once the clock is right`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let records = (0..<10).map { spend($0, at: monday - .minutes($0 * 7), id: "\($0)") }
        try ledger.store(records)
        let policy = policy(
            budget("day", 9), budget("hour", 9, window: .calendar(.hour)),
            budget("rolling", 9, window: .rolling(.hours(1))))
        _ = try ledger.book(for: policy, now: monday + .days(1))
        let fresh = Book.fresh(records, policy, now: monday)
        #expect(BookPicture(try ledger.book(for: policy, now: monday), now: monday).amounts == fresh.amounts)
    }
}

extension SeededGenerator {
    /// What an operator does to a policy between two reloads.
    fileprivate mutating func edited(_ policy: Policy) -> Policy {
        var policy = policy
        for index in policy.budgets.indices.reversed() {
            switch number(0..<8) {
            case 0: policy.budgets[index].limit = limit()
            case 1: policy.budgets[index].thresholds = thresholds(policy.budgets[index].window)
            case 2: policy.budgets[index].name += "x"
            case 3: policy.budgets[index] = budget(policy.budgets[index].name)
            case 4: policy.budgets[index].zone = pick(Self.zones)
            case 5: policy.budgets.remove(at: index)
            default: break
            }
        }
        for index in policy.rules.indices.reversed() where !policy.budgets.isEmpty {
            switch number(0..<5) {
            case 0: policy.rules[index].hold = .minutes(number(0...9))
            case 1: policy.rules[index] = rule(policy.rules[index].name, policy.budgets)
            case 2: policy.rules.remove(at: index)
            default: break
            }
        }
        if once(in: 2) { policy.budgets.append(budget("new-\(next())")) }
        return policy
    }
}
