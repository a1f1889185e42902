import Foundation
import GovernorCore
import GovernorSources
import Seeds
import Testing

/// What is read from a transcript's line: every trap of `facts/claude-code.md`, written out.
@Suite struct TranscriptTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ lines: String...) throws -> Follower {
        try folder.write("s.jsonl", lines.map { $0 + "\n" }.joined())
        var follower = Follower()
        try follower.follow(folder.file("s.jsonl"))
        return follower
    }

    /// A line around a usage object.
    private func line(
        usage: String, model: String = "claude-opus-4-5", id: String? = "msg_1", top: String = ""
    ) -> String {
        let id = id.map { "\"id\":\"\($0)\"," } ?? ""
        return """
            {"message":{\(id)"model":"\(model)","role":"assistant","usage":\(usage)},"timestamp":"2026-11-20T15:18:56.120Z",\
            "sessionId":"s-1","cwd":"/home/dev/web/","requestId":"req_1"\(top)}
            """
    }

    @Test func `a line gives its call, with every label it names`() throws {
        let follower = try read(
            """
            {"parentUuid":"p","isSidechain":true,"agentId":"a-7","message":{"usage":{"input_tokens":2,\
            "cache_creation_input_tokens":31874,"cache_read_input_tokens":4862,"output_tokens":6021,\
            "cache_creation":{"ephemeral_5m_input_tokens":874,"ephemeral_1h_input_tokens":31000},\
            "output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":3,\
            "web_fetch_requests":1},"service_tier":"priority","speed":"fast","inference_geo":"us","iterations":[{}]},\
            "model":"claude-opus-4-5-20251101","id":"msg_1","role":"assistant","stop_reason":null,\
            "content":[{"type":"text","text":"say \\"usage\\" \\\\"}]},"requestId":"req_1","type":"assistant","uuid":"u",\
            "timestamp":"2026-11-20T15:18:56.120Z","cwd":"/home/dev/my web","sessionId":"s-1","version":"2.1.329"}
            """)
        #expect(follower.rejected.isEmpty)
        let record = try #require(follower.records.first)
        #expect(record.identity == CallIdentity(key: "transcript/msg_1", request: "req_1", isSidechain: true))
        #expect(record.growth == .larger)
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:18:56.120Z")
        var labels = Labels([
            .session: "s-1", .project: "my web", .model: "claude-opus-4-5-20251101", .source: "transcript",
        ])
        labels.tags = ["agent": "a-7"]
        #expect(record.labels == labels)
        #expect(record.workingFolder == "/home/dev/my web")
        #expect(
            record.tokens
                == TokenCounts(
                    input: 2, output: 6021, cacheRead: 4862, cacheWrite5m: 874, cacheWrite1h: 31000, reasoning: 12))
        #expect(record.terms == Terms(tier: .priority, fast: true, usGeography: true, webSearches: 3))
        #expect(record.outcome == .success && record.reportedCost == nil)
        #expect(record.raw == UsageRecord.RawReference(file: folder.file("s.jsonl"), offset: 0))
        #expect(record.cost == .zero && record.costOrigin == .unpriced)
    }

    @Test func `cache writes: what the split leaves out counts as 5 m`() throws {
        let split = "\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20}"
        let follower = try read(
            line(usage: "{\"input_tokens\":1,\"output_tokens\":1,\"cache_creation_input_tokens\":100}", id: "a"),
            line(
                usage: "{\"input_tokens\":1,\"output_tokens\":1,\"cache_creation_input_tokens\":100,\(split)}", id: "b"),
            line(usage: "{\"input_tokens\":1,\"output_tokens\":1,\"cache_creation_input_tokens\":5,\(split)}", id: "c"),
            line(usage: "{\"input_tokens\":1,\"output_tokens\":1,\(split)}", id: "d"),
            line(usage: "{\"input_tokens\":1,\"output_tokens\":1,\"cache_creation\":null}", id: "e"))
        #expect(follower.records.map(\.tokens.cacheWrite5m) == [100, 80, 10, 10, 0])
        #expect(follower.records.map(\.tokens.cacheWrite1h) == [0, 20, 20, 20, 0])
    }

    @Test func `a summary that the provider wrote is billed beside the sums, other iterations are in them`() throws {
        let message = "{\"type\":\"message\",\"input_tokens\":23000,\"output_tokens\":1000}"
        let summary =
            "{\"type\":\"compaction\",\"input_tokens\":180000,\"output_tokens\":3500,\"cache_read_input_tokens\":7,"
            + "\"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,"
            + "\"ephemeral_1h_input_tokens\":20}}"
        let top = "\"input_tokens\":23000,\"output_tokens\":1000,\"cache_read_input_tokens\":1"
        let follower = try read(
            line(usage: "{\(top),\"iterations\":[\(summary),\(message)]}", id: "a"),
            line(usage: "{\(top),\"iterations\":[\(message)]}", id: "b"),
            line(usage: "{\(top),\"iterations\":[]}", id: "c"), line(usage: "{\(top),\"iterations\":null}", id: "d"))
        #expect(follower.rejected.isEmpty)
        let plain = TokenCounts(input: 23000, output: 1000, cacheRead: 1)
        #expect(
            follower.records.map(\.tokens) == [
                TokenCounts(input: 203_000, output: 4500, cacheRead: 8, cacheWrite5m: 10, cacheWrite1h: 20), plain,
                plain, plain,
            ])
    }

    @Test func `of a streamed message the last, whole line counts, not the first with its placeholder`() throws {
        let usage = { (output: Int) in "{\"input_tokens\":9,\"output_tokens\":\(output)}" }
        let follower = try read(line(usage: usage(1)), line(usage: usage(1)), line(usage: usage(842)))
        #expect(follower.records.count == 1, "lines that follow one another are one record")
        #expect(follower.counted.map(\.tokens) == [TokenCounts(input: 9, output: 842)])
    }

    @Test(arguments: Seed.some(40))
    func `lines that follow one another become one record, and the same calls come of it`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        let lines = (0..<random.number(2..<60)).map { _ in
            let usage = """
                {"input_tokens":2,"output_tokens":\(random.number(1..<4))\(random.pick(["", ",\"speed\":\"fast\""]))}
                """
            return """
                {"isSidechain":\(random.once(in: 8)),"message":{"id":"\(random.pick(["m1", "m1", "m2", "m\\u0031"]))",\
                "model":"\(random.once(in: 8) ? "claude-opus-5" : "claude-opus-4-5")","usage":\(usage)},\
                "timestamp":"2026-11-20T15:18:5\(random.number(0..<3)).120Z"\
                \(random.pick(["", ",\"requestId\":\"r1\"", ",\"requestId\":\"r1\"", ",\"requestId\":\"r2\""]))\
                \(random.pick(["", "", ",\"isApiErrorMessage\":true", ",\"costUSD\":0.5"]))\
                \(random.pick(["", ",\"agentId\":\"a1\""])),"sessionId":"s-\(random.once(in: 8))","cwd":"/w/é"}
                """
        }
        let together = try read(lines.joined(separator: "\n"))
        // Each line read by a parser that knows of no other.
        var apart = Follower()
        try folder.write("apart.jsonl", lines.map { $0 + "\n" }.joined())
        apart.reader = FileReader(zone: .utc, chunk: 64, batchBytes: 1)
        apart.limit = 1
        try apart.follow(folder.file("apart.jsonl"))
        let named = { (records: [UsageRecord]) in
            records.map { record in
                var record = record
                record.raw?.file = ""
                return record
            }
        }
        #expect(apart.records.count == lines.count && together.records.count <= lines.count)
        #expect(named(together.counted) == named(apart.counted))
    }

    @Test func `a line without a request id is a call`() throws {
        let follower = try read(
            line(usage: "{\"input_tokens\":1,\"output_tokens\":2}").replacing(",\"requestId\":\"req_1\"", with: ""))
        #expect(follower.records.map(\.identity) == [CallIdentity(key: "transcript/msg_1")])
    }

    @Test func `a line without a message id is known by its file and place`() throws {
        let usage = "{\"input_tokens\":1,\"output_tokens\":2}"
        let bare = line(usage: usage, id: nil).replacing(",\"requestId\":\"req_1\"", with: ",\"uuid\":\"u-1\"")
        let follower = try read(bare, bare)
        let path = folder.file("s.jsonl")
        #expect(
            follower.records.map(\.identity.key) == [
                "transcript/\(path)@0", "transcript/\(path)@\(bare.utf8.count + 1)",
            ])
        #expect(follower.counted.count == 2)
        var again = follower
        again.cursors = [:]
        try again.follow(path)
        #expect(again.records.count == 4 && again.counted.count == 2)
    }

    @Test func `the same calls in a second file and as a sidechain's replay count once, and sidechains count`() throws {
        try folder.write("s.jsonl", Fixture.line("m1") + Fixture.line("m2"))
        try folder.write("copy.jsonl", Fixture.line("m1") + Fixture.line("m2") + Fixture.line("m3"))
        try folder.write(
            "agent-1.jsonl",
            Fixture.line("m1", request: "other", sidechain: true) + Fixture.line("m4", sidechain: true))
        var follower = Follower()
        try follower.followAll(SourceRoots(paths: [folder.path]))
        #expect(follower.records.count == 7)
        #expect(Set(follower.counted.map(\.identity.key)) == Set((1...4).map { "transcript/m\($0)" }))
        #expect(follower.counted.count == 4)
    }

    @Test func `old progress lines nest the call`() throws {
        let usage = "\"usage\":{\"input_tokens\":3,\"output_tokens\":4}"
        let outer =
            "\"type\":\"progress\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"sessionId\":\"s-1\",\"cwd\":\"/w/p\""
        let follower = try read(
            """
            {\(outer),"data":{"agentId":"a-1","message":{"type":"assistant","requestId":"req_9",\
            "timestamp":"2026-01-01T00:00:05Z","isSidechain":true,"message":{"id":"m1","model":"x",\(usage)}}}}
            """,
            "{\(outer),\"requestId\":\"req_8\",\"data\":{\"message\":{\"id\":\"m2\",\"model\":\"x\",\(usage)}}}",
            "{\(outer),\"data\":{\"message\":{\"message\":{\"role\":\"user\"},\"toolUseResult\":{\(usage)}}}}")
        #expect(follower.rejected.isEmpty)
        #expect(
            follower.records.map(\.identity) == [
                CallIdentity(key: "transcript/m1", request: "req_9", isSidechain: true),
                CallIdentity(key: "transcript/m2", request: "req_8"),
            ])
        #expect(follower.records.map { RFC3339.utc($0.time) } == ["2026-01-01T00:00:05Z", "2026-01-01T00:00:00Z"])
        #expect(follower.records.map(\.labels.tags) == [["agent": "a-1"], [:]])
    }

    @Test func `an agent's error message is a failed call`() throws {
        let zero = "{\"input_tokens\":0,\"output_tokens\":0}"
        func failed(_ id: String, _ text: String) -> String {
            line(
                usage: zero + ",\"content\":[{\"type\":\"text\",\"text\":\"\(text)\"}]", model: "<synthetic>", id: id,
                top: ",\"isApiErrorMessage\":true")
        }
        let follower = try read(
            failed("a", "Claude AI usage limit reached|1736100000"), failed("b", "API Error: Request timed out."),
            failed("c", "OAuth token has expired"), failed("d", "API Error: 500"))
        #expect(follower.records.map(\.errorKind) == ["rate_limit", "timeout", "auth", "other"])
        #expect(follower.records.allSatisfy { $0.outcome == .error && $0.labels.model == "<synthetic>" })
    }

    @Test func `an old version's own cost is kept, a zero is none`() throws {
        let usage = "{\"input_tokens\":1,\"output_tokens\":2}"
        let follower = try read(
            line(usage: usage, id: "a", top: ",\"costUSD\":0.0123"), line(usage: usage, id: "b", top: ",\"costUSD\":0"),
            line(usage: usage, id: "c", top: ",\"costUSD\":null"), line(usage: usage, id: "d", top: ",\"costUSD\":-1"))
        #expect(follower.records.map(\.reportedCost) == [Money(nanodollars: 12_300_000), nil, nil, nil])
    }

    @Test(arguments: [
        "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"hi\"},\"toolUseResult\":{\"usage\":{\"input_tokens\":1}}}",
        "{\"type\":\"summary\",\"summary\":\"on \\\"usage\\\" of tokens\"}", "{\"message\":{\"usage\":null}}",
        "{\"message\":\"usage\",\"x\":\"usage\"}", "{\"data\":{\"message\":null,\"usage\":{}}}", "not json at all", "",
        "{\"usage\":{\"input_tokens\":5}}",
    ])
    func `a line about no call gives nothing`(text: String) throws {
        let follower = try read(text)
        #expect(follower.records.isEmpty && follower.rejected.isEmpty)
    }

    @Test(arguments: [
        (
            "{\"input_tokens\":-1,\"output_tokens\":2}",
            "input_tokens must be a whole number from 0 to 10000000000; got -1"
        ),
        (
            "{\"input_tokens\":1,\"output_tokens\":10000000001}",
            "output_tokens must be a whole number from 0 to 10000000000; got 10000000001"
        ),
        (
            "{\"input_tokens\":99999999999999999999999999,\"output_tokens\":2}",
            "input_tokens must be a whole number from 0 to 10000000000; got 99999999999999999999999999"
        ),
        (
            "{\"input_tokens\":1.5,\"output_tokens\":2}",
            "input_tokens must be a whole number from 0 to 10000000000; got 1.5"
        ),
        (
            "{\"input_tokens\":\"7\",\"output_tokens\":2}",
            "input_tokens must be a whole number from 0 to 10000000000; got \"7\""
        ),
        ("{\"input_tokens\":NaN,\"output_tokens\":2}", "input_tokens: expected a value"),
        ("{\"input_tokens\":nan,\"output_tokens\":2}", "input_tokens: expected null"),
        ("{\"input_tokens\":007,\"output_tokens\":2}", "input_tokens: expected the end after the value"),
        ("{\"input_tokens\":1,\"input_tokens\":1}", "duplicate key \"input_tokens\""),
        ("{\"cache_read_input_tokens\":1}", "usage names neither input_tokens nor output_tokens"),
        (
            "{\"input_tokens\":1,\"cache_creation_input_tokens\":9223372036854775807}",
            "cache_creation_input_tokens must be a whole number from 0 to 10000000000; got 9223372036854775807"
        ),
    ])
    func `usage that can't be right is reported and the next line read`(usage: String, reason: String) throws {
        let follower = try read(line(usage: usage), Fixture.line("m2").trimmingCharacters(in: .newlines))
        #expect(follower.rejected.map(\.reason) == [reason])
        #expect(follower.ids == ["m2"])
    }

    @Test func `usage without model or time is reported`() throws {
        let whole = line(usage: "{\"input_tokens\":1,\"output_tokens\":2}")
        let follower = try read(
            whole.replacing("\"model\":\"claude-opus-4-5\",", with: ""),
            whole.replacing("\"timestamp\":\"2026-11-20T15:18:56.120Z\",", with: ""),
            whole.replacing("2026-11-20T", with: "yesterday "), String(whole.dropLast(5)), whole + "}",
            whole.replacing("\"sessionId\":\"s-1\"", with: "\"sessionId\":\"s-1\",\"message\":{}"),
            whole.replacing("claude-opus-4-5", with: String(repeating: "m", count: 300)))
        #expect(follower.records.isEmpty)
        #expect(
            follower.rejected.map(\.reason) == [
                "usage without a model", "no timestamp",
                "timestamp must be an RFC 3339 time; got \"yesterday 15:18:56.120Z\"", "the line ends inside a string",
                "expected the end after the object (byte \(whole.utf8.count))", "duplicate key \"message\"",
                "model is longer than 256 bytes",
            ])
    }

    @Test func `nesting of any depth in what isn't read does no harm, in what is read it is refused`() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let usage = "{\"input_tokens\":1,\"output_tokens\":2}"
        let follower = try read(
            line(usage: usage, top: ",\"toolUseResult\":\(deep)"),
            line(usage: "{\"output_tokens\":\(deep)}"))
        #expect(follower.ids == ["msg_1"])
        #expect(follower.rejected.map(\.reason) == ["output_tokens: nested deeper than 128"])
    }

    @Test(arguments: [
        (#"":"#, #"" : "#), (#",""#, " ,\t\""), (#"{""#, #"{ ""#),
        (#""sessionId""#, #""a\"b":{"x":1},"\\":2,"":3,"sessionId""#),
        (#""requestId""#, #""requestIe":"r","rEquestId":"r","request":"r","requestIds":"r","requestId""#),
    ])
    func `spaces between, escaped keys and keys like those that are read change nothing`(
        text: String, other: String
    ) throws {
        let plain = line(usage: #"{"input_tokens":1,"cache_creation":{"ephemeral_1h_input_tokens":3}}"#)
        let changed = plain.replacing(text, with: other)
        #expect(changed != plain)
        #expect(try read(changed).records == read(plain).records)
        #expect(try read(plain).records.first?.tokens == TokenCounts(input: 1, cacheWrite1h: 3))
    }

    @Test func `usage is found wherever in a line it stands`() throws {
        let lines = (0..<100).map { length in
            let padding = String(repeating: #"\"u"#, count: length / 3) + String(repeating: "u", count: length % 3)
            return #"{"sessionId":"s","timestamp":"2026-11-20T15:18:56Z","padding":"\#(padding)","message":"#
                + #"{"id":"msg_\#(length)","model":"m","usage":{"output_tokens":1}}}"# + "\n"
        }
        try folder.write("s.jsonl", lines.joined())
        var follower = Follower()
        try follower.follow(folder.file("s.jsonl"))
        #expect(follower.records.count == lines.count)
    }

    @Test func `labels too long to keep are cut, not the call`() throws {
        let follower = try read(
            line(usage: "{\"input_tokens\":1,\"output_tokens\":2}")
                .replacing("s-1", with: String(repeating: "é", count: 200)))
        #expect(follower.records.first?.labels.session == String(repeating: "é", count: 128))
    }

    @Test(arguments: [("/home/dev/web", "web"), ("/home/dev/web/", "web"), ("C:\\\\dev\\\\web", "web"), ("/", nil)])
    func `the project is the working folder's last name`(folder: String, project: String?) throws {
        let follower = try read(
            line(usage: "{\"input_tokens\":1,\"output_tokens\":2}").replacing("/home/dev/web/", with: folder))
        #expect(follower.records.first?.labels.project == project)
    }
}
