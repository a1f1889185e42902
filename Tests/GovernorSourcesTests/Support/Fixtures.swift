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
