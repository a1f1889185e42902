import GovernorCore
import Seeds
import Testing

/// Invariants 3 and 4 over random schedules of admissions, spend, corrections and ends, with a crash and a restart
/// between any two steps: nothing is admitted beyond a limit, and every hold ends exactly once.
@Suite struct AdmissionPropertyTests {
    @Test(arguments: Seed.some(1000)) func `nothing is admitted beyond a limit, and every hold ends once`(seed: Seed) {
        var world = HoldWorld(seed)
        for _ in 0..<60 { world.step() }
        world.end()
    }
}

/// A desk with callers and workers around it, and a plain count of what they did.
private struct HoldWorld {
    private var random: SeededGenerator
    private var desk: Desk
    private var now = monday
    private var made = 0
    private var requests: [HoldRequest.Reserve] = []
    /// The state in which each hold was seen last.
    private var states: [Int64: Reservation.State] = [:]
    private let pots: [AccountKey]

    /// What is spent and held in each pot; and what can explain that it is more than before: spend that belongs to no
    /// hold, and what holds are overrun.
    private struct Sum {
        var taken: [AccountKey: Amount] = [:]
        var untold: [AccountKey: Money] = [:]
    }

    init(_ seed: Seed) {
        random = SeededGenerator(seed)
        let full = [Threshold(ratio: .percent(100), pause: .untilReset)]
        let early = [Threshold(ratio: .percent(50), throttle: Throttle(maxWorkers: 2)), full[0]]
        // Windows that last for all of it: what a record of one window does to a hold that weighs on another is no sum.
        let budgets = [
            pot("fleet", .usd(.dollars(random.number(4...12))), window: .calendar(.month), at: early),
            pot("worker", .usd(.dollars(random.number(1...6))), per: perWorker, window: .calendar(.quarter), at: full),
            pot(
                "calls", Limit(unit: .calls, value: random.number(3...12)), per: perWorker, window: .calendar(.month),
                at: full),
            pot(
                "life", .usd(.dollars(random.number(4...20))), window: .lifetime,
                at: [Threshold(ratio: .percent(random.pick([80, 100])), stop: true)]),
            pot("observed", .usd(.dollars(1)), window: .lifetime, mode: .observe, at: full),
            pot(
                "paused-a-while", .usd(.dollars(7)), window: .calendar(.month),
                at: [Threshold(ratio: .percent(90), pause: .lasting(.hours(1)))]),
        ]
        desk = Desk(budgets)
        let workers = Self.workers.map { Split(raw: $0) }
        pots = budgets.indices.flatMap { place in
            (budgets[place].per.isEmpty ? [Split.fleet] : workers).map { AccountKey(meter: place, split: $0) }
        }
    }

    private static let workers = ["w-1", "w-2"]

    mutating func step() {
        let before = sum
        let name = holdName()
        var admitted: [Reservation] = []
        let what = random.number(0..<12)
        switch what {
        case 0...2: admitted = carryOut([reserve()])
        case 3: admitted = carryOut([.extend(name, ttl: ttl, estimate: random.once(in: 2) ? money : nil)])
        case 4: admitted = carryOut([.settle(name, cost: random.once(in: 2) ? money : nil)])
        case 5: admitted = carryOut([.release(name)])
        case 6: desk.tick(at: now)
        // What ends and what begins in one commit.
        case 7: admitted = carryOut([.settle(name, cost: money), reserve(), reserve()])
        default: spend()
        }
        check(before, admitted, what)
        if random.once(in: 6) { desk.restart(at: now) }
        now = now + (random.once(in: 15) ? .hours(random.number(1...5)) : .seconds(random.number(0...90)))
    }

