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
        let folder = "\(named ?? beside)/samples/transcripts"
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
        let path = "\(folder)/claude_code_usage_lines.jsonl"
        let expected = try JSONReader.read(
            Data(contentsOf: URL(fileURLWithPath: "\(folder)/claude_code_usage_expected.json")))
        var follower = Follower()
        follower.limit = 100
        try follower.follow(path)
        #expect(follower.rejected.isEmpty)
        #expect(Int64(follower.records.count) == expected["lines"]?.integer)
        #expect(follower.cursors[path]?.offset == Int64(try Data(contentsOf: URL(fileURLWithPath: path)).count))
        let counted = follower.counted
        #expect(Int64(counted.count) == expected["unique_requests"]?.integer)

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

    @Test func `another agent's lines give nothing and no complaint`() throws {
        var follower = Follower()
        try follower.follow("\(try #require(Samples.folder))/codex_rollout_usage_lines.jsonl")
        #expect(follower.records.isEmpty && follower.rejected.isEmpty)
    }
}
