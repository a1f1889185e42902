import GovernorCore

/// A log record that may be about a call, and who sent it.
struct TelemetryCall {
    let log: TelemetryLog
    let who: TelemetryIdentity
    /// The event's name, wherever it stood: attribute, field or body.
    let name: String

    init(_ log: TelemetryLog, _ origin: TelemetryOrigin) {
        self.log = log
        who = TelemetryIdentity(log.attributes, origin)
        name = log.attributes.text("event.name") ?? (log.eventName.isEmpty ? log.body : log.eventName)
    }

    /// - Returns: nil when it is about no call.
    /// - Throws: when it is, and can't be booked.
    func record() throws(LineProblem) -> UsageRecord? {
        switch name {
        case "codex.sse_event", "codex.api_request": return try CodexEvents.record(self)
        case "gemini_cli.api_response", "gemini_cli.api_error": return try GeminiEvents.record(self)
        default:
            let isClaude = who.sender == .claudeCode || log.body.hasPrefix("claude_code.")
            if name.hasPrefix("claude_code.") { return try ClaudeCodeEvents.record(self, name.dropFirst(12)) }
            return isClaude ? try ClaudeCodeEvents.record(self, name[...]) : try GenAIUsage.record(self)
        }
    }

    var attributes: TelemetryAttributes { log.attributes }

    /// When the event was; Codex tells it in an attribute alone. nil when nothing says.
    var time: Timestamp? {
        if let time = Timestamp(nanoseconds: log.time) { return time }
        if case .instant(let time)? = attributes.text("event.timestamp").flatMap({ RFC3339.read($0.utf8) }) {
            return time
        }
        return Timestamp(nanoseconds: log.observed)
    }

    /// Who a call is. One that has no id of its own is known by its place in a session, its time and its size.
    ///
    /// - Parameters:
    ///   - own: its own, where it has one.
    ///   - place: what the sender counts or names its calls by, where it does.
    /// - Throws: when it has neither an id nor a time; then two calls could not be told apart.
    func identity(
        _ own: CallIdentity? = nil, place: String?, _ tokens: TokenCounts
    ) throws(LineProblem) -> CallIdentity {
        if let own { return own }
        guard let time else { throw LineProblem("neither an id of the call nor a time") }
        let parts = [
            who.labels.session ?? "", LineText.label(place) ?? "", "\(time.milliseconds)", "\(tokens.input)",
            "\(tokens.output)", "\(tokens.cacheRead)", "\(tokens.cacheWrite)",
        ]
        return CallIdentity(key: "telemetry/" + parts.joined(separator: "/"))
    }

    /// A call that failed: no tokens, but a call, which rules on errors want to see.
    ///
    /// - Parameters:
    ///   - identity: where it has one of its own.
    ///   - words: what went wrong, in whatever words there are.
    /// - Returns: nil when it doesn't say whose it is: no spend, so nothing to complain of.
    func failure(
        _ identity: CallIdentity?, place: String?, model: String?, words: [String?]
    ) throws(LineProblem) -> UsageRecord? {
        guard let model, who.session != nil else { return nil }
        let tokens = TokenCounts()
        var record = try UsageRecord(
            try self.identity(identity, place: place, tokens), who, kind: .telemetry, model: model, time: time,
            tokens: tokens)
        record.outcome = .error
        record.errorKind = ErrorKind.classify(words.compactMap { $0 }.joined(separator: " ").prefix(2000))
        record.durationMilliseconds = attributes.milliseconds("duration_ms")
        return record
    }
}
