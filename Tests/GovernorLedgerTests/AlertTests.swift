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

        let id = try #require(plan.notifications.first?.id)
        let no = DeliveryFailure(.http5xx, "500: \"no\"", isAmbiguous: true)
        let bob = DeliveryFailure(.smtp5xx, "bob, 550")
        try deliver(
            id, DeliveryResult(.failed(no, retryAfter: .minutes(10)), settled: ["ada", "bob"], lost: ["bob": bob]),
            &book)
        let tried = try #require(book.outbox[id])
        #expect(tried.settled == ["ada", "bob"] && tried.lastError == "500: \"no\"; bob, 550")
        #expect(try ledger.book(for: policy, now: monday).outbox == [id: tried])
        #expect(try ledger.deliveries().map { "\($0.receiver) \($0.state) \($0.count)" } == ["ops pending 1"])
        try deliver(id, DeliveryResult(.refused(no)), &book)
        #expect(try ledger.book(for: policy, now: monday).outbox.isEmpty)
        #expect(try ledger.notifications(limit: 9).map(\.state) == [.dead])
        #expect(try ledger.deliveries(recent: monday).map(\.recent) == [1])
        #expect(try ledger.deliveries(recent: monday + .seconds(1)).map(\.recent) == [0])
        #expect(try ledger.deadNotifications(id: id, receiver: nil).map(\.items) == [tried.items])
        #expect(try ledger.deadNotifications(id: nil, receiver: "oncall").isEmpty)

        let alert = try #require(tried.items.first?.alert.id)
        let explanation = try #require(try ledger.explanation(ofAlert: alert))
        #expect(explanation.messages.map(\.id) == [id] && explanation.tellings.map(\.reason) == [.firstOfGroup])
        #expect(explanation.attempts.map(\.outcome) == [.failed, .refused])
        #expect(explanation.attempts.map(\.isAmbiguous) == [true, true])
        #expect(explanation.attempts.map(\.reason) == [.http5xx, .http5xx])
        #expect(try ledger.explanation(ofAlert: "al_0") == nil && ledger.alert("al_0") == nil)
    }

    @Test func `alerts can be asked for by state, time and receiver`() throws {
        let policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        try ledger.carryOut([spend(10, id: "a")], on: &book, at: monday)
        let names = { (filter: AlertFilter) in
            try self.ledger.alerts(filter).map { "\($0.alert.name) \($0.messages.count)" }
        }
        #expect(try Set(names(AlertFilter(limit: 9))) == ["day@80% 0", "day@100% 1"], "only the highest is told")
        #expect(try names(AlertFilter(receiver: "ops", limit: 9)) == ["day@100% 1"])
        #expect(try names(AlertFilter(receiver: "oncall", limit: 9)).isEmpty)
        #expect(try names(AlertFilter(state: .resolved, limit: 9)).isEmpty)
        #expect(try names(AlertFilter(since: monday + .seconds(1), limit: 9)).isEmpty)
        #expect(try names(AlertFilter(limit: 1)).count == 1)
    }

    @Test func `what an operator says of alerts, and who wants nothing more, comes back`() throws {
        var policy = policy(budget("day", 10))
        var book = try ledger.book(for: policy, now: monday)
        let alert = try #require(try ledger.carryOut([spend(9, id: "a")], on: &book, at: monday).fired.first)
        let term = Matcher.Term(key: .tag("a,b"), globs: [Glob("x*"), Glob("\"y\"")])
        let silence = OperatorSilence(
            Silence(
                items: [Glob("d,*")], matcher: Matcher(terms: [term]),
                interval: Interval(start: monday, end: monday + .hours(1)), reason: "why", by: "ada"))
        var planner = Planner(book: book, now: monday)
        planner.silence(silence)
        _ = planner.acknowledge(alert.id, by: "ada")
        _ = try ledger.commit(planner.finish(), on: &book)
        let id = try #require(book.outbox.keys.first)
        try deliver(id, DeliveryResult(.refused(DeliveryFailure(.gone, "410"))), &book)

        let again = try ledger.book(for: policy, now: monday)
        #expect(again.messaging.silences == [silence.id: silence])
        #expect(again.messaging.disabled == ["ops": Messaging.Disabled(since: monday, why: "410")])
        let known = again.firing.first { $0.id == alert.id }?.acknowledgement
        #expect(known == Alert.Acknowledgement(by: "ada", at: monday))
        let group = NotificationLog.Group(receiver: "ops", item: "day")
        #expect(again.messaging.log.last(group) == book.messaging.log.last(group))
        #expect(again.messaging.log.last(group, .fleet) == book.messaging.log.last(group, .fleet))
        #expect(try ledger.book(for: policy, now: monday + .hours(1)).messaging.silences.isEmpty)
        policy.revision += "x"
        #expect(try ledger.book(for: policy, now: monday).messaging.disabled.isEmpty)
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

    private func deliver(_ id: String, _ result: DeliveryResult, _ book: inout Book) throws {
        var planner = Planner(book: book, now: monday)
        planner.add(Delivery(notification: id, result: result, at: monday, jitter: 0.5))
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
