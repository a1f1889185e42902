import GovernorCore
import GovernorLedger
import Testing

/// What a restart must not cut short: conditions that are held against time, rules, silences, pauses for an operator.
@Suite struct RestartTests {
    private let folder: DataFolder
    private let ledger: Ledger

    init() throws {
        folder = try DataFolder()
        ledger = try Ledger(folder: folder.path)
    }

    @Test func `what has to hold for half an hour does so across restarts`() throws {
        var policy = policy(budget("day", 10, at: [50]))
        policy.budgets[0].thresholds[0].hold = .minutes(30)
        var book = try ledger.book(for: policy, now: monday)
        #expect(try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday).alerts.isEmpty)
        for minutes: Int64 in [7, 14, 21, 29] {
            book = try ledger.book(for: policy, now: monday + .minutes(minutes))
            #expect(try ledger.tick(&book, at: monday + .minutes(minutes)).alerts.isEmpty)
        }
        book = try ledger.book(for: policy, now: monday + .minutes(30))
        #expect(try ledger.tick(&book, at: monday + .minutes(30)).fired.map(\.name) == ["day@50%"])
    }

    @Test func `an alert of a rolling window clears after its five minutes, restarts or not`() throws {
        let policy = policy(budget("rolling", 10, window: .rolling(.minutes(5)), at: [50]))
        var book = try ledger.book(for: policy, now: monday)
        #expect(try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday).fired.count == 1)
        for minutes: Int64 in [6, 8, 10] {
            book = try ledger.book(for: policy, now: monday + .minutes(minutes))
            #expect(try ledger.tick(&book, at: monday + .minutes(minutes)).alerts.isEmpty)
        }
        book = try ledger.book(for: policy, now: monday + .minutes(11))
        #expect(try ledger.tick(&book, at: monday + .minutes(11)).resolved.count == 1)
    }

