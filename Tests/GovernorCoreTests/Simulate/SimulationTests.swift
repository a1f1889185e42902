import GovernorCore
import Seeds
import Testing

/// What a simulation says of time, one thing after the other.
@Suite struct SimulationTests {
    /// 2026-03-02T09:00:00Z, a Monday.
    private static let start = Timestamp(milliseconds: 1_772_442_000_000)
    private let prices: PriceBook

    init() throws { prices = try PriceBook.embedded() }

    private func simulation(_ budgets: [Budget], rules: [Rule] = [], mode: Mode = .enforce) -> Simulation {
        Simulation(
            policy: Policy(revision: "r", mode: mode, budgets: budgets, rules: rules), prices: prices,
            start: Self.start)
    }

    private func budget(
        _ window: Window, _ actions: Actions, schedule: Schedule? = nil, mode: Mode = .enforce
    ) -> Budget {
        Budget(
            name: "b", limit: .usd(.dollars(10)), per: [.label(.worker)], window: window, schedule: schedule,
            thresholds: [Threshold(ratio: .percent(100), actions: actions)], mode: mode)
    }

    private func call(_ dollars: Int64, _ id: String = "1", after span: Span = .zero) -> UsageRecord {
        UsageRecord(
            identity: CallIdentity(key: "push/\(id)"), growth: .later, time: Self.start + span,
            labels: Labels([.worker: "w-1", .model: "claude-opus-5"]), tokens: TokenCounts(),
            reportedCost: .dollars(dollars))
    }

    /// `0m fired b@100%`, `0m paused b until 15h`.
    private func story(_ events: [Event]) -> [String] {
        events.map { event in
            let when = (event.time - Self.start).text
            let until = { (span: PauseSpan) in span.until.map { " until \(($0 - Self.start).text)" } ?? "" }
            return switch event.kind {
            case .fired(let alert): "\(when) fired \(alert.name)"
            case .resolved(let alert): "\(when) resolved \(alert.name)"
            case .paused(let span): "\(when) \(span.stop ? "stopped" : "paused") \(span.item) \(span.who)\(until(span))"
            case .resumed(let span): "\(when) resumed \(span.item) \(span.who)"
            }
        }
    }

