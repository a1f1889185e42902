import GovernorCore
import Testing

/// How much is set aside for work that nobody estimated.
@Suite struct EstimatesTests {
    private static func ended(_ id: Int64, _ cost: String, _ labels: Labels, size: String = "1") -> Reservation {
        Reservation(
            id: id, key: "k\(id)", fingerprint: 0, labels: labels,
            size: Amount(cost: usd(size), tokens: 0, calls: 1),
            charged: Amount(cost: usd(cost), tokens: id * 100, calls: 2), state: .settled, createdAt: monday,
            expiresAt: monday, endedAt: monday)
    }

    private static func labels(_ project: String?, _ type: String?, _ model: String?) -> Labels {
        var labels = Labels()
        (labels.project, labels.model) = (project, model)
        if let type { labels.tags[Estimates.typeTag] = type }
        return labels
    }

    @Test func `too few say nothing`() {
        var estimates = Estimates()
        let settings = HoldSettings(fallback: usd("2.5"))
        let opus = Self.labels("web", "fix", "claude-opus-5")
        for id in 1..<Int64(Estimates.fewest) { estimates.note(Self.ended(id, "9", opus)) }
        #expect(estimates.estimate(opus, settings).origin == .fallback)
        #expect(estimates.estimate(opus, settings).amount == Amount(cost: usd("2.5"), tokens: 0, calls: 1))
        estimates.note(Self.ended(99, "9", opus))
        #expect(estimates.estimate(opus, settings).origin == .history)
        #expect(estimates.estimate(opus, HoldSettings(usesHistory: false)).origin == .fallback)
    }

    @Test func `the quantile is by nearest rank`() {
        var estimates = Estimates()
        let opus = Self.labels("web", nil, "claude-opus-5")
        for id in Int64(1)...10 { estimates.note(Self.ended(id, "\(id)", opus)) }
        let cost = { (percent: Int64) in
            estimates.estimate(opus, HoldSettings(quantile: .percent(percent))).amount.cost.text
        }
        #expect([10, 11, 50, 90, 91, 99].map(cost) == ["1", "2", "5", "9", "10", "10"])
        let amount = estimates.estimate(opus, HoldSettings()).amount
        #expect(amount.tokens == 900 && amount.calls == 2)
        #expect(
            estimates.estimate(opus, HoldSettings(quantile: .percent(10), least: usd("1.5"))).amount.cost.text == "1.5")
    }

    @Test func `it widens from the same project, type and model to the same model, then to all there is`() {
        var estimates = Estimates()
        var id: Int64 = 0
        func note(_ count: Int, _ cost: String, _ labels: Labels) {
            for _ in 0..<count {
                id += 1
                estimates.note(Self.ended(id, cost, labels))
            }
        }
        note(10, "1", Self.labels("web", "fix", "claude-opus-5"))
        note(10, "2", Self.labels("web", "docs", "claude-opus-5"))
        note(20, "4", Self.labels("api", "docs", "claude-opus-5"))
        note(60, "8", Self.labels("api", "docs", "claude-haiku-4-5"))
        let cost = { (project: String?, type: String?, model: String?) in
            estimates.estimate(Self.labels(project, type, model), HoldSettings(quantile: .percent(90))).amount.cost.text
        }
        #expect(cost("web", "fix", "anthropic/claude-opus-5") == "1")
        #expect(cost("web", "other", "claude-opus-5") == "2")
        #expect(cost("new", "other", "claude-opus-5") == "4")
        #expect(cost("new", "other", "gpt-5") == "8")
    }

    @Test func `how good they were is what cost more than was set aside, and a late record counts once`() {
        var estimates = Estimates()
        let opus = Self.labels(nil, nil, "claude-opus-5")
        for id in Int64(1)...4 { estimates.note(Self.ended(id, id == 1 ? "1.5" : "0.5", opus)) }
        #expect(estimates.record == (4, 1))
        estimates.note(Self.ended(2, "1.1", opus))
        #expect(estimates.record == (4, 2))
        // Nothing was billed for it: that says nothing of what such work costs.
        estimates.note(Self.ended(5, "0", opus))
        #expect(estimates.record == (4, 2))
    }
}
