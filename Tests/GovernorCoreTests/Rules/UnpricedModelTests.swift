import GovernorCore
import Testing

@Suite struct `Unpriced model` {
    private func bench(priceAs: String? = nil) -> RuleBench {
        RuleBench(.unpricedModel(UnpricedModel(priceAs: priceAs)), per: [.label(.model)])
    }

    private func call(_ cost: Money, model: String? = "claude-opus-9", origin: CostOrigin = .unpriced) -> UsageRecord {
        var labels = Labels()
        labels.model = model
        var record = spend(cost, labels)
        record.costOrigin = origin
        return record
    }

    private let opus = split("claude-opus-9")

    @Test func `one call is enough, and the text says what it was booked at`() {
        var bench = bench()
        bench.add(call(usd("0.4")))
        #expect(
            bench.finding(of: opus, at: monday).text
                == "claude-opus-9 has no price: 1 call booked at $0.40 in the last 24h, at the dearest price of its "
                + "provider")
        bench.add([call(usd("0.5")), call(usd("0.3"))])
        #expect(bench.finding(of: opus, at: monday).text.contains(": 3 calls booked at $1.20 in the last 24h"))
    }

    @Test func `the model that stands in is named`() {
        var bench = bench(priceAs: "claude-opus-5")
        bench.add(call(usd("1.2")))
        #expect(bench.finding(of: opus, at: monday).text.hasSuffix("in the last 24h, at claude-opus-5's price"))
    }

    @Test func `a call whose cost is known says nothing`() {
        var bench = bench()
        bench.add([call(.dollars(1), origin: .priced), call(.dollars(1), origin: .reported)])
        #expect(bench.finding(of: opus, at: monday) == .no(monday))
    }

    @Test func `a call that was booked at nothing counts all the same`() {
        var bench = bench()
        bench.add(call(.zero))
        #expect(bench.holds(of: opus, at: monday))
    }

    @Test func `each model is judged for itself, also one without a name`() {
        var bench = bench()
        bench.add([call(usd("1")), call(usd("2"), model: nil)])
        #expect(bench.holds(of: opus, at: monday) && !bench.holds(of: split("gpt-9"), at: monday))
        #expect(bench.finding(of: split(""), at: monday).text.hasPrefix("(no model) has no price: 1 call"))
    }

    @Test func `it is over a day after the last, and never earlier`() {
        var bench = bench()
        bench.add(call(usd("1")))
        #expect(bench.holds(of: opus, at: monday + .hours(24)))
        // A slot of a day is four minutes and 48 seconds long.
        #expect(!bench.holds(of: opus, at: monday + .hours(24) + .seconds(288)))
    }

    @Test func `no amount traps`() {
        for cost in [Int64.min, .max] {
            var bench = bench()
            for _ in 0..<3 { bench.add(call(Money(nanodollars: cost))) }
            #expect(bench.holds(of: opus, at: monday))
        }
    }
}
