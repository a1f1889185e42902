import GovernorCore
import GovernorLedger
import Testing

/// Alerts and messages across restarts, reloads and changed limits.
@Suite struct AlertTests {
    private let folder: DataFolder
    private let ledger: Ledger

    init() throws {
        folder = try DataFolder()
        ledger = try Ledger(folder: folder.path)
    }

    @Test func `alerts and messages come back as they were`() throws {
        var budget = budget("odd", 10, window: .lifetime, per: [.label(.project), .tag("a,b"), .tag("ü")])
        budget.thresholds[1].actions.pause = .lasting(.minutes(15))
        let policy = policy(budget)
        var labels = Labels([.project: "web, \"1\""])
        labels.tags = ["a,b": "x", "ü": "ö"]
        var book = try ledger.book(for: policy, now: monday)
        let plan = try ledger.carryOut([spend(12, labels, id: "a")], on: &book, at: monday)
        #expect(plan.alerts.count == 2 && plan.notifications.count == 1)
        #expect(try Set(ledger.alerts(limit: 9)) == Set(plan.alerts))
        #expect(try ledger.notifications(limit: 9) == plan.notifications)

        var tried = try #require(plan.notifications.first)
        tried.attempts = 3
        tried.nextAt = monday + .minutes(10)
        tried.lastError = "500: \"no\""
        try deliver(tried, &book)
        #expect(try ledger.book(for: policy, now: monday).outbox == [tried.id: tried])
        #expect(try ledger.deliveries().map { "\($0.receiver) \($0.state) \($0.count)" } == ["ops pending 1"])
        tried.state = .dead
        try deliver(tried, &book)
        #expect(try ledger.book(for: policy, now: monday).outbox.isEmpty)
        #expect(try ledger.notifications(limit: 9) == [tried])
    }

