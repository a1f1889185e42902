import GovernorCore

/// What a provider's export calls things: for each its own names, the first that has a value first, and behind them what
/// the others call it, so that a file that mixes them is read too. From `contract/usage.md`, format 5, and behind those
/// what the providers' own interfaces write.
struct ExportDialect: Sendable {
    var provider: String
    /// Its own names alone: what is an id elsewhere may be anything here.
    let id: Names
    let task: Names
    let time: Names
    let model: Names
    let input: Names
    let output: Names
    let total: Names
    let status: Names
    /// Whether its input counts include what the cache gave and took.
    let inputIncludesCache: Bool

    static let anthropic = ExportDialect(.anthropic)
    static let openai = ExportDialect(.openai)
    static let gemini = ExportDialect(.gemini)
    static let all = [anthropic, openai, gemini]

    /// Names with spaces between, as they are written.
    private struct Own {
        var provider: String
        var id: String
        var time: String
        var model: String
        var task: String
        var input: String
        var output: String
        var total: String
        var status: String
        var inputIncludesCache: Bool

        static let anthropic = Own(
            provider: "anthropic", id: "id request_id log_id", time: "created_at timestamp date logged_at",
            model: "model anthropic_model model_id", task: "task_type type task",
            input: "input_tokens prompt_tokens input_token_count uncached_input_tokens",
            output: "output_tokens completion_tokens output_token_count", total: "total_tokens",
            status: "stop_reason status finish_reason", inputIncludesCache: false)

        static let openai = Own(
            provider: "openai", id: "id request_id", time: "created created_at timestamp date", model: "model model_id",
            task: "object type task_type", input: "prompt_tokens input_tokens",
            output: "completion_tokens output_tokens", total: "total_tokens",
            status: "finish_reason status choices.finish_reason", inputIncludesCache: true)

        static let gemini = Own(
            provider: "gemini", id: "name id request_id response_id", time: "create_time created_at timestamp date",
            model: "model model_version model_id", task: "task_type type task",
            input: "prompt_token_count input_tokens prompt_tokens input_token_count",
            output: "candidates_token_count output_tokens completion_tokens output_token_count",
            total: "total_token_count total_tokens", status: "finish_reason status candidates.finish_reason",
            inputIncludesCache: true)

        static let all = [anthropic, openai, gemini]
    }

    private init(_ own: Own) {
        func names(_ path: KeyPath<Own, String>, _ split: (String) -> [String]) -> Names {
            Names(Aliases.once(split(own[keyPath: path]) + Own.all.flatMap { split($0[keyPath: path]) }))
        }
        provider = own.provider
        id = Names(own.id)
        task = Names("task_id " + own.task)
        time = names(\.time, Aliases.flat)
        model = names(\.model, Aliases.flat)
        input = names(\.input, Aliases.counts)
        output = names(\.output, Aliases.counts)
        total = names(\.total, Aliases.counts)
        status = names(\.status, Aliases.flat)
        inputIncludesCache = own.inputIncludesCache
    }

    /// The dialect of a provider's name as people write it; nil for one that has none here.
    static func named(_ provider: String) -> ExportDialect? {
        let name = provider.lowercased()
        if name.contains("anthropic") || name.contains("claude") { return anthropic }
        if name.contains("openai") || name.contains("azure") { return openai }
        if name.contains("gemini") || name.contains("google") || name.contains("vertex") { return gemini }
        return nil
    }

    /// A provider's name as the price book spells it, where it has another.
    static func label(_ provider: String) -> String {
        switch provider.lowercased() {
        case "google", "google_gemini", "google-gemini", "google ai": "gemini"
        case "claude": "anthropic"
        case let name: name
        }
    }

    /// Rows of any other provider: every name any of them has, with input as Anthropic counts it.
    static func other(_ provider: String) -> ExportDialect {
        var dialect = anthropic
        dialect.provider = provider
        return dialect
    }
}

/// Names of the same thing.
enum Aliases {
    static func flat(_ names: String) -> [String] { names.split(separator: " ").map { ImportColumns.matched("\($0)") } }

    /// The names in their order, each once.
    static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// Counts stand in the row itself, or in its `usage{}` or `usageMetadata{}`.
    static func counts(_ names: String) -> [String] {
        flat(names).flatMap { [$0, "usage." + $0, "usagemetadata." + $0] }
    }

    // What all exports share.
    static let cost = Names("cost_usd cost total_cost price_usd")
    static let seconds = Names("duration_seconds")
    static let milliseconds = Names("duration_ms latency_ms")
    static let firstToken = Names("ttft_ms time_to_first_token_ms")
    static let error = Names("error_message error error_type")
    static let provider = Names("provider")
    static let tier = Names("service_tier usage.service_tier")
    static let labels: [(LabelName, Names)] = [
        (.worker, Names("worker worker_id")), (.session, Names("session session_id conversation_id")),
        (.project, Names("project project_id")), (.user, Names("user user_id")), (.team, Names("team team_id")),
    ]

    // Cache counts. Anthropic's names say what is beside the input, OpenAI's and Google's what is inside it.
    static let cacheReadBeside = Names(counts("cache_read_input_tokens cache_read_tokens"))
    static let cacheReadInside = Names(
        counts("cached_tokens input_cached_tokens cached_input_tokens cached_content_token_count")
            + counts("prompt_tokens_details.cached_tokens input_tokens_details.cached_tokens"))
    static let cacheWriteBeside = Names(counts("cache_creation_input_tokens cache_creation_tokens cache_write_tokens"))
    static let cacheWriteInside = Names(
        counts("input_cache_write_tokens prompt_tokens_details.cache_creation_tokens"))
    static let cacheWrite5m = Names(counts("cache_creation.ephemeral_5m_input_tokens cache_write_5m_tokens"))
    static let cacheWrite1h = Names(counts("cache_creation.ephemeral_1h_input_tokens cache_write_1h_tokens"))
    static let reasoning = Names(
        counts("completion_tokens_details.reasoning_tokens output_tokens_details.reasoning_tokens reasoning_tokens"))
    /// Google counts what a model thought beside its answer.
    static let thoughts = Names(counts("thoughts_token_count"))
    static let toolPrompt = Names(counts("tool_use_prompt_token_count"))
    /// Input without the cache, whatever else the row says.
    static let uncached = Names(counts("uncached_input_tokens input_uncached_tokens"))
    static let webSearches = Names(counts("server_tool_use.web_search_requests web_search_requests"))
}

/// Names that some reader of rows with columns asks for.
enum KnownColumns {
    /// Those of providers' exports: what they name is no tag.
    static let ofExports: Set<String> = {
        let dialects = ExportDialect.all.flatMap {
            [$0.id, $0.task, $0.time, $0.model, $0.input, $0.output, $0.total, $0.status]
        }
        let shared = [
            Aliases.cost, Aliases.seconds, Aliases.milliseconds, Aliases.firstToken, Aliases.error, Aliases.provider,
            Aliases.tier, Aliases.cacheReadBeside, Aliases.cacheReadInside, Aliases.cacheWriteBeside,
            Aliases.cacheWriteInside, Aliases.cacheWrite5m, Aliases.cacheWrite1h, Aliases.reasoning, Aliases.thoughts,
            Aliases.toolPrompt, Aliases.uncached, Aliases.webSearches,
        ]
        return Set((dialects + shared + Aliases.labels.map(\.1)).flatMap(\.names))
    }()

    /// All: a value under one of them that can't be read is an error, under any other it is passed over.
    static let all = ofExports.union(LiteLLMNames.all).union(
        ExportColumn.allCases.map { ImportColumns.matched($0.rawValue) })
}
