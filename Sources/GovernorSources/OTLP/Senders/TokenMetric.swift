import GovernorCore

/// The metrics by which senders without events tell their usage, and what their types of tokens mean (`facts/otlp.md`).
enum TokenMetric: String, Sendable {
    case claudeTokens = "claude_code.token.usage"
    case claudeCost = "claude_code.cost.usage"
    case codexTurn = "codex.turn.token_usage"
    case gemini = "gemini_cli.token.usage"
    case genAI = "gen_ai.client.token.usage"

    /// What a data point counts.
    enum Part: Hashable, Sendable {
        case cost, input, output, cacheRead, cacheWrite, thoughts, tool
        /// What is in the others already.
        case contained
    }

    /// - Returns: nil for a metric that tells nothing of usage, and where the sender tells it better in another.
    init?(_ name: String, of sender: TelemetryIdentity.Sender) {
        self.init(rawValue: name)
        // Gemini CLI sends its usage by the conventions too, without cache and thoughts.
        if self == .genAI, sender != .other { return nil }
    }

    /// Metrics of one family join into one record.
    var family: String { self == .claudeCost ? Self.claudeTokens.rawValue : rawValue }

    /// The attribute that tells the parts of one record apart.
    var typeKey: String {
        switch self {
        case .claudeTokens, .claudeCost, .gemini: "type"
        case .codexTurn: "token_type"
        case .genAI: "gen_ai.token.type"
        }
    }

    /// - Parameter type: the value of `typeKey`.
    /// - Returns: nil for one nobody knows.
    func part(_ type: String?) -> Part? {
        switch (self, type) {
        case (.claudeCost, _): .cost
        case (_, "input"): .input
        case (_, "output"): .output
        case (.claudeTokens, "cacheRead"): .cacheRead
        case (.claudeTokens, "cacheCreation"): .cacheWrite
        case (.codexTurn, "cached_input"): .cacheRead
        case (.codexTurn, "cache_write_input"): .cacheWrite
        case (.codexTurn, "total"), (.codexTurn, "reasoning_output"), (.codexTurn, "non_cached_input"): .contained
        case (.gemini, "cache"): .cacheRead
        case (.gemini, "thought"): .thoughts
        case (.gemini, "tool"): .tool
        case (.genAI, "cache_read"): .cacheRead
        case (.genAI, "cache_creation"): .cacheWrite
        case (.genAI, "reasoning"): .contained
        default: nil
        }
    }

    func model(_ attributes: TelemetryAttributes) -> String? {
        self == .genAI ? GenAIUsage.model(attributes) : attributes.text("model")
    }

    /// The parts as tokens.
    func tokens(_ parts: [Part: Int64]) -> TokenCounts {
        func part(_ part: Part) -> Int64 { parts[part] ?? 0 }
        let (read, written) = (part(.cacheRead), part(.cacheWrite))
        switch self {
        case .claudeTokens, .claudeCost:
            return TokenCounts(
                input: part(.input), output: part(.output), cacheRead: read, cacheWrite5m: written)
        case .codexTurn, .genAI:
            return TokenCounts(
                input: TokenCounts.uncached(part(.input), without: read + written), output: part(.output),
                cacheRead: read,
                cacheWrite5m: written)
        case .gemini:
            return GeminiEvents.tokens(
                input: part(.input), output: part(.output), cached: read, thoughts: part(.thoughts), tool: part(.tool))
        }
    }
}
