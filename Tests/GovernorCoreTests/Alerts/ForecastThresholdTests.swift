import GovernorCore
import Testing

/// Thresholds of the forecast; the forecast itself has its own tests.
@Suite struct ForecastThresholdTests {
    /// Wednesday, 11 March 2026, midnight: forty days of spend behind it.
    private static let now = instant("2026-03-11T00:00:00Z")
    private static let april = instant("2026-04-01T00:00:00Z")
    /// By turns, so that the interval has a width.
    private static let days: [Int64] = (0..<40).map { $0.isMultiple(of: 2) ? 5 : 15 }

    private static func records(
        _ days: [Int64] = days, _ labels: Labels = Labels(), before now: Timestamp = now, id: String = "",
        tokens: Int64 = 0
    ) -> [UsageRecord] {
        days.enumerated().map { place, dollars in
            spend(
                .dollars(dollars), labels, at: now - .days(Int64(days.count - place)) + .hours(12), id: "\(id)\(place)",
                tokens: dollars * tokens)
        }
    }

    private static func desk(
        _ limit: Limit = .usd(.dollars(300)), per: [LabelKey] = [], hold: Span = .zero, percent: Int64 = 100,
        window: Window = .calendar(.month), actions: Actions = Actions(notify: ["ops"])
    ) -> Desk {
        Desk(
            [
                pot(
                    "month", limit, per: per, window: window,
                    at: [Threshold(measure: .forecast, ratio: .percent(percent), actions: actions, hold: hold)])
            ], now: now)
    }

