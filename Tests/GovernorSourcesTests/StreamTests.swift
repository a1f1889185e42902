import GovernorCore
import GovernorSources
import Testing

/// What is read from the `stream-json` that workers print.
@Suite struct StreamTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ lines: [String], name: String = "worker-7.jsonl") throws -> Follower {
        try folder.write(name, lines.map { $0 + "\n" }.joined())
        var follower = Follower()
        try follower.follow(folder.file(name))
        return follower
    }

    private func begin(_ id: String, session: String = "s-1") -> String {
        """
        {"type":"system","subtype":"init","cwd":"/home/dev/web","session_id":"\(session)","model":"claude-sonnet-5",\
        "tools":["Bash"],"slash_commands":["usage"],"uuid":"\(id)"}
        """
    }

    private func message(_ id: String, input: Int, at time: String = "15:00:00", session: String = "s-1") -> String {
        """
        {"type":"assistant","message":{"id":"\(id)","model":"claude-sonnet-5","role":"assistant","usage":{"input_tokens":\
        \(input),"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}},"session_id":"\(session)",\
        "uuid":"u-\(id)-\(time)","timestamp":"2026-11-20T\(time).000Z","request_id":"req_1"}
        """
    }

    /// - Parameter models: `model: (input, output, cost)`.
    private func result(
        _ id: String, _ models: KeyValuePairs<String, (Int, Int, String)>, session: String = "s-1", index: Int? = nil,
        more: String = ""
    ) -> String {
        let usage = models.map {
            "\"\($0)\":{\"inputTokens\":\($1.0),\"outputTokens\":\($1.1),\"costUSD\":\($1.2)}"
        }
        let cost = models.map { Money(dollars: $0.1.2)?.nanodollars ?? 0 }.reduce(0, +)
        let place = index.map { ",\"result_index\":\($0)" } ?? ""
        return """
            {"type":"result","subtype":"success","is_error":false,"session_id":"\(session)","total_cost_usd":\
            \(Money(nanodollars: cost).text),"usage":{"input_tokens":1,"output_tokens":1},"modelUsage":{\
            \(usage.joined(separator: ","))},"uuid":"\(id)"\(place)\(more)}
            """
    }

    @Test func `a result gives its process's sums, a record per model, and its messages none`() throws {
        let follower = try read([
            begin("u-0"), message("msg_1", input: 100), message("msg_1", input: 100),
            message("msg_2", input: 200, at: "15:00:05"),
            """
            {"duration_ms":237,"session_id":"s-1","total_cost_usd":0.0208,"usage":{"input_tokens":2400},"ttft_ms":127,\
            "modelUsage":{"claude-sonnet-5":{"inputTokens":2400,"outputTokens":84,"cacheReadInputTokens":1000,\
            "cacheCreationInputTokens":6500,"webSearchRequests":2,"costUSD":0.0208,"thinkingTokens":9,\
            "cacheCreationEphemeral5mInputTokens":6000,"cacheCreationEphemeral1hInputTokens":400}},"is_error":false,\
            "subtype":"success","type":"result","uuid":"u-9"}
            """,
        ])
        #expect(follower.rejected.isEmpty && follower.sources == [.stream])
        let record = try #require(follower.records.first)
        #expect(follower.records.count == 1)
        #expect(record.identity == CallIdentity(key: "stream/u-0/claude-sonnet-5"))
        #expect(record.growth == .larger)
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:00:05Z")
        #expect(
            record.tokens
                == TokenCounts(
                    input: 2400, output: 84, cacheRead: 1000, cacheWrite5m: 6100, cacheWrite1h: 400, reasoning: 9))
        #expect(record.terms.webSearches == 2)
        #expect(record.reportedCost == Money(nanodollars: 20_800_000))
        #expect(
            record.labels
                == Labels([.session: "s-1", .project: "web", .model: "claude-sonnet-5", .source: "stream"]))
        #expect(record.workingFolder == "/home/dev/web" && record.outcome == .success)
        #expect(record.durationMilliseconds == 237 && record.firstTokenMilliseconds == 127)
    }

    @Test func `the sums of a process grow in one record per model`() throws {
        let follower = try read([
            begin("u-0"), message("msg_1", input: 100),
            result("r-1", ["claude-sonnet-5": (100, 10, "0.01"), "claude-haiku-4-5[1m]": (5, 1, "0.001")]),
            // Every turn of a process begins with such a line.
            begin("u-1"), message("msg_2", input: 150, at: "16:00:00"),
            result("r-2", ["claude-sonnet-5": (250, 30, "0.03"), "claude-haiku-4-5[1m]": (5, 1, "0.001")]),
        ])
        #expect(follower.records.count == 4)
        let counted = follower.counted
        #expect(counted.map(\.identity.key) == ["stream/u-0/claude-sonnet-5", "stream/u-0/claude-haiku-4-5"])
        #expect(counted.map(\.tokens) == [TokenCounts(input: 250, output: 30), TokenCounts(input: 5, output: 1)])
        #expect(counted.map(\.reportedCost?.text) == ["0.03", "0.001"])
        // What did not grow stays when it was.
        #expect(counted.map { RFC3339.utc($0.time) } == ["2026-11-20T16:00:00Z", "2026-11-20T15:00:00Z"])
    }

    @Test func `processes in one file are told apart, though they resume the session`() throws {
        let model = "claude-sonnet-5"
        let smaller = [
            begin("u-0"), message("msg_1", input: 100), result("r-1", [model: (100, 10, "0.01")]), begin("u-1"),
            message("msg_2", input: 60), result("r-2", [model: (60, 5, "0.006")]),
        ]
        // Larger than the first, but not by what it printed itself.
        let larger = [
            begin("u-0"), message("msg_1", input: 100), result("r-1", [model: (100, 10, "0.01")]), begin("u-1"),
            message("msg_2", input: 150), result("r-2", [model: (150, 15, "0.015")]),
        ]
        let otherSession = [
            begin("u-0"), result("r-1", [model: (100, 10, "0.01")]), begin("u-1", session: "s-2"),
            result("r-2", [model: (900, 90, "0.09")], session: "s-2"),
        ]
        let numbered = [
            begin("u-0"), result("r-1", [model: (100, 10, "0.01")], index: 0), begin("u-1"),
            result("r-2", [model: (900, 90, "0.09")], index: 0),
        ]
        for (lines, input) in [(smaller, 160), (larger, 250), (otherSession, 1000), (numbered, 1000)] {
            let counted = try read(lines).counted
            #expect(counted.map(\.identity.key) == ["stream/u-0/\(model)", "stream/u-1/\(model)"])
            #expect(counted.reduce(0) { $0 + $1.tokens.input } == Int64(input))
        }
        let oneProcess = try read([
            begin("u-0"), result("r-1", [model: (100, 10, "0.01")], index: 0), begin("u-1"),
            message("msg_1", input: 1_000_000), result("r-2", [model: (900, 90, "0.09")], index: 1),
        ])
        #expect(oneProcess.counted.map(\.tokens.input) == [900])
    }

    @Test func `a worker's words before and between its lines are passed over`() throws {
        let follower = try read([
            "Warning: no stdin data received in 3s", "", begin("u-0"), "npm warn deprecated",
            message("msg_1", input: 100), "{\"type\":\"rate_limit_event\",\"session_id\":\"s-1\"}",
            result("r-1", ["claude-sonnet-5": (100, 10, "0.01")]), "{\"half\":",
        ])
        #expect(follower.counted.map(\.tokens.input) == [100])
        #expect(follower.rejected.map(\.reason) == ["the line ends where a value should be"])
    }

    @Test func `a failed process costs what it cost, and one that was killed tells nothing`() throws {
        let failed = try read([
            begin("u-0"), message("msg_1", input: 100),
            result("r-1", ["claude-sonnet-5": (100, 10, "0.01")])
                .replacing("\"success\"", with: "\"error_max_turns\"").replacing(
                    "\"is_error\":false", with: "\"is_error\":true"),
        ])
        #expect(failed.counted.map(\.outcome) == [.error] && failed.counted.map(\.errorKind) == ["other"])
        let killed = try read([begin("u-0"), message("msg_1", input: 100)], name: "killed.jsonl")
        #expect(killed.records.isEmpty && killed.rejected.isEmpty)
        let nothing = try read([begin("u-0"), result("r-1", [:])], name: "nothing.jsonl")
        #expect(nothing.records.isEmpty && nothing.rejected.isEmpty)
    }

    @Test func `an old version's result counts by its turn, at what the process cost more`() throws {
        func old(_ id: String, _ cost: String, input: Int) -> String {
            """
            {"type":"result","subtype":"success","session_id":"s-1","total_cost_usd":\(cost),"uuid":"\(id)",\
            "usage":{"input_tokens":\(input),"output_tokens":7}}
            """
        }
        let follower = try read([
            begin("u-0"), old("r-1", "0.01", input: 100), old("r-2", "0.025", input: 80),
            begin("u-1", session: "s-2"), old("r-3", "0.02", input: 90),
        ])
        #expect(follower.counted.map(\.tokens.input) == [100, 80, 90])
        #expect(follower.counted.map(\.reportedCost?.text) == ["0.01", "0.015", "0.02"])
    }

    @Test func `the cost of the process is that of its only model, should that name none`() throws {
        let one = result("r-1", ["claude-sonnet-5": (100, 10, "0.5")])
            .replacing("\"costUSD\":0.5", with: "\"costUSD\":0")
        #expect(try read([begin("u-0"), one]).records.map(\.reportedCost?.text) == ["0.5"])
    }

    @Test func `a time that no line names is when the file last changed`() throws {
        let follower = try read([begin("u-0"), result("r-1", ["claude-sonnet-5": (100, 10, "0.01")])])
        let found = SourceRoots(paths: [folder.path]).discover().files
        #expect(follower.records.map(\.time.milliseconds) == found.map { $0.modified / 1_000_000 })
        #expect(follower.records.map(\.timeIsArrival) == [false])
    }

    @Test func `a transcript stays one, whatever it holds`() throws {
        let follower = try read([
            Fixture.line("m1").replacing("\n", with: ""), begin("u-0"), message("msg_9", input: 7),
            result("r-1", ["claude-sonnet-5": (100, 10, "0.01")]),
        ])
        #expect(follower.sources == [.transcript])
        #expect(follower.ids == ["m1", "msg_9"])
    }

    @Test func `sums that make no sense are reported`() throws {
        let follower = try read([
            begin("u-0"), result("r-1", ["claude-sonnet-5": (-1, 10, "0.01")]),
            result("r-2", [String(repeating: "m", count: 300): (1, 10, "0.01")]),
            result("r-3", ["claude-sonnet-5": (1, 10, "0.01")]),
        ])
        #expect(
            follower.rejected.map(\.reason) == [
                "modelUsage: inputTokens must be a whole number from 0 to 10000000000; got -1",
                "model is longer than 256 bytes",
            ])
        #expect(follower.records.count == 1)
    }
}
