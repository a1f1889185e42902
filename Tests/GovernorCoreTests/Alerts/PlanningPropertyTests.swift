import GovernorCore
import Seeds
import Testing

/// Over policies of every feature: blocks, shifts, overrides, silences, `for`, forecasts, rules.
@Suite struct PlanningPropertyTests {
    /// What happens, in order; ticks never twice within a minute.
    private struct Step {
        var now: Timestamp
        var records: [UsageRecord] = []
        var corrections: [RecordChange] = []
    }

    private static func steps(
        _ random: inout SeededGenerator, count: Int, from start: Timestamp, corrects: Bool = true,
        moves: Bool = true
    ) -> [Step] {
        var shelf = RecordShelf()
        var now = start
        return (0..<count).map { number in
            now = now + .minutes(random.pick([1, 1, 1, 2, 5, 5, 17, 61, 300]))
            var step = Step(now: now)
            if random.once(in: 2) {
                step.records = (0..<random.number(1..<6)).map {
                    RandomPolicy.record(&random, id: "\(number)-\($0)", at: now)
                }
                _ = shelf.take(step.records)
            } else if corrects, random.once(in: 4) {
                let some = shelf.records.values.sorted { $0.identity.key < $1.identity.key }.filter { _ in
                    random.once(in: 10)
                }
                step.corrections =
                    shelf.take(
                        some.prefix(4).map { old in
                            var new = RandomPolicy.record(&random, id: old.identity.key, at: old.time)
                            if random.once(in: 2) { new.cost = .zero }
                            if !moves { (new.labels, new.time) = (old.labels, old.time) }
                            return new
                        }
                    ).changes
            }
            return step
        }
    }

    private static func start(_ random: inout SeededGenerator) -> Timestamp {
        monday + .minutes(random.number(0...20_000))
    }

