import GovernorCore

/// Claude Code's `api_request` and `api_error` (`facts/claude-code.md`, "Telemetry"): the same calls as in its transcripts,
/// under the same request ids. Input excludes the cache.
enum ClaudeCodeEvents {
    /// - Parameter name: the event's, without `claude_code.`.
    static func record(_ call: TelemetryCall, _ name: Substring) throws(LineProblem) -> UsageRecord? {
        switch name {
        case "api_request": try request(call)
        case "api_error":
            try call.failure(
                requestIdentity(call), place: place(call), model: call.attributes.text("model"),
                words: [call.attributes.text("error"), call.attributes.text("status_code")])
        default: nil
        }
    }

    private static func request(_ call: TelemetryCall) throws(LineProblem) -> UsageRecord {
        let attributes = call.attributes
        let (input, output) = (try attributes.count("input_tokens"), try attributes.count("output_tokens"))
        guard input != nil || output != nil else { throw LineProblem("neither input_tokens nor output_tokens") }
        var tokens = TokenCounts(
            input: input ?? 0, output: output ?? 0, cacheRead: try attributes.count("cache_read_tokens") ?? 0,
            cacheWrite5m: try attributes.count("cache_creation_5m_tokens") ?? 0,
            cacheWrite1h: try attributes.count("cache_creation_1h_tokens") ?? 0)
        // What the split leaves out counts as 5 m, as in transcripts; each is at most `TokenCounts.limit`, so these fit.
        let written = try attributes.count("cache_creation_tokens") ?? 0
        tokens.cacheWrite5m += max(0, written - tokens.cacheWrite5m - tokens.cacheWrite1h)

        var record = try UsageRecord(
            try call.identity(requestIdentity(call), place: place(call), tokens), call.who, kind: .telemetry,
            model: attributes.text("model"), time: call.time, tokens: tokens)
        record.terms.fast = attributes.text("speed") == "fast"
        record.reportedCost = cost(attributes)
        record.durationMilliseconds = attributes.milliseconds("duration_ms")
        record.firstTokenMilliseconds = attributes.milliseconds("ttft_ms")
        return record
    }

    /// Millionths of a dollar are whole and exact, the dollars beside them a binary fraction; those are taken where they
    /// are finer than a millionth.
    private static func cost(_ attributes: TelemetryAttributes) -> Money? {
        let micros = attributes["cost_usd_micros"]?.integer.map {
            Money(nanodollars: $0.saturatingMultiplied(by: 1000))
        }
        if let micros, micros > .zero, micros <= .dollars(1_000_000) { return micros }
        return attributes.cost("cost_usd")
    }

    private static func requestIdentity(_ call: TelemetryCall) throws(LineProblem) -> CallIdentity? {
        guard let id = call.attributes.text("request_id") else { return nil }
        guard id.utf8.count <= Labels.valueLimit else {
            throw LineProblem("request_id is longer than \(Labels.valueLimit) bytes")
        }
        return .request(id)
    }

    private static func place(_ call: TelemetryCall) -> String? {
        call.attributes.text("event.sequence") ?? call.attributes.text("prompt.id")
    }
}
