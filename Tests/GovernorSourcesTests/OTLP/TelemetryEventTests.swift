import GovernorCore
import GovernorSources
import Testing

/// What each sender's events mean: every trap of `facts/otlp.md` and `facts/claude-code.md`, written out.
@Suite struct TelemetryEventTests {
    /// The records of events, the same from both encodings.
    private func read(
        resource: KeyValuePairs<String, TelemetryValue> = ["service.name": "claude-code"], scope: String = "",
        _ items: TelemetryItem...
    ) throws -> TelemetryBatch {
        let request = TelemetryRequest(.logs, resource: resource, scope: scope, items)
        let (batch, other) = (try request.batch(.protobuf), try request.batch(.json))
        #expect(batch.records == other.records && batch.complaint == other.complaint)
        #expect(batch.attributes == other.attributes)
        return batch
    }

    // MARK: Claude Code

    @Test func `Claude Code's request gives its call, with every label it names`() throws {
        let batch = try read(
            resource: [
                "service.name": "claude-code", "worker": "w-07", "team.id": "platform", "task": "gh-4",
                "reservation": "r-1",
            ],
            .event(
                "api_request",
                [
                    "worker": "w-07", "session.id": "s-1", "user.email": "ada@example.com", "user.id": "c657",
                    "event.sequence": .integer(17), "prompt.id": "p-1", "model": "claude-opus-5",
                    "input_tokens": .integer(1200), "output_tokens": .integer(42), "cache_read_tokens": .integer(500),
                    "cache_creation_tokens": .integer(3000), "cache_creation_5m_tokens": .integer(1000),
                    "cache_creation_1h_tokens": .integer(1900), "cost_usd": .double(0.010419999999999999),
                    "cost_usd_micros": .integer(10420), "duration_ms": .integer(40), "ttft_ms": .integer(18),
                    "request_id": "req_011", "speed": "fast", "agent.name": "reviewer",
                ], body: "claude_code.api_request"))
        let record = try #require(batch.records.first)
        #expect(record.identity == .request("req_011") && record.growth == .larger)
        #expect(RFC3339.utc(record.time) == "2026-11-20T23:01:40.913Z")
        var labels = Labels([
            .worker: "w-07", .session: "s-1", .task: "gh-4", .team: "platform", .user: "ada@example.com",
            .model: "claude-opus-5", .source: "telemetry",
        ])
        labels.tags = ["agent": "reviewer", "reservation": "r-1"]
        #expect(record.labels == labels)
        // 100 of the writes are in neither class, and count as 5 m.
        #expect(
            record.tokens
                == TokenCounts(input: 1200, output: 42, cacheRead: 500, cacheWrite5m: 1100, cacheWrite1h: 1900))
        #expect(record.terms == Terms(fast: true) && record.outcome == .success && record.errorKind == nil)
        #expect(record.reportedCost == Money(nanodollars: 10_420_000))
        #expect(record.durationMilliseconds == 40 && record.firstTokenMilliseconds == 18)
        #expect(record.cost == .zero && record.raw == nil && !record.timeIsArrival)
        #expect(batch.rejected == 0 && batch.newest == record.time && batch.eventSenders == ["claude-code"])

