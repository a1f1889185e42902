/// The columns of an export, in their order (`contract/json.md`, "export", and behind those what an import needs to
/// restore a record exactly). Columns may be added at the end, never renamed or moved.
package enum ExportColumn: String, CaseIterable, Sendable {
    /// Who the call is, as people see it.
    case id
    /// RFC 3339 in UTC, to the millisecond.
    case time
    case source, provider, model, worker, session, task, project, user, team
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case cacheReadTokens = "cache_read_tokens"
    case cacheWrite5mTokens = "cache_write_5m_tokens"
    case cacheWrite1hTokens = "cache_write_1h_tokens"
    case reasoningTokens = "reasoning_tokens"
    /// What the call was booked at, a decimal number of dollars.
    case costUSD = "cost_usd"
    case costOrigin = "cost_origin"
    case durationMilliseconds = "duration_ms"
    case firstTokenMilliseconds = "ttft_ms"
    case outcome
    case errorKind = "error_kind"
    /// An object of texts; in CSV the same as JSON text.
    case tags

    case cacheWrite12hTokens = "cache_write_12h_tokens"
    /// `batch`, `flex` or `priority`; nothing for the standard tier.
    case tier
    case fast
    case usGeography = "us_geography"
    case webSearches = "web_searches"
    /// What the source itself said the call cost.
    case reportedCostUSD = "reported_cost_usd"
    /// `later` or `larger`: which of two copies of the call counts.
    case growth
    /// `CallIdentity.key`.
    case identity
    /// `CallIdentity.request`.
    case request
    case isSidechain = "is_sidechain"
    case joinsByIdentity = "joins_by_identity"
    /// The kinds of sources that told of the call, with a space between.
    case witnesses
    /// Whether a better source reports its session, so that it is not counted.
    case shadowed
    /// The file and byte it was read from.
    case file
    case offset

    /// Whether the contract names it, so that it is there in every row; the others are only written where they say
    /// something.
    package var isOfContract: Bool { Self.numbers[self, default: 0] <= Self.numbers[.tags, default: 0] }

    private static let numbers = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}

/// What an export is written as.
package enum ExportFormat: String, CaseIterable, Sendable {
    /// RFC 4180 with a header.
    case csv
    /// One list of objects, an object a line.
    case json
    /// An object a line.
    case jsonl

    /// Its media type.
    package var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .json: "application/json"
        case .jsonl: "application/x-ndjson"
        }
    }
}
