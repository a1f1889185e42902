import Foundation

/// Lines in the shapes that agents and coordinators write, made up here.
enum Fixture {
    /// A transcript line with a newline; `pad` bytes of conversation make it long.
    static func line(
        _ id: String, output: Int = 5, request: String? = nil, pad: Int = 0, sidechain: Bool = false
    ) -> String {
        let content = String(repeating: "x", count: pad)
        return """
            {"parentUuid":null,"isSidechain":\(sidechain),"message":{"model":"claude-opus-4-5","id":"\(id)",\
            "content":[{"type":"text","text":"\(content)"}],"usage":{"input_tokens":2,"output_tokens":\(output)}},\
            "requestId":"\(request ?? "req_\(id)")","type":"assistant","timestamp":"2026-11-20T15:18:56.120Z",\
            "cwd":"/home/dev/web","sessionId":"s-1"}

            """
    }

    static func lines(_ ids: some Sequence<Int>) -> String { ids.map { line("m\($0)") }.joined() }

    /// A coordinator's line with a newline; nil leaves a key out.
    static func call(_ changes: [String: String?] = [:]) -> String {
        var members = [
            "timestamp": "\"2026-11-20T15:18:56.120000\"", "task_id": "\"t-1\"", "worker_id": "\"w-1\"",
            "model": "\"claude-sonnet-4-5\"", "prompt_file": "\"p.md\"", "prompt_length": "10", "response_length": "20",
            "tokens_input": "100", "tokens_output": "50", "tokens_total": "150", "duration_seconds": "2.5",
            "time_to_first_token": "0.25", "tokens_per_second": "20.0", "estimated_cost_usd": "0.0123",
            "exit_code": "0", "success": "true", "error_message": "null",
        ]
        for (key, value) in changes { members[key] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
            + "}\n"
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The seeds a property is tried with: `GOVERNOR_SEED` alone, when it is set.
    static func seeds(_ count: UInt64) -> [UInt64] {
        if let replay = ProcessInfo.processInfo.environment["GOVERNOR_SEED"].flatMap({ UInt64($0) }) { return [replay] }
        return Array(0..<count)
    }
}
