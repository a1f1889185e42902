import GovernorCore

/// What LiteLLM calls things, as names are matched (`facts/providers.md`, "LiteLLM records").
enum LiteLLMNames {
    static let id = Names("id request_id litellm_call_id")
    static let callId = Names("litellm_call_id")
    static let time = Names("startTime start_time endTime end_time")
    static let end = Names("endTime end_time")
    static let firstToken = Names("completionStartTime completion_start_time")
    static let model = Names("model model_group")
    static let group = Names("model_group")
    static let provider = Names("custom_llm_provider")
    static let cost = Names("response_cost cost spend cost_breakdown.total_cost")
    static let status = Names("status metadata.status")
    static let cacheHit = Names("cache_hit")
    static let callType = Names("call_type")
    static let seconds = Names("response_time")
    static let milliseconds = Names("request_duration_ms duration_ms")
    static let tags = Names("request_tags")
    static let endUser = Names("end_user metadata.user_api_key_end_user_id")
    static let error = Names("error_str error_information.error_message metadata.error_information.error_message")
    static let errorClass = Names(
        "error_information.error_class metadata.error_information.error_class error_information.error_code")

    // Tokens, in the record itself and in the provider's own usage that its metadata keeps.
    static let prompt = Names(Aliases.flat("prompt_tokens") + usage("prompt_tokens"))
    static let completion = Names(Aliases.flat("completion_tokens") + usage("completion_tokens"))
    static let total = Names(Aliases.flat("total_tokens") + usage("total_tokens"))
    static let cacheRead = Names(usage("prompt_tokens_details.cached_tokens cache_read_input_tokens"))
    static let cacheWrite = Names(usage("prompt_tokens_details.cache_creation_tokens cache_creation_input_tokens"))
    static let cacheWrite5m = Names(
        usage(
            "prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens "
                + "cache_creation.ephemeral_5m_input_tokens"))
    static let cacheWrite1h = Names(
        usage(
            "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens "
                + "cache_creation.ephemeral_1h_input_tokens"))
    static let reasoning = Names(usage("completion_tokens_details.reasoning_tokens"))
    static let tier = Names(usage("service_tier"))
    static let webSearches = Names(
        usage("server_tool_use.web_search_requests prompt_tokens_details.web_search_requests"))

    /// Labels: what the caller itself put into its metadata, then what the proxy knows of its key.
    static let labels: [(LabelName, Names)] = [
        (
            .worker,
            Names(own("worker worker_id") + Aliases.flat("agent_id metadata.agent_id metadata.user_api_key_alias"))
        ),
        (.session, Names(Aliases.flat("session_id") + own("session session_id"))),
        (.task, Names(own("task task_id"))),
        (.project, Names(own("project project_id") + Aliases.flat("metadata.user_api_key_project_alias"))),
        (.user, Names(own("user") + Aliases.flat("user metadata.user_api_key_user_id"))),
        (
            .team,
            Names(
                own("team")
                    + Aliases.flat("metadata.user_api_key_team_alias team_id metadata.user_api_key_team_id"))
        ),
    ]

    static let all: Set<String> = {
        let names = [
            id, time, firstToken, model, provider, cost, status, cacheHit, callType, seconds, milliseconds, tags,
            endUser,
            error, errorClass, prompt, completion, total, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, reasoning,
            tier, webSearches,
        ]
        return Set((names + labels.map(\.1)).flatMap(\.names))
    }()

    private static func usage(_ names: String) -> [String] {
        let names = Aliases.flat(names)
        let places = ["metadata.usageobject.", "metadata.additionalusagevalues.", "usageobject.", "usage."]
        return places.flatMap { place in names.map { place + $0 } }
    }

    private static func own(_ names: String) -> [String] {
        let names = Aliases.flat(names)
        let places = ["metadata.spendlogsmetadata.", "metadata.requestermetadata.", "metadata."]
        return places.flatMap { place in names.map { place + $0 } }
    }
}

/// One call as LiteLLM tells it: a `StandardLoggingPayload`, or a row of its spend logs as JSON or CSV.
struct LiteLLMCall {
    private let zone: Zone
    private let named: String?

    /// - Parameters:
    ///   - provider: whose the calls are, whatever they say.
    ///   - zone: of times that name none.
    init(provider: String? = nil, zone: Zone) {
        self.zone = zone
        named = provider
    }

