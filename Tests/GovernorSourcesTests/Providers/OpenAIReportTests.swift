import GovernorCore
import GovernorSources
import Testing

/// What OpenAI's reports say, in the shapes of `facts/providers.md`.
@Suite struct OpenAIReportTests {
    private static let day = CivilDate(year: 2026, month: 11, day: 20)

    private static func provider(usage: String = "", cost: String = "", results: String = "results") -> FakeProvider {
        FakeProvider { asked in
            let rows = asked.path.hasSuffix("costs") ? cost : usage
            let start = day.startInUTC.milliseconds / 1000
            return .page(
                "{\"object\":\"bucket\",\"start_time\":\(start),\"end_time\":\(start + 86_400),\"\(results)\":[\(rows)]}"
            )
        }
    }

    private static func rows(_ provider: FakeProvider) async -> [ProviderReport] {
        await provider.poller(.openai).poll(since: day).batches.flatMap(\.rows)
    }

    @Test func `cached tokens are taken out of the input, and dollars are exact`() async {
        let provider = Self.provider(
            usage: """
                {"object":"organization.usage.completions.result","input_tokens":1000,"input_cached_tokens":800,
                "output_tokens":500,"num_model_requests":5,"model":"gpt-5-2025-08-07","batch":null},
                {"input_tokens":1000,"input_cached_tokens":100,"input_cache_write_tokens":300,
                "input_uncached_tokens":600,"output_tokens":1,"num_model_requests":2,"model":"gpt-5.6"}
                """,
            cost: """
                {"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"},
                "line_item":"gpt-5-2025-08-07, input","project_id":null},
                {"amount":{"value":1.23456789e-2,"currency":"usd"},"line_item":"gpt-5-2025-08-07, output"},
                {"amount":{"value":"2.5","currency":"USD"},"line_item":"Code interpreter sessions"},
                {"amount":{"value":0.1},"line_item":null}
                """)
        let expected = [
            ProviderReport(
                provider: .openai, kind: .usage, day: Self.day, model: "gpt-5-2025-08-07",
                tokens: TokenCounts(input: 200, output: 500, cacheRead: 800), splitsWrites: false, calls: 5),
            ProviderReport(
                provider: .openai, kind: .usage, day: Self.day, model: "gpt-5.6",
                tokens: TokenCounts(input: 600, output: 1, cacheRead: 100, cacheWrite5m: 300), splitsWrites: false,
                calls: 2),
            ProviderReport(
                provider: .openai, kind: .cost, day: Self.day, model: "gpt-5-2025-08-07",
                cost: Money(dollars: "0.072345679")),
            ProviderReport(
                provider: .openai, kind: .cost, day: Self.day, model: "", item: "Code interpreter sessions",
                cost: Money(dollars: "2.5")),
            ProviderReport(provider: .openai, kind: .cost, day: Self.day, model: "", cost: Money(dollars: "0.1")),
        ]
        #expect(await Self.rows(provider) == expected)
    }

    @Test func `it is asked with the key as a bearer, in seconds since 1970`() async throws {
        let provider = Self.provider()
        let result = await provider.poller(.openai).poll(since: Self.day)
        #expect(result.ok && result.batches.map(\.kind) == [.usage, .cost])
        let asked = provider.asked
        #expect(asked.map(\.path) == ["/v1/organization/usage/completions", "/v1/organization/costs"])
        #expect(asked.allSatisfy { $0.headers["Authorization"] == "Bearer sk-ant-admin-KEY" })
        #expect(asked.map { $0.value("start_time") } == ["1795132800", "1795132800"])
        #expect(asked.map { $0.value("group_by") } == ["model", "line_item"])
    }

    @Test func `the older name of the list is read too`() async {
        let provider = Self.provider(usage: "{\"input_tokens\":7,\"model\":\"gpt-5\"}", results: "result")
        #expect(await Self.rows(provider).first?.tokens == TokenCounts(input: 7))
    }

    @Test(arguments: [
        "{\"input_tokens\":10,\"input_cached_tokens\":11}", "{\"input_tokens\":10,\"output_tokens\":-1}",
        "{\"input_tokens\":10,\"num_model_requests\":0.5}",
    ]) func `counts that can't be are refused`(_ usage: String) async {
        let result = await Self.provider(usage: usage).poller(.openai).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.badAnswer])
        #expect(result.batches.map(\.kind) == [.cost])
    }
}
