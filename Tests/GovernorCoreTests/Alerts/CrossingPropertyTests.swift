import GovernorCore
import Seeds
import Testing

/// One crossing, one alert: over random days of records, corrections, ticks, restarts and changed limits.
@Suite struct CrossingPropertyTests {
    private static func budgets(_ random: inout SeededGenerator) -> [Budget] {
        let thresholds = [
            Threshold(ratio: .percent(50), notify: ["ops"]),
            Threshold(ratio: .percent(80), notify: ["ops"], pause: .lasting(.minutes(10))),
            Threshold(ratio: .percent(100), notify: ["ops"], stop: true),
        ]
        let worker = [LabelKey.label(.worker)]
        let limit = { Limit.usd(.dollars($0)) }
        let zone = zone(random.pick(trickyZones))
        return [
            Budget(
                name: "hour", limit: limit(3), per: worker, window: .calendar(.hour), zone: zone, thresholds: thresholds
            ),
            Budget(
                name: "day", limit: limit(12), per: worker, window: .calendar(.day), zone: zone, thresholds: thresholds),
            Budget(name: "week", limit: limit(80), window: .calendar(.week), zone: zone, thresholds: thresholds),
            Budget(
                name: "calls", limit: Limit(unit: .calls, value: 40), per: worker, window: .calendar(.month),
                zone: zone, thresholds: thresholds),
            Budget(name: "life", limit: limit(200), window: .lifetime, thresholds: thresholds),
            Budget(name: "rolling", limit: limit(4), per: worker, window: .rolling(.hours(2)), thresholds: thresholds),
            // Slots of more than two hours, longer than an alert must stay clear before it resolves.
            Budget(name: "rolling-month", limit: limit(60), window: .rolling(.days(30)), thresholds: thresholds),
        ]
    }

    private static let receivers = [Receiver(name: "ops", kind: .log)]

    private static func record(_ random: inout SeededGenerator, id: String, at now: Timestamp) -> UsageRecord {
        // Mostly now; some late over the end of an hour or a day, some by a clock that runs ahead.
        let lag = random.once(in: 6) ? random.number(-20...600) : random.number(0...2)
        return spend(
            Money(nanodollars: random.number(0...900_000_000)), Labels([.worker: random.pick(["w-1", "w-2", "w-3"])]),
            at: now - .minutes(lag), id: id)
    }

    @Test(arguments: Seed.some(40)) func `every alert fires once and resolves at most once`(seed: Seed) {
        var random = SeededGenerator(seed)
        var now = monday + .minutes(random.number(0...1440))
        var book = Book(
            policy: Policy(revision: "r", budgets: Self.budgets(&random), receivers: Self.receivers), now: now)
        var shelf = RecordShelf()
        var fired: Set<String> = []
        var resolved: Set<String> = []
        func check(_ plan: Plan, _ what: String) {
            for alert in plan.alerts {
                if alert.state == .firing {
                    #expect(fired.insert(alert.id).inserted, "\(alert.name) of \(alert.who) fired twice on \(what)")
                } else {
                    #expect(fired.contains(alert.id), "\(alert.name) resolved before it fired")
                    #expect(resolved.insert(alert.id).inserted, "\(alert.name) resolved twice on \(what)")
                }
            }
        }
        for step in 0..<120 {
            switch random.number(0..<10) {
            case 0...4:
                let batch = (0..<random.number(1..<5)).map { Self.record(&random, id: "\(step)-\($0)", at: now) }
                check(book.commit(shelf.take(batch).changes, at: now), "new records")
            case 5...6:
                // Corrections: up or down, another worker, another time.
                let some = shelf.records.values.sorted { $0.identity.key < $1.identity.key }.filter { _ in
                    random.once(in: 8)
                }
                let corrected = some.prefix(6).map { old in
                    var new = Self.record(&random, id: old.identity.key, at: random.once(in: 3) ? now : old.time)
                    if random.once(in: 2) { new.cost = .zero }
                    return new
                }
                check(book.commit(shelf.take(Array(corrected)).changes, at: now), "corrections")
            case 7:
                let budget = random.number(0..<book.policy.budgets.count)
                let limit = book.policy.budgets[budget].limit
                let next = Limit(unit: limit.unit, value: max(1, limit.value / 10 * random.number(5...20)))
                book = book.relimited(budget, to: next, now: now)
                check(book.tick(at: now), "a changed limit")
            case 8:
                // A restart: what the ledger holds is all there is.
                book = book.reloaded(now: now)
                check(book.tick(at: now), "a restart")
                #expect(book.tick(at: now).alerts.isEmpty, "the same instant again has nothing new")
            default:
                now = now + .minutes(random.pick([1, 1, 5, 7, 20, 61, 300]))
                check(book.tick(at: now), "time")
            }
            if step % 6 == 0 { Self.checkSpent(book, shelf, at: now) }
            let firing = book.accounts.flatMap { $0.values.flatMap(\.crossings) }.map(\.alert).filter {
                $0.state == .firing
            }
            #expect(Set(firing.map(\.id)) == fired.subtracting(resolved) && firing.count == Set(firing.map(\.id)).count)
        }
        // Long after, only what never ends still fires, and nothing is kept for what is over.
        now = now + .days(70)
        check(book.tick(at: now), "the end")
        now = now + .days(1)
        check(book.tick(at: now), "a day after the end")
        check(book.tick(at: now + .days(1)), "two days after the end")
        #expect(book.accounts.enumerated().allSatisfy { $0.offset == 4 || $0.element.isEmpty })
    }

