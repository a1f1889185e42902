import Foundation
import Glibc
import GovernorCore
import GovernorSources
import Testing

/// What is read from LiteLLM's log as plain text.
@Suite struct LiteLLMLogTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ lines: String..., name: String = "litellm.log") throws -> Follower {
        try folder.write(name, lines.map { $0 + "\n" }.joined())
        var follower = Follower()
        try follower.follow(folder.file(name))
        return follower
    }

    @Test func `each line that names a model in a completion call is a request`() throws {
        let follower = try read(
            "INFO:     Started server process [4242]", "INFO:     Uvicorn running on http://0.0.0.0:4000",
            "2026-11-20 15:18:56,120 - LiteLLM:INFO: utils.py:3127 - ",
            "LiteLLM completion() model= claude-sonnet-4-5; provider = anthropic",
            "2026-11-20 15:18:58,000 - LiteLLM:INFO: cost_calculator.py:655 - selected model name for cost: x",
            "INFO:     127.0.0.1:51234 - \"POST /chat/completions HTTP/1.1\" 200 OK",
            "2026-11-20 15:19:00,000 - LiteLLM:INFO: utils.py:3127 - LiteLLM completion() model= gpt-5; provider = openai",
            "2026-11-20T15:19:01Z LiteLLM completion() model= llama3.1:8b; provider = ollama")
        #expect(follower.rejected.isEmpty && follower.sources == [.litellm])
        #expect(follower.records.map(\.labels.model) == ["claude-sonnet-4-5", "gpt-5", "ollama/llama3.1:8b"])
        #expect(follower.records.map(\.labels.provider) == ["anthropic", "openai", "ollama"])
        #expect(
            follower.records.map { RFC3339.utc($0.time) } == [
                "2026-11-20T15:18:56.120Z", "2026-11-20T15:19:00Z", "2026-11-20T15:19:01Z",
            ])
        for record in follower.records {
            #expect(record.labels.source == "litellm")
            #expect(record.tokens == TokenCounts() && record.reportedCost == nil)
            #expect(record.outcome == .success && record.growth == .larger)
        }
        #expect(Set(follower.records.map(\.identity.key)).count == 3)
    }

    @Test func `a call that several lines tell of counts once`() throws {
        let both = try read(
            "\u{1B}[92m15:18:56 - LiteLLM:INFO\u{1B}[0m: utils.py:3127 - ",
            "LiteLLM completion() model= gpt-5; provider = openai",
            "15:18:56 - LiteLLM:DEBUG: Params passed to completion() {'model': 'gpt-5', 'temperature': 1}",
            "15:18:58 - LiteLLM Router:INFO: router.py:1008 - litellm.acompletion(model=gpt-5)\u{1B}[32m 200 OK\u{1B}[0m"
        )
        #expect(both.records.map(\.labels.model) == ["gpt-5"])
        let router = try read(
            "15:18:58 - LiteLLM Router:INFO: router.py:1008 - litellm.acompletion(model=openai/gpt-5)\u{1B}[32m 200 OK\u{1B}[0m",
            "15:18:59 - LiteLLM Router:INFO: router.py:1019 - litellm.acompletion(model=ollama/llama3)\u{1B}[31m Exception 429 rate limit\u{1B}[0m",
            name: "litellm-router.log")
        #expect(router.records.map(\.labels.model) == ["openai/gpt-5", "ollama/llama3"])
        #expect(router.records.map(\.outcome) == [.success, .error])
        #expect(router.records.map(\.errorKind) == [nil, "rate_limit"])
    }

    @Test func `what a line tells beside its model is booked`() throws {
        let follower = try read(
            """
            {"timestamp": "2026-11-20T15:18:56.120Z", "message": "completion call", "model": "gpt-5", "prompt_tokens": 100, \
            "cached_tokens": 40, "completion_tokens": 7, "response_cost": 0.0123}
            """,
            "2026-11-20 15:19:00 POST /v1/chat/completions model=gpt-5 prompt_tokens=5 completion_tokens=2 cost=0.5")
        #expect(
            follower.records.map(\.tokens) == [
                TokenCounts(input: 60, output: 7, cacheRead: 40), TokenCounts(input: 5, output: 2),
            ])
        #expect(follower.records.map(\.reportedCost?.text) == ["0.0123", "0.5"])
    }

    @Test(arguments: [
        "", "model=gpt-5", "completion without a name", "completion(model_group=x)", "completion model=",
        "completion model=42",
        "embedding(model=text-embedding-3)", "completion() model= None; provider = x", "completion() remodel= gpt-5",
    ])
    func `a line about no completion, or without a model, is no request`(line: String) throws {
        let follower = try read(line)
        #expect(follower.records.isEmpty && follower.rejected.isEmpty)
    }

    @Test func `a log that is rotated counts once, and what follows at the old places counts too`() throws {
        func call(_ second: Int) -> String {
            "15:18:\(second) - LiteLLM:INFO: - LiteLLM completion() model= gpt-5; provider = openai\n"
        }
        var follower = Follower()
        let roots = SourceRoots(paths: [folder.path])
        try folder.write("litellm.log", call(10) + call(11))
        try follower.followAll(roots)
        // By renaming.
        try folder.rename("litellm.log", to: "litellm.log.1")
        try folder.write("litellm.log", call(20) + call(21))
        try follower.followAll(roots)
        // By copying and cutting.
        try folder.copy("litellm.log", to: "litellm.log.2")
        try folder.write("litellm.log", call(30) + call(31) + call(31))
        try follower.followAll(roots)
        #expect(follower.records.count > 7)
        #expect(follower.counted.count == 7)
    }

    @Test func `a time of day is the last such time before the log changed`() throws {
        let lines = "23:59:58 - LiteLLM completion() model= a; x\n00:00:02 - LiteLLM completion() model= b; x\n"
        try folder.write("litellm.log", lines)
        let changed = Timestamp(milliseconds: 1_795_305_604_000)
        var times = [timespec(tv_sec: 1_795_305_604, tv_nsec: 0), timespec(tv_sec: 1_795_305_604, tv_nsec: 0)]
        utimensat(AT_FDCWD, folder.file("litellm.log"), &times, 0)
        var follower = Follower()
        try follower.follow(folder.file("litellm.log"))
        #expect(RFC3339.utc(changed) == "2026-11-22T00:00:04Z")
        #expect(
            follower.records.map { RFC3339.utc($0.time) } == ["2026-11-21T23:59:58Z", "2026-11-22T00:00:02Z"])
    }

    @Test func `a line of any length and any bytes does no harm`() throws {
        let call = "LiteLLM completion() model= gpt-5; provider = openai "
        try folder.write(
            "litellm.log",
            Array((call + String(repeating: "x", count: 200_000) + "\n").utf8) + [0xFF, 0xFE, 0x1B, 0x5B, 0x0A]
                + Array("completion model=\u{1B}[".utf8) + [0x0A] + Array(call.utf8) + [0x00, 0x0A])
        var follower = Follower()
        try follower.follow(folder.file("litellm.log"))
        #expect(follower.records.map(\.labels.model) == ["gpt-5", "gpt-5"])
        #expect(follower.rejected.isEmpty)
    }
}
