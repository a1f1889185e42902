import GovernorCore

/// Gemini CLI's events (`packages/core/src/telemetry/types.ts` of google-gemini/gemini-cli). There is no cost and no id of a
/// call.
///
/// Its counts are the API's `usageMetadata`: the prompt includes what was cached; thoughts and what tools put into the
/// prompt lie beside output and input, and the total is the sum of all four. With each response comes a second event of the
/// GenAI conventions, which tells less (no cache, no thoughts) and is left alone: see `GenAIUsage`.
enum GeminiEvents {
    static func record(_ call: TelemetryCall) throws(LineProblem) -> UsageRecord? {
        let attributes = call.attributes
        let (model, prompt) = (attributes.text("model"), attributes.text("prompt_id"))
        guard call.name == "gemini_cli.api_response" else {
            return try call.failure(
                nil, place: prompt, model: model,
                words: ["error", "error.message", "error.type", "status_code"].map { attributes.text($0) })
        }
        let (input, output) = (try attributes.count("input_token_count"), try attributes.count("output_token_count"))
        guard input != nil || output != nil else {
            throw LineProblem("neither input_token_count nor output_token_count")
        }
        let tokens = tokens(
            input: input ?? 0, output: output ?? 0, cached: try attributes.count("cached_content_token_count") ?? 0,
            thoughts: try attributes.count("thoughts_token_count") ?? 0,
            tool: try attributes.count("tool_token_count") ?? 0, total: try attributes.count("total_token_count"))
        var record = try UsageRecord(
            try call.identity(place: prompt, tokens), call.who, kind: .telemetry, model: model, time: call.time,
            tokens: tokens
        )
        record.durationMilliseconds = attributes.milliseconds("duration_ms")
        return record
    }

    /// - Parameter total: where it is the sum without thoughts, those were counted as output already.
    static func tokens(
        input: Int64, output: Int64, cached: Int64, thoughts: Int64, tool: Int64, total: Int64? = nil
    ) -> TokenCounts {
        let isInside = thoughts > 0 && thoughts <= output && total == input + output + tool
        return TokenCounts(
            input: TokenCounts.uncached(input, without: cached) + tool, output: isInside ? output : output + thoughts,
            cacheRead: cached, reasoning: thoughts)
    }
}