    @Test func `a message that tells of a firing still does after its alert resolved and the process restarted`() throws
    {
        let policy = policy(budget("day", 10, at: [50]))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(6, id: "a")], on: &book, at: monday)
        let later = monday + .seconds(10)
        try ledger.carryOut([.remove(try #require(try ledger.stored("push/a")))], on: &book, at: later)
        #expect(book.outbox.count == 2)
        #expect(try ledger.book(for: policy, now: later).outbox == book.outbox)
    }

    /// The firing of a threshold, the correction that resolves it, a long quiet time, a restart, and the spend again.
    @Test(arguments: [Window.lifetime, .rolling(.days(30)), .calendar(.month), .calendar(.year)])
    func `an alert that resolved does not fire again because the process restarted`(_ window: Window) throws {
        let policy = policy(budget("b", 10, window: window, at: [50]))
        // The beginning of a slot of the rolling window: all that follows happens in it, more than the hour later for
        // which windows that ended are watched.
        let start = Window.rolling(.days(30)).slot(containing: monday, in: .utc).start
        let later = start + .minutes(80)
        var book = try ledger.book(for: policy, now: start)
        #expect(try ledger.carryOut([spend(6, at: start, id: "a")], on: &book, at: start).fired.count == 1)
        let removal = RecordChange.remove(try #require(try ledger.stored("push/a")))
        try ledger.carryOut([removal], on: &book, at: start + .seconds(1))
        try ledger.tick(&book, at: start + .minutes(6))
        #expect(try ledger.alerts(limit: 9).map(\.state) == [.resolved])

        var restarted = try ledger.book(for: policy, now: later)
        #expect(book.planned([spend(7, at: later, id: "b")], at: later).alerts.isEmpty)
        #expect(try ledger.carryOut([spend(7, at: later, id: "b")], on: &restarted, at: later).alerts.isEmpty)
        #expect(try ledger.alerts(limit: 9).map(\.state) == [.resolved])
    }

    @Test func `a raised limit counts its revision up, ends the old alerts and arms the thresholds again`() throws {
        var policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        let first = try ledger.carryOut([spend(10, id: "a")], on: &book, at: monday)
        #expect(first.fired.map(\.limitRevision) == [0, 0])

        policy.budgets[0].limit = .usd(.dollars(20))
        book = try ledger.book(for: policy, now: monday)
        #expect(book.limits.map(\.revision) == [1])
        #expect(book.account(fleet)?.dollars(at: monday, .calendar(.day)) == .dollars(10))
        let reload = try ledger.tick(&book, at: monday)
        #expect(reload.fired.isEmpty)
        #expect(Set(reload.resolved.map(\.id)) == Set(first.fired.map(\.id)))
        #expect(reload.resolved.allSatisfy { $0.end == .limitChanged })

        let second = try ledger.carryOut([spend(10, id: "b")], on: &book, at: monday)
        #expect(second.fired.map(\.ratio) == [.percent(80), .percent(100)])
        #expect(second.fired.map(\.limitRevision) == [1, 1])
        // And so again by way of the disk, as often as it is opened.
        for _ in 0..<2 { #expect(try ledger.book(for: policy, now: monday).limits.map(\.revision) == [1]) }
    }

    @Test func `only a limit or a definition counts as a change, not thresholds or a mode`() throws {
        var policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        let fired = try ledger.carryOut([spend(9, id: "a")], on: &book, at: monday).fired
        policy.budgets[0].mode = .observe
        policy.budgets[0].thresholds.append(Threshold(ratio: .percent(120)))
        book = try ledger.book(for: policy, now: monday)
        #expect(book.limits.map(\.revision) == [0])
        #expect(book.account(fleet)?.crossings.map(\.alert) == fired)
        #expect(try ledger.tick(&book, at: monday).alerts.isEmpty)
        policy.budgets[0].limit = Limit(unit: .calls, value: policy.budgets[0].limit.value)
        #expect(try ledger.book(for: policy, now: monday).limits.map(\.revision) == [1])
    }

    /// A sum that can't be derived from the records shows whether it was kept or summed anew.
    @Test func `editing a limit keeps the stored accounts, editing the definition sums them anew`() throws {
        var policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(3, id: "a")], on: &book, at: monday)
        var unrecorded = book.planned([spend(1, id: "b")], at: monday)
        unrecorded.changes = []
        try ledger.commit(LedgerTransaction(plan: unrecorded, book: book))
        for dollars: Int64 in [20, 5, 7] {
            policy.budgets[0].limit = .usd(.dollars(dollars))
            let loaded = try ledger.book(for: policy, now: monday)
            #expect(loaded.account(fleet)?.dollars(at: monday, .calendar(.day)) == .dollars(4))
        }
        policy.budgets[0].zone = zone("Asia/Kathmandu")
        let derived = try ledger.book(for: policy, now: monday)
        #expect(derived.account(fleet)?.dollars(at: monday, .calendar(.day)) == .dollars(3))
        #expect(derived.limits.map(\.revision) == [4])
    }

    @Test func `a budget that is removed ends its alerts, and its return arms them again with all its spend`() throws {
        let full = policy(budget("day", 10), budget("other", 10))
        var book = try ledger.book(for: full, now: monday)
        try ledger.carryOut([spend(9, id: "a")], on: &book, at: monday)

        var without = full
        without.budgets.removeFirst()
        let removedAt = monday + .minutes(1)
        book = try ledger.book(for: without, now: removedAt)
        #expect(book.loose.map(\.item) == ["day"])
        let ended = try ledger.tick(&book, at: removedAt)
        #expect(ended.resolved.map(\.item) == ["day"] && ended.notifications.count == 1)
        let alerts = try ledger.alerts(limit: 9)
        let gone = try #require(alerts.first { $0.item == "day" })
        #expect(gone.state == .resolved && gone.end == .budgetRemoved && gone.resolvedAt == removedAt)
        #expect(alerts.first { $0.item == "other" }?.state == .firing)
        // Spend goes on while it is away, and a second load ends nothing twice.
        try ledger.carryOut([spend(2, id: "b")], on: &book, at: monday + .minutes(2))
        _ = try ledger.book(for: without, now: monday + .minutes(3))
        #expect(try ledger.alerts(limit: 9).first { $0.item == "day" }?.resolvedAt == removedAt)

        let back = monday + .minutes(4)
        book = try ledger.book(for: full, now: back)
        #expect(book.limits.map(\.revision) == [1, 0])
        #expect(book.account(fleet)?.dollars(at: back, .calendar(.day)) == .dollars(11))
        let plan = try ledger.tick(&book, at: back)
        #expect(plan.fired.filter { $0.item == "day" }.map(\.ratio) == [.percent(80), .percent(100)])
    }

    @Test func `a renamed budget keeps its spend, and the old name's alerts end`() throws {
        var policy = policy(budget("old", 10))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(9, id: "a")], on: &book, at: monday)
        policy.budgets[0].name = "new"
        book = try ledger.book(for: policy, now: monday)
        #expect(book.account(fleet)?.dollars(at: monday, .calendar(.day)) == .dollars(9))
        let renamed = try ledger.tick(&book, at: monday)
        #expect(renamed.fired.map(\.name) == ["new@80%"] && renamed.resolved.map(\.name) == ["old@80%"])
        #expect(
            try Set(ledger.alerts(limit: 9).map { "\($0.name) \($0.state)" }) == ["old@80% resolved", "new@80% firing"])
    }

    private var fleet: AccountKey { AccountKey(meter: 0, split: .fleet) }

    private func deliver(_ notification: Notification, _ book: inout Book) throws {
        var planner = Planner(book: book, now: monday)
        planner.add(notification)
        _ = try ledger.commit(planner.finish(), on: &book)
    }
}

extension Book {
    /// What a process that never restarted would plan.
    fileprivate func planned(_ records: [UsageRecord], at now: Timestamp) -> Plan {
        var planner = Planner(book: self, now: now)
        planner.add(records.map { .insert($0) })
        planner.evaluateTouched()
        return planner.finish()
    }
}