    @Test(arguments: Seed.some(30)) func `every alert fires once and resolves at most once, whatever happens`(
        seed: Seed
    ) {
        var random = SeededGenerator(seed)
        let start = Self.start(&random)
        var desk = Desk(RandomPolicy.policy(&random, around: start), now: start)
        for step in Self.steps(&random, count: 120, from: start) {
            desk.commit(step.records, at: step.now)
            desk.commit(step.corrections, at: step.now)
            switch random.number(0..<12) {
            case 0: desk.restart(at: step.now)
            case 1: _ = desk.resume(random.once(in: 2) ? Labels() : Labels([.worker: "w-1"]), at: step.now)
            case 2:
                var policy = desk.book.policy
                let place = random.number(0..<policy.budgets.count)
                let limit = policy.budgets[place].limit
                policy.budgets[place].limit.value = max(1, limit.value / 10 * random.number(6...16))
                desk.restart(policy, at: step.now)
            default: break
            }
            desk.tick(at: step.now)
            #expect(desk.isSound, "at \(RFC3339.utc(step.now))")
            let again = desk.plan(at: step.now) { $0.evaluateAll() }
            #expect(
                again.isEmpty, "the same instant again has nothing new: \(again.alerts.map(\.name)) \(again.timers)")
            #expect(
                again.rules.allSatisfy {
                    desk.book.rules[$0.key.rule][$0.key.split] == ($0.value.isEmpty ? nil : $0.value)
                })
        }
        // Long after, only what never ends by itself still fires, and nothing is kept for what is over.
        var now = (desk.book.lookedAt) + .days(40)
        for _ in 0..<4 {
            desk.tick(at: now)
            now = now + .days(1)
        }
        #expect(desk.isSound)
        // A forecast may be pending, or over, in a window in which nothing is spent.
        for (place, budget) in desk.book.policy.budgets.enumerated()
        where budget.window != .lifetime && !budget.thresholds.contains(where: { $0.measure == .forecast }) {
            let held = desk.book.accounts[place].filter { $0.value.crossings.contains { $0.alert.state == .firing } }
            #expect(held.count == desk.book.accounts[place].count, "\(budget.name)")
        }
    }

    @Test(arguments: Seed.some(30)) func `a stream of records in any batches is the same stream`(seed: Seed) {
        var random = SeededGenerator(seed)
        let start = Self.start(&random)
        let policy = RandomPolicy.policy(&random, around: start, without: .turningRules)
        let steps = Self.steps(&random, count: 80, from: start, corrects: false)
        var one = Desk(policy, now: start)
        var other = Desk(policy, now: start)
        for step in steps {
            // What time alone has brought is seen first, or it would be seen with the first of the records.
            one.tick(at: step.now)
            other.tick(at: step.now)
            if !step.records.isEmpty { one.commit(step.records, at: step.now) }
            for batch in random.batches(step.records, most: 3) { other.commit(batch, at: step.now) }
            #expect(one.history == other.history, "at \(RFC3339.utc(step.now))")
            #expect(one.answers(at: step.now).map(\.essence) == other.answers(at: step.now).map(\.essence))
        }
        #expect(one.book.accounts.map { $0.mapValues(\.slots) } == other.book.accounts.map { $0.mapValues(\.slots) })
        #expect(one.book.accounts.map { $0.mapValues(\.timers) } == other.book.accounts.map { $0.mapValues(\.timers) })
        #expect(
            one.book.limits == other.book.limits && one.isSound && other.isSound)
        #expect(one.states == other.states)
    }

    @Test(arguments: Seed.some(30)) func `a restart at any moment changes neither alerts nor decisions`(seed: Seed) {
        var random = SeededGenerator(seed)
        let start = Self.start(&random)
        let policy = RandomPolicy.policy(&random, around: start, without: .turningRules)
        var one = Desk(policy, now: start)
        var other = Desk(policy, now: start)
        // When somebody was heard of last is read from the records there are: one that moved to another, or to another time,
        // was never there.
        for step in Self.steps(&random, count: 100, from: start, moves: false) {
            let resumes = random.once(in: 15)
            for turn in 0..<2 {
                func play(_ desk: inout Desk) {
                    desk.commit(step.records, at: step.now)
                    desk.commit(step.corrections, at: step.now)
                    desk.tick(at: step.now)
                    if resumes { _ = desk.resume(at: step.now) }
                }
                if turn == 0 { play(&one) } else { play(&other) }
            }
            #expect(one.history == other.history, "at \(RFC3339.utc(step.now))")
            #expect(
                one.answers(at: step.now).map(\.essence) == other.answers(at: step.now).map(\.essence),
                "at \(RFC3339.utc(step.now))")
            if random.once(in: 6) { other.restart(at: step.now) }
        }
        #expect(one.isSound && other.isSound)
    }

    @Test(arguments: Seed.some(30)) func `accounts that are passed over would have had nothing to say`(seed: Seed) {
        var random = SeededGenerator(seed)
        let start = Self.start(&random)
        let policy = RandomPolicy.policy(&random, around: start)
        var quiet = Book(policy: policy, now: start)
        var thorough = quiet
        for step in Self.steps(&random, count: 100, from: start) {
            for changes in [step.records.map { .insert($0) }, step.corrections] {
                quiet.commit(changes, at: step.now)
                thorough.commit(changes, at: step.now)
            }
            // A book that was just made has looked at nothing, and so looks at everything.
            thorough = thorough.reloaded(now: step.now)
            let (left, right) = (quiet.tick(at: step.now), thorough.tick(at: step.now))
            #expect(left.alerts == right.alerts, "at \(RFC3339.utc(step.now))")
            #expect(left.timers == right.timers && left.limits == right.limits)
            #expect(left.notifications == right.notifications && left.tellings == right.tellings)
            #expect(left.events == right.events)
            #expect(left.rules == right.rules && left.loose == right.loose)
        }
        #expect(Set(quiet.firing.map(\.id)) == Set(thorough.firing.map(\.id)))
    }

    @Test(arguments: Seed.some(30)) func `a pause ends when it said, not before and not after`(seed: Seed) {
        var random = SeededGenerator(seed)
        let start = Self.start(&random)
        var desk = Desk(RandomPolicy.policy(&random, around: start, without: [.earlyEnds, .silences]), now: start)
        for step in Self.steps(&random, count: 60, from: start, corrects: false) {
            desk.commit(step.records, at: step.now)
            desk.tick(at: step.now)
        }
        let now = desk.book.lookedAt
        let labels = Labels([.worker: "w-1", .model: "claude-opus-5"])
        for reason in desk.decide(labels, at: now).reasons {
            guard reason.kind == .pause, let end = reason.resumesAt else { continue }
            var later = desk
            var time = now
            while time + .minutes(40) < end {
                time = time + .minutes(random.number(20...40))
                later.tick(at: time)
            }
            let before = end - Span(milliseconds: 1)
            later.tick(at: before)
            let last = later.decide(labels, at: before).reasons.first { $0.item == reason.item }
            // Spend that leaves a rolling window may end it before its shift does.
            #expect(last?.kind == .pause || desk.book.isRolling(reason.item), "\(reason.text)")
            for ticks in [false, true] {
                if ticks { later.tick(at: end) }
                let after = later.decide(labels, at: end).reasons.first { $0.item == reason.item && $0.kind == .pause }
                // Another threshold may have come to hold meanwhile; it says so.
                #expect(
                    after.map { $0.resumesAt.map { $0 > end } ?? (last?.resumesAt == nil) } ?? true, "\(reason.text)")
            }
        }
    }
}

extension Desk {
    /// The rules' states without what was found.
    fileprivate var states: [[Split: String]] {
        book.rules.map {
            $0.mapValues {
                "\($0.alert?.id ?? "") \($0.heldAt.milliseconds) \($0.timers.mapValues(\.milliseconds).sorted { $0.key < $1.key })"
            }
        }
    }
}

extension Decision {
    /// All but the words; those of a rule tell what was found when it fired.
    fileprivate var essence: Decision {
        var decision = self
        for index in reasons.indices { decision.reasons[index].text = "" }
        for index in wouldReasons.indices { decision.wouldReasons[index].text = "" }
        return decision
    }
}

extension Book {
    fileprivate func isRolling(_ budget: String) -> Bool {
        policy.budgets.contains { if case .rolling = $0.window { $0.name == budget } else { false } }
    }
}
