import GovernorCore
import Seeds
import Testing

@Suite struct SimulationPropertyTests {
    /// A policy and what arrives under it.
    private struct Case {
        var policy: Policy
        var start: Timestamp
        var end: Timestamp
        var arrivals: [RandomTraffic.Arrival]
        var random: SeededGenerator

        init(_ seed: Seed, days: Int64, most: Int, isMonotone: Bool = false) {
            var random = SeededGenerator(seed)
            // Around both changes of the clock, and around the ends of months.
            let first = random.pick([1_772_442_000, 1_774_710_000, 1_793_400_000, 1_776_380_417])
            start = Timestamp(seconds: Int64(first))
            end = start + Span(milliseconds: random.number(3_600_000...Span.days(days).milliseconds))
            var policies = PolicyDraw(random)
            policy = policies.policy(from: start, isMonotone: isMonotone)
            var traffic = RandomTraffic(policies.random)
            arrivals = traffic.arrivals(most, from: start, over: end - start)
            self.random = traffic.random
        }

        /// A time to stop at on the way: a whole minute, any instant, or one at which something is to end.
        mutating func stop(before end: Timestamp, _ simulation: Simulation) -> Timestamp? {
            let left = end - simulation.now
            guard left > .zero else { return nil }
            var time = simulation.now + Span(milliseconds: random.number(0...left.milliseconds))
            let ends =
                simulation.paused.compactMap(\.until) + policy.silences.map(\.interval.end)
                + policy.budgets.flatMap(\.overrides).map(\.interval.end)
            let next = ends.filter { $0 > simulation.now && $0 <= end }
            if !next.isEmpty, random.once(in: 2) { time = random.pick(next) }
            let minute = Timestamp(milliseconds: time.milliseconds / 60_000 * 60_000)
            return random.once(in: 2) && minute >= simulation.now ? minute : time
        }
    }

    private let prices: PriceBook

    init() throws { prices = try PriceBook.embedded() }

    @Test(arguments: Seed.some(60)) func `minutes that are left out could not have changed anything`(seed: Seed) {
        compare(Case(seed, days: 3, most: 40))
    }

    @Test(arguments: Seed.some(20)) func `the same over weeks with little in them`(seed: Seed) {
        var long = Case(seed, days: 40, most: 12)
        for place in long.policy.budgets.indices {
            // Forecasts are looked at every minute anyway, and are dear.
            long.policy.budgets[place].thresholds.removeAll { $0.measure == .forecast }
        }
        compare(long)
    }

    /// Takes the steps that are asked for, at whole minutes of its own choosing in between.
    private func compare(_ sample: Case) {
        var sample = sample
        var plain = Ticked(sample.policy, prices, start: sample.start)
        var simulation = Simulation(policy: sample.policy, prices: prices, start: sample.start)
        for arrival in sample.arrivals {
            for _ in 0..<sample.random.number(0..<3) {
                guard let time = sample.stop(before: arrival.time, simulation) else { continue }
                simulation.advance(to: time)
                // Where only one of both stops, at whole minutes, that can't matter.
                let isHeard = time.milliseconds % 60_000 != 0 || sample.random.once(in: 2)
                if isHeard { plain.advance(to: time) }
                if isHeard { expectSame(simulation, plain) }
            }
            plain.take(arrival.records, at: arrival.time)
            simulation.take(arrival.records, at: arrival.time)
            expectSame(simulation, plain)
        }
        plain.advance(to: max(sample.end, plain.now))
        simulation.advance(to: max(sample.end, simulation.now))
        expectSame(simulation, plain)
        #expect(simulation.events.compactMap(\.told) == plain.alerts.droppingRepeats)
        expectOrder(simulation.events)
    }

    private func expectSame(_ simulation: Simulation, _ plain: Ticked) {
        #expect(simulation.now == plain.now)
        #expect(simulation.book.accounts == plain.book.accounts)
        #expect(simulation.book.rules == plain.book.rules)
        #expect(simulation.book.limits == plain.book.limits)
        #expect(simulation.refusing == plain.refusing)
        for labels in RandomTraffic.everybody {
            #expect(simulation.decide(labels) == plain.decide(labels))
        }
    }

    /// Time only goes on, and every pause and alert ends at most once, after it began.
    private func expectOrder(_ events: [Event]) {
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        var open: Set<String> = []
        for event in events {
            switch event.kind {
            case .fired(let alert): #expect(open.insert(alert.id).inserted)
            case .resolved(let alert): #expect(open.remove(alert.id) != nil)
            case .paused(let span):
                #expect(open.insert("\(span.item) \(span.split.raw)").inserted)
                #expect(span.since == event.time && span.until.map { $0 > event.time } ?? true)
            case .resumed(let span):
                #expect(open.remove("\(span.item) \(span.split.raw)") != nil)
                #expect(span.until == event.time && span.since < event.time)
            }
        }
    }

    @Test(arguments: Seed.some(60)) func `other batches of the same arrivals end in the same`(seed: Seed) {
        var sample = Case(seed, days: 2, most: 25, isMonotone: true)
        // Each arrival once more as copies, which add nothing, and as a streamed line that grew.
        for place in sample.arrivals.indices {
            for record in sample.arrivals[place].records where sample.random.once(in: 3) {
                var copy = record
                if sample.random.once(in: 2) {
                    copy.tokens.output += 50_000
                    copy.reportedCost = copy.reportedCost.map { $0 + .dollars(1) }
                }
                sample.arrivals[place].records.append(copy)
            }
        }
        var whole = Simulation(policy: sample.policy, prices: prices, start: sample.start)
        var split = whole
        for arrival in sample.arrivals {
            // What time alone has brought by then is settled first; else the first batch would settle it.
            whole.advance(to: arrival.time)
            split.advance(to: arrival.time)
            whole.take(arrival.records, at: arrival.time)
            for batch in sample.random.batches(arrival.records, most: 3) { split.take(batch, at: arrival.time) }
            #expect(
                split.book.accounts.map { $0.mapValues(\.slots) } == whole.book.accounts.map { $0.mapValues(\.slots) })
            #expect(split.firing.map(\.id) == whole.firing.map(\.id))
            for labels in RandomTraffic.everybody {
                #expect(split.decide(labels).withoutText == whole.decide(labels).withoutText)
            }
        }
        whole.advance(to: max(sample.end, whole.now))
        split.advance(to: max(sample.end, split.now))
        let ids = { (simulation: Simulation) in Set(simulation.events.compactMap(\.told)) }
        #expect(ids(split) == ids(whole))
    }
}

extension [Ticked.Told] {
    /// Without the second word about an alert that fires already: its silence was lifted.
    fileprivate var droppingRepeats: [Ticked.Told] {
        var firing: Set<String> = []
        return filter { told in
            guard told.state == .firing else { return firing.remove(told.id) != nil }
            return firing.insert(told.id).inserted
        }
    }
}

extension Decision {
    /// Rules say what they found when they fired, which may be a part of what came at that instant.
    fileprivate var withoutText: Decision {
        var decision = self
        for place in decision.reasons.indices { decision.reasons[place].text = "" }
        for place in decision.wouldReasons.indices { decision.wouldReasons[place].text = "" }
        return decision
    }
}
