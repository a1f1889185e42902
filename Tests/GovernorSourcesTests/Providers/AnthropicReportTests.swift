import GovernorCore
import GovernorSources
import Testing

/// What Anthropic's reports say, in the shapes of `facts/providers.md`.
@Suite struct AnthropicReportTests {
    private static let today = CivilDate(year: 2026, month: 11, day: 21)
    private static let day = CivilDate(year: 2026, month: 11, day: 20)

    private static func bucket(_ day: String, _ results: String) -> String {
        "{\"starting_at\":\"\(day)T00:00:00Z\",\"ending_at\":\"\(day)T23:59:59Z\",\"results\":[\(results)]}"
    }

    private static let usage = """
        {"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},
        "cache_read_input_tokens":200,"output_tokens":500,"server_tool_use":{"web_search_requests":10},
        "api_key_id":null,"workspace_id":null,"model":"claude-opus-5","service_tier":null,"context_window":null}
        """

    private static let actor = """
        {"date":"2026-11-20T00:00:00Z","actor":{"type":"user_actor","email_address":"ada@example.com"},
        "customer_type":"subscription","terminal_type":"vscode","core_metrics":{"num_sessions":5},
        "model_breakdown":[{"model":"claude-opus-5",
        "tokens":{"input":100000,"output":35000,"cache_read":10000,"cache_creation":5000},
        "estimated_cost":{"currency":"USD","amount":1025}}]}
        """

    /// A provider with `usage` and these costs.
    private static func provider(
        cost: String, agent: ProviderAnswer = .page(""), usage: String = usage
    ) -> FakeProvider {
        FakeProvider { asked in
            switch asked.path {
            case "/v1/organizations/usage_report/messages": .page(bucket("2026-11-20", usage))
            case "/v1/organizations/cost_report": .page(bucket("2026-11-20", cost))
            default: asked.value("starting_at") == "2026-11-20" ? agent : .page("")
            }
        }
    }

    private static func rows(_ provider: FakeProvider) async -> [ProviderReport] {
        await provider.poller(.anthropic).poll(since: day).batches.flatMap(\.rows)
    }