    func record(_ row: ImportRow) throws(LineProblem) -> UsageRecord {
        guard let (timePlace, timeValue) = row.first(LiteLLMNames.time) else {
            throw LineProblem("no startTime")
        }
        let time = try RowValues.time(timeValue, name: row.shown(timePlace), zone: zone)
        let isCacheHit = row.text(LiteLLMNames.cacheHit)?.lowercased() == "true"
        var cost: Money?
        if let (place, value) = row.first(LiteLLMNames.cost) {
            cost = try RowValues.cost(value, name: row.shown(place))
        }
        var labels = LiteLLMLabels.read(row)
        if let named { labels.provider = ExportDialect.label(named) }
        guard let model = labels.model else { throw LineProblem("no model") }
        guard model.utf8.count <= Labels.valueLimit else {
            throw LineProblem("the model is longer than \(Labels.valueLimit) bytes")
        }
        var tokens = try Self.tokens(row)
        if let name = tokens.outOfRange { throw LineProblem("\(name) is more than \(TokenCounts.limit)") }
        if isCacheHit {
            // The proxy answered by itself: no provider counted these tokens, and nobody pays for them.
            labels.tags["cache_hit_tokens"] = "\(tokens.total)"
            tokens = TokenCounts()
            cost = .zero
        }
        let message = row.text(LiteLLMNames.error)
        let status = row.text(LiteLLMNames.status)
        let outcome = status.map { CallEnding.outcome($0) } ?? (message == nil ? .success : .error)
        let failure = [message, row.text(LiteLLMNames.errorClass)].compactMap(\.self).joined(separator: " ")
        return UsageRecord(
            identity: try identity(row, time: time, isCacheHit: isCacheHit), growth: .later, time: time, labels: labels,
            tokens: tokens, terms: try Self.terms(row), reportedCost: cost,
            durationMilliseconds: duration(row, from: time), firstTokenMilliseconds: firstToken(row, from: time),
            outcome: outcome, errorKind: outcome == .success ? nil : ErrorKind.classify(failure))
    }

    private func identity(_ row: ImportRow, time: Timestamp, isCacheHit: Bool) throws(LineProblem) -> CallIdentity {
        let call = row.text(LiteLLMNames.callId)
        guard let id = row.text(LiteLLMNames.id) else {
            throw LineProblem("no id, request_id or litellm_call_id")
        }
        guard id.utf8.count <= Labels.valueLimit, call?.utf8.count ?? 0 <= Labels.valueLimit else {
            throw LineProblem("the id is longer than \(Labels.valueLimit) bytes")
        }
        // An answer from the cache carries the id of the call that once was paid for, which it must not replace.
        if isCacheHit, !id.contains("cache_hit") {
            return CallIdentity(key: "litellm/\(id)/cache_hit/\(call ?? "\(time.milliseconds)")")
        }
        return .foreign(id, scope: "litellm")
    }

    /// `prompt_tokens` includes what the cache gave and took; more than the whole can't be in it.
    private static func tokens(_ row: ImportRow) throws(LineProblem) -> TokenCounts {
        func count(_ names: Names) throws(LineProblem) -> Int64? { try row.count(names) }
        let total = try count(LiteLLMNames.total)
        let completion = try count(LiteLLMNames.completion)
        let prompt = try count(LiteLLMNames.prompt) ?? total.map { max(0, $0 - (completion ?? 0)) } ?? 0
        var tokens = TokenCounts(output: completion ?? total.map { max(0, $0 - prompt) } ?? 0)
        tokens.cacheRead = try count(LiteLLMNames.cacheRead) ?? 0
        tokens.cacheWrite1h = try count(LiteLLMNames.cacheWrite1h) ?? 0
        tokens.cacheWrite5m = max(
            try count(LiteLLMNames.cacheWrite5m) ?? 0,
            (try count(LiteLLMNames.cacheWrite) ?? 0) - tokens.cacheWrite1h)
        let cached = tokens.cacheRead + tokens.cacheWrite
        tokens.input = cached <= prompt ? prompt - cached : prompt
        tokens.reasoning = try count(LiteLLMNames.reasoning) ?? 0
        return tokens
    }

    private static func terms(_ row: ImportRow) throws(LineProblem) -> Terms {
        var terms = Terms()
        terms.tier = row.text(LiteLLMNames.tier).flatMap { Terms.Tier(rawValue: $0.lowercased()) } ?? .standard
        terms.webSearches = try row.count(LiteLLMNames.webSearches) ?? 0
        return terms
    }

    private func duration(_ row: ImportRow, from start: Timestamp) -> Int64? {
        span(row.first(LiteLLMNames.end)?.value, from: start)
            ?? RowValues.milliseconds(row.first(LiteLLMNames.milliseconds)?.value, places: 0)
            ?? RowValues.milliseconds(row.first(LiteLLMNames.seconds)?.value, places: 3)
    }

    /// Without streaming the first token is said to come when the last did, which says nothing.
    private func firstToken(_ row: ImportRow, from start: Timestamp) -> Int64? {
        guard let first = span(row.first(LiteLLMNames.firstToken)?.value, from: start), first > 0,
            first != span(row.first(LiteLLMNames.end)?.value, from: start)
        else { return nil }
        return first
    }

    private func span(_ end: JSON?, from start: Timestamp) -> Int64? {
        guard let end else { return nil }
        do throws(LineProblem) {
            let span = try RowValues.time(end, name: "", zone: zone) - start
            return span.milliseconds >= 0 ? span.milliseconds : nil
        } catch {
            // How long it took is not worth the call.
            return nil
        }
    }
}