    @Test func `a day that is spent pauses until midnight`() {
        var simulation = simulation([budget(.calendar(.day), Actions(pause: .untilReset))])
        simulation.take([call(10, after: .seconds(90))], at: Self.start + .seconds(90))
        simulation.advance(to: Self.start + .hours(24))
        #expect(
            story(simulation.drain()) == [
                "1m 30s fired b@100%", "1m 30s paused b w-1 until 15h", "15h resumed b w-1", "15h resolved b@100%",
            ])
        #expect(simulation.drain().isEmpty && simulation.firing.isEmpty && simulation.paused.isEmpty)
    }

    @Test func `a pause for a while ends to the second, between two ticks`() {
        var simulation = simulation([budget(.calendar(.day), Actions(pause: .lasting(.seconds(100))))])
        simulation.take([call(12)], at: Self.start)
        #expect(simulation.decide(Labels([.worker: "w-1"])).kind == .pause)
        simulation.advance(to: Self.start + .seconds(99))
        #expect(simulation.paused.map(\.until) == [Self.start + .seconds(100)])
        simulation.advance(to: Self.start + .minutes(30))
        #expect(story(simulation.events).suffix(1) == ["1m 40s resumed b w-1"])
        #expect(simulation.decide(Labels([.worker: "w-1"])).kind == .allow)
        #expect(simulation.firing.map(\.name) == ["b@100%"])
    }

    @Test func `a pause without an end waits for an operator`() {
        var simulation = simulation([budget(.calendar(.hour), Actions(pause: .untilResumed))])
        simulation.take([call(12)], at: Self.start)
        simulation.advance(to: Self.start + .hours(5))
        #expect(simulation.paused.map(\.until) == [nil])
        #expect(simulation.resume(Labels([.worker: "w-2"])).isEmpty)
        #expect(simulation.resume(Labels([.worker: "w-1"])).map(\.name) == ["b@100%"])
        #expect(
            story(simulation.drain()) == [
                "0ms fired b@100%", "0ms paused b w-1", "5h resolved b@100%", "5h resumed b w-1",
            ])
    }

    @Test func `a shift that begins again holds back what it held back before`() {
        let noon = Schedule(name: "s", from: .hours(9), to: .hours(10))
        var simulation = simulation([budget(.calendar(.week), Actions(stop: true), schedule: noon)])
        simulation.take([call(12)], at: Self.start)
        simulation.advance(to: Self.start + .hours(26))
        #expect(
            story(simulation.drain()) == [
                "0ms fired b@100%", "0ms stopped b w-1 until 1h", "1h resumed b w-1", "1d stopped b w-1 until 1d 1h",
                "1d 1h resumed b w-1",
            ])
    }

    @Test func `a rolling window lets go when its spend has left it`() {
        var simulation = simulation([budget(.rolling(.hours(1)), Actions(stop: true))])
        simulation.take([call(12)], at: Self.start)
        simulation.advance(to: Self.start + .hours(3))
        #expect(
            story(simulation.drain()) == [
                "0ms fired b@100%", "0ms stopped b w-1", "1h resumed b w-1", "1h 6m resolved b@100%",
            ])
    }

    @Test func `what left a rolling window pauses nobody, whoever is looked at next`() {
        var simulation = simulation([budget(.rolling(.hours(1)), Actions(stop: true))])
        simulation.take([call(12)], at: Self.start)
        // Between two ticks, and a call of somebody else's: nothing of w-1's account is looked at.
        var other = call(1, "2", after: .minutes(60) + .seconds(30))
        other.labels.worker = "w-2"
        simulation.take([other], at: other.time)
        #expect(simulation.decide(Labels([.worker: "w-1"])).kind == .allow)
        #expect(simulation.paused.isEmpty)
        // Its slot of twelve seconds left an hour after its end.
        #expect(simulation.events.map(\.time).max() == Self.start + .hours(1) + .seconds(12))
    }

    @Test func `a rule finds what was spent in its hours of yesterday as soon as those of today begin`() {
        let rule = Rule(
            name: "r", condition: .burnRate(BurnRate(over: .hours(24), above: Money(nanodollars: 1))),
            schedule: Schedule(name: "s", from: .hours(8), to: .hours(9) + .minutes(30)), keepFiringFor: .zero)
        var simulation = simulation([], rules: [rule])
        simulation.take([call(12)], at: Self.start)
        simulation.advance(to: Self.start + .hours(23))
        #expect(story(simulation.drain()) == ["0ms fired r", "30m resolved r", "23h fired r"])
    }

    @Test(arguments: [Mode.enforce, .observe]) func `what only observes pauses nobody`(mode: Mode) {
        let other: Mode = mode == .enforce ? .observe : .enforce
        var simulation = simulation([budget(.calendar(.day), Actions(stop: true), mode: other)], mode: mode)
        simulation.take([call(12)], at: Self.start)
        simulation.advance(to: Self.start + .minutes(2))
        #expect(story(simulation.drain()) == ["0ms fired b@100%"])
    }

    @Test func `a call counts once, and grows or moves as it is said again`() {
        var simulation = simulation([budget(.calendar(.day), Actions(pause: .untilReset))])
        #expect(simulation.take([call(4), call(4)], at: Self.start) == [.accepted, .duplicate])
        #expect(simulation.take([call(6)], at: Self.start + .minutes(1)) == [.revised])
        #expect(simulation.decide(Labels([.worker: "w-1"])).remaining == .dollars(4))
        var moved = call(6)
        moved.labels.worker = "w-2"
        #expect(simulation.take([moved, call(1, "2")], at: Self.start + .minutes(2)) == [.revised, .accepted])
        #expect(simulation.decide(Labels([.worker: "w-1"])).remaining == .dollars(9))
        #expect(simulation.decide(Labels([.worker: "w-2"])).remaining == .dollars(4))
    }

    @Test func `what is dated in the future was spent when it came`() {
        var simulation = simulation([budget(.calendar(.day), Actions(pause: .untilReset))])
        simulation.take([call(6, "1", after: .hours(30)), call(1, "2", after: .minutes(5))], at: Self.start)
        #expect(simulation.decide(Labels([.worker: "w-1"])).remaining == .dollars(3))
    }

    @Test func `time never goes back`() {
        var simulation = simulation([budget(.calendar(.day), Actions(pause: .untilReset))])
        simulation.advance(to: Self.start + .hours(2))
        simulation.take([call(10)], at: Self.start)
        simulation.advance(to: Self.start + .hours(1))
        #expect(simulation.now == Self.start + .hours(2))
        #expect(story(simulation.drain()).first == "2h fired b@100%")
    }

    @Test(arguments: Seed.some(20)) func `settled records end in the same as they did when they came`(seed: Seed) {
        var random = SeededGenerator(seed)
        var policies = PolicyDraw(random)
        let policy = policies.policy(from: Self.start)
        var traffic = RandomTraffic(policies.random)
        let arrivals = traffic.arrivals(30, from: Self.start, over: .days(2))
        random = traffic.random
        var fresh = Simulation(policy: policy, prices: prices, start: Self.start)
        var settled = fresh
        for arrival in arrivals {
            fresh.take(arrival.records, at: arrival.time)
            let records = arrival.records.map { $0.arriving(at: fresh.now, LabelResolver(), prices) }
            settled.take(
                settled: records.map { record in
                    var record = record
                    record.timeIsArrival = false
                    return record
                }, at: arrival.time)
        }
        #expect(settled.book.accounts == fresh.book.accounts)
        #expect(settled.events == fresh.events)
    }
}
