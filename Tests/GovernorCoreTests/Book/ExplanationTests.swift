import GovernorCore
import Seeds
import Testing

@Suite struct ExplanationTests {
    @Test(arguments: Seed.some(30)) func `it agrees with the decision, item by item`(seed: Seed) {
        var random = SeededGenerator(seed)
        let start = monday + .minutes(random.number(0...20_000))
        var desk = Desk(RandomPolicy.policy(&random, around: start), now: start)
        var now = start
        for step in 0..<60 {
            now = now + .minutes(random.number(1...60))
            let records = (0..<random.number(0..<5)).map { RandomPolicy.record(&random, id: "\(step)-\($0)", at: now) }
            desk.commit(records, at: now)
            if !random.once(in: 4) { desk.tick(at: now) }
            var labels = RandomPolicy.labels(&random)
            labels.source = nil
            let explanation = desk.book.explain(labels, now: now)
            #expect(explanation.decision == desk.decide(labels, at: now))
            #expect(
                explanation.items.map(\.name) == desk.book.policy.budgets.map(\.name)
                    + desk.book.policy.rules.map(\.name))
            for item in explanation.items { Self.check(item, explanation.decision, labels) }
        }
    }

    private static func check(_ item: Explanation.Item, _ decision: Decision, _ labels: Labels) {
        let isObserved = item.mode == .observe
        let reasons = (isObserved ? decision.wouldReasons : decision.reasons).filter { $0.item == item.name }
        #expect((isObserved ? decision.reasons : decision.wouldReasons).allSatisfy { $0.item != item.name })
        #expect(!item.text.isEmpty)
        guard item.otherwise == nil else {
            #expect(reasons.isEmpty && item.standing == nil, "\(item.text)")
            return
        }
        #expect(
            !decision.caveats.contains {
                $0.hasPrefix("\(item.name) matches on") || $0.hasPrefix("\(item.name) is per")
            })
        guard let standing = item.standing else {
            #expect(item.kind == .rule && (reasons.isEmpty || item.steps.allSatisfy { $0.isFiring }), "\(item.text)")
            return
        }
        #expect(reasons.count <= 1 && reasons.allSatisfy { $0.split == item.split })
        #expect(standing.isPaused == (reasons.first?.kind == .pause), "\(item.text)")
        #expect(standing.isPaused || standing.throttle == nil || reasons.first?.kind == .throttle)
        #expect(standing.holdsBack || reasons.isEmpty)
        #expect(reasons.first?.share.map { $0.spent == standing.spent && $0.limit == standing.limit } ?? true)
        #expect(reasons.first.map { $0.resumesAt == (standing.isPaused ? standing.until : nil) } ?? true)
        #expect(item.steps.filter(\.isReached).allSatisfy { $0.at.map { _ in true } ?? false })
        if standing.limit.unit == .usd {
            #expect(decision.remaining.map { $0.nanodollars <= max(0, standing.remaining) } ?? false)
        }
    }

    @Test func `it says why an item is not about the work`() {
        let shift = Schedule(name: "night", from: .hours(22), to: .hours(6))
        let desk = Desk(
            [
                pot("opus", match: matching(.model, "claude-opus-*", "gpt-*")), pot("each", per: perWorker),
                pot("night", during: shift), pot("all"),
            ],
            rules: [
                Rule(
                    name: "hot", condition: .burnRate(BurnRate(over: .hours(1), above: .dollars(1))), per: perWorker,
                    actions: Actions(notify: ["ops"]))
            ])
        let items = desk.book.explain(Labels([.model: "claude-haiku-4-5"]), now: monday).items
        #expect(
            items.map(\.otherwise) == [
                "it is for model claude-opus-* or gpt-*, and this is claude-haiku-4-5",
                "it is per worker, which is not named",
                "it counts every day from 22:00 to 06:00 only, next on 2026-03-02", nil,
                "it is per worker, which is not named",
            ])
        let unnamed = desk.book.explain(Labels([.worker: "w"]), now: monday).items
        #expect(unnamed[0].otherwise == "it is for model claude-opus-* or gpt-*, and no model is named")
        #expect(unnamed[1].split == Split(raw: "w") && unnamed[4].otherwise == nil)
    }

    @Test func `it shows what is reached, what fires and what would come next`() {
        let override = Override(
            limit: .usd(.dollars(20)), interval: Interval(start: monday, end: monday + .hours(1)), reason: "release")
        var desk = Desk([
            pot(
                "day", overrides: [override],
                at: [
                    Threshold(ratio: .percent(50), notify: ["ops"]),
                    Threshold(ratio: .percent(60), actions: Actions(notify: ["ops"]), hold: .minutes(5)),
                    Threshold(ratio: .percent(100), pause: .untilReset),
                ])
        ])
        desk.spent("12", at: monday)
        let item = desk.book.explain(Labels(), now: monday).items[0]
        #expect(item.override?.reason == "release" && item.resetsAt == instant("2026-03-03T00:00:00Z"))
        #expect(item.steps.map(\.threshold) == ["50%", "60%", "100%"])
        #expect(item.steps.map(\.at) == [10_000_000_000, 12_000_000_000, 20_000_000_000])
        #expect(
            item.steps.map(\.isReached) == [true, true, false] && item.steps.map(\.isFiring) == [true, false, false])
        #expect(item.steps.last?.action == "pause the fleet until midnight")
        #expect(item.text == "day: the fleet has spent $12.00 of $20.00 today, $8.00 left; it starts anew at midnight")
    }
}
