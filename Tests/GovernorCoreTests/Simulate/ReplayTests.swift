import GovernorCore
import Seeds
import Testing

@Suite struct ReplayTests {
    /// 2026-03-02T00:00:00Z, a Monday.
    private static let start = Timestamp(milliseconds: 1_772_409_600_000)
    private let prices: PriceBook

    init() throws { prices = try PriceBook.embedded() }

    private static func call(_ dollars: Int64, at span: Span, worker: String = "w-1") -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(key: "push/\(span.milliseconds)"), growth: .later, time: start + span,
            labels: Labels([.worker: worker]), tokens: TokenCounts(), reportedCost: .dollars(dollars))
        record.cost = .dollars(dollars)
        record.costOrigin = .reported
        return record
    }

    private static func budget(_ window: Window, limit: Int64 = 10, pause: Pause? = .untilReset) -> Budget {
        Budget(
            name: "b", limit: .usd(.dollars(limit)), per: [.label(.worker)], window: window,
            thresholds: [
                Threshold(ratio: .percent(50)), Threshold(ratio: .percent(100), actions: Actions(pause: pause)),
            ])
    }

    private func replay(_ budget: Budget, from: Span, to: Span) -> Replay {
        Replay(
            policy: Policy(revision: "r", budgets: [budget]), prices: prices,
            range: Interval(start: Self.start + from, end: Self.start + to))
    }

    /// What a run under some policy fired, as the ledger would hold it.
    private func alerts(_ budget: Budget, _ records: [UsageRecord], to end: Span) -> [Alert] {
        var simulation = Simulation(
            policy: Policy(revision: "r", budgets: [budget]), prices: prices, start: Self.start)
        for record in records { simulation.take(settled: [record], at: record.time) }
        simulation.advance(to: Self.start + end)
        var alerts: [String: Alert] = [:]
        for event in simulation.events {
            switch event.kind {
            case .fired(let alert), .resolved(let alert): alerts[alert.id] = alert
            case .paused, .resumed: break
            }
        }
        return alerts.values.sorted { ($0.firedAt, $0.id) < ($1.firedAt, $1.id) }
    }

    private static let records = [
        call(6, at: .hours(1)), call(6, at: .hours(25)), call(5, at: .hours(26)),
        call(6, at: .hours(30), worker: "w-2"),
    ]

    @Test func `alerts are found under both policies, or under one`() {
        var replay = replay(Self.budget(.calendar(.day), limit: 12), from: .zero, to: .hours(48))
        replay.take(Self.records)
        // Then the limit was $10: w-1's second day was full.
        let then = alerts(Self.budget(.calendar(.day), limit: 10), Self.records, to: .hours(48))
        let report = replay.finish(then: then)
        #expect(
            report.entries.map { "\(($0.time - Self.start).text) \($0.name) \($0.who) \($0.presence?.rawValue ?? "")" }
                == [
                    "1h b@50% w-1 both", "1d 1h b@50% w-1 both", "1d 2h b@100% w-1 only then", "1d 6h b@50% w-2 both",
                ])
        #expect(report.totals.alerts == 3 && report.totals.alertsThen == 4)
        #expect(report.totals.pauses == 0 && report.totals.paused == .zero)
        #expect(report.entries.allSatisfy { $0.then != nil })
    }

    @Test func `a pause counts as far as it lies in the range`() {
        var replay = replay(Self.budget(.calendar(.day)), from: .hours(27), to: .hours(36))
        #expect(replay.reach == Self.start + .hours(24))
        replay.take(Array(Self.records.dropFirst()))
        let report = replay.finish(then: [])
        // It began at 02:00, before the range, and lasts beyond its end: nine hours of it are in.
        #expect(report.entries.map(\.kind) == [.pause, .alert])
        let pause = report.entries[0]
        #expect(pause.time == Self.start + .hours(26) && pause.end == Self.start + .hours(48) && !pause.isOver)
        #expect(pause.text == "b: w-1 has spent $11.00 of $10.00 today; it may go on at midnight")
        #expect(report.totals.pauses == 1 && report.totals.paused == .hours(9))
        #expect(report.items["b"] == report.totals)
        #expect(report.entries[1].name == "b@50%" && report.entries[1].who == "w-2")
    }

    @Test func `what was over before the range is not in it`() {
        var replay = replay(Self.budget(.lifetime, pause: .lasting(.hours(1))), from: .hours(28), to: .hours(29))
        #expect(replay.reach == .distantPast)
        replay.take(Self.records.filter { $0.time < Self.start + .hours(29) })
        let report = replay.finish(then: alerts(Self.budget(.lifetime), Self.records, to: .hours(40)))
        #expect(report.entries.isEmpty && report.totals == ReplayReport.Totals())
    }

    @Test func `a rolling window's alerts are the same when their times meet`() {
        let late = Self.records.map { record in
            var record = record
            record.time = record.time + .minutes(3)
            return record
        }
        let budget = Self.budget(.rolling(.hours(3)), pause: .lasting(.minutes(5)))
        var replay = replay(budget, from: .zero, to: .hours(48))
        replay.take(Self.records)
        let report = replay.finish(then: alerts(budget, late, to: .hours(48)))
        let presence = report.entries.compactMap(\.presence)
        #expect(presence.count == 4 && presence.allSatisfy { $0 == .both })
        #expect(report.totals.paused == .minutes(5))
    }

    @Test func `nothing spent is nothing done`() {
        var replay = replay(Self.budget(.calendar(.month)), from: .zero, to: .days(3))
        let report = replay.finish(then: [])
        #expect(report.entries.isEmpty && report.items.isEmpty)
    }

    @Test(arguments: Seed.some(20)) func `in whatever pages the records come, the report is the same`(seed: Seed) {
        let random = SeededGenerator(seed)
        var policies = PolicyDraw(random)
        let policy = policies.policy(from: Self.start)
        var traffic = RandomTraffic(policies.random)
        let records = traffic.arrivals(40, from: Self.start, over: .days(3)).flatMap(\.records)
            .map { $0.arriving(at: $0.time, LabelResolver(), prices) }.sorted { $0.time < $1.time }
        var draw = traffic.random
        let range = Interval(start: Self.start + .hours(20), end: Self.start + .days(3))
        var whole = Replay(policy: policy, prices: prices, range: range)
        var paged = whole
        whole.take(records)
        for page in draw.batches(records, most: 7) { paged.take(page) }
        // Pages that part what has one time judge it twice, which a rule may notice.
        let times = Set(records.map(\.time))
        guard times.count == records.count else { return }
        let report = whole.finish(then: [])
        #expect(paged.finish(then: []) == report)
        // What it reports is what a plain run does within the range.
        var simulation = Simulation(policy: policy, prices: prices, start: min(records[0].time, range.start))
        for record in records { simulation.take(settled: [record], at: record.time) }
        simulation.advance(to: range.end)
        let fired = simulation.events.compactMap { if case .fired(let alert) = $0.kind { alert } else { nil } }
        #expect(
            report.entries.filter { $0.kind == .alert }.map(\.name)
                == fired.filter { range.contains($0.firedAt) }.map(\.name))
        #expect(report.entries.allSatisfy { $0.end.map { $0 >= range.start } ?? true })
    }
}
