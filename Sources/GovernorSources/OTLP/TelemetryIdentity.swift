import GovernorCore

/// Who an item of telemetry is about, from its own attributes and those of its resource; its own go first.
struct TelemetryIdentity {
    /// Whose conventions it follows.
    enum Sender {
        case claudeCode, codex, gemini
        /// Anybody else, who may follow the GenAI conventions.
        case other
    }

    let sender: Sender
    /// The session that it names itself; nil when it names none.
    let session: String?
    /// What stands for a session where none is named: the service's instance, else the service.
    let standIn: String?
    /// Everything but model and provider.
    let labels: Labels

    init(_ attributes: TelemetryAttributes, _ origin: TelemetryOrigin) {
        func text(_ names: String...) -> String? {
            for name in names {
                if let text = attributes.text(name) ?? origin.resource.text(name) { return LineText.label(text) }
            }
            return nil
        }
        sender = Self.sender(origin)
        session = text("session.id", "conversation.id", "gen_ai.conversation.id", "session")
        standIn = text("service.instance.id", "service.name")
        // What `governor exec` sets in OTEL_RESOURCE_ATTRIBUTES, by the names of labels, before what agents say themselves.
        var labels = Labels()
        labels.session = session ?? standIn
        labels.worker = text("worker")
        labels.task = text("task")
        labels.project = text("project")
        labels.team = text("team", "team.id")
        labels.user = text("user", "user.email", "user.id")
        labels.tags[Reservation.tag] = text(Reservation.tag)
        labels.tags["agent"] = text("agent.name", "gen_ai.agent.name")
        self.labels = labels
    }

    /// What is told of the session as a whole; nil when nothing is.
    var ofSession: Labels? {
        var labels = labels
        labels.session = nil
        labels.tags["agent"] = nil
        return labels == Labels() ? nil : labels
    }

    /// Told by the names that agents give their services and scopes; either may have been renamed on the way.
    private static func sender(_ origin: TelemetryOrigin) -> Sender {
        let service = (origin.resource.text("service.name") ?? "").lowercased()
        if service == "claude-code" || origin.scope.hasPrefix("com.anthropic.claude_code") { return .claudeCode }
        if service == "gemini-cli" || origin.scope == "gemini-cli" { return .gemini }
        if service.hasPrefix("codex") || origin.scope.hasPrefix("codex") { return .codex }
        return .other
    }
}

extension UsageRecord {
    /// A record of telemetry, labelled and dated.
    ///
    /// - Parameters:
    ///   - model: as the sender names it.
    ///   - time: nil when the sender names none; it is then the time of its arrival.
    /// - Throws: when there is no model, or it is too long to keep.
    init(
        _ identity: CallIdentity, _ who: TelemetryIdentity, kind: SourceKind, model: String?, time: Timestamp?,
        tokens: TokenCounts
    ) throws(LineProblem) {
        guard let model else { throw LineProblem("no model") }
        guard model.utf8.count <= Labels.valueLimit else {
            throw LineProblem("model is longer than \(Labels.valueLimit) bytes")
        }
        var labels = who.labels
        labels.source = kind.rawValue
        labels.model = model
        self.init(
            identity: identity, growth: .larger, time: time ?? Timestamp(milliseconds: 0), labels: labels,
            tokens: tokens)
        timeIsArrival = time == nil
    }
}

extension Timestamp {
    /// - Returns: nil for 0, which is no time.
    init?(nanoseconds: UInt64) {
        guard nanoseconds > 0 else { return nil }
        self.init(milliseconds: Int64(nanoseconds / 1_000_000))
    }
}

extension TokenCounts {
    /// What is left of a prompt that was counted whole when its cached parts are taken out. One smaller than they are
    /// was counted without them already.
    static func uncached(_ prompt: Int64, without cached: Int64) -> Int64 { cached > prompt ? prompt : prompt - cached }
}
