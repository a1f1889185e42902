import GovernorCore

/// `message.usage` of a transcript: what the call used, and how it was bought.
struct TranscriptUsage {
    var tokens: TokenCounts
    var terms: Terms

    enum Field: Int, SkimField {
        typealias Lanes = SIMD16<UInt32>

        case input, output, cacheRead, cacheCreation, split, outputDetails, serverTools, tier, speed, geography,
            iterations

        static let keys: SkimKeys = [
            "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation",
            "output_tokens_details", "server_tool_use", "service_tier", "speed", "inference_geo", "iterations",
        ]
    }

    private enum SplitField: Int, SkimField {
        case fiveMinutes, oneHour

        static let keys: SkimKeys = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"]
    }

    private enum DetailField: Int, SkimField {
        case thinking

        static let keys: SkimKeys = ["thinking_tokens"]
    }

    private enum ToolField: Int, SkimField {
        case webSearches

        static let keys: SkimKeys = ["web_search_requests"]
    }

    /// - Parameter text: the usage object.
    init(_ text: UnsafeRawBufferPointer) throws(LineProblem) { try self.init(ObjectSkim<Field>(text)) }

    init(_ usage: ObjectSkim<Field>) throws(LineProblem) {
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
        try add(iterations: usage)
    }

    /// Adds what the provider used to summarise a conversation that had grown too long. It is billed with the call, and the
    /// sums beside the list leave it out, while they hold every other entry of the list (Anthropic's "Compaction", where
    /// `usage.iterations` is explained).
    private mutating func add(iterations usage: ObjectSkim<Field>) throws(LineProblem) {
        guard let text = usage[.iterations], ByteSearch.contains("\"compaction\"", in: text) else { return }
        for iteration in try usage.value(.iterations)?.array ?? [] where iteration["type"]?.string == "compaction" {
            func count(_ name: String, of object: JSON?) throws(LineProblem) -> Int64 {
                guard let value = object?[name], !value.isNull else { return 0 }
                return try LineNumbers.count(value, name: "iterations: \(name)")
            }
            let split = iteration["cache_creation"]
            let oneHour = try count("ephemeral_1h_input_tokens", of: split)
            let fiveMinutes = try count("ephemeral_5m_input_tokens", of: split)
            let written = try count("cache_creation_input_tokens", of: iteration)
            tokens.input = tokens.input.saturatingAdding(try count("input_tokens", of: iteration))
            tokens.output = tokens.output.saturatingAdding(try count("output_tokens", of: iteration))
            tokens.cacheRead = tokens.cacheRead.saturatingAdding(try count("cache_read_input_tokens", of: iteration))
            tokens.cacheWrite1h = tokens.cacheWrite1h.saturatingAdding(oneHour)
            tokens.cacheWrite5m = tokens.cacheWrite5m.saturatingAdding(max(fiveMinutes, written - oneHour))
        }
        if let name = tokens.outOfRange { throw LineProblem("\(name), with its iterations, is beyond any call") }
    }
}