        var ofSession = Labels([.worker: "w-07", .task: "gh-4", .team: "platform", .user: "ada@example.com"])
        ofSession.tags = ["reservation": "r-1"]
        #expect(batch.attributes == ["s-1": ofSession])
    }

    @Test(arguments: [
        ("api_request", "", "claude-code", ""), ("claude_code.api_request", "", "renamed", ""),
        ("api_request", "claude_code.api_request", "renamed", ""),
        ("api_request", "", "renamed", "com.anthropic.claude_code.events"),
    ])
    func `the event is known by attribute, body or scope`(
        name: String, body: String, service: String, scope: String
    ) throws {
        let batch = try read(
            resource: ["service.name": .text(service)], scope: scope,
            .event(
                name, ["model": "m", "session.id": "s", "input_tokens": .integer(1), "request_id": "req_1"], body: body)
        )
        #expect(batch.records.map(\.identity) == [.request("req_1")])
    }

    @Test func `by body or by the field for it, without the attribute`() throws {
        for place in ["body", "name"] {
            var log = TelemetryLog()
            log.observed = 1_795_215_700_913_000_000
            if place == "body" {
                log.body = "claude_code.api_request"
            } else {
                log.eventName = "claude_code.api_request"
            }
            log.attributes = TelemetryAttributes(["model": "m", "session.id": "s", "output_tokens": .integer(1)])
            let batch = try read(resource: [:], .log(log))
            #expect(batch.records.map(\.tokens.output) == [1])
            #expect(batch.records.map { RFC3339.utc($0.time) } == ["2026-11-20T23:01:40.913Z"])
        }
    }

    @Test func `somebody else's api_request is none of ours`() throws {
        let batch = try read(
            resource: ["service.name": "shop"],
            .event("api_request", ["model": "m", "input_tokens": .integer(1), "session.id": "s"]))
        #expect(batch.records.isEmpty && batch.rejected == 0 && batch.eventSenders.isEmpty)
    }

    @Test func `numbers may be texts, and a cost below a millionth comes from the dollars`() throws {
        let batch = try read(
            .event(
                "api_request",
                [
                    "model": "m", "session.id": "s", "request_id": "r", "input_tokens": "12",
                    "output_tokens": .double(7),
                    "cost_usd_micros": "0", "cost_usd": "0.0000004", "duration_ms": "1.5",
                ]))
        let record = try #require(batch.records.first)
        #expect(record.tokens == TokenCounts(input: 12, output: 7))
        #expect(record.reportedCost == Money(nanodollars: 400) && record.durationMilliseconds == 2)
    }

    @Test func `a cost of nothing is none, and one that makes no sense neither`() throws {
        for cost: TelemetryValue in [
            .double(0), .double(-1), .double(.infinity), .double(2e6), .text("much"), .flag(true),
        ] {
            // JSON writes no infinity; read from protobuf alone.
            let batch = try TelemetryRequest(
                .logs, resource: ["service.name": "claude-code"],
                [
                    .event(
                        "api_request",
                        [
                            "model": "m", "session.id": "s", "request_id": "r", "input_tokens": .integer(1),
                            "cost_usd": cost,
                        ])
                ]
            ).batch()
            #expect(batch.records.map(\.reportedCost) == [nil])
        }
    }

    @Test func `without a request id a call is known by its place, its time and its size`() throws {
        func event(_ sequence: Int64, time: UInt64 = 1_795_215_700_913_000_000, output: Int64 = 1) -> TelemetryItem {
            .event(
                "api_request",
                [
                    "model": "m", "session.id": "s", "event.sequence": .integer(sequence), "prompt.id": "p",
                    "output_tokens": .integer(output),
                ], time: time)
        }
        let batch = try read(
            event(1), event(1), event(2), event(1, time: 1_795_215_700_914_000_000), event(1, output: 2))
        let keys = batch.records.map(\.identity.key)
        #expect(keys[0] == keys[1] && Set(keys).count == 4)
        #expect(keys[0] == "telemetry/s/1/1795215700913/0/1/0/0")
    }

    @Test func `an error of the API is a failed call without spend`() throws {
        let batch = try read(
            .event(
                "api_error",
                [
                    "model": "claude-opus-5", "session.id": "s", "error": "Overloaded", "status_code": "429",
                    "duration_ms": .integer(5), "request_id": "req_9", "attempt": .integer(3),
                ]),
            .event("api_error", ["model": "claude-opus-5", "session.id": "s", "error": "Request timed out."]),
            .event("api_error", ["error": "Connection error", "session.id": "s"]),
            .event("api_error", ["error": "Connection error", "model": "m"]))
        #expect(batch.records.map(\.errorKind) == ["rate_limit", "timeout"])
        #expect(
            batch.records.allSatisfy { $0.outcome == .error && $0.tokens == TokenCounts() && $0.reportedCost == nil })
        #expect(batch.records.map(\.identity.request) == ["req_9", nil] && batch.rejected == 0)
    }

    @Test func `a call that can't be booked is rejected, and the others are booked`() throws {
        let good: KeyValuePairs<String, TelemetryValue> = [
            "model": "m", "session.id": "s", "input_tokens": .integer(1),
        ]
        let batch = try read(
            .event("api_request", ["model": "m", "input_tokens": .integer(-1), "request_id": "a"]),
            .event("api_request", ["model": "m", "input_tokens": .text("many"), "request_id": "b"]),
            .event("api_request", ["input_tokens": .integer(1), "request_id": "c"]),
            .event("api_request", ["model": "m", "request_id": "d"]),
            .event("api_request", ["model": .text(String(repeating: "m", count: 257)), "input_tokens": .integer(1)]),
            .event("api_request", good, time: 0), .event("api_request", good))
        #expect(batch.records.count == 1 && batch.rejected == 6)
        #expect(
            batch.complaint == """
                6 log records with usage could not be booked: \
                api_request: input_tokens must be a whole number from 0 to 10000000000; got -1; \
                api_request: input_tokens must be a whole number from 0 to 10000000000; got "many"; \
                api_request: no model
                """)
    }

    @Test func `a time may be missing where the request has an id`() throws {
        let batch = try read(
            .event(
                "api_request", ["model": "m", "session.id": "s", "input_tokens": .integer(1), "request_id": "r"],
                time: 0))
        #expect(batch.records.map(\.timeIsArrival) == [true] && batch.newest == nil)
    }

    @Test func `who works in a session is told by any event of it, and by nothing else`() throws {
        let batch = try read(
            resource: ["service.name": "claude-code", "worker": "w-1"],
            .event("user_prompt", ["session.id": "s-1", "project": "web"]),
            .event("tool_result", ["session.id": "s-1", "user": "ada", "agent.name": "x"]), .event("user_prompt", [:]))
        #expect(batch.records.isEmpty)
        #expect(batch.attributes == ["s-1": Labels([.worker: "w-1", .project: "web", .user: "ada"])])
    }

    @Test func `an item's own attributes go before its resource's, and labels too long are cut`() throws {
        let batch = try read(
            resource: [
                "service.name": "claude-code", "worker": "old", "task": .integer(12), "user": "by-hand",
                "team": .text(String(repeating: "é", count: 200)), "session": "coordinator's",
            ],
            .event(
                "api_request",
                [
                    "model": "m", "worker": "new", "user.email": "e", "input_tokens": .integer(1), "session.id": "s",
                    "request_id": "r",
                ]))
        let labels = try #require(batch.records.first?.labels)
        #expect(labels.worker == "new" && labels.task == "12" && labels.user == "by-hand" && labels.session == "s")
        #expect(labels.team == String(repeating: "é", count: 128))
    }

    @Test func `a sender without a session has its instance or its service stand for one`() throws {
        for (resource, session) in [
            (["service.name": "claude-code", "service.instance.id": "i-1"], "i-1"),
            (["service.name": "claude-code"], "claude-code"),
            (["service.name": "claude-code", "session": "given"], "given"),
        ] as [(KeyValuePairs<String, TelemetryValue>, String)] {
            let batch = try read(
                resource: resource,
                .event("api_request", ["model": "m", "input_tokens": .integer(1), "request_id": "r"]))
            #expect(batch.records.map(\.labels.session) == [session])
        }
    }

    // MARK: Codex

    private let codex: KeyValuePairs<String, TelemetryValue> = ["service.name": "codex_cli_rs", "worker": "w-2"]

    @Test func `Codex's completed response: texts for numbers, input with what was cached, no cost`() throws {
        let batch = try read(
            resource: codex,
            // The stream tells of the same event without its tokens.
            .event(
                "codex.sse_event",
                [
                    "event.kind": "response.completed", "duration_ms": "812", "model": "gpt-5.2-codex",
                    "conversation.id": "c",
                ]),
            .event(
                "codex.sse_event",
                [
                    "event.kind": "response.completed", "input_token_count": "32562", "output_token_count": "35",
                    "cached_token_count": .integer(1920), "reasoning_token_count": .integer(12),
                    "tool_token_count": "32597", "event.timestamp": "2026-11-20T23:01:40.913Z",
                    "conversation.id": "c-1",
                    "user.email": "ada@example.com", "model": "gpt-5.2-codex", "slug": "gpt-5.2-codex",
                ], time: 0),
            .event("codex.sse_event", ["event.kind": "response.output_item.done", "conversation.id": "c-1"]))
        let record = try #require(batch.records.first)
        #expect(batch.records.count == 1 && batch.rejected == 0)
        #expect(record.tokens == TokenCounts(input: 30642, output: 35, cacheRead: 1920, reasoning: 12))
        #expect(record.reportedCost == nil && record.identity.key == "telemetry/c-1//1795215700913/30642/35/1920/0")
        #expect(
            record.labels.session == "c-1" && record.labels.worker == "w-2" && record.labels.model == "gpt-5.2-codex")
        #expect(RFC3339.utc(record.time) == "2026-11-20T23:01:40.913Z")
        #expect(batch.eventSenders == ["codex_cli_rs"])
        #expect(batch.attributes["c-1"] == Labels([.worker: "w-2", .user: "ada@example.com"]))
    }

    @Test func `Codex's failures: of requests and of streams that end, not those in passing`() throws {
        func event(_ name: String, _ kind: TelemetryValue, _ error: TelemetryValue, _ status: TelemetryValue)
            -> TelemetryItem
        {
            .event(
                name,
                [
                    "event.kind": kind, "error.message": error, "http.response.status_code": status, "model": "gpt-5.2",
                    "conversation.id": "c",
                ])
        }
        let batch = try read(
            resource: codex, event("codex.api_request", .other, "too fast", .integer(429)),
            event("codex.api_request", .other, .other, .integer(200)),
            event("codex.sse_event", "response.failed", "idle timeout waiting for SSE", .other),
            event("codex.sse_event", "response.output_item.done", "failed to parse", .other),
            event("codex.sse_event", .other, "unauthorized", .other))
        #expect(batch.records.map(\.errorKind) == ["rate_limit", "timeout", "auth"])
    }

    // MARK: Gemini CLI

    @Test func `Gemini CLI's response: cache inside input, thoughts and tools beside, and told a second time`() throws {
        let batch = try read(
            resource: ["service.name": "gemini-cli"], scope: "gemini-cli",
            .event(
                "gemini_cli.api_response",
                [
                    "session.id": "g-1", "model": "gemini-2.5-pro", "input_token_count": .integer(1000),
                    "output_token_count": .integer(50), "cached_content_token_count": .integer(600),
                    "thoughts_token_count": .integer(70), "tool_token_count": .integer(30),
                    "total_token_count": .integer(1150), "duration_ms": .double(812.4), "prompt_id": "g-1########3",
                    "status_code": .integer(200), "user.email": "g@example.com",
                ]),
            .event(
                "gen_ai.client.inference.operation.details",
                [
                    "session.id": "g-1", "gen_ai.request.model": "gemini-2.5-pro",
                    "gen_ai.usage.input_tokens": .integer(1000), "gen_ai.usage.output_tokens": .integer(50),
                    "gen_ai.response.id": "abc",
                ]))
        let record = try #require(batch.records.first)
        #expect(batch.records.count == 1)
        #expect(record.tokens == TokenCounts(input: 430, output: 120, cacheRead: 600, reasoning: 70))
        #expect(record.tokens.total == 1150 && record.durationMilliseconds == 812 && record.reportedCost == nil)
        #expect(record.identity.key == "telemetry/g-1/g-1########3/1795215700913/430/120/600/0")
        #expect(record.labels.session == "g-1" && record.labels.user == "g@example.com")
    }

    @Test func `where the total says that thoughts are inside the output, they are not added`() throws {
        let batch = try read(
            resource: ["service.name": "gemini-cli"],
            .event(
                "gemini_cli.api_response",
                [
                    "session.id": "g", "model": "gemini-3-pro", "input_token_count": .integer(10),
                    "output_token_count": .integer(50), "thoughts_token_count": .integer(20),
                    "total_token_count": .integer(60),
                ]))
        #expect(batch.records.map(\.tokens) == [TokenCounts(input: 10, output: 50, reasoning: 20)])
    }

    @Test func `Gemini CLI's errors`() throws {
        let batch = try read(
            resource: ["service.name": "gemini-cli"],
            .event(
                "gemini_cli.api_error",
                ["session.id": "g", "model": "gemini-2.5-pro", "error": "quota", "status_code": .integer(429)]))
        #expect(batch.records.map(\.errorKind) == ["rate_limit"] && batch.records.map(\.labels.session) == ["g"])
    }

    // MARK: GenAI conventions

    @Test func `an event of the GenAI conventions: input includes the cache`() throws {
        let batch = try read(
            resource: ["service.name": "my-agent", "service.instance.id": "i-1"],
            .event(
                "gen_ai.client.inference.operation.details",
                [
                    "gen_ai.conversation.id": "conv", "gen_ai.request.model": "alias",
                    "gen_ai.response.model": "claude-opus-5",
                    "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": .integer(5000),
                    "gen_ai.usage.output_tokens": .integer(100), "gen_ai.usage.cache_read.input_tokens": .integer(3000),
                    "gen_ai.usage.cache_creation.input_tokens": .integer(500),
                    "gen_ai.usage.reasoning.output_tokens": .integer(40),
                    "gen_ai.response.id": "msg_01ABCDEFGHIJKLMNOPQR",
                ]))
        let record = try #require(batch.records.first)
        #expect(
            record.tokens == TokenCounts(input: 1500, output: 100, cacheRead: 3000, cacheWrite5m: 500, reasoning: 40))
        // The same call as in the transcript that has it.
        #expect(record.identity == .foreign("msg_01ABCDEFGHIJKLMNOPQR", scope: "gen_ai"))
        #expect(record.identity.key == CallIdentity.message("msg_01ABCDEFGHIJKLMNOPQR").key)
        #expect(
            record.labels.model == "claude-opus-5" && record.labels.session == "conv" && record.labels.provider == nil)
        #expect(record.labels.source == "telemetry")
    }

    @Test func `a prompt smaller than its cache was counted without it`() throws {
        let batch = try read(
            resource: ["service.name": "my-agent"],
            .event(
                "x",
                [
                    "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": .integer(3),
                    "gen_ai.usage.cache_read.input_tokens": .integer(20_000),
                ]))
        #expect(batch.records.map(\.tokens) == [TokenCounts(input: 3, cacheRead: 20_000)])
    }

    @Test(
        arguments: [
            ("openai", "gpt-5.2", nil), ("azure.ai.openai", "my-deployment", "openai"),
            ("gcp.vertex_ai", "unknown", "gemini"),
            ("aws.bedrock", "unknown", nil), ("Mistral_AI", "mistral-large", "mistral_ai"),
            ("gcp.vertex_ai", "claude-opus-5", nil),
        ] as [(String, String, String?)])
    func `a provider is named as the price book names it, where the model doesn't tell`(
        name: String, model: String, provider: String?
    ) throws {
        let batch = try read(
            resource: ["service.name": "my-agent"],
            .event(
                "x",
                [
                    "gen_ai.system": .text(name), "gen_ai.request.model": .text(model),
                    "gen_ai.usage.output_tokens": .integer(1),
                ]))
        #expect(batch.records.map(\.labels.provider) == [provider])
    }
}

extension TelemetryValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
}