    @Test(arguments: 0..<8) func `what ends together is told in the order in which it is told without a restart`(
        _ number: Int
    ) throws {
        // By another name another hash, by which the alerts are not to be sorted.
        let policy = policy(budget("day-\(number)", 10, at: [20, 40, 60, 80]))
        var plain = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(9, id: "a")], on: &plain, at: monday)
        var restarted = try ledger.book(for: policy, now: monday + .minutes(1))
        let night = monday + .days(1)
        var planner = Planner(book: plain, now: night)
        planner.evaluateAll()
        let ends = try ledger.tick(&restarted, at: night).resolved
        #expect(ends.count == 4 && ends == planner.finish().resolved)
    }

    @Test func `a timer goes with its threshold, its budget or its rule`() throws {
        var policy = policy(budget("day", 10, at: [50]), budget("week", 10, window: .calendar(.week), at: [50]))
        for index in policy.budgets.indices { policy.budgets[index].thresholds[0].hold = .minutes(30) }
        policy.rules = [
            Rule(
                name: "fast", condition: .burnRate(BurnRate(over: .hours(1), above: .dollars(1))), hold: .minutes(30))
        ]
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday)
        var edited = policy
        edited.budgets[0].thresholds[0].ratio = .percent(60)
        edited.budgets.removeLast()
        edited.rules[0].condition = .burnRate(BurnRate(over: .hours(2), above: .dollars(1)))
        _ = try ledger.book(for: edited, now: monday)
        book = try ledger.book(for: policy, now: monday + .minutes(29))
        #expect(book.account(AccountKey(meter: 0, split: .fleet))?.timers.isEmpty == true)
        #expect(book.account(AccountKey(meter: 1, split: .fleet))?.timers.isEmpty == true)
        #expect(book.rules[0].isEmpty)
    }

    @Test func `a rule's alert goes on, and ends with a message when the rule changes`() throws {
        var policy = policy()
        policy.rules = [
            Rule(
                name: "fast", condition: .burnRate(BurnRate(over: .hours(1), above: .dollars(5))),
                per: [.label(.worker)], hold: .minutes(10), actions: Actions(notify: ["ops"], pause: .untilResumed))
        ]
        let worker = Labels([.worker: "w-1"])
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(6, worker, id: "a")], on: &book, at: monday)
        book = try ledger.book(for: policy, now: monday + .minutes(10))
        let fired = try ledger.tick(&book, at: monday + .minutes(10)).fired
        #expect(fired.map(\.headline) == ["fast: w-1 spends $6.00 an hour over the last 1h, above $5.00"])

        book = try ledger.book(for: policy, now: monday + .hours(30))
        #expect(book.rules[0][Split(raw: "w-1")]?.alert == fired.first)
        #expect(book.decide(worker, now: monday + .hours(30)).kind == .pause)
        policy.rules[0].actions.throttle = Throttle(maxWorkers: 1)
        book = try ledger.book(for: policy, now: monday + .hours(30))
        #expect(book.rules[0].count == 1, "actions are no part of what an alert depends on")

        policy.rules[0].hold = .minutes(20)
        book = try ledger.book(for: policy, now: monday + .hours(30))
        #expect(book.rules[0].isEmpty && book.loose == fired)
        let plan = try ledger.tick(&book, at: monday + .hours(30))
        #expect(plan.resolved.map(\.end) == [.ruleChanged] && plan.notifications.count == 1)
        #expect(try ledger.book(for: policy, now: monday + .hours(30)).loose.isEmpty)
        #expect(try ledger.alerts(since: monday).map(\.state) == [.resolved])
    }

    @Test func `an error in the policy's files fires across a restart until they are right`() throws {
        let policy = policy()
        var book = try ledger.book(for: policy, now: monday)
        var planner = Planner(book: book, now: monday)
        planner.notePolicyError("team.yaml:12:15: unknown window \"mounth\"")
        _ = try ledger.commit(planner.finish(), on: &book)
        book = try ledger.book(for: policy, now: monday + .days(3))
        #expect(book.loose.map(\.text) == ["team.yaml:12:15: unknown window \"mounth\""])
        #expect(try ledger.tick(&book, at: monday + .days(3)).alerts.isEmpty)
        planner = Planner(book: book, now: monday + .days(3))
        planner.notePolicyError(nil)
        _ = try ledger.commit(planner.finish(), on: &book)
        #expect(try ledger.book(for: policy, now: monday + .days(3)).loose.isEmpty)
    }

    @Test func `a pause for an operator holds after its window, also across a restart`() throws {
        var policy = policy(budget("hour", 10, window: .calendar(.hour), at: [100]))
        policy.budgets[0].thresholds[0].actions.pause = .untilResumed
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(11, id: "a")], on: &book, at: monday)
        let later = monday + .days(3)
        try ledger.tick(&book, at: later)
        book = try ledger.book(for: policy, now: later)
        #expect(book.decide(Labels(), now: later).kind == .pause)
        #expect(try ledger.tick(&book, at: later).alerts.isEmpty)
    }

    @Test func `a pause for three hours lasts beyond its window, also across a restart`() throws {
        var policy = policy(budget("hour", 10, window: .calendar(.hour), at: [100]))
        policy.budgets[0].thresholds[0].actions.pause = .lasting(.hours(3))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(11, id: "a")], on: &book, at: monday)
        #expect(try ledger.tick(&book, at: monday + .minutes(61)).resolved.map(\.end) == [.windowEnded])
        for (minutes, kind) in [(Int64(170), Decision.Kind.pause), (181, .allow)] {
            book = try ledger.book(for: policy, now: monday + .minutes(minutes))
            try ledger.tick(&book, at: monday + .minutes(minutes))
            #expect(book.decide(Labels(), now: monday + .minutes(minutes)).kind == kind)
        }
    }

    @Test func `what an operator resumed in a rolling window stays resumed across a restart`() throws {
        var policy = policy(budget("rolling", 10, window: .rolling(.days(1)), at: [100]))
        policy.budgets[0].thresholds[0].actions.pause = .untilResumed
        policy.rules = [
            Rule(
                name: "fast", condition: .burnRate(BurnRate(over: .days(1), above: .dollars(0))),
                actions: Actions(pause: .untilResumed))
        ]
        var book = try ledger.book(for: policy, now: monday)
        #expect(try ledger.carryOut([spend(11, id: "a")], on: &book, at: monday).fired.count == 2)
        var planner = Planner(book: book, now: monday + .minutes(1))
        #expect(planner.resume(Labels()).count == 2)
        _ = try ledger.commit(planner.finish(), on: &book)
        for hours: Int64 in [2, 20] {
            book = try ledger.book(for: policy, now: monday + .hours(hours))
            #expect(try ledger.tick(&book, at: monday + .hours(hours)).alerts.isEmpty)
            #expect(book.decide(Labels(), now: monday + .hours(hours)).kind == .allow)
        }
    }

    @Test func `an alert that a silence muted is told of once, when the silence ends`() throws {
        var policy = policy(budget("day", 10, at: [50]))
        let interval = Interval(start: monday, end: monday + .minutes(10))
        policy.silences = [Silence(interval: interval, reason: "known")]
        var book = try ledger.book(for: policy, now: monday)
        #expect(try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday).notifications.isEmpty)
        for minutes: Int64 in [5, 10, 11, 12] {
            let now = monday + .minutes(minutes)
            book = try ledger.book(for: policy, now: now)
            #expect(try ledger.tick(&book, at: now).notifications.count == (minutes == 10 ? 1 : 0))
            #expect(try ledger.alerts(limit: 9).map(\.silenced) == [minutes < 10])
        }
    }

    @Test func `an override counts the revision up when it begins and when it ends, running or not`() throws {
        var policy = policy(budget("day", 10, at: [50]))
        let interval = Interval(start: monday + .minutes(10), end: monday + .minutes(20))
        policy.budgets[0].overrides = [Override(limit: .usd(.dollars(40)), interval: interval, reason: "release")]
        var book = try ledger.book(for: policy, now: monday)
        #expect(try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday).fired.map(\.limitRevision) == [0])
        let during = try ledger.tick(&book, at: monday + .minutes(11))
        #expect(during.resolved.map(\.end) == [.limitChanged])
        book = try ledger.book(for: policy, now: monday + .minutes(12))
        #expect(book.limits == [Book.InForce(limit: .usd(.dollars(40)), revision: 1)])
        book = try ledger.book(for: policy, now: monday + .minutes(21))
        #expect(book.limits == [Book.InForce(limit: .usd(.dollars(10)), revision: 2)])
        #expect(try ledger.tick(&book, at: monday + .minutes(21)).fired.map(\.limitRevision) == [2])
    }
}