    @Test func `each class of tokens and each cent arrives`() async throws {
        let provider = Self.provider(
            cost: """
                {"currency":"USD","amount":"123.45","workspace_id":null,"description":"Claude Opus 5 Usage - Input Tokens",
                "cost_type":"tokens","context_window":"0-200k","model":"claude-opus-5","service_tier":"standard",
                "token_type":"uncached_input_tokens"},
                {"currency":"USD","amount":"0.0000001","cost_type":"tokens","model":"claude-opus-5"},
                {"currency":"USD","amount":"10.00","cost_type":"web_search","model":null},
                {"currency":"USD","amount":"7","description":"Something new","model":null}
                """, agent: .page(Self.actor))
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.ok && result.error == nil && result.end == .read)
        #expect(result.records == 5)
        let tokens = TokenCounts(input: 1500, output: 500, cacheRead: 200, cacheWrite5m: 500, cacheWrite1h: 1000)
        let expected = [
            ProviderReport(
                provider: .anthropic, kind: .usage, day: Self.day, model: "claude-opus-5", tokens: tokens),
            // 123.45 cents are $1.2345, and the ten-millionth of a cent is one nano-dollar.
            ProviderReport(
                provider: .anthropic, kind: .cost, day: Self.day, model: "claude-opus-5",
                cost: Money(nanodollars: 1_234_500_001)),
            ProviderReport(
                provider: .anthropic, kind: .cost, day: Self.day, model: "", item: "web_search",
                cost: Money(dollars: "0.1")),
            ProviderReport(
                provider: .anthropic, kind: .cost, day: Self.day, model: "", item: "Something new",
                cost: Money(dollars: "0.07")),
            ProviderReport(
                provider: .anthropic, kind: .agent, day: Self.day, model: "claude-opus-5", item: "subscription",
                tokens: TokenCounts(input: 100_000, output: 35_000, cacheRead: 10_000, cacheWrite5m: 5000),
                splitsWrites: false, cost: Money(dollars: "10.25")),
        ]
        #expect(result.batches.flatMap(\.rows) == expected)
        #expect(result.batches.map(\.kind) == [.usage, .cost, .agent])
        #expect(result.batches.allSatisfy { $0.days == [Self.day, Self.today] })
    }

    @Test func `it is asked with the key, the version, by model and by the day`() async throws {
        let provider = Self.provider(cost: "")
        _ = await provider.poller(.anthropic).poll(since: CivilDate(year: 2026, month: 11, day: 1))
        let asked = provider.asked
        #expect(
            asked.map(\.path) == [
                "/v1/organizations/usage_report/messages", "/v1/organizations/cost_report",
                "/v1/organizations/usage_report/claude_code", "/v1/organizations/usage_report/claude_code",
                "/v1/organizations/usage_report/claude_code",
            ])
        let first = try #require(asked.first)
        #expect(first.headers["x-api-key"] == "sk-ant-admin-KEY")
        #expect(first.headers["anthropic-version"] == "2023-06-01")
        #expect(
            first.query.map { "\($0.name)=\($0.value)" } == [
                "starting_at=2026-11-01T00:00:00Z", "bucket_width=1d", "limit=31", "group_by[]=model",
            ])
        #expect(asked[1].value("group_by[]") == "description")
        #expect(asked.dropFirst(2).map { $0.value("starting_at") } == ["2026-11-19", "2026-11-20", "2026-11-21"])
        #expect(asked.allSatisfy { $0.timeLimit == .seconds(30) })
    }

    @Test func `an account without Claude Code lacks a report, which is no failure`() async {
        let result = await Self.provider(cost: "", agent: ProviderAnswer(status: 404)).poller(.anthropic)
            .poll(since: Self.day)
        #expect(result.ok && result.end == .read)
        #expect(result.batches.map(\.kind) == [.usage, .cost])
        #expect(result.error?.contains("Claude Code report answered 404") == true)
    }

    @Test func `days that were not asked for are passed over`() async {
        let provider = FakeProvider { asked in
            asked.path.hasSuffix("messages") ? .page(Self.bucket("2026-11-01", Self.usage)) : .page("")
        }
        #expect(await Self.rows(provider).isEmpty)
    }

    @Test(arguments: [
        ("{\"amount\":\"1e3\",\"currency\":\"USD\"}", "10"), ("{\"amount\":250}", "2.5"),
        ("{\"amount\":\"-50\",\"currency\":\"usd\"}", "-0.5"), ("{\"amount\":\"0.00000005\"}", "0"),
        ("{\"amount\":\"0.00000015\"}", "0.000000002"),
    ]) func `cents are exact, and half a nano-dollar goes to the even one`(_ cost: String, _ dollars: String) async {
        let rows = await Self.rows(Self.provider(cost: cost)).filter { $0.kind == .cost }
        #expect(rows.map(\.cost) == [Money(dollars: dollars)])
    }

    @Test(arguments: [
        "{\"amount\":\"1,50\"}", "{\"amount\":\"\"}", "{\"amount\":null}", "{}",
        "{\"amount\":\"1\",\"currency\":\"EUR\"}",
        "{\"amount\":\"99999999999999999999\"}",
    ]) func `an amount that can't be read spoils its report and no other`(_ cost: String) async {
        let result = await Self.provider(cost: cost).poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.badAnswer])
        #expect(result.batches.map(\.kind) == [.usage, .agent])
        #expect(!result.ok)
    }

    @Test(arguments: [
        "{\"uncached_input_tokens\":-1}", "{\"output_tokens\":1.5}", "{\"output_tokens\":\"many\"}",
        "{\"cache_read_input_tokens\":9223372036854775807}",
    ]) func `a count that can't be is refused, with its name`(_ usage: String) async {
        let result = await Self.provider(cost: "", usage: usage).poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.badAnswer])
        #expect(result.error?.contains("_tokens must be a whole number") == true)
    }
}
