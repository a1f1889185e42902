package import GovernorCore

/// What a hook prints, in its agent's own form. It always exits 0: each of these answers counts only then.
package struct HookAnswer: Hashable, Sendable {
    /// Standard output; nothing at all lets the agent go on.
    package var output: JSON?
    /// Standard error, for whoever reads the agent's log.
    package var complaint: String?

    package init(output: JSON? = nil, complaint: String? = nil) {
        self.output = output
        self.complaint = complaint
    }
}

extension HookEvent {
    /// What a reply means for the agent.
    /// - Returns: nil when the reply says that the hold is gone and `secondQuestion` has not been asked yet.
    package func answer(to reply: JSON, isSecond: Bool, pausesWhenUnavailable: Bool) -> HookAnswer? {
        if let error = Heard.error(reply) {
            if Heard.holdIsGone.contains(error.code) {
                // A turn's hold may have ended by itself, or its hook may run twice: nothing is wrong.
                if moment == .turnEnds { return HookAnswer() }
                if !isSecond, secondQuestion != nil { return nil }
            }
            let why = "the daemon refused the question (\(error.code)): \(error.message)"
            return unavailable(why, pauses: pausesWhenUnavailable)
        }
        switch moment {
        case .sessionBegins, .turnEnds, .other: return HookAnswer()
        case .turnBegins, .betweenCalls, .toolCall, .modelCall: break
        }
        guard let heard = Heard(reply) else {
            return unavailable("the daemon's answer holds no decision", pauses: pausesWhenUnavailable)
        }
        switch heard.kind {
        case .allow: return HookAnswer()
        case .pause: return HookAnswer(output: blocking("governor: paused: \(heard.why)"))
        case .throttle:
            if let rewritten = downgraded(to: heard.model) { return HookAnswer(output: rewritten) }
            guard moment == .turnBegins else { return HookAnswer() }
            // The turn goes on; a person at the agent is told why a coordinator would wait.
            let advice = [heard.why, heard.model.map { "use \($0)" }].compactMap { $0 }.joined(separator: "; ")
            return HookAnswer(output: object(["systemMessage": .string("governor: \(advice)")]))
        }
    }

    /// What the caller has decided for when there is no daemon to ask; said either way.
    package func unavailable(_ why: String, pauses: Bool) -> HookAnswer {
        let said = "governor: \(why); answering \(pauses ? "pause" : "allow") as --on-unavailable says"
        guard pauses else { return HookAnswer(complaint: said) }
        return HookAnswer(output: blocking(said), complaint: said)
    }

    /// Keeps the agent from its next paid call; nil where an event can't.
    private func blocking(_ reason: String) -> JSON? {
        switch (agent, moment) {
        case (.geminiCLI, .turnBegins), (.geminiCLI, .modelCall):
            return object(["decision": .string("deny"), "reason": .string(reason)])
        case (_, .turnBegins): return object(["decision": .string("block"), "reason": .string(reason)])
        case (_, .betweenCalls), (_, .toolCall):
            return object(["continue": .bool(false), "stopReason": .string(reason)])
        case (_, .modelCall), (_, .sessionBegins), (_, .turnEnds), (_, .other): return nil
        }
    }

    /// The call or the subagent with a cheaper model; nil when it has that already, or can't be given it.
    private func downgraded(to model: String?) -> JSON? {
        guard let model, model != labels.model else { return nil }
        switch moment {
        case .modelCall:
            return specific(["llm_request": object(["model": .string(model)])])
        case .toolCall(spawns: true):
            guard let tool, let members = tool.members, let family = ClaudeModel.family(of: model),
                tool["model"]?.string != family
            else { return nil }
            // The whole input is replaced, so the rest of it is given back as it came.
            let kept = members.filter { $0.key != "model" } + [JSON.Member("model", .string(family))]
            return specific(["permissionDecision": .string("allow"), "updatedInput": .object(kept)])
        case .sessionBegins, .turnBegins, .betweenCalls, .toolCall, .turnEnds, .other: return nil
        }
    }

    private func specific(_ members: KeyValuePairs<String, JSON>) -> JSON {
        let all = [JSON.Member("hookEventName", .string(name))] + members.map { JSON.Member($0.key, $0.value) }
        return object(["hookSpecificOutput": .object(all)])
    }

    private func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { JSON.Member($0.key, $0.value) })
    }
}
