import GovernorCore
import Testing

/// Cheaper models, and throttles beside them.
@Suite struct DowngradeTests {
    private static func map(_ name: String, _ entries: KeyValuePairs<String, String>) -> ModelMap {
        ModelMap(name: name, entries: entries.map { ModelMap.Entry(glob: Glob($0.key), model: $0.value) })
    }

    private static let cheaper = map(
        "cheaper",
        ["claude-opus-*": "claude-sonnet-5", "claude-sonnet-*": "claude-haiku-4-5", "claude-*": "claude-haiku-4-5"])
    private static let local = map("local", ["claude-opus-*": "qwen", "gpt-*": "qwen"])

    private static func desk(_ maps: ModelMap..., throttle: Throttle? = nil, spent: String = "9") -> Desk {
        var desk = Desk(
            maps.enumerated().map { place, map in
                pot(
                    "b\(place)",
                    at: [
                        Threshold(
                            ratio: .percent(80),
                            actions: Actions(throttle: place == 0 ? throttle : nil, downgrade: map))
                    ])
            })
        desk.spent(spent, at: monday)
        return desk
    }

    @Test(
        arguments: [
            ("claude-opus-5", "claude-sonnet-5"), ("us.anthropic.claude-opus-5", "claude-sonnet-5"),
            ("vertex_ai/claude-opus-5", "claude-sonnet-5"), ("claude-sonnet-4-5", "claude-haiku-4-5"),
            ("claude-haiku-3", "claude-haiku-4-5"), ("claude-haiku-4-5", nil), ("anthropic/claude-haiku-4-5", nil),
            ("gpt-5", nil), ("", nil),
        ] as [(String, String?)])
    func `the first entry that matches names the model, never the one that is asked for`(model: String, other: String?)
    {
        let decision = Self.desk(Self.cheaper).decide(Labels([.model: model]), at: monday)
        #expect(decision.kind == (other == nil ? .allow : .throttle) && decision.model == other)
        #expect(decision.reasons.count == (other == nil ? 0 : 1) && decision.caveats.isEmpty)
    }

    @Test func `a request that names no model gets a caveat and goes on`() {
        let decision = Self.desk(Self.cheaper).decide(at: monday)
        #expect(decision.kind == .allow && decision.model == nil)
        #expect(decision.caveats == ["b0 names a cheaper model for some, and the request names none"])
        #expect(
            Self.desk(Self.cheaper, spent: "7").decide(at: monday).caveats.isEmpty, "below the share nothing is said")
    }

    @Test func `of several maps the first that says something of the model counts`() {
        let both = Self.desk(Self.cheaper, Self.local)
        #expect(both.decide(Labels([.model: "claude-opus-5"]), at: monday).model == "claude-sonnet-5")
        #expect(both.decide(Labels([.model: "gpt-5"]), at: monday).model == "qwen")
        let turned = Self.desk(Self.local, Self.cheaper)
        #expect(turned.decide(Labels([.model: "claude-opus-5"]), at: monday).model == "qwen")
        #expect(turned.decide(Labels([.model: "claude-sonnet-5"]), at: monday).model == "claude-haiku-4-5")
        #expect(turned.decide(Labels([.model: "llama"]), at: monday).kind == .allow)
    }

    @Test func `a throttle slows also the models that no map names, and joins`() {
        let desk = Self.desk(Self.cheaper, throttle: Throttle(maxWorkers: 4))
        let other = desk.decide(Labels([.model: "gpt-5"]), at: monday)
        #expect(other.kind == .throttle && other.maxWorkers == 4 && other.model == nil)
        let opus = desk.decide(Labels([.model: "claude-opus-5"]), at: monday)
        #expect(opus.maxWorkers == 4 && opus.model == "claude-sonnet-5")
        #expect(
            opus.reasons.first?.text
                == "b0: the fleet has spent $9.00 of $10.00 today; throttled to 4 workers; cheaper models are to be used"
        )
    }

    @Test func `a pause says which model is cheaper too, and observing only what it would do`() {
        let actions = Actions(downgrade: Self.cheaper)
        let thresholds = [
            Threshold(ratio: .percent(80), actions: actions), Threshold(ratio: .percent(90), pause: .untilReset),
        ]
        var desk = Desk([pot(at: thresholds)])
        desk.spent("9", at: monday)
        let paused = desk.decide(Labels([.model: "claude-opus-5"]), at: monday)
        #expect(paused.kind == .pause && paused.model == "claude-sonnet-5" && paused.reasons.count == 1)
        var observing = Desk([pot(mode: .observe, at: [thresholds[0]])])
        observing.spent("9", at: monday)
        let decision = observing.decide(Labels([.model: "claude-opus-5"]), at: monday)
        #expect(decision.kind == .allow && decision.would == .throttle && decision.model == nil)
    }

    @Test func `a rule that fires downgrades as a budget does, after the budgets`() {
        let rule = Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .minutes(15), above: .dollars(4))),
            actions: Actions(downgrade: Self.local))
        var desk = Desk(
            [pot(at: [Threshold(ratio: .percent(80), actions: Actions(downgrade: Self.cheaper))])], rules: [rule])
        desk.spent("9", at: monday)
        #expect(desk.decide(Labels([.model: "claude-opus-5"]), at: monday).model == "claude-sonnet-5")
        #expect(desk.decide(Labels([.model: "gpt-5"]), at: monday).model == "qwen")
        #expect(desk.decide(Labels([.model: "gpt-5"]), at: monday).reasons.map(\.item) == ["hot"])
    }
}
