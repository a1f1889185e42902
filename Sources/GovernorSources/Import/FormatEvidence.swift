import GovernorCore

/// Tells what a row is by the names in it and, where those say little, its model.
struct FormatEvidence {
    /// As they are matched; also of what was too large to be read.
    private let names: Set<String>
    private let model: String?

    init(_ row: ImportRow) {
        names = Set((row.columns.written + row.leftOut).map(ImportColumns.matched))
        model = row.text(ExportDialect.anthropic.model)?.lowercased()
    }

    /// A CSV's header alone.
    init(_ columns: ImportColumns) {
        names = Set(columns.written.map(ImportColumns.matched))
        model = nil
    }

    /// Nil when nothing speaks for any format, or as much for one as for another.
    var format: ImportFormat? {
        if has(all: "cost_origin time"), has(any: "input_tokens cost_usd") { return .governor }
        if has(any: "litellm_call_id custom_llm_provider response_cost model_group") || has(all: "call_type startTime")
            || (has(any: "spend") && has(any: "startTime request_id"))
        {
            return .litellm
        }
        return agent ?? provider
    }

    /// Whether the columns say what it is, or have a model that may.
    var isHopeful: Bool {
        format != nil || scores.contains { $0 > 0 }
            || ExportDialect.anthropic.model.names.contains(where: names.contains)
    }

    /// A coding agent's or a coordinator's own line.
    private var agent: ImportFormat? {
        if has(all: "timestamp tokens_input tokens_output") { return .coordinator }
        if has(all: "type payload") { return .codex }
        if has(any: "parentUuid isSidechain leafUuid") { return .transcript }
        if has(all: "timestamp message"), has(any: "sessionId requestId uuid") { return .transcript }
        if has(all: "modelUsage total_cost_usd") { return .stream }
        if has(all: "type session_id"), has(any: "subtype message event"), !has(any: "timestamp") { return .stream }
        if has(all: "uuid timestamp model"), has(any: "input_tokens output_tokens"), !has(any: "session_id") {
            return .voice
        }
        return nil
    }

    private struct Signs: Sendable {
        var format: ImportFormat
        /// Names that only this provider's export has, and names that it is more likely to have than another.
        var strong: [String]
        var weak: [String]
        /// How its models' names begin.
        var families: [String]
    }

    private static let signs = [
        Signs(
            format: .anthropic,
            strong: Aliases.flat(
                "anthropic_model log_id logged_at stop_reason input_token_count output_token_count price_usd")
                + Aliases.counts("cache_read_input_tokens cache_creation_input_tokens uncached_input_tokens"),
            weak: Aliases.counts("input_tokens output_tokens"), families: ["claude"]),
        Signs(
            format: .openai,
            strong: Aliases.flat("created object system_fingerprint")
                + Aliases.counts("prompt_tokens_details.cached_tokens input_cached_tokens"),
            weak: Aliases.counts("prompt_tokens completion_tokens"),
            families: ["gpt", "chatgpt", "o1", "o3", "o4", "codex", "text-", "davinci"]),
        Signs(
            format: .gemini,
            strong: Aliases.flat("create_time model_version safety_ratings response_id")
                + Aliases.counts("prompt_token_count candidates_token_count total_token_count")
                + Aliases.counts("cached_content_token_count thoughts_token_count"),
            weak: [], families: ["gemini", "models/gemini", "gemma"]),
    ]

    private var scores: [Int] {
        Self.signs.map { sign in
            let isFamily = sign.families.contains { model?.hasPrefix($0) == true }
            return 4 * sign.strong.count(where: names.contains) + (isFamily ? 3 : 0)
                + sign.weak.count(where: names.contains)
        }
    }

    private var provider: ImportFormat? {
        let scores = scores
        guard let best = scores.max(), best > 0, scores.count(where: { $0 == best }) == 1,
            let place = scores.firstIndex(of: best)
        else { return nil }
        return Self.signs[place].format
    }

    private func has(all wanted: String) -> Bool { Aliases.flat(wanted).allSatisfy(names.contains) }
    private func has(any wanted: String) -> Bool { Aliases.flat(wanted).contains(where: names.contains) }
}
