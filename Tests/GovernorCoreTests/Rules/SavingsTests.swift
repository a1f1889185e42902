import GovernorCore
import Testing

@Suite struct `What free models saved` {
    /// A dollar per million tokens in, two out.
    private let row = PriceRow(
        provider: "anthropic", model: "claude-opus-5",
        base: ClassPrices(input: 1_000_000_000, output: 2_000_000_000))

    private func bench(
        above: Money = .dollars(100), window: Window.Period = .month, per: [LabelKey] = [], zone: Zone = .utc
    ) -> RuleBench {
        RuleBench(.savings(Savings(above: above, window: window, at: row)), per: per, zone: zone)
    }

    private func free(_ tokens: Int64, worker: String? = nil, at time: Timestamp = monday) -> UsageRecord {
        var labels = Labels([.model: "ollama/llama3"])
        labels.worker = worker
        var record = spend(.zero, labels, at: time, tokens: tokens)
        record.costOrigin = .priced
        return record
    }

    @Test func `it fires at the line, and not a token below it`() {
        var bench = bench()
        bench.add(free(99_999_999))
        #expect(bench.finding(at: monday) == .no(monday))
        bench.add(free(1))
        let finding = bench.finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == Money.dollars(100).nanodollars && finding.limit == .usd(.dollars(100)))
    }

    @Test func `the text says how much, when and compared with what`() {
        var fleet = bench()
        fleet.add(free(104_100_000))
        #expect(
            fleet.finding(at: monday).text == "$104.10 saved this month by free models, at claude-opus-5 prices")
        var worker = bench(window: .day, per: [.label(.worker)])
        worker.add(free(104_100_000, worker: "w-1"))
        #expect(
            worker.finding(of: split("w-1"), at: monday).text
                == "w-1 saved $104.10 today by free models, at claude-opus-5 prices")
    }

    @Test func `paid calls save nothing`() {
        var paid = free(200_000_000)
        paid.cost = grain
        var reported = free(200_000_000)
        reported.costOrigin = .reported
        var bench = bench()
        bench.add([paid, reported])
        #expect(!bench.holds(at: monday))
    }

    @Test func `what was saved earlier this month counts, what the month before did not`() {
        var bench = bench()
        bench.add(free(60_000_000, at: instant("2026-03-01T00:00:00Z")))
        bench.add(free(40_000_000, at: monday))
        #expect(bench.holds(at: monday))
        var other = self.bench()
        other.add(free(60_000_000, at: instant("2026-02-28T23:59:59Z")))
        other.add(free(40_000_000, at: monday))
        #expect(!other.holds(at: monday))
    }

    @Test func `a month begins by the zone's clock`() {
        let warsaw = zone("Europe/Warsaw")
        var bench = bench(zone: warsaw)
        let midnight = instant("2026-04-01T00:00:00+02:00")
        bench.add(free(100_000_000, at: midnight - tick))
        #expect(bench.holds(at: midnight - tick))
        #expect(!bench.holds(at: midnight))
    }

    @Test func `nothing saved is no news, whatever the line`() {
        #expect(!bench(above: .zero).holds(at: monday))
        #expect(!bench(above: Money(nanodollars: .min)).holds(at: monday))
    }

    @Test func `no amount traps`() {
        var bench = bench(above: .max)
        for _ in 0..<3 { bench.add(free(.max)) }
        #expect(bench.finding(at: monday).value == .max)
    }
}
