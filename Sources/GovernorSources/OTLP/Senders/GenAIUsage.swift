import GovernorCore

/// Usage by OpenTelemetry's conventions for generative AI: `gen_ai.usage.*` on spans and log events.
///
/// Input includes what the cache gave and took, output the reasoning (`facts/otlp.md`). Claude Code, Codex and Gemini CLI
/// are passed over here: what they tell by these conventions they tell better by events of their own, without an id that
/// would join the two.
enum GenAIUsage {
    static func record(_ call: TelemetryCall) throws(LineProblem) -> UsageRecord? {
        guard call.who.sender == .other, let tokens = try tokens(call.attributes) else { return nil }
        let record = try UsageRecord(
            try call.identity(identity(call.attributes), place: nil, tokens), call.who, kind: .telemetry,
            model: model(call.attributes), time: call.time, tokens: tokens)
        return finished(record, call.attributes, failed: call.attributes.text("error.type"))
    }

    static func record(_ span: TelemetrySpan, _ who: TelemetryIdentity) throws(LineProblem) -> UsageRecord? {
        let attributes = span.attributes
        let operation = attributes.text("gen_ai.operation.name")
        guard who.sender == .other, operation.map({ !wholes.contains($0) }) ?? true else { return nil }
        let usage = try tokens(attributes)
        // A call that failed has no usage, but is one.
        let isFailedCall = span.isError && operation.map { calls.contains($0) } == true && model(attributes) != nil
        guard let tokens = usage ?? (isFailedCall ? TokenCounts() : nil) else { return nil }
        guard !span.id.isEmpty || identity(attributes) != nil else {
            throw LineProblem("neither a spanId nor a response's id")
        }
        // The span's end is when the response was there, as the time of events is.
        var record = try UsageRecord(
            identity(attributes) ?? CallIdentity(key: "traces/\(span.trace.prefix(64))/\(span.id.prefix(64))"), who,
            kind: .traces, model: model(attributes), time: Timestamp(nanoseconds: max(span.end, span.start)),
            tokens: tokens)
        if span.end > span.start, span.start > 0 {
            record.durationMilliseconds = Int64((span.end - span.start) / 1_000_000)
        }
        let failed = attributes.text("error.type") ?? (span.isError ? "" : nil)
        return finished(record, attributes, failed: failed.map { "\($0) \(span.message)" })
    }

    /// Operations that are made of others, or call no model: their usage, where they have any, is the sum of their parts'.
    private static let wholes: Set<String> = [
        "invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "plan", "retrieval",
    ]
    private static let calls: Set<String> = ["chat", "text_completion", "generate_content"]

    /// - Returns: nil when there is no usage.
    private static func tokens(_ attributes: TelemetryAttributes) throws(LineProblem) -> TokenCounts? {
        // The second names are those of older conventions and of instrumentations that came before them.
        let input = try attributes.count(["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"])
        let output = try attributes.count(["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"])
        guard input != nil || output != nil else { return nil }
        let read = try attributes.count([
            "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        ])
        let written = try attributes.count([
            "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
        ])
        let reasoning = try attributes.count([
            "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        ])
        return TokenCounts(
            input: TokenCounts.uncached(input ?? 0, without: (read ?? 0) + (written ?? 0)), output: output ?? 0,
            cacheRead: read ?? 0, cacheWrite5m: written ?? 0, reasoning: reasoning ?? 0)
    }

    /// What answered is what is billed; it may be another model than was asked.
    static func model(_ attributes: TelemetryAttributes) -> String? {
        attributes.text(["gen_ai.response.model", "gen_ai.request.model"])
    }

    /// The provider as the price book names it, where the model's name doesn't tell already.
    static func provider(_ attributes: TelemetryAttributes, model: String?) -> String? {
        guard model.flatMap({ ModelName.provider(of: $0) }) == nil,
            let name = attributes.text(["gen_ai.provider.name", "gen_ai.system"])?.lowercased()
        else { return nil }
        for known in ["anthropic", "openai"] where name.contains(known) { return known }
        if ["gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "gemini", "vertex_ai"].contains(name) { return "gemini" }
        // A marketplace, not a maker.
        return name == "aws.bedrock" ? nil : LineText.label(name)
    }

    private static func identity(_ attributes: TelemetryAttributes) -> CallIdentity? {
        guard let id = attributes.text("gen_ai.response.id"), id.utf8.count <= Labels.valueLimit else { return nil }
        return .foreign(id, scope: "gen_ai")
    }

    /// - Parameter failed: what went wrong; nil when nothing did.
    private static func finished(
        _ record: UsageRecord, _ attributes: TelemetryAttributes, failed: String?
    ) -> UsageRecord {
        var record = record
        record.labels.provider = provider(attributes, model: record.labels.model)
        let tier = attributes.text([
            "openai.response.service_tier", "gen_ai.openai.response.service_tier", "openai.request.service_tier",
            "gen_ai.openai.request.service_tier",
        ])
        record.terms.tier = tier.flatMap { Terms.Tier(rawValue: $0) } ?? .standard
        if let failed {
            record.outcome = .error
            record.errorKind = ErrorKind.classify(failed.prefix(2000))
        }
        return record
    }
}
