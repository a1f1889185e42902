import GovernorCore
import GovernorSources
import Testing

/// Metrics, for senders that send nothing better.
@Suite struct TelemetryMetricTests {
    private func read(
        resource: KeyValuePairs<String, TelemetryValue> = ["service.name": "claude-code", "worker": "w-1"],
        _ items: [TelemetryItem]
    ) throws -> TelemetryBatch {
        let request = TelemetryRequest(.metrics, resource: resource, items)
        let (batch, other) = (try request.batch(), try request.batch(.json))
        #expect(
            other.records == batch.records && other.complaint == batch.complaint && other.rejected == batch.rejected)
        return batch
    }

    private static let minute: UInt64 = 60_000_000_000
    private static let start: UInt64 = 1_795_215_700_000_000_000

    private func tokens(
        _ type: TelemetryValue, _ count: TelemetryValue, session: TelemetryValue = "s-1",
        model: TelemetryValue = "claude-opus-5",
        effort: TelemetryValue = "high", _ temporality: TelemetryPoint.Temporality? = .delta,
        start: UInt64 = Self.start,
        time: UInt64 = Self.start + Self.minute
    ) -> TelemetryItem {
        .point(
            "claude_code.token.usage", count,
            ["session.id": session, "model": model, "effort": effort, "type": type], temporality, start: start,
            time: time)
    }

    private func cost(
        _ dollars: TelemetryValue, _ temporality: TelemetryPoint.Temporality? = .delta, start: UInt64 = Self.start,
        time: UInt64 = Self.start + Self.minute
    ) -> TelemetryItem {
        .point(
            "claude_code.cost.usage", dollars, ["session.id": "s-1", "model": "claude-opus-5", "effort": "high"],
            temporality,
            start: start, time: time)
    }

    @Test func `points of one series and time are one record, tokens and cost together`() throws {
        let batch = try read([
            .point("claude_code.session.count", .double(1), ["session.id": "s-1"]), cost(.double(0.020839999999999997)),
            tokens("input", .double(2400)), tokens("output", .double(84)), tokens("cacheRead", .double(1000)),
            tokens("cacheCreation", .double(6000), start: Self.start + 3_000_000),
        ])
        let record = try #require(batch.records.first)
        #expect(batch.records.count == 1 && batch.rejected == 0 && batch.eventSenders.isEmpty)
        #expect(record.tokens == TokenCounts(input: 2400, output: 84, cacheRead: 1000, cacheWrite5m: 6000))
        #expect(record.reportedCost == Money(nanodollars: 20_840_000) && record.growth == .larger)
        #expect(
            record.labels == Labels([.worker: "w-1", .session: "s-1", .model: "claude-opus-5", .source: "metrics"]))
        #expect(RFC3339.utc(record.time) == "2026-11-20T23:02:40Z")
        #expect(batch.attributes == ["s-1": Labels([.worker: "w-1"])])
    }

    @Test func `series differ by any attribute, of a point or its resource`() throws {
        let batch = try read([
            tokens("input", .integer(1)), tokens("input", .integer(2), session: "s-2"),
            tokens("input", .integer(3), model: "claude-sonnet-5"), tokens("input", .integer(4), effort: "low"),
        ])
        #expect(batch.records.map(\.tokens.input) == [1, 2, 3, 4])
        let elsewhere = try read(
            resource: ["service.name": "claude-code", "worker": "w-2"], [tokens("input", .integer(1))])
        #expect(Set((batch.records + elsewhere.records).map(\.identity)).count == 5)
    }

    @Test func `deltas add up, and one that is sent again adds nothing`() throws {
        let later = Self.start + 2 * Self.minute
        let first = try read([tokens("input", .integer(5)), cost(.double(0.5))])
        let second = try read([
            tokens("input", .integer(7), start: Self.start + Self.minute, time: later),
            cost(.double(0.25), start: Self.start + Self.minute, time: later),
        ])
        #expect(Self.kept(first, second, first, second).map(\.tokens.input).sorted() == [5, 7])
        // A sender whose starts are missing still tells its exports apart.
        let unstarted = try read([
            tokens("input", .integer(5), start: 0), tokens("input", .integer(6), start: 0, time: later),
        ])
        #expect(Self.kept(unstarted, unstarted).map(\.tokens.input).sorted() == [5, 6])
    }

    @Test func `what accumulates is one record that grows, whatever the order`() throws {
        let exports = try (1...3).map { number in
            let time = Self.start + UInt64(number) * Self.minute
            return try read([
                tokens("input", .integer(Int64(number) * 10), .cumulative, time: time),
                tokens("output", .integer(Int64(number)), .cumulative, start: Self.start + 4_000_000, time: time),
                cost(.double(Double(number) / 4), .cumulative, time: time),
            ])
        }
        for order in [exports, exports.reversed(), exports + exports] {
            let kept = Self.kept(order)
            #expect(kept.map(\.tokens) == [TokenCounts(input: 30, output: 3)])
            #expect(kept.map(\.reportedCost) == [Money(nanodollars: 750_000_000)])
        }
        // A process that starts anew counts anew.
        let again = try read([tokens("input", .integer(2), .cumulative, start: Self.start + 9 * Self.minute)])
        #expect(Self.kept(exports + [again]).map(\.tokens.input).sorted() == [2, 30])
    }

    @Test func `a point that comes twice in one request counts once`() throws {
        #expect(
            try read([tokens("input", .integer(5)), tokens("input", .integer(5))]).records.map(\.tokens.input) == [5])
    }

    @Test func `a series that counted nothing gives nothing`() throws {
        #expect(try read([tokens("input", .integer(0)), cost(.double(0))]).records.isEmpty)
    }

    @Test func `Codex's turns: the total is in the others, and there is no session but the service's`() throws {
        func point(_ type: TelemetryValue, _ count: Double) -> TelemetryItem {
            .point("codex.turn.token_usage", .double(count), ["token_type": type, "model": "gpt-5.2-codex"])
        }
        let batch = try read(
            resource: ["service.name": "codex_cli_rs", "worker": "w-9"],
            [
                point("total", 1100), point("input", 1000), point("cached_input", 600), point("output", 100),
                point("reasoning_output", 40), .point("codex.turn.tool.call", .double(3), ["token_type": "input"]),
            ])
        #expect(batch.records.map(\.tokens) == [TokenCounts(input: 400, output: 100, cacheRead: 600)])
        #expect(batch.records.map(\.labels.session) == ["codex_cli_rs"] && batch.attributes.isEmpty)
    }

    @Test func `Gemini CLI's counter: thoughts and tools beside, and the conventions' metric told a second time`()
        throws
    {
        func point(_ type: TelemetryValue, _ count: Int64) -> TelemetryItem {
            .point(
                "gemini_cli.token.usage", .integer(count),
                ["type": type, "model": "gemini-2.5-pro", "session.id": "g"],
                .cumulative)
        }
        let batch = try read(
            resource: ["service.name": "gemini-cli"],
            [
                point("input", 1000), point("output", 50), point("thought", 70), point("cache", 600), point("tool", 30),
                .point(
                    "gen_ai.client.token.usage", .double(1000),
                    ["gen_ai.token.type": "input", "gen_ai.request.model": "gemini-2.5-pro", "session.id": "g"],
                    .cumulative),
            ])
        #expect(batch.records.map(\.tokens) == [TokenCounts(input: 430, output: 120, cacheRead: 600, reasoning: 70)])
    }

    @Test func `the GenAI conventions' histogram counts by its sum`() throws {
        func point(_ type: TelemetryValue, _ count: Double) -> TelemetryItem {
            .point(
                "gen_ai.client.token.usage", .double(count),
                [
                    "gen_ai.token.type": type, "gen_ai.request.model": "my-model", "gen_ai.provider.name": "deepseek",
                    "gen_ai.operation.name": "chat",
                ])
        }
        let batch = try read(
            resource: ["service.name": "my-agent", "service.instance.id": "i-7"],
            [point("input", 10), point("output", 5)])
        #expect(batch.records.map(\.tokens) == [TokenCounts(input: 10, output: 5)])
        #expect(batch.records.map(\.labels.provider) == ["deepseek"] && batch.records.map(\.labels.session) == ["i-7"])
    }

    @Test func `points that can't be read are rejected by their number`() throws {
        let batch = try read([
            tokens("input", .integer(-5)), tokens("newKind", .integer(5)), tokens("input", .integer(5), nil),
            tokens("input", .double(0.5)), cost(.double(-1)), tokens("output", .integer(1)),
            tokens("input", .integer(1), model: .other), tokens("output", .integer(1), model: .other),
        ])
        #expect(batch.records.map(\.tokens) == [TokenCounts(output: 1)] && batch.rejected == 7)
        #expect(
            batch.complaint == """
                7 data points with usage could not be booked: \
                claude_code.token.usage: the value must be a whole number from 0 to 10000000000; got -5; \
                claude_code.token.usage: unknown type "newKind"; \
                claude_code.token.usage: aggregationTemporality must be 1 (delta) or 2 (cumulative)
                """)
    }

    /// What is left when every batch was counted once.
    private static func kept(_ batches: TelemetryBatch...) -> [UsageRecord] { kept(batches) }

    private static func kept(_ batches: [TelemetryBatch]) -> [UsageRecord] {
        var calls = Deduplication(stored: [])
        for record in batches.flatMap(\.records) { _ = calls.add(record) }
        return calls.changes.compactMap { if case .insert(let record) = $0 { record } else { nil } }
    }
}
