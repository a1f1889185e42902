import GovernorCore

/// OpenAI's costs and usage of completions (`facts/providers.md`).
enum OpenAIReports {
    static func headers(_ key: Secret) -> [(name: String, value: Secret)] {
        [("Authorization", Secret("Bearer \(key.reveal())")), ("accept", Secret("application/json"))]
    }

    static func usageURL(_ base: String, since: CivilDate) -> String {
        "\(base)/v1/organization/usage/completions?\(buckets(since))&group_by=model"
    }

    static func costURL(_ base: String, since: CivilDate) -> String {
        "\(base)/v1/organization/costs?\(buckets(since))&group_by=line_item"
    }

    private static func buckets(_ since: CivilDate) -> String {
        "start_time=\(since.startInUTC.milliseconds / 1000)&bucket_width=1d&limit=31"
    }

    static func usage(_ buckets: [JSON]) throws(ProviderFailure) -> [ProviderReport] {
        try ReportValues.rows(of: buckets, "OpenAI's usage report", start: start) {
            result, day, what throws(ProviderFailure) in
            let whole = try ReportValues.count(result, "input_tokens", in: what)
            let read = try ReportValues.count(result, "input_cached_tokens", in: what)
            let written = try ReportValues.count(result, "input_cache_write_tokens", in: what)
            // The whole input has the cache in it. Each is far below 2^62.
            guard read + written <= whole else {
                throw ProviderFailure(
                    .badAnswer, "\(what): more cached tokens (\(read) and \(written)) than input_tokens (\(whole))")
            }
            let named = result["input_uncached_tokens"].map { !$0.isNull } ?? false
            let input =
                named
                ? try ReportValues.count(result, "input_uncached_tokens", in: what) : whole - read - written
            let output = try ReportValues.count(result, "output_tokens", in: what)
            return ProviderReport(
                provider: .openai, kind: .usage, day: day, model: ReportValues.name(result["model"]),
                tokens: TokenCounts(input: input, output: output, cacheRead: read, cacheWrite5m: written),
                splitsWrites: false, calls: try ReportValues.count(result, "num_model_requests", in: what))
        }
    }

    static func cost(_ buckets: [JSON]) throws(ProviderFailure) -> [ProviderReport] {
        try ReportValues.rows(of: buckets, "OpenAI's cost report", start: start) {
            result, day, what throws(ProviderFailure) in
            try ReportValues.requireDollars(result["amount"]?["currency"], in: what)
            let (model, item) = split(ReportValues.name(result["line_item"]))
            return ProviderReport(
                provider: .openai, kind: .cost, day: day, model: model, item: item,
                cost: try ReportValues.amount(result["amount"]?["value"], isCents: false, in: what))
        }
    }

    /// A line item that begins with a model's name, `gpt-5-2025-08-07, cached input`, is that model's; any other is an item
    /// of its own.
    private static func split(_ item: String) -> (model: String, item: String) {
        let head = item.prefix { $0 != "," }
        let isModel = !head.contains(" ") && ModelName.provider(of: String(head)) == ReportingProvider.openai.rawValue
        return isModel ? (String(head), "") : ("", item)
    }

    private static func start(of day: JSON, _ what: String) throws(ProviderFailure) -> Timestamp {
        // Any second of 146 years: times beyond are no answer to what was asked.
        guard let start = day["start_time"]?.integer, (0...4_611_686_018).contains(start) else {
            throw ProviderFailure(
                .badAnswer, "\(what): start_time must be seconds since 1970; got \(day["start_time"]?.shown ?? "none")")
        }
        return Timestamp(seconds: start)
    }
}
