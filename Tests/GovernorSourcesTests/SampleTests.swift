import Foundation
import GovernorCore
import GovernorSources
import Testing

/// Recorded transcripts, which are not part of this repository: beside it, or where `GOVERNOR_SHARED` says.
enum Samples {
    static let folder: String? = {
        let named = ProcessInfo.processInfo.environment["GOVERNOR_SHARED"]
        let beside = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("shared").path
        let folder = "\(named ?? beside)/samples"
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()
}

@Suite(.enabled(if: Samples.folder != nil, "no recorded samples beside the repository; set GOVERNOR_SHARED"))
struct SampleTests {
    /// Token sums by a key, as the expectation file writes them.
    private struct Sums: Equatable {
        var requests: Int64 = 0
        var input: Int64 = 0
        var output: Int64 = 0
        var cacheRead: Int64 = 0
        var cacheWrite5m: Int64 = 0
        var cacheWrite1h: Int64 = 0

        mutating func add(_ tokens: TokenCounts) {
            requests += 1
            input += tokens.input
            output += tokens.output
            cacheRead += tokens.cacheRead
            cacheWrite5m += tokens.cacheWrite5m
            cacheWrite1h += tokens.cacheWrite1h
        }

        init() {}

        init(_ json: JSON) throws {
            func number(_ key: String) throws -> Int64 { try #require(json[key]?.integer) }
            requests = try number("requests")
            input = try number("input")
            output = try number("output")
            cacheRead = try number("cache_read")
            cacheWrite5m = try number("cache_write_5m")
            cacheWrite1h = try number("cache_write_1h")
        }
    }

    @Test func `recorded transcripts give the sums that are known to be right`() throws {
        let folder = try #require(Samples.folder)
        let path = "\(folder)/transcripts/claude_code_usage_lines.jsonl"
        let expected = try JSONReader.read(
            Data(contentsOf: URL(fileURLWithPath: "\(folder)/transcripts/claude_code_usage_expected.json")))
        var follower = Follower()
        // Each line by itself, so that none is taken into the one before it.
        follower.limit = 1
        try follower.follow(path)
        #expect(follower.rejected.isEmpty)
        #expect(Int64(follower.records.count) == expected["lines"]?.integer)
        #expect(follower.cursors[path]?.offset == Int64(try Data(contentsOf: URL(fileURLWithPath: path)).count))
        let counted = follower.counted
        #expect(Int64(counted.count) == expected["unique_requests"]?.integer)
        var together = Follower()
        together.limit = 100
        try together.follow(path)
        #expect(together.records.count < follower.records.count && together.counted == counted)

        var sums: [String: Sums] = [:]
        for record in counted {
            let worker = record.workingFolder?.split(separator: "/").dropFirst().first.map(String.init)
            for key in [
                "all:all", "day:\(RFC3339.utc(record.time).prefix(10))", "model:\(record.labels.model ?? "")",
                "worker:\(worker ?? "")",
            ] {
                sums[key, default: Sums()].add(record.tokens)
            }
        }
        let groups = try #require(expected["by"]?.members)
        #expect(Set(groups.map(\.key)) == Set(sums.keys))
        for group in groups { #expect(sums[group.key] == (try Sums(group.value)), "\(group.key)") }
    }

    @Test func `another agent's lines under a transcript's name give nothing and no complaint`() throws {
        var follower = Follower()
        try follower.follow("\(try #require(Samples.folder))/transcripts/codex_rollout_usage_lines.jsonl")
        #expect(follower.records.isEmpty && follower.rejected.isEmpty)
    }

    /// The lines of a sample as JSON, read without the parsers that are tested.
    private func lines(_ path: String) throws -> [JSON] {
        try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: 0x0A).map { line in
            try JSONReader.read(line, depthLimit: 64)
        }
    }

    @Test(arguments: [1, 3, 512])
    func `a recorded Codex session gives its last total, call by call`(limit: Int) throws {
        let path = "\(try #require(Samples.folder))/transcripts/codex_rollout_usage_lines.jsonl"
        let totals = try lines(path).compactMap { $0["payload"]?["info"]?["total_token_usage"] }
        func last(_ key: String) throws -> Int64 { try #require(totals.last?[key]?.integer) }
        var follower = Follower()
        follower.limit = limit
        try follower.follow(path, as: .rollout)
        #expect(follower.rejected.isEmpty && follower.counted.count == 23)
        #expect(Set(totals.compactMap { $0["total_tokens"]?.integer }).count == 23)
        var sums = Sums()
        for record in follower.counted { sums.add(record.tokens) }
        #expect(sums.input + sums.cacheRead == (try last("input_tokens")))
        #expect(sums.cacheRead == (try last("cached_input_tokens")))
        #expect(sums.output == (try last("output_tokens")))
        #expect(follower.counted.reduce(0) { $0 + $1.tokens.reasoning } == (try last("reasoning_output_tokens")))
        for record in follower.counted {
            #expect(record.labels.model == "gpt-5.5" && record.labels.provider == "openai")
            #expect(record.labels.session == "019ed99c-d00d-7613-b2e7-d2f512f78afd")
        }
    }

    @Test func `a recorded worker's output gives what its result says`() throws {
        let path = "\(try #require(Samples.folder))/claude-code/claude_2.1.329_stream-json.jsonl"
        let result = try #require(try lines(path).last { $0["type"]?.string == "result" })
        var follower = Follower()
        try follower.follow(path)
        #expect(follower.rejected.isEmpty && follower.sources == [.stream])
        let models = try #require(result["modelUsage"]?.members)
        #expect(follower.records.map(\.labels.model) == models.map(\.key))
        let record = try #require(follower.records.first)
        let usage = try #require(models.first?.value)
        #expect(record.tokens.input == usage["inputTokens"]?.integer)
        #expect(record.tokens.output == usage["outputTokens"]?.integer)
        #expect(record.tokens.cacheRead == usage["cacheReadInputTokens"]?.integer)
        #expect(record.tokens.cacheWrite5m == usage["cacheCreationInputTokens"]?.integer)
        #expect(record.reportedCost == result["total_cost_usd"]?.money)
        #expect(record.labels.session == result["session_id"]?.string)
        #expect(record.workingFolder == "/home/dev/proj00")
        #expect(RFC3339.utc(record.time) == "2026-11-20T23:01:40.990Z")
    }
}
