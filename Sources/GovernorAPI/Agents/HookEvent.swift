package import GovernorCore

/// One event of a coding agent, as its hook is told of it (`facts/claude-code.md`), and what it means for the budget.
///
/// The same three steps for every agent: `question` is asked of the daemon, `secondQuestion` when the hold that the first
/// one is about is not there, and `answer(to:)` turns the reply into what the agent understands.
package struct HookEvent: Sendable {
    package enum Agent: String, CaseIterable, Sendable {
        case claudeCode = "claude-code"
        case codex
        case geminiCLI = "gemini-cli"
    }

    /// What an event is to the budget.
    package enum Moment: Hashable, Sendable {
        /// A session is named; nothing can be blocked.
        case sessionBegins
        /// A prompt asks for a turn: the one point where work is admitted.
        case turnBegins
        /// Tools have run; the next call of the model is about to be paid for.
        case betweenCalls
        /// A tool is about to run; with `true` it is one that starts a subagent.
        case toolCall(spawns: Bool)
        /// A call of the model itself.
        case modelCall
        case turnEnds
        /// Nothing that governs.
        case other
    }

    package let agent: Agent
    package let name: String
    package let moment: Moment
    /// Whose work it is: the environment, else the event.
    package let labels: Labels
    /// The hold of whoever started this work, from the environment.
    let reservation: String?
    /// The turn's own hold, made by its first event and found again by the others.
    let key: String?
    let settlesReservation: Bool
    let tool: JSON?

    /// - Parameters:
    ///   - name: the event; `hook_event_name` when the caller's is empty.
    ///   - input: the event's JSON, of which only the fields that are needed are read.
    /// - Throws: when the input is no JSON object.
    package init(
        agent: Agent, name: String, input: [UInt8], environment: [String: String]
    ) throws(JSONReader.Failure) {
        let members = try JSONSpans.members(of: input)
        func field(_ key: String) -> JSON? {
            members.last { $0.key == key }.flatMap { try? JSONReader.read(input[$0.value], depthLimit: 64) }
        }
        func text(_ key: String) -> String? { field(key)?.string.flatMap { $0.isEmpty ? nil : $0 } }
        self.agent = agent
        self.name = name
        let toolName = text("tool_name")
        moment = Self.moment(agent, name, tool: toolName)
        reservation = environment.text(WorkEnvironment.reservation)
        settlesReservation = environment[WorkEnvironment.settleOnStop] == "1"
        let session = text("session_id")
        let turn = text("prompt_id") ?? text("turn_id")
        key = session.flatMap { session in turn.map { "\(agent.rawValue)/\(session)/\($0)" } }
        tool = if case .toolCall(spawns: true) = moment { field("tool_input") } else { nil }

        var labels = WorkEnvironment.labels(environment)
        // What the agent calls its session is what its records carry; a coordinator's own name for it is not.
        labels.session = session ?? labels.session
        labels.project = labels.project ?? text("cwd").flatMap { $0.split(separator: "/").last.map(String.init) }
        if let tool {
            labels.model = tool["model"]?.string.flatMap { ClaudeModel.named($0, environment: environment) }
        } else if moment == .modelCall {
            labels.model = field("llm_request")?["model"]?.string
        } else {
            labels.model = text("model")
        }
        self.labels = labels.cut
    }

    private static func moment(_ agent: Agent, _ name: String, tool: String?) -> Moment {
        switch (agent, name) {
        case (_, "SessionStart"): .sessionBegins
        case (.geminiCLI, "BeforeAgent"): .turnBegins
        case (.geminiCLI, "BeforeModel"): .modelCall
        case (.geminiCLI, _): .other
        case (_, "UserPromptSubmit"): .turnBegins
        // Codex tells of each tool, Claude Code of all that one call asked for.
        case (_, "PostToolBatch"), (.codex, "PostToolUse"): .betweenCalls
        // A refused tool makes Codex pay for another call, and it knows no other answer here: the next event stops it.
        case (.claudeCode, "PreToolUse"): .toolCall(spawns: tool == "Agent" || tool == "Task")
        case (_, "Stop"), (_, "StopFailure"), (_, "SessionEnd"): .turnEnds
        default: .other
        }
    }

    // MARK: Questions

    /// Seconds a turn's hold lasts unless it is extended: a turn without a tool for so long has been given up.
    private static let turnTTL: Int64 = 900

    /// What to ask the daemon; nil when the event is none of our business.
    package var question: [UInt8]? {
        switch moment {
        case .sessionBegins: return naming
        case .turnBegins:
            if reservation != nil { return runningCheck }
            guard let key else { return request("check") { _ in } }
            return request("reserve") { json in
                json.field("key", key)
                json.field("ttl_s", Self.turnTTL)
            }
        case .betweenCalls:
            guard reservation == nil, let key else { return runningCheck }
            return bare("extend") { json in
                json.field("key", key)
                json.field("ttl_s", Self.turnTTL)
            }
        case .toolCall, .modelCall: return runningCheck
        case .turnEnds:
            if let reservation {
                // It is its owner's, who settles it when the process ends, unless that was left to us.
                return settlesReservation ? bare("settle") { $0.field("reservation", reservation) } : nil
            }
            return key.map { key in bare("settle") { $0.field("key", key) } }
        case .other: return nil
        }
    }

    /// What to ask when the hold is not there: it ended, or was never made.
    package var secondQuestion: [UInt8]? {
        switch moment {
        case .turnBegins, .betweenCalls: runningCheck
        case .sessionBegins, .toolCall, .modelCall, .turnEnds, .other: nil
        }
    }

    /// May work go on that runs already.
    private var runningCheck: [UInt8] {
        request("check") { json in
            json.field("running", true)
            json.field("reservation", ifPresent: reservation)
        }
    }

    /// Who the session's records are of; nil when there is nothing to say.
    private var naming: [UInt8]? {
        // Models and sources are a record's own; a session's name may not overwrite them.
        var names = labels
        names.session = nil
        names.model = nil
        names.provider = nil
        guard let session = labels.session, names != Labels() || reservation != nil else { return nil }
        return bare("label") { json in
            json.field("session", session)
            json.labels(names)
            json.field("reservation", ifPresent: reservation)
        }
    }

    private func request(_ operation: String, _ more: (inout JSONWriter) -> Void) -> [UInt8] {
        bare(operation) { json in
            json.labels(labels)
            more(&json)
        }
    }

    private func bare(_ operation: String, _ more: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("op", operation)
            more(&json)
        }
        return json.bytes
    }
}

extension Labels {
    /// With every value cut to what the door takes: a folder's long name must not cost the work its turn.
    fileprivate var cut: Labels {
        var labels = self
        for name in LabelName.allCases { labels[name] = labels[name].map { $0.cut(toBytes: Self.valueLimit) } }
        labels.tags = labels.tags.mapValues { $0.cut(toBytes: Self.valueLimit) }
        return labels
    }
}
