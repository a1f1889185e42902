import GovernorCore
import Testing

@Suite struct CrossingTests {
    private static func book(
        _ window: Window, limit: Int64 = 10, per: [LabelKey] = [], at thresholds: [Threshold]? = nil,
        now: Timestamp = monday
    ) -> Book {
        let defaults = [50, 80, 100].map { Threshold(ratio: .percent($0), notify: ["ops"]) }
        let budget = Budget(
            name: "b", limit: .usd(.dollars(limit)), per: per, window: window, thresholds: thresholds ?? defaults)
        let receivers = ["ops", "oncall", "finance"].map { Receiver(name: $0, kind: .log) }
        return Book(policy: Policy(revision: "r", budgets: [budget], receivers: receivers), now: now)
    }

    private static func change(_ record: UsageRecord, to other: UsageRecord) -> [RecordChange] {
        [.revise(StoredRecord(sequence: 1, record: record), to: other)]
    }

    private static func names(_ alerts: [Alert]) -> [String] { alerts.map(\.name) }

    @Test func `crossing several thresholds at once records all and tells of the highest`() {
        var book = Self.book(.calendar(.day))
        let plan = book.commit([spend(usd("9"))], at: monday)
        #expect(Self.names(plan.fired) == ["b@50%", "b@80%"])
        #expect(plan.notifications.flatMap(\.items).map(\.alert.name) == ["b@80%"])
        #expect(
            plan.fired.map(\.notified) == [[], ["ops"]], "who was never told that it fires is not told that it resolved"
        )
        let ended = book.tick(at: monday + .days(1))
        #expect(
            Self.names(ended.resolved) == ["b@50%", "b@80%"] && ended.resolved.allSatisfy { $0.end == .windowEnded })
        #expect(ended.notifications.flatMap(\.items).map(\.alert.name) == ["b@80%"])
    }

    @Test func `each receiver is told of the highest that is for it`() {
        var book = Self.book(
            .calendar(.day),
            at: [
                Threshold(ratio: .percent(50), notify: ["ops", "finance"]),
                Threshold(ratio: .percent(100), notify: ["ops", "oncall"], pause: .untilReset),
            ])
        let plan = book.commit([spend(usd("10"))], at: monday)
        #expect(
            Set(plan.notifications.map { "\($0.receiver) \($0.items.map(\.alert.name))" }) == [
                #"finance ["b@50%"]"#, #"ops ["b@100%"]"#, #"oncall ["b@100%"]"#,
            ])
    }

    @Test func `thresholds crossed one after the other are told one after the other`() {
        var book = Self.book(.calendar(.day))
        for (cost, name) in [("5", "b@50%"), ("3", "b@80%"), ("2", "b@100%")] {
            let plan = book.commit([spend(usd(cost), id: name)], at: monday)
            #expect(Self.names(plan.fired) == [name] && plan.fired[0].notified == ["ops"])
        }
        #expect(book.commit([spend(usd("2"), id: "more")], at: monday).alerts.isEmpty)
    }

    @Test func `spend corrected down resolves, and up again fires no second time in that window`() {
        var book = Self.book(.calendar(.day))
        let record = spend(usd("8"), id: "a")
        book.commit([.insert(record)], at: monday)
        let fallen = book.commit(Self.change(record, to: spend(usd("1"), id: "a")), at: monday)
        #expect(Self.names(fallen.resolved) == ["b@50%", "b@80%"] && fallen.resolved[0].end == .spendFell)
        #expect(book.commit([spend(usd("8"), id: "b")], at: monday).alerts.isEmpty)
        let tomorrow = monday + .days(1)
        book.tick(at: tomorrow)
        #expect(book.commit([spend(usd("8"), at: tomorrow, id: "c")], at: tomorrow).fired.count == 2)
    }

    @Test func `a record moved to another day or worker moves its alerts`() {
        var book = Self.book(.calendar(.day), per: [.label(.worker)], at: [Threshold(ratio: .percent(100))])
        let record = spend(usd("10"), Labels([.worker: "w-1"]), id: "a")
        #expect(book.commit([.insert(record)], at: monday).fired.map(\.who) == ["w-1"])
        let relabelled = spend(usd("10"), Labels([.worker: "w-2"]), id: "a")
        let moved = book.commit(Self.change(record, to: relabelled), at: monday)
        #expect(moved.fired.map(\.who) == ["w-2"] && moved.resolved.map(\.who) == ["w-1"])
        let yesterday = spend(usd("10"), Labels([.worker: "w-2"]), at: monday - .days(1), id: "a")
        let back = book.commit(Self.change(relabelled, to: yesterday), at: monday)
        #expect(back.fired.isEmpty && back.resolved.map(\.who) == ["w-2"])
        #expect(
            back.deltas.values.reduce(.zero, +) == .zero && back.deltas.count == 2,
            "the ledger keeps the past window's difference")
        #expect(book.decide(Labels([.worker: "w-2"]), now: monday).remaining == .dollars(10))
    }

    @Test func `the last write before a boundary is told, for an hour, with what could still be done`() throws {
        let midnight = instant("2026-03-03T00:00:00Z")
        var book = Self.book(.calendar(.day), at: [Threshold(ratio: .percent(100), pause: .untilReset)])
        let late = book.commit([spend(usd("10"), at: midnight - .seconds(1))], at: midnight + .minutes(59))
        #expect(late.fired.count == 1 && late.resolved.map(\.end) == [.windowEnded])
        #expect(try #require(late.fired.first).action == "nothing, the window had ended before this spend was known")
        #expect(
            book.commit([spend(usd("10"), at: midnight - .seconds(1), id: "b")], at: midnight + .minutes(59)).alerts
                .isEmpty)
        #expect(book.decide(Labels(), now: midnight + .minutes(59)).kind == .allow)
        book.tick(at: midnight + .hours(3))
        #expect(book.account(AccountKey(meter: 0, split: .fleet)) == nil, "an hour later it is the ledger's alone")
        #expect(
            book.commit([spend(usd("10"), at: midnight - .seconds(1), id: "c")], at: midnight + .hours(3)).alerts
                .isEmpty)
    }

    @Test func `a raised limit arms its thresholds again and resolves the old`() {
        var book = Self.book(.calendar(.day))
        book.commit([spend(usd("9"))], at: monday)
        book = book.relimited(0, to: .usd(.dollars(15)), now: monday)
        let raised = book.tick(at: monday)
        #expect(Self.names(raised.fired) == ["b@50%"] && Self.names(raised.resolved) == ["b@50%", "b@80%"])
        #expect(raised.resolved.allSatisfy { $0.end == .limitChanged } && raised.fired[0].limit == .usd(.dollars(15)))
        #expect(Self.names(book.commit([spend(usd("3"), id: "more")], at: monday).fired) == ["b@80%"])
    }

    @Test(arguments: [6, 20] as [Int64]) func `a limit changed after midnight says nothing of the day before`(
        limit: Int64
    ) {
        let midnight = instant("2026-03-03T00:00:00Z")
        var book = Self.book(.calendar(.day), limit: 10)
        book.commit([spend(usd("7"))], at: monday)
        let now = midnight + .minutes(20)
        book.tick(at: now)
        book = book.relimited(0, to: .usd(.dollars(limit)), now: now)
        #expect(book.tick(at: now).alerts.isEmpty)
        #expect(
            book.commit([spend(usd("0.1"), at: midnight - .seconds(1), id: "late")], at: now).fired.filter {
                $0.ratio == .percent(50)
            }.isEmpty, "that share was told under the limit of its day")
    }

    @Test func `a threshold taken out of the policy resolves, and put back fires no second time`() {
        var book = Self.book(.calendar(.day))
        book.commit([spend(usd("6"))], at: monday)
        let full = book.policy
        var fewer = full
        fewer.budgets[0].thresholds.removeFirst()
        book = book.reloaded(fewer, now: monday)
        #expect(book.tick(at: monday).resolved.map(\.end) == [.budgetRemoved])
        book = book.reloaded(full, now: monday)
        #expect(book.tick(at: monday).alerts.isEmpty)
    }

    @Test func `spend dated ahead waits for its window and then crosses by itself`() {
        let midnight = instant("2026-03-03T00:00:00Z")
        var book = Self.book(.calendar(.day))
        #expect(book.commit([spend(usd("10"), at: midnight + .seconds(2))], at: midnight - .seconds(1)).alerts.isEmpty)
        #expect(book.tick(at: midnight - Span(milliseconds: 1)).alerts.isEmpty)
        #expect(book.tick(at: midnight).fired.count == 3)
    }

    @Test func `a rolling alert resolves after five minutes below, and does not flap`() {
        var book = Self.book(.rolling(.hours(1)), at: [Threshold(ratio: .percent(100))])
        #expect(book.commit([spend(usd("10"))], at: monday).fired.count == 1)
        let left = monday + .hours(1) + .seconds(13)
        #expect(book.tick(at: left).alerts.isEmpty, "it left the window just now")
        #expect(book.tick(at: left + .minutes(4)).alerts.isEmpty)
        #expect(
            book.commit([spend(usd("10"), at: left + .minutes(4), id: "b")], at: left + .minutes(4)).alerts.isEmpty,
            "the same crossing goes on")
        let again = left + .minutes(4) + .hours(1) + .seconds(13)
        book.tick(at: again)
        #expect(book.tick(at: again + .minutes(5)).resolved.count == 1)
        let later = again + .minutes(6)
        #expect(book.commit([spend(usd("10"), at: later, id: "c")], at: later).fired.count == 1, "another crossing")
    }

    @Test func `a rolling alert never fires twice under one id, and is forgotten in the end`() {
        // A slot of thirty days is 2 h 24 min.
        let start = Window.rolling(.days(30)).slot(containing: monday, in: .utc).start
        var book = Self.book(
            .rolling(.days(30)), at: [Threshold(ratio: .percent(100), pause: .lasting(.minutes(1)))], now: start)
        let record = spend(usd("10"), at: start, id: "a")
        let first = book.commit([.insert(record)], at: start).fired
        book.commit(Self.change(record, to: spend(usd("1"), at: start, id: "a")), at: start + .minutes(1))
        #expect(book.tick(at: start + .minutes(6)).resolved.count == 1)
        #expect(book.commit([spend(usd("9"), at: start, id: "b")], at: start + .minutes(10)).alerts.isEmpty)
        #expect(book.decide(Labels(), now: start + .minutes(10)).kind == .allow, "its pause is over")
        let next = book.tick(at: start + .minutes(145)).fired
        #expect(next.count == 1 && next.map(\.id) != first.map(\.id))
        #expect(book.account(AccountKey(meter: 0, split: .fleet))?.crossings.count == 1)
        book.tick(at: start + .days(31))
        book.tick(at: start + .days(32))
        book.tick(at: start + .days(33))
        #expect(book.accounts[0].isEmpty)
    }

    @Test func `a busy short window keeps no more slots than it needs`() {
        var book = Self.book(.rolling(.minutes(1)), limit: 1_000_000)
        for second in Int64(0)..<600 {
            let now = monday + .seconds(second)
            book.commit([spend(usd("0.01"), at: now, id: "\(second)")], at: now)
        }
        #expect(book.accounts[0][.fleet]?.slots.count ?? 0 <= 61)
    }

    @Test func `an alert's identity is its item, split, window, threshold and limit revision`() {
        let ids = [
            Alert.id(
                item: "b", split: .fleet, start: monday, threshold: Threshold(ratio: .percent(80)), limitRevision: 0),
            Alert.id(
                item: "c", split: .fleet, start: monday, threshold: Threshold(ratio: .percent(80)), limitRevision: 0),
            Alert.id(
                item: "b", split: Split(raw: "w"), start: monday, threshold: Threshold(ratio: .percent(80)),
                limitRevision: 0),
            Alert.id(
                item: "b", split: .fleet, start: monday + .days(1), threshold: Threshold(ratio: .percent(80)),
                limitRevision: 0),
            Alert.id(
                item: "b", split: .fleet, start: monday, threshold: Threshold(ratio: .percent(100)), limitRevision: 0),
            Alert.id(
                item: "b", split: .fleet, start: monday, threshold: Threshold(ratio: .percent(80)), limitRevision: 1),
        ]
        #expect(Set(ids).count == ids.count)
        #expect(
            ids[0]
                == Alert.id(
                    item: "b", split: .fleet, start: monday, threshold: Threshold(ratio: .percent(80)), limitRevision: 0
                ))
    }
}
