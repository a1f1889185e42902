import GovernorCore

/// Codex's events (`facts/otlp.md`, and `codex-rs/otel/src/events/session_telemetry.rs`). Input includes what was cached,
/// output the reasoning; there is no cost and no id of a call.
///
/// `codex.sse_event` comes twice for a response that completes: once from the stream, with its duration alone, and once with
/// its tokens.
enum CodexEvents {
    static func record(_ call: TelemetryCall) throws(LineProblem) -> UsageRecord? {
        let attributes = call.attributes
        let kind = attributes.text("event.kind")
        if call.name == "codex.api_request" {
            let status = attributes["http.response.status_code"]?.integer ?? 0
            return status >= 400 || attributes.text("error.message") != nil ? try failure(call) : nil
        }
        if kind == "response.completed" {
            let (input, output) = (
                try attributes.count("input_token_count"), try attributes.count("output_token_count")
            )
            if input != nil || output != nil { return try completed(call, input: input ?? 0, output: output ?? 0) }
        }
        // Other kinds fail in passing, and the response may complete all the same.
        let isEnd = kind == nil || kind == "response.completed" || kind == "response.failed"
        return isEnd && attributes.text("error.message") != nil ? try failure(call) : nil
    }

    private static func completed(
        _ call: TelemetryCall, input: Int64, output: Int64
    ) throws(LineProblem) -> UsageRecord {
        let attributes = call.attributes
        let read = try attributes.count("cached_token_count") ?? 0
        let written = try attributes.count("cache_write_token_count") ?? 0
        let tokens = TokenCounts(
            input: TokenCounts.uncached(input, without: read + written), output: output, cacheRead: read,
            cacheWrite5m: written, reasoning: try attributes.count("reasoning_token_count") ?? 0)
        return try UsageRecord(
            try call.identity(place: nil, tokens), call.who, kind: .telemetry,
            model: attributes.text(["model", "slug"]),
            time: call.time, tokens: tokens)
    }

    private static func failure(_ call: TelemetryCall) throws(LineProblem) -> UsageRecord? {
        try call.failure(
            nil, place: "error", model: call.attributes.text(["model", "slug"]),
            words: [call.attributes.text("error.message"), call.attributes.text("http.response.status_code")])
    }
}