    /// Every account holds the sum of the kept records of its current window.
    private static func checkSpent(_ book: Book, _ shelf: RecordShelf, at now: Timestamp) {
        for (index, budget) in book.policy.budgets.enumerated() {
            let counted = shelf.records.values.filter {
                budget.window.counts(budget.window.slot(containing: $0.time, in: budget.zone), at: now)
            }
            let sums = Dictionary(grouping: counted) { Split(booking: $0.labels, per: budget.per) }
                .mapValues { $0.reduce(Amount.zero) { $0 + $1.amount } }
            for split in Set(sums.keys).union(book.accounts[index].keys) {
                let spent =
                    book.account(AccountKey(meter: index, split: split))?.spent(at: now, window: budget.window)
                    ?? .zero
                #expect(spent == sums[split] ?? .zero, "\(budget.name) of \(split.raw)")
            }
        }
    }

    @Test(arguments: Seed.some(40)) func `other batches of the same spend end in the same alerts and decisions`(
        seed: Seed
    ) {
        var random = SeededGenerator(seed)
        let budgets = Self.budgets(&random)
        let now = monday + .minutes(random.number(0...1440))
        let records = (0..<random.number(5..<120)).map { Self.record(&random, id: "\($0)", at: now) }
        func outcome(_ batches: [[UsageRecord]]) -> (fired: Set<String>, decisions: [Decision], book: Book) {
            var book = Book(policy: Policy(revision: "r", budgets: budgets, receivers: Self.receivers), now: now)
            var fired: [String] = []
            for batch in batches { fired += book.commit(batch, at: now).fired.map(\.id) }
            fired += book.tick(at: now).fired.map(\.id)
            #expect(Set(fired).count == fired.count)
            let decisions = ["w-1", "w-2", "w-3", "w-4"].map {
                book.decide(Labels([.worker: $0]), estimate: usd("0.5"), now: now)
            }
            return (Set(fired), decisions, book)
        }
        let whole = outcome([records])
        for most in [1, 3, 10] {
            let split = outcome(random.batches(records.shuffled(using: &random), most: most))
            #expect(split.fired == whole.fired)
            #expect(split.decisions == whole.decisions)
            #expect(
                split.book.accounts.map { $0.mapValues(\.slots) } == whole.book.accounts.map { $0.mapValues(\.slots) })
        }
        // Planning is a function: the same changes over the same book give the same plan, and planning leaves no trace.
        var planner = Planner(book: whole.book, now: now)
        var again = Planner(book: whole.book, now: now)
        let more = [RecordChange.insert(Self.record(&random, id: "more", at: now))]
        planner.add(more)
        again.add(more)
        planner.evaluateTouched()
        again.evaluateTouched()
        #expect(planner.finish() == again.finish())
    }

    @Test(arguments: Seed.some(20)) func `as time goes on, other batches and more ticks end in the same alerts`(
        seed: Seed
    ) {
        var random = SeededGenerator(seed)
        let budgets = Self.budgets(&random).filter { if case .rolling = $0.window { false } else { true } }
        var now = monday + .minutes(random.number(0...1440))
        let records = (0..<200).map { index in
            now = now + Span(milliseconds: random.number(0...180_000))
            return spend(
                Money(nanodollars: random.number(0...900_000_000)), Labels([.worker: random.pick(["w-1", "w-2"])]),
                at: now, id: "\(index)")
        }
        func fired(_ batches: [[UsageRecord]], ticks: Bool) -> Set<String> {
            var book = Book(policy: Policy(revision: "r", budgets: budgets, receivers: Self.receivers), now: monday)
            var fired: [String] = []
            for batch in batches {
                let last = batch.last?.time ?? monday
                if ticks { fired += book.tick(at: batch.first?.time ?? last).fired.map(\.id) }
                fired += book.commit(batch, at: last).fired.map(\.id)
            }
            #expect(Set(fired).count == fired.count)
            return Set(fired)
        }
        let one = fired(records.map { [$0] }, ticks: true)
        #expect(fired(random.batches(records, most: 8), ticks: false) == one)
        #expect(fired(random.batches(records, most: 4), ticks: true) == one)
    }
}
