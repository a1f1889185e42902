import GovernorAPI
import GovernorCore
import Testing

/// The shapes **reconcile** and **provider** to the byte.
@Suite struct ReconcileTests {
    private static let day = CivilDate(year: 2026, month: 11, day: 20)
    private static let now = day.adding(days: 1).startInUTC + .hours(10)

    private static func body(_ reports: [ProviderReport], _ ours: [DaySums], asked: Bool) throws -> JSON {
        let question = Reconciliation.Question(
            since: day, until: day.adding(days: 1), providers: ["anthropic"], tolerance: .percent(2))
        let coverage = [ReportCoverage(provider: .anthropic, kind: .usage, day: day, asOf: now)]
        let result = Reconciliation(question, reports: reports, coverage: asked ? coverage : [], ours: ours)
        let body = ReconcileBody(result, providers: [], zone: .utc, now: now).body
        return try JSONReader.read(body)
    }

    private static let ours = DaySums(
        day: day, provider: "anthropic", model: "claude-opus-5", source: "transcript",
        sums: UsageSums(calls: 4, success: 4, unpriced: 0, cost: .dollars(3), tokens: TokenCounts(input: 100)),
        shadowedCalls: 1, shadowedCost: Money(dollars: "0.5") ?? .zero)

    @Test func `a line has both sides, what is shadowed, the drift and its cause`() throws {
        let theirs = ProviderReport(
            provider: .anthropic, kind: .usage, day: Self.day, model: "claude-opus-5",
            tokens: TokenCounts(input: 1000, cacheWrite1h: 600), cost: .dollars(12))
        let body = try Self.body([theirs], [Self.ours], asked: true)
        let line = try #require(body["lines"]?.array?.first)
        let sums = """
            "theirs":{"calls":null,"tokens":{"input":1000,"output":0,"cache_read":0,"cache_write_5m":0,"cache_write_1h":600,\
            "cache_write_12h":0,"total":1600},"cost_usd":12},"ours":{"calls":4,"tokens":{"input":100,"output":0,"cache_read":0,\
            "cache_write_5m":0,"cache_write_1h":0,"cache_write_12h":0,"total":100},"cost_usd":3},\
            "shadowed":{"calls":1,"cost_usd":0.5},"drift_usd":-9,"drift":-0.75,"drift_tokens":-1500,\
            "drift_tokens_ratio":-0.9375
            """
        let expected = """
            {"day":"2026-11-20","provider":"anthropic","model":"claude-opus-5","covered":true,\(sums),\
            "sources":[{"source":"transcript","cost_usd":3,"tokens":100}],"cause":"unseen_source",\
            "text":"Anthropic has $9.00 that no source here tells of, beside what they do: another machine, user or key",\
            "beyond":true}
            """
        #expect(Self.text(line) == expected)
        #expect(body["days"].map(Self.text) == "[{\"day\":\"2026-11-20\",\(sums)}]")
        #expect(body["total"].map(Self.text) == "{\(sums)}")
        let head = ["since", "until", "timezone", "tolerance", "compared", "beyond"].map {
            body[$0].map(Self.text) ?? ""
        }
        #expect(head == ["\"2026-11-20\"", "\"2026-11-21\"", "\"UTC\"", "0.02", "true", "true"])
    }

    @Test func `a side that says nothing is null, and so is its drift`() throws {
        let body = try Self.body([], [Self.ours], asked: false)
        let line = try #require(body["lines"]?.array?.first)
        #expect(["theirs", "drift_usd", "drift", "drift_tokens"].allSatisfy { line[$0] == .null })
        #expect(line["covered"] == .bool(false) && body["compared"] == .bool(false) && body["beyond"] == .bool(false))
    }

    @Test func `a provider tells when it was asked, how it went, and when it is asked next`() throws {
        var view = ProviderView(provider: "anthropic", state: .error)
        view.lastPoll = ProviderPoll(
            provider: .anthropic, startedAt: Self.now - .seconds(30), finishedAt: Self.now - .seconds(28), records: 3,
            error: "429")
        (view.lastGoodAt, view.nextAt, view.every) = (Self.now - .minutes(6), Self.now + .minutes(1), .minutes(5))
        let body = PollerStatusBody.body(
            [view, ProviderView(provider: "openai", state: .off, note: "OPENAI_ADMIN_KEY is not set")]
                + ProviderView.silent, zone: .utc, now: Self.now)
        let expected = """
            {"running":true,"pollers":[{"provider":"anthropic","state":"error","error":"429","counted":false,"every_s":300,\
            "last_poll":{"started_at":"2026-11-21T09:59:30Z","finished_at":"2026-11-21T09:59:32Z","ok":false,"records":3,\
            "error":"429"},"last_success_at":"2026-11-21T09:54:00Z","age_s":360,"next_poll_at":"2026-11-21T10:01:00Z"},\
            {"provider":"openai","state":"off","note":"OPENAI_ADMIN_KEY is not set","counted":false},\
            {"provider":"gemini","state":"no_interface",\
            "note":"Google has no cost interface; its models are priced by the price book alone","counted":false}]}
            """
        #expect(String(decoding: body, as: UTF8.self) == expected)
    }

    private static func text(_ value: JSON) -> String {
        var json = JSONWriter()
        json.value(value)
        return json.text
    }
}
