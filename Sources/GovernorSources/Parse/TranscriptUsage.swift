import GovernorCore

/// `message.usage` of a transcript: what the call used, and how it was bought.
struct TranscriptUsage {
    var tokens: TokenCounts
    var terms: Terms

    private enum Field: Int, SkimField {
        case input, output, cacheRead, cacheCreation, split, outputDetails, serverTools, tier, speed, geography

        static let keys: [StaticString] = [
            "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation",
            "output_tokens_details", "server_tool_use", "service_tier", "speed", "inference_geo",
        ]
    }

    private enum SplitField: Int, SkimField {
        case fiveMinutes, oneHour

        static let keys: [StaticString] = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"]
    }

    private enum DetailField: Int, SkimField {
        case thinking

        static let keys: [StaticString] = ["thinking_tokens"]
    }

    private enum ToolField: Int, SkimField {
        case webSearches

        static let keys: [StaticString] = ["web_search_requests"]
    }

    /// - Parameter text: the usage object.
    init(_ text: UnsafeRawBufferPointer) throws(LineProblem) {
        let usage = try ObjectSkim<Field>(text)
        guard usage[.input] != nil || usage[.output] != nil else {
            throw LineProblem("usage names neither input_tokens nor output_tokens")
        }
        tokens = TokenCounts(
            input: try usage.count(.input), output: try usage.count(.output), cacheRead: try usage.count(.cacheRead))
        let written = try usage.count(.cacheCreation)
        if let split = try usage.object(.split, as: SplitField.self) {
            tokens.cacheWrite5m = try split.count(.fiveMinutes)
            tokens.cacheWrite1h = try split.count(.oneHour)
        }
        // What the split leaves out counts as 5 m, the price of a write that says nothing; counts are at most
        // `TokenCounts.limit` each, so these sums fit.
        tokens.cacheWrite5m += max(0, written - tokens.cacheWrite5m - tokens.cacheWrite1h)
        tokens.reasoning = try usage.object(.outputDetails, as: DetailField.self)?.count(.thinking) ?? 0
        terms = Terms(
            tier: try usage.text(.tier).flatMap { Terms.Tier(rawValue: $0) } ?? .standard,
            fast: try usage.text(.speed) == "fast",
            usGeography: try usage.text(.geography) == "us",
            webSearches: try usage.object(.serverTools, as: ToolField.self)?.count(.webSearches) ?? 0)
    }
}
