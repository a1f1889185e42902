import GovernorCore
import Seeds
import Testing

/// An answer that is given again is the one that would be made now, over policies of every feature.
@Suite struct FreshnessTests {
    private struct Kept {
        var decision: Decision
        var stamp: Freshness.Stamp
    }

    private static let asked: [Labels] = RandomPolicy.workers.flatMap { worker in
        RandomPolicy.models.map { Labels([.worker: worker, .model: $0]) }
    }

    @Test(arguments: Seed.some(60)) func `what is fresh is what would be decided now`(seed: Seed) {
        var random = SeededGenerator(seed)
        var now = monday + .minutes(random.number(0...20_000))
        var desk = Desk(RandomPolicy.policy(&random, around: now), now: now)
        var kept: [Labels: Kept] = [:]
        // One for all answers, as the daemon has it: what is committed in the meantime must not make it too long.
        var steady = Interval(start: .distantFuture, end: .distantPast)
        var given = 0
        for step in 0..<400 {
            switch random.number(0..<12) {
            case 0: desk.commit([RandomPolicy.record(&random, id: "\(step)", at: now)], at: now)
            case 1...3: desk.tick(at: now)
            case 4:
                let request = HoldRequest.Reserve(
                    key: "\(step)", labels: random.pick(Self.asked), estimate: usd("0.5"), ttl: .seconds(40))
                _ = desk.hold(.reserve(request), at: now)
            case 5 where random.once(in: 4):
                let labels = Labels([.worker: random.pick(RandomPolicy.workers)])
                desk.plan(at: now) {
                    $0.pause(OperatorPause(labels: labels, reason: "a test", by: "ada", since: now, until: nil))
                }
            case 6: desk.plan(at: now) { _ = $0.endPauses(of: Labels()) }
            default: break
            }
            if !steady.contains(now) {
                kept = [:]
                steady = Interval(start: now, end: desk.book.steadyUntil(now))
            }
            for labels in Self.asked where steady.contains(now) {
                let decision = desk.decide(labels, at: now)
                if let old = kept[labels], desk.book.freshness.isFresh(old.stamp) {
                    var expected = old.decision
                    expected.asOf = now
                    #expect(decision == expected, "\(labels.text) at \(RFC3339.utc(now))")
                    given += 1
                } else if decision.kind == .allow, decision.wouldReasons.isEmpty {
                    kept[labels] = Kept(
                        decision: decision, stamp: desk.book.freshness.stamp(for: labels))
                } else {
                    kept[labels] = nil
                }
            }
            now = now + Span(milliseconds: random.pick([0, 1, 700, 3000, 20_000]))
        }
        #expect(given > 0 || kept.isEmpty, "nothing was ever given again")
    }

    @Test func `a change of one worker leaves the others' answers fresh`() {
        var desk = Desk([pot(per: perWorker)])
        let (one, two) = (Labels([.worker: "w-1"]), Labels([.worker: "w-2"]))
        let stamps = [one, two].map { desk.book.freshness.stamp(for: $0) }
        desk.spent("1", one, at: monday)
        #expect(stamps.map { desk.book.freshness.isFresh($0) } == [false, true])
        let again = desk.book.freshness.stamp(for: one)
        #expect(desk.book.freshness.isFresh(again))
        desk.plan(at: monday) {
            $0.pause(OperatorPause(labels: two, reason: "r", by: "ada", since: monday, until: nil))
        }
        #expect(!desk.book.freshness.isFresh(again), "an operator's pause may be about anybody")
    }
}
