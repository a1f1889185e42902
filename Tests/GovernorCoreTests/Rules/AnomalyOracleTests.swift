import GovernorCore
import Seeds
import Testing

/// The rule's definition read aloud, record by record and day by day, against the rule.
@Suite struct `Anomalies, by their definition` {
    private struct World {
        var anomaly: Anomaly
        var zone: Zone
        var spends: [(cost: Int64, time: Timestamp)]
        var now: Timestamp

        init(_ generator: inout SeededGenerator) {
            let over = generator.pick([Span.minutes(30), .hours(1), .hours(6)])
            anomaly = Anomaly(
                over: over, baseline: .days(generator.number(3...21)),
                above: Ratio(partsPerMillion: generator.number(1_000_000...4_000_000)),
                minimum: Money(nanodollars: generator.number(0...2_000)))
            zone = GovernorCoreTests.zone(generator.pick(["UTC", "Europe/Warsaw", "America/New_York"]))
            now = instant("2026-04-06T09:00:00Z") - .minutes(generator.number(0...60_000))
            spends = []
            let days = generator.number(1...24)
            let isWeekly = generator.once(in: 2)
            for day in 0...days {
                let isSpike = isWeekly ? day % 7 == 0 : generator.once(in: 6)
                let time = now - .days(day) - .minutes(generator.number(0...90))
                spends.append((generator.number(0...(isSpike ? 9_000 : 900)), time))
            }
        }

        func bench(scale: Int64 = 1) -> RuleBench {
            var scaled = anomaly
            scaled.minimum.nanodollars *= scale
            var bench = RuleBench(.anomaly(scaled), zone: zone)
            for spend in spends { bench.spend(Money(nanodollars: spend.cost * scale), at: spend.time) }
            return bench
        }

        /// The beginning of the step a record is kept in.
        private func step(of time: Timestamp) -> Timestamp {
            let length = min(3_600_000, max(60_000, anomaly.over.milliseconds / 12))
            return Timestamp(milliseconds: time.milliseconds / length * length)
        }

        private func spent(until end: Timestamp) -> Double {
            Double(
                spends.filter { end - anomaly.over < step(of: $0.time) && step(of: $0.time) <= end }.map(\.cost)
                    .reduce(0, +))
        }

        var isAnomaly: Bool {
            let current = spent(until: now)
            guard let first = spends.filter({ $0.cost > 0 }).map({ step(of: $0.time) }).min() else { return false }
            let clock = zone.civil(at: now)
            var all: [Double] = []
            var same: [Double] = []
            for day in 1...anomaly.baseline.milliseconds / 86_400_000 {
                let date = CivilDate(daysSinceEpoch: clock.date.daysSinceEpoch - day)
                let end = zone.instant(of: CivilTime(date: date, millisecondOfDay: clock.millisecondOfDay))
                guard end >= first else { continue }
                let half = Span(milliseconds: anomaly.over.milliseconds / 2)
                let sample = max(spent(until: end - half), spent(until: end), spent(until: end + half))
                all.append(sample)
                if day % 7 == 0 { same.append(sample) }
            }
            guard all.count >= 3 else { return false }
            same.sort()
            let weekly = same.count < 2 ? 0 : same.count % 2 == 1 ? same[same.count / 2] : same[same.count / 2 - 1]
            let expected = max(median(all), weekly)
            let set = weekly > median(all) ? same : all
            let deviation = median(set.map { abs($0 - expected) })
            return current >= expected * Double(anomaly.above.partsPerMillion) / 1e6
                && current > expected + 3 * 1.4826 * deviation && current >= Double(anomaly.minimum.nanodollars)
        }

        private func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
    }

    // Even amounts in nano-dollars keep the means of two whole, so the rule's integers and these numbers agree.
    @Test(arguments: Seed.some(400))
    func `the rule finds what its definition says, in any order, at any scale`(seed: Seed) {
        var generator = SeededGenerator(seed)
        var world = World(&generator)
        world.spends = world.spends.map { ($0.cost * 4, $0.time) }
        let finding = world.bench().finding(at: world.now)
        #expect(finding.holds == world.isAnomaly)
        #expect(world.bench(scale: 10_000).holds(at: world.now) == finding.holds)
        world.spends.shuffle(using: &generator)
        #expect(world.bench().finding(at: world.now) == finding)
        // More of the same, now, never ends it.
        world.spends.append((generator.number(0...100_000), world.now))
        if finding.holds { #expect(world.bench().holds(at: world.now)) }
    }
}
