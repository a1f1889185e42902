import GovernorAPI
import GovernorCore
import Testing

/// What the `prices` verbs print.
@Suite struct PriceBodyTests {
    private let now = Timestamp(seconds: 1_795_200_000)

    private func book() -> PriceBook {
        var base = Offers<PriceList> { _ in PriceList() }
        base.standard = PriceList([.input: 2_000_000_000, .output: 10_000_000_000, .cacheRead: 200_000_000])
        base.batch = PriceList([.input: 1_000_000_000, .output: 5_000_000_000])
        var high = Offers<PriceList> { _ in PriceList() }
        high.standard = PriceList([.input: 4_000_000_000, .output: 15_000_000_000])
        var row = PriceRow(
            provider: "acme", model: "acme-1",
            levels: [PriceRow.Level(over: 0, listed: base), PriceRow.Level(over: 272_000, listed: high)])
        row.usGeography = PriceRow.Multiplier(numerator: 11, denominator: 10)
        row.webSearch = 10_000_000_000
        row.deprecation = "2027-01-01"
        var own = PriceRow(
            provider: "house", model: "house", base: ClassPrices(input: 1_000_000_000, output: 2_000_000_000))
        own.from = Timestamp(seconds: 1_795_000_000)
        return PriceBook(rows: [row], own: [own], free: [Glob("lab-*")])
    }

    @Test func `the list has a line for each level`() {
        let list = PriceListBody(book(), provider: nil, at: now, zone: .utc)
        #expect(
            list.rows == [
                ["acme-1", "acme", "2", "10", "0.2", "2", "4", "4", "", "always"],
                ["", "", "4", "15", "0.4", "4", "8", "8", "272,000", ""],
                ["house", "house", "1", "2", "1", "1", "2", "2", "", "policy, from 2026-11-18"],
            ])
        #expect(list.rows.allSatisfy { $0.count == PriceListBody.header.count })
        #expect(PriceListBody(book(), provider: "house", at: now, zone: .utc).rows.count == 1)
        #expect(PriceListBody(book(), provider: "nobody", at: now, zone: .utc).isEmpty)
        #expect(
            String(decoding: PriceListBody(book(), provider: "acme", at: now, zone: .utc).body, as: UTF8.self) == """
                {"at":"2026-11-20T18:40:00Z","prices":[{"model":"acme-1","provider":"acme","from_policy":false,"holds":true,\
                "levels":[{"over_tokens":0,"standard":{"input_usd":2,"output_usd":10,"cache_read_usd":0.2,\
                "cache_write_usd":2,"cache_write_1h_usd":4,"cache_write_12h_usd":4},"batch":{"input_usd":1,"output_usd":5,\
                "cache_read_usd":0.1,"cache_write_usd":1,"cache_write_1h_usd":2,"cache_write_12h_usd":2}},\
                {"over_tokens":272000,"standard":{"input_usd":4,"output_usd":15,"cache_read_usd":0.4,"cache_write_usd":4,\
                "cache_write_1h_usd":8,"cache_write_12h_usd":8},"batch":{"input_usd":2,"output_usd":7.5,\
                "cache_read_usd":0.2,"cache_write_usd":2,"cache_write_1h_usd":4,"cache_write_12h_usd":4}}],\
                "us_geo":1.1,"web_search_per_1k_usd":10,"deprecation":"2027-01-01"}]}
                """)
    }

    @Test func `one model is shown with how it was found and what a million tokens cost`() {
        let shown = PriceShowBody("x/acme-1-latest", in: book(), at: now, zone: .utc)
        #expect(
            shown.lines == [
                "x/acme-1-latest is acme-1 of acme, by the name without \"x/\" and \"-latest\".",
                "Built in, for all time.", "What 1,000,000 tokens cost, in USD:",
            ])
        #expect(
            shown.rows == [
                ["standard", "2", "10", "0.2", "2", "4", "4"], ["batch", "1", "5", "0.1", "1", "2", "2"],
                ["standard above 272,000", "4", "15", "0.4", "4", "8", "8"],
                ["batch above 272,000", "2", "7.5", "0.2", "2", "4", "4"],
            ])
        #expect(
            shown.footnotes == [
                "A prompt above a size, cache included, re-rates the whole request.",
                "Kept in the US: 1.1 times the price.", "Web searches: $10 per 1,000.",
                "Its provider ends it on 2027-01-01.",
            ])
        let house = PriceShowBody("house", in: book(), at: now, zone: .utc)
        #expect(house.lines[1] == "From the policy, from 2026-11-18T11:06:40Z.")
    }

    @Test func `free and unpriced models say so`() {
        let free = PriceShowBody("lab-7", in: book(), at: now, zone: .utc)
        #expect(free.lines == ["lab-7 is free: the policy's \"free\" has \"lab-*\"."] && free.isPriced)
        #expect(free.rows.isEmpty && free.footnotes.isEmpty)
        let unpriced = PriceShowBody("mystery", in: book(), at: now, zone: .utc)
        #expect(!unpriced.isPriced && unpriced.rows.count == 4)
        #expect(
            unpriced.lines == [
                "mystery has no price: no name like it is listed. Its calls are booked at the price of acme-1, and shown "
                    + "as unpriced."
            ])
        let json = String(decoding: unpriced.body, as: UTF8.self)
        #expect(
            json.hasPrefix(
                #"{"model":"mystery","at":"2026-11-20T18:40:00Z","verdict":"unpriced","why":"no name like it is listed","stand_in":{"model":"acme-1""#
            ))
        #expect(json.hasSuffix(#""history":[]}"#))
        #expect(PriceShowBody("mystery", in: PriceBook(rows: []), at: now, zone: .utc).rows.isEmpty)
    }

    @Test func `changes are a table, a summary and JSON`() throws {
        let text =
            #"{"acme-1": {"mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1e-05}, "#
            + #""other": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2.0000000000000001e-06, "litellm_provider": "o"}, "#
            + #""bad": {"mode": "chat"}, "e": {"mode": "embedding"}}"#
        let file = try LiteLLMPrices(Array(text.utf8))
        let changes = PriceChanges(file.rows, comparedTo: book(), at: now)
        var body = PriceChangesBody(changes, of: file, at: now, zone: .utc)
        #expect(
            body.rows == [
                [
                    "acme-1", "acme", "changed",
                    "input $2 → $3, cache_read $0.2 → $3, cache_write $2 → $3, cache_write_1h $4 → $6, and 20 more",
                ], ["other", "o", "new", "input $1, output $2"],
            ])
        #expect(
            body.summary
                == "2 differ (1 new), 0 are the same, 1 of the book is not in it, 1 could not be taken, 1 remark on the "
                + "others, 1 is no text model")
        #expect(
            body.remarks(only: []).count == 2 && body.remarks(only: [Glob("b*")]) == ["bad has no input_cost_per_token"]
        )
        let plain = String(decoding: body.body, as: UTF8.self)
        #expect(
            plain.contains(
                #""same":0,"missing":["house"],"rejected":[{"model":"bad","message":"has no input_cost_per_token"}],"notes":[{"model":"other""#
            ))
        #expect(plain.hasSuffix(#""other_kinds":1,"unread":[]}"#))
        body.writing = PriceChangesBody.Writing(path: "policies/prices.yaml", isWritten: true)
        #expect(
            String(decoding: body.body, as: UTF8.self).hasSuffix(#","path":"policies/prices.yaml","written":true}"#))
    }
}