    private static func forecast() throws -> Forecast {
        let first = now - .days(40)
        let window = Window.calendar(.month).slot(containing: now, in: .utc)
        return try #require(
            Forecast.make(
                history: DailySpend(
                    firstDay: Zone.utc.civil(at: first).date, totals: days.map { .dollars($0) } + [.zero]),
                window: window, limit: nil, now: now, zone: .utc))
    }

    @Test func `the middle decides, and the upper end when the action blocks`() throws {
        let forecast = try Self.forecast()
        try #require(forecast.high > forecast.expected + .dollars(2))
        let between = Limit.usd(forecast.expected + .dollars(1))
        let blocking = [Actions(pause: .untilReset), Actions(stop: true), Actions(pause: .lasting(.hours(1)))]
        for (limit, notifies, blocks) in [
            (Limit.usd(forecast.expected), true, true), (between, false, true), (.usd(forecast.high), false, true),
            (.usd(forecast.high + .dollars(1)), false, false),
        ] {
            for (actions, fires) in [(Actions(notify: ["ops"], throttle: Throttle(maxWorkers: 1)), notifies)]
                + blocking.map({ ($0, blocks) })
            {
                var desk = Self.desk(limit, actions: actions)
                desk.commit(Self.records(), at: Self.now)
                #expect(desk.tick(at: Self.now).fired.count == (fires ? 1 : 0), "\(limit.text) \(actions)")
            }
        }
    }

    @Test func `it says where spend is heading, once, and what is spent is not what is meant`() {
        var desk = Self.desk()
        desk.commit(Self.records(), at: Self.now)
        let fired = desk.tick(at: Self.now).fired
        #expect(fired.map(\.name) == ["month@forecast100%"] && fired.map(\.kind) == [.forecast])
        #expect(fired[0].spent == Money.dollars(100).nanodollars)
        #expect(fired[0].text.hasPrefix("the fleet is heading for $3") && fired[0].text.contains(" by 2026-04-01, "))
        #expect(desk.ticks(from: Self.now + .minutes(1), to: Self.now + .hours(2)).isEmpty)
        desk.restart(at: Self.now + .hours(2))
        #expect(desk.ticks(from: Self.now + .hours(2), to: Self.now + .hours(3)).isEmpty && desk.isSound)
    }

    @Test func `for half an hour means half an hour, over a restart`() {
        var desk = Self.desk(hold: .minutes(30))
        desk.commit(Self.records(), at: Self.now)
        #expect(desk.ticks(from: Self.now, to: Self.now + .minutes(20)).isEmpty)
        desk.restart(at: Self.now + .minutes(21))
        #expect(desk.ticks(from: Self.now + .minutes(21), to: Self.now + .minutes(29)).isEmpty)
        #expect(desk.tick(at: Self.now + .minutes(30)).fired.count == 1)
        #expect(desk.ledger.timers.isEmpty)
    }

    @Test func `it resolves once spend has been heading lower for five minutes`() {
        var desk = Self.desk()
        desk.commit(Self.records(), at: Self.now)
        let big = spend(.dollars(40), at: Self.now, id: "big")
        desk.commit([.insert(big)], at: Self.now)
        var policy = desk.book.policy
        policy.budgets[0].limit = .usd(.dollars(325))
        desk.restart(policy, at: Self.now)
        #expect(desk.tick(at: Self.now).fired.count == 1)
        desk.commit(corrected(big, to: "0"), at: Self.now + .seconds(30))
        let first = Self.now + .minutes(1)
        #expect(desk.ticks(from: first, to: first + .minutes(4)).isEmpty)
        #expect(desk.tick(at: first + .minutes(5)).resolved.map(\.end) == [.forecastFell])
        #expect(desk.ticks(from: first + .minutes(6), to: first + .minutes(20)).isEmpty && desk.isSound)
    }

    @Test func `a new window ends it and may fire its own, before anything is spent in it`() {
        var desk = Self.desk(.usd(.dollars(280)))
        desk.commit(Self.records(), at: Self.now)
        let first = desk.tick(at: Self.now).fired
        let more = Self.records((0..<21).map { $0.isMultiple(of: 2) ? 5 : 15 }, before: Self.april, id: "more")
        for record in more {
            desk.commit([record], at: record.time)
            desk.tick(at: record.time + .minutes(1))
        }
        #expect(desk.tick(at: Self.april - .seconds(1)).alerts.isEmpty)
        let plan = desk.tick(at: Self.april)
        #expect(plan.resolved.map(\.end) == [.windowEnded] && plan.resolved.map(\.id) == first.map(\.id))
        #expect(plan.fired.map(\.window.start) == [Self.april] && plan.fired.map(\.spent) == [0])
        #expect(desk.ticks(from: Self.april, to: Self.april + .minutes(30)).isEmpty && desk.isSound)
    }

    @Test func `another limit is another alert`() {
        var desk = Self.desk()
        desk.commit(Self.records(), at: Self.now)
        desk.tick(at: Self.now)
        for (minute, limit) in [(Int64(1), Int64(310)), (2, 2000), (3, 250)] {
            let now = Self.now + .minutes(minute)
            var policy = desk.book.policy
            policy.budgets[0].limit = .usd(.dollars(limit))
            desk.restart(policy, at: now)
            let wasFiring = desk.book.firing.count
            let plan = desk.tick(at: now)
            #expect(plan.resolved.map(\.end) == Array(repeating: .limitChanged, count: wasFiring))
            #expect(plan.fired.count == (limit < 400 ? 1 : 0))
        }
        #expect(desk.isSound)
    }

    @Test func `decisions heed it only while its alert fires`() {
        var desk = Self.desk(
            hold: .minutes(10), actions: Actions(throttle: Throttle(maxWorkers: 2), pause: .untilReset))
        desk.commit(Self.records(), at: Self.now)
        desk.tick(at: Self.now)
        #expect(desk.decide(estimate: .dollars(5000), at: Self.now + .minutes(9)).kind == .allow)
        desk.tick(at: Self.now + .minutes(10))
        let decision = desk.decide(at: Self.now + .minutes(10))
        #expect(decision.kind == .pause && decision.maxWorkers == 2 && decision.resumeAt == Self.april)
        #expect(desk.decide(at: Self.april).kind == .allow, "before the tick of the new month")
        // A pause for a while lasts from its alert and has no second one.
        var while1 = Self.desk(actions: Actions(pause: .lasting(.minutes(15))))
        while1.commit(Self.records(), at: Self.now)
        while1.tick(at: Self.now)
        #expect(while1.decide(at: Self.now + .minutes(14)).resumeAt == Self.now + .minutes(15))
        while1.ticks(from: Self.now, to: Self.now + .minutes(30))
        #expect(while1.decide(at: Self.now + .minutes(15)).kind == .allow)
    }

    @Test func `without history there is nothing to tell`() {
        var desk = Self.desk(.usd(Money(nanodollars: 1)), percent: 1, actions: Actions(stop: true))
        #expect(desk.ticks(from: Self.now, to: Self.now + .minutes(10)).isEmpty)
        #expect(desk.book.accounts.allSatisfy { $0.isEmpty } && desk.decide(at: Self.now).kind == .allow)
    }

    @Test func `each split has its own, those without a name none`() {
        var desk = Self.desk(per: perWorker)
        desk.commit(Self.records(Self.days, Labels([.worker: "heavy"]), id: "h"), at: Self.now)
        desk.commit(Self.records(Self.days.map { _ in 1 }, Labels([.worker: "light"]), id: "l"), at: Self.now)
        desk.commit(Self.records(Self.days.map { $0 * 9 }, id: "n"), at: Self.now)
        #expect(desk.tick(at: Self.now).fired.map(\.who) == ["heavy"])
    }

    @Test(arguments: [Limit.Unit.tokens, .calls]) func `tokens and calls are forecast as dollars are`(unit: Limit.Unit)
    {
        // 1,000 tokens a dollar; one call a day: 100,000 tokens and 10 calls until today, heading for about 31.
        for (value, fires) in [(Int64(30), true), (40, false)] {
            var desk = Self.desk(Limit(unit: unit, value: unit == .calls ? value : value * 10_000))
            desk.commit(Self.records(tokens: 1000), at: Self.now)
            let plan = desk.tick(at: Self.now)
            #expect(plan.fired.count == (fires ? 1 : 0), "\(value)")
            #expect(plan.fired.allSatisfy { $0.text.contains(unit.rawValue) })
        }
    }
}
