import GovernorCore
import GovernorSources
import Testing

/// What is read from a voice agent's calls.
@Suite struct VoiceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ lines: String...) throws -> Follower {
        try folder.write("voice-agent.jsonl", lines.map { $0 + "\n" }.joined())
        var follower = Follower()
        try follower.follow(folder.file("voice-agent.jsonl"))
        return follower
    }

    @Test func `a line gives its call`() throws {
        let line = """
            {"uuid": "5f1c", "timestamp": "2026-11-20T15:18:56.120345Z", "model": "claude-sonnet-4-5", "input_tokens": 600,\
             "output_tokens": 400, "cache_creation_tokens": 30, "cache_read_tokens": 20, "cost_usd": 0.0078,\
             "request_id": "voice-20261120-151856", "source": "voice-agent"}
            """
        let follower = try read(line, line.replacing("5f1c", with: "6a2d"), line)
        let record = try #require(follower.records.first)
        #expect(record.identity == CallIdentity(key: "transcript/voice/5f1c"))
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:18:56.120Z")
        #expect(record.tokens == TokenCounts(input: 600, output: 400, cacheRead: 20, cacheWrite5m: 30))
        #expect(record.reportedCost == Money(nanodollars: 7_800_000))
        #expect(record.labels.source == "transcript" && record.labels.model == "claude-sonnet-4-5")
        #expect(record.labels.tags == ["agent": "voice"])
        #expect(follower.counted.count == 2 && follower.sources == [.transcript])
    }

    @Test func `the provider's own names of the cache are taken too, and other lines are about no call`() throws {
        let follower = try read(
            """
            {"uuid":"a","timestamp":"2026-11-20T15:18:56Z","model":"claude-sonnet-4-5","input_tokens":1,"output_tokens":2,\
            "cache_read_input_tokens":3,"cache_creation_input_tokens":4,"sessionId":"s-1","cwd":"/home/dev/talk"}
            """, "{\"uuid\":\"b\",\"timestamp\":\"2026-11-20T15:18:57Z\",\"event\":\"started\"}",
            "{\"uuid\":\"c\",\"timestamp\":\"2026-11-20T15:18:57Z\",\"input_tokens\":1}", "not json")
        #expect(follower.records.map(\.tokens) == [TokenCounts(input: 1, output: 2, cacheRead: 3, cacheWrite5m: 4)])
        #expect(follower.records.map(\.labels.session) == ["s-1"])
        #expect(follower.records.map(\.labels.project) == ["talk"])
        #expect(follower.records.map(\.workingFolder) == ["/home/dev/talk"])
        #expect(follower.rejected.map(\.reason) == ["usage without a model", "expected an object (byte 0)"])
    }
}