/// Where a cost that is a guess, and what was saved, are seen.
@Suite struct GuessTests {
    private let row = PriceRow(
        provider: "p", model: "dear", base: ClassPrices(input: 3_000_000_000, output: 15_000_000_000))

    private func part(
        _ model: String, cost: Int64, unpriced: Int64 = 0, input: Int64 = 1_000_000
    ) -> (labels: Labels, sums: UsageSums) {
        (
            labels: Labels([.model: model, .provider: "p"]),
            sums: UsageSums(
                calls: 2, success: 2, unpriced: unpriced, cost: Money(nanodollars: cost),
                tokens: TokenCounts(input: input))
        )
    }

    @Test func `a report says what free models saved, in parts that add up`() throws {
        let parts = [
            part("ollama/a", cost: 0), part("ollama/b", cost: 0, input: 1), part("paid", cost: 5),
            part("mystery", cost: 0, unpriced: 1), part("<synthetic>", cost: 0, input: 0),
        ]
        let times = (Timestamp(seconds: 0), Timestamp(seconds: 86_400))
        let report = ReportBody(
            since: times.0, until: times.1, zone: .utc, by: [.label(.model)], sums: parts, comparedWith: row)
        #expect(report.saved == Money(nanodollars: 3_000_003_000))
        #expect(report.groups.reduce(.zero) { $0 + $1.saved } == report.saved)
        let json = try JSONReader.read(report.body)
        #expect(json["compared_with"]?.string == "dear" && json["total"]?["saved_usd"]?.money == report.saved)
        #expect(json["total"]?["unpriced_calls"]?.integer == 1)
        let plain = ReportBody(since: times.0, until: times.1, zone: .utc, by: [], sums: parts)
        #expect(try JSONReader.read(plain.body)["total"]?["saved_usd"] == nil)
    }

    @Test func `the display shows calls without a price where there are any, and still fits`() throws {
        func feed(_ unpriced: Int64) -> String {
            let body = FeedBody(
                at: Timestamp(seconds: 0), today: .zero, month: .zero, burn: .zero, forecast: nil, accounts: [],
                paused: [],
                alerts: 0, unpriced: unpriced)
            return String(decoding: body.body, as: UTF8.self)
        }
        #expect(!feed(0).contains("unpriced") && feed(3).contains(#""alerts":0,"unpriced":3,"worst""#))
        #expect(feed(.max).contains(#""unpriced":999999,"#))
    }

    @Test func `metrics count calls without a price and what was saved`() {
        var text = Exposition()
        text.spend([part("ollama/a", cost: 0), part("mystery", cost: 7, unpriced: 2)], comparedWith: row)
        #expect(text.text.contains("governor_cost_usd_total{model=\"mystery\",provider=\"p\"} 0.000000007\n"))
        #expect(text.text.contains("governor_unpriced_calls_total{model=\"mystery\",provider=\"p\"} 2\n"))
        #expect(!text.text.contains("governor_unpriced_calls_total{model=\"ollama/a\""))
        #expect(
            text.text.contains("governor_saved_usd_total{model=\"ollama/a\",provider=\"p\",compared_with=\"dear\"} 3\n")
        )
    }

    @Test func `a status names the models that have no price, the dearest first`() {
        let views = UnpricedModelView.views([
            part("cheap", cost: 1, unpriced: 9), part("known", cost: 100), part("dear", cost: 50, unpriced: 1),
        ])
        #expect(views.map(\.model) == ["dear", "cheap"] && views[1].calls == 9)
        let many = UnpricedModelView.views((0..<50).map { part("m\($0)", cost: Int64($0), unpriced: 1) })
        #expect(many.count == UnpricedModelView.limit && many[0].model == "m49")
        #expect(SavedView([part("ollama/a", cost: 0)], comparedWith: row).amount == .dollars(3))
    }
}
