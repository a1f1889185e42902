import GovernorCore

/// Anthropic's usage and cost reports (`facts/providers.md`).
enum AnthropicReports {
    static func headers(_ key: Secret) -> [(name: String, value: Secret)] {
        [("x-api-key", key), ("anthropic-version", Secret("2023-06-01")), ("accept", Secret("application/json"))]
    }

    static func usageURL(_ base: String, since: CivilDate) -> String {
        "\(base)/v1/organizations/usage_report/messages?\(buckets(since))&group_by%5B%5D=model"
    }

    /// By description, which also tells the model.
    static func costURL(_ base: String, since: CivilDate) -> String {
        "\(base)/v1/organizations/cost_report?\(buckets(since))&group_by%5B%5D=description"
    }

    /// One day's.
    static func agentURL(_ base: String, day: CivilDate) -> String {
        "\(base)/v1/organizations/usage_report/claude_code?starting_at=\(day.text)&limit=1000"
    }

    /// No end, which is today's, still running.
    private static func buckets(_ since: CivilDate) -> String {
        "starting_at=\(ReportPages.encoded(RFC3339.utc(since.startInUTC)))&bucket_width=1d&limit=31"
    }

    static func usage(_ buckets: [JSON]) throws(ProviderFailure) -> [ProviderReport] {
        try ReportValues.rows(of: buckets, "Anthropic's usage report", start: start) {
            result, day, what throws(ProviderFailure) in
            let writes = result["cache_creation"]
            let tokens = TokenCounts(
                input: try ReportValues.count(result, "uncached_input_tokens", in: what),
                output: try ReportValues.count(result, "output_tokens", in: what),
                cacheRead: try ReportValues.count(result, "cache_read_input_tokens", in: what),
                cacheWrite5m: try ReportValues.count(writes, "ephemeral_5m_input_tokens", in: what),
                cacheWrite1h: try ReportValues.count(writes, "ephemeral_1h_input_tokens", in: what))
            return ProviderReport(
                provider: .anthropic, kind: .usage, day: day, model: ReportValues.name(result["model"]), tokens: tokens)
        }
    }

    static func cost(_ buckets: [JSON]) throws(ProviderFailure) -> [ProviderReport] {
        try ReportValues.rows(of: buckets, "Anthropic's cost report", start: start) {
            result, day, what throws(ProviderFailure) in
            try ReportValues.requireDollars(result["currency"], in: what)
            let model = ReportValues.name(result["model"])
            let kind = ReportValues.name(result["cost_type"])
            let item = !model.isEmpty ? "" : kind.isEmpty ? ReportValues.name(result["description"]) : kind
            return ProviderReport(
                provider: .anthropic, kind: .cost, day: day, model: model, item: item,
                cost: try ReportValues.amount(result["amount"], isCents: true, in: what))
        }
    }

    /// - Parameter day: the one that was asked about; each element is one actor's.
    static func agent(_ actors: [JSON], day: CivilDate) throws(ProviderFailure) -> [ProviderReport] {
        let what = "Anthropic's Claude Code report"
        var rows: [ProviderReport] = []
        for actor in actors {
            let payer = ReportValues.name(actor["customer_type"])
            for part in actor["model_breakdown"]?.array ?? [] {
                let (used, cost) = (part["tokens"], part["estimated_cost"])
                let tokens = TokenCounts(
                    input: try ReportValues.count(used, "input", in: what),
                    output: try ReportValues.count(used, "output", in: what),
                    cacheRead: try ReportValues.count(used, "cache_read", in: what),
                    cacheWrite5m: try ReportValues.count(used, "cache_creation", in: what))
                try ReportValues.requireDollars(cost?["currency"], in: what)
                let amount: Money? =
                    if let amount = cost?["amount"], !amount.isNull {
                        try ReportValues.amount(amount, isCents: true, in: what)
                    } else { nil }
                rows.append(
                    ProviderReport(
                        provider: .anthropic, kind: .agent, day: day, model: ReportValues.name(part["model"]),
                        item: payer.isEmpty ? "api" : payer, tokens: tokens, splitsWrites: false, cost: amount))
            }
        }
        return ReportValues.summed(rows)
    }

    private static func start(of day: JSON, _ what: String) throws(ProviderFailure) -> Timestamp {
        guard let text = day["starting_at"]?.string, case .instant(let start)? = RFC3339.read(text.utf8) else {
            throw ProviderFailure(
                .badAnswer, "\(what): starting_at must be a time; got \(day["starting_at"]?.shown ?? "none")")
        }
        return start
    }
}
