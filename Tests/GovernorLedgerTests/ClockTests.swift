import GovernorCore
import GovernorLedger
import Testing

/// A clock that is set back: what seemed to be over is not.
@Suite struct ClockTests {
    private static let full = Policy(
        revision: "test",
        budgets: [
            budget("day", 10, at: [50, 100]), budget("hour", 10, window: .calendar(.hour), at: [100]),
            budget("rolling", 10, window: .rolling(.hours(1)), at: [100]),
            budget("block", 10, window: .block(.hours(2)), at: [100]),
            budget("week", 10, window: .calendar(.week), at: [100]),
        ].map { plain in
            var budget = plain
            for index in budget.thresholds.indices where budget.thresholds[index].ratio == .percent(100) {
                // What has to hold for a while acts through its alert.
                budget.thresholds[index].actions.pause = .lasting(.hours(3))
                if budget.name == "rolling" { budget.thresholds[index].hold = .seconds(30) }
            }
            return budget
        },
        rules: [
            Rule(
                name: "fast", condition: .burnRate(BurnRate(over: .hours(1), above: .dollars(5))),
                actions: Actions(notify: ["ops"], pause: .untilResumed)),
            Rule(name: "spike", condition: .burnRate(BurnRate(over: .minutes(90), above: .dollars(5)))),
        ], receivers: [Receiver(name: "ops", kind: .log)])

    @Test(arguments: [Span.hours(1), .days(1), .days(40), .days(800)])
    func `after a clock ran ahead, today's spend and alerts are there and nothing fires again`(_ ahead: Span) throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: Self.full, now: monday)
        try ledger.carryOut([spend(11, id: "a")], on: &book, at: monday)
        try ledger.tick(&book, at: monday + .minutes(1))
        let before = BookPicture(book, now: monday + .minutes(1))
        #expect(book.firing.count == 8)

        // Windows end, alerts resolve, and what is dated by the wrong clock is spent ahead.
        for minutes in [Int64(0), 1, 10, 120] {
            try ledger.tick(&book, at: monday + ahead + .minutes(minutes))
        }
        #expect(book.firing.count < 8 || ahead == .hours(1))
        _ = try ledger.book(for: Self.full, now: monday + ahead + .hours(3))
        let right = monday + .minutes(2)
        book = try ledger.book(for: Self.full, now: right)
        let after = BookPicture(book, now: right)
        #expect(after.accounts.differences(from: before.accounts).isEmpty)
        #expect(after.rules == before.rules && after.limits == before.limits)
        for place in Self.full.budgets.indices {
            let standing = book.standing(of: AccountKey(meter: place, split: .fleet), now: right)
            #expect(standing.isPaused && standing.spent == 11_000_000_000, "\(Self.full.budgets[place].name)")
        }
        #expect(book.decide(Labels(), now: right).kind == .pause)
        let alerts = try ledger.tick(&book, at: right).alerts
        #expect(alerts.isEmpty)
        // And on it goes: a restart changes nothing, and the day's end comes when it comes.
        book = try ledger.book(for: Self.full, now: right)
        #expect(try ledger.tick(&book, at: right).alerts.isEmpty)
        let midnight = monday + .hours(15)
        let ended = try ledger.tick(&book, at: midnight).resolved.map(\.item)
        #expect(ended.contains("day") && !ended.contains("week"))
    }

    @Test func `late use that came while the clock was ahead is in its block once the clock is right`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        let policy = policy(budget("block", 100, window: .block(.hours(5))))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(1, id: "a")], on: &book, at: monday)
        let fleet = AccountKey(meter: 0, split: .fleet)
        // A day ahead the block is long over, so that what its calls still bring is nobody's.
        let ahead = monday + .days(1)
        try ledger.tick(&book, at: ahead)
        try ledger.carryOut([spend(2, at: monday + .minutes(1), id: "b")], on: &book, at: ahead)
        #expect(book.account(fleet) == nil)
        let right = monday + .minutes(2)
        book = try ledger.book(for: policy, now: right)
        #expect(book.account(fleet)?.dollars(at: right, .block(.hours(5))) == .dollars(3))
    }

    @Test func `an operator's resume stays, whatever the clock said then`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var policy = policy(budget("life", 10, window: .lifetime, at: [100]))
        policy.budgets[0].thresholds[0].actions.pause = .untilResumed
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(11, id: "a")], on: &book, at: monday)
        var planner = Planner(book: book, now: monday + .days(1))
        #expect(planner.resume(Labels()).count == 1)
        _ = try ledger.commit(planner.finish(), on: &book)
        book = try ledger.book(for: policy, now: monday)
        #expect(book.decide(Labels(), now: monday).kind == .allow)
        #expect(try ledger.tick(&book, at: monday).alerts.isEmpty)
    }
}
