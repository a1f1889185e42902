import GovernorCore
import GovernorSources
import Testing

/// Spans of model calls.
@Suite struct TelemetryTraceTests {
    private func read(
        resource: KeyValuePairs<String, TelemetryValue> = ["service.name": "my-agent"], _ items: TelemetryItem...
    ) throws -> TelemetryBatch {
        let request = TelemetryRequest(.traces, resource: resource, items)
        let batch = try request.batch()
        #expect(try request.batch(.json).records == batch.records)
        return batch
    }

    @Test func `a span with usage is a call that ended when it did`() throws {
        let batch = try read(
            resource: ["service.name": "my-agent", "worker": "w-1"],
            .call([
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5.2",
                "gen_ai.usage.input_tokens": .integer(100), "gen_ai.usage.output_tokens": .integer(20),
                "gen_ai.usage.cache_read.input_tokens": .integer(60), "gen_ai.conversation.id": "c-1",
                "openai.response.service_tier": "flex",
            ]))
        let record = try #require(batch.records.first)
        #expect(record.identity.key == "traces/4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7")
        #expect(record.tokens == TokenCounts(input: 40, output: 20, cacheRead: 60) && record.terms.tier == .flex)
        #expect(RFC3339.utc(record.time) == "2026-11-20T23:01:42.500Z" && record.durationMilliseconds == 2500)
        #expect(record.labels == Labels([.worker: "w-1", .session: "c-1", .model: "gpt-5.2", .source: "traces"]))
        #expect(batch.attributes == ["c-1": Labels([.worker: "w-1"])])
    }

    @Test func `a span and an event of one response are one call`() throws {
        let usage: KeyValuePairs<String, TelemetryValue> = [
            "gen_ai.request.model": "gpt-5.2", "gen_ai.usage.input_tokens": .integer(1),
            "gen_ai.response.id": "resp_123",
        ]
        let event = try TelemetryRequest(.logs, resource: ["service.name": "my-agent"], [.event("x", usage)]).batch()
        let span = try read(.call(usage, id: ""))
        #expect(span.records.map(\.identity) == event.records.map(\.identity))
        #expect(span.records.map(\.identity.key) == ["gen_ai/resp_123"])
    }

    @Test func `spans made of others, spans without usage and spans of agents with events of their own give nothing`()
        throws
    {
        func span(_ operation: TelemetryValue) -> TelemetryItem {
            .call([
                "gen_ai.operation.name": operation, "gen_ai.request.model": "m",
                "gen_ai.usage.input_tokens": .integer(1),
            ])
        }
        let others = try read(
            span("invoke_agent"), span("execute_tool"), .call(["http.method": "GET"]),
            .call(["gen_ai.request.model": "m"]))
        #expect(others.records.isEmpty && others.rejected == 0)
        #expect(try read(span("embeddings"), span(.other)).records.count == 2)
        for service: TelemetryValue in ["claude-code", "codex_cli_rs", "Codex Desktop", "gemini-cli"] {
            #expect(try read(resource: ["service.name": service], span("chat")).records.isEmpty)
        }
    }

    @Test func `a call that failed is one, with or without usage`() throws {
        let batch = try read(
            .call(
                ["gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "error.type": "RateLimitError"],
                failed: "429 too many requests"),
            .call(
                ["gen_ai.request.model": "m", "gen_ai.usage.output_tokens": .integer(3)], failed: "deadline exceeded"),
            .call(["http.method": "GET"], failed: "timed out"))
        #expect(batch.records.map(\.errorKind) == ["rate_limit", "timeout"])
        #expect(batch.records.map(\.outcome) == [.error, .error] && batch.records.map(\.tokens.output) == [0, 3])
    }

    @Test func `usage that can't be right, or of no call that can be told, is rejected`() throws {
        let batch = try read(
            .call(["gen_ai.request.model": "m", "gen_ai.usage.input_tokens": .double(1.5)]),
            .call(["gen_ai.request.model": "m", "gen_ai.usage.input_tokens": .integer(1)], id: ""),
            .call(["gen_ai.usage.input_tokens": .integer(1)]))
        #expect(batch.records.isEmpty && batch.rejected == 3)
        #expect(
            batch.complaint == """
                3 spans with usage could not be booked: \
                span chat: gen_ai.usage.input_tokens must be a whole number from 0 to 10000000000; got 1.5; \
                span chat: neither a spanId nor a response's id; span chat: no model
                """)
    }
}