    /// Nobody asks any more: every hold ends by its time.
    mutating func end() {
        now = now + .days(2)
        desk.tick(at: now)
        note()
        #expect(desk.book.admission.holds.live.isEmpty)
        #expect(states.values.allSatisfy { $0 != .live })
        for key in pots { #expect(desk.book.account(key)?.held ?? .zero == .zero) }
    }

    // MARK: What they do

    private mutating func reserve() -> HoldRequest {
        if let old = requests.last, random.once(in: 5) { return .reserve(old) }
        made += 1
        let request = HoldRequest.Reserve(
            key: "k-\(made)", labels: labels(), estimate: random.once(in: 5) ? nil : money, ttl: ttl)
        requests.append(request)
        return .reserve(request)
    }

    /// Carries requests out in one plan; now and then the process dies before anything was stored, and the callers ask
    /// again.
    /// - Returns: holds that were given money.
    private mutating func carryOut(_ requests: [HoldRequest]) -> [Reservation] {
        if random.once(in: 8) {
            var lost = desk
            _ = lost.hold(requests, at: now)
            desk.restart(at: now)
        }
        let before = desk.ledger.holds
        let outcomes = desk.hold(requests, at: now)
        if random.once(in: 8) { desk.restart(at: now) }
        return outcomes.compactMap { outcome in
            switch outcome {
            case .reserved(let hold, let decision, _):
                #expect(states[hold.id] == nil && decision.kind != .pause, "a new hold has a new number")
                return hold
            case .refused(let decision):
                #expect(decision.kind == .pause && !decision.reasons.isEmpty)
                return nil
            case .extended(let hold, let decision):
                let isMore = hold.remaining.cost > before[hold.id]?.remaining.cost ?? .zero
                #expect(decision.kind != .pause || !isMore || hold.remaining.cost == .zero)
                return isMore ? hold : nil
            case .repeated, .keyReused, .ended, .endedBefore, .notFound: return nil
            }
        }
    }

    private mutating func spend() {
        let known = desk.ledger.stored.values.filter { $0.record.labels.source != Reservation.source }
            .sorted { $0.sequence < $1.sequence }
        var corrected = known.suffix(3)[...]
        let records = (0..<random.number(1..<4)).map { _ -> UsageRecord in
            if random.once(in: 4), let old = corrected.popLast() {
                var record = old.record
                record.cost = money
                return record
            }
            made += 1
            var labels = labels()
            if random.once(in: 5),
                let hold = desk.ledger.holds.values.filter({ $0.labels.worker == labels.worker })
                    .max(by: { $0.id < $1.id })
            {
                labels.tags[Reservation.tag] = hold.name
            }
            return GovernorCoreTests.spend(
                money, labels, at: now - .seconds(random.once(in: 5) ? random.number(0...400) : 0), id: "r-\(made)")
        }
        desk.arrive(records, at: now, undated: random.once(in: 4))
    }

    private var money: Money {
        mutating get { Money(nanodollars: random.number(0...30) * 50_000_000) }
    }
    private var ttl: Span {
        mutating get { .seconds(random.number(1...600)) }
    }

    private mutating func labels() -> Labels {
        var labels = Labels([.worker: random.pick(Self.workers)])
        if random.once(in: 2) { labels.session = "\(labels.worker ?? "")-s\(random.number(0..<2))" }
        return labels
    }

    private mutating func holdName() -> HoldName {
        let holds = desk.ledger.holds.values.sorted { $0.id < $1.id }
        guard !holds.isEmpty, !random.once(in: 20) else { return .key("unknown") }
        let hold = random.pick(Array(holds.suffix(4)))
        return random.once(in: 2) ? .key(hold.key) : .reservation(hold.name)
    }

    // MARK: What must hold

    private mutating func check(_ before: Sum, _ admitted: [Reservation], _ what: Int) {
        note()
        let after = sum
        for key in pots { #expect(desk.book.account(key)?.held ?? .zero == held(key), "held is what live holds hold") }
        guard admitted.isEmpty else {
            for hold in admitted { for key in desk.book.pots(of: hold.labels) { checkFits(key, after, hold) } }
            return
        }
        // Without an admission, what is taken grows by what no hold covered, and by nothing else.
        for key in pots where desk.book.policy.budgets[key.meter].limit.unit == .usd {
            let grown = (after.taken[key] ?? .zero).cost - (before.taken[key] ?? .zero).cost
            let told = (after.untold[key] ?? .zero) - (before.untold[key] ?? .zero)
            #expect(
                grown <= max(told, .zero), "\(desk.book.policy.budgets[key.meter].name) \(key.split.raw) at \(what)")
        }
    }

    private func checkFits(_ key: AccountKey, _ sum: Sum, _ hold: Reservation) {
        let budget = desk.book.policy.budgets[key.meter]
        guard budget.mode == .enforce, let threshold = budget.thresholds.last else { return }
        if case .lasting = threshold.actions.pause, desk.book.account(key)?.crossings.isEmpty == false { return }
        let taken = budget.limit.measure(sum.taken[key] ?? .zero)
        let most = Int128(budget.limit.value) * Int128(threshold.ratio.partsPerMillion) / 1_000_000
        #expect(
            taken <= Int64(most), "\(hold.name) was let into \(budget.name) \(key.split.raw), which is over its limit")
    }

    /// Every hold ends once, and never lives again.
    private mutating func note() {
        for (id, hold) in desk.ledger.holds {
            let before = states.updateValue(hold.state, forKey: id)
            #expect(before == nil || before == .live || before == hold.state, "\(hold.name) ended twice")
            if hold.state == .live { #expect(hold.expiresAt > now || desk.book.admission.holds.live[id] != nil) }
        }
        #expect(Set(desk.ledger.holds.values.map(\.key)).count == desk.ledger.holds.count, "one hold a key")
    }

    private func held(_ key: AccountKey) -> Amount {
        holds(on: key).reduce(.zero) { $0 + $1.remaining }
    }

    private func holds(on key: AccountKey) -> [Reservation] {
        desk.ledger.holds.values.filter { desk.book.pots(of: $0.labels).contains(key) }
    }

    /// Counted from the records alone.
    private var sum: Sum {
        var sum = Sum()
        for key in pots {
            let budget = desk.book.policy.budgets[key.meter]
            var (spent, unadmitted) = (Amount.zero, Amount.zero)
            for stored in desk.ledger.stored.values {
                let record = stored.record
                guard Split(booking: record.labels, per: budget.per) == key.split,
                    budget.window.counts(budget.window.slot(containing: record.time, in: budget.zone), at: now)
                else { continue }
                spent += record.amount
                if record.labels.source == Reservation.source { continue }
                unadmitted += record.amount + -stored.charges.reduce(.zero) { $0 + $1.amount }
            }
            sum.taken[key] = spent + held(key)
            sum.untold[key] = unadmitted.cost + holds(on: key).reduce(.zero) { $0 + $1.overrun }
        }
        return sum
    }
}
