import GovernorAPI
import GovernorCore
import Testing

/// What hooks ask and answer; the exact forms are `facts/claude-code.md`'s and the other agents' own.
@Suite struct HookTests {
    private typealias Agent = HookEvent.Agent

    private static let input =
        #"{"session_id":"s-9","cwd":"/home/dev/shop","prompt_id":"p-1","prompt":"say \u0000 hi","tool_name":"Bash"}"#
    private static let spawn = """
        {"session_id":"s-9","cwd":"/home/dev/shop","prompt_id":"p-1","tool_name":"Agent","tool_input":\
        {"description":"d","model":"opus","prompt":"look"}}
        """
    private static let call = #"{"session_id":"s-9","llm_request":{"model":"gemini-3-pro","messages":[]}}"#

    private func event(
        _ name: String, _ input: String = input, agent: Agent = .claudeCode, _ environment: [String: String] = [:]
    ) throws -> HookEvent {
        try HookEvent(agent: agent, name: name, input: Array(input.utf8), environment: environment)
    }

    private func question(_ event: HookEvent) -> String? { event.question.map { String(decoding: $0, as: UTF8.self) } }

    private func answer(_ event: HookEvent, _ reply: String) throws -> String? {
        let answer = event.answer(to: try JSONReader.read(reply.utf8), isSecond: false, pausesWhenUnavailable: true)
        return answer.map { $0.output.map(\.oneLine) ?? "" }
    }

    // MARK: Questions

    @Test func `a session is named after the environment and its folder`() throws {
        let event = try event(
            "SessionStart",
            [
                "GOVERNOR_WORKER": "w-1", "GOVERNOR_TAGS": "a=b,c=d%2Ce", "GOVERNOR_SESSION": "mine",
                "GOVERNOR_RESERVATION": "r-1",
            ])
        #expect(
            question(event) == """
                {"op":"label","session":"s-9","worker":"w-1","project":"shop","tags":{"a":"b","c":"d,e"},"reservation":"r-1"}
                """)
    }

    private func event(_ name: String, _ environment: [String: String]) throws -> HookEvent {
        try event(name, Self.input, agent: .claudeCode, environment)
    }

    @Test func `a turn is admitted with a hold of its own`() throws {
        #expect(
            question(try event("UserPromptSubmit")) == """
                {"op":"reserve","session":"s-9","project":"shop","key":"claude-code/s-9/p-1","ttl_s":900}
                """)
    }

    @Test func `a turn under a reservation makes none of its own and ends none`() throws {
        let environment = ["GOVERNOR_RESERVATION": "r-1", "GOVERNOR_WORKER": "w-1"]
        let check = """
            {"op":"check","worker":"w-1","session":"s-9","project":"shop","running":true,"reservation":"r-1"}
            """
        #expect(question(try event("UserPromptSubmit", environment)) == check)
        #expect(question(try event("PostToolBatch", environment)) == check)
        for name in ["Stop", "StopFailure", "SessionEnd"] { #expect(try event(name, environment).question == nil) }
    }

    @Test func `a hold that is left to the hook is settled by it`() throws {
        let event = try event("Stop", ["GOVERNOR_RESERVATION": "r-1", "GOVERNOR_SETTLE_ON_STOP": "1"])
        #expect(question(event) == #"{"op":"settle","reservation":"r-1"}"#)
    }

    @Test func `between calls the turn's hold is kept, and settled at its end`() throws {
        #expect(
            question(try event("PostToolBatch")) == #"{"op":"extend","key":"claude-code/s-9/p-1","ttl_s":900}"#)
        for name in ["Stop", "StopFailure", "SessionEnd"] {
            #expect(question(try event(name)) == #"{"op":"settle","key":"claude-code/s-9/p-1"}"#)
        }
    }

    @Test func `an event that governs nothing asks nothing`() throws {
        for name in ["Notification", "PreCompact", "SubagentStop", "PostToolUse", "Whatever"] {
            #expect(try event(name).question == nil)
        }
    }

    @Test(arguments: ["", "[]", "{", #"{"a":1"#, #"{"a":1} x"#, #"{"a" 1}"#])
    func `what is no object is an error`(input: String) {
        #expect(throws: JSONReader.Failure.self) { try event("Stop", input) }
    }

    @Test func `a tool's output that no reader takes does not matter`() throws {
        let input = #"{"session_id":"s-9","tool_calls":[{"tool_response":"\u0000 \ud800"}],"prompt_id":"p-1"}"#
        #expect(question(try event("PostToolBatch", input))?.contains("claude-code/s-9/p-1") == true)
    }

    // MARK: Answers

    private static let paused = #"{"decision":"pause","reasons":[{"budget":"b","text":"all is spent"}]}"#

    @Test(arguments: [
        (Agent.claudeCode, "UserPromptSubmit", #"{"decision":"block","reason":"governor: paused: all is spent"}"#),
        (.claudeCode, "PostToolBatch", #"{"continue":false,"stopReason":"governor: paused: all is spent"}"#),
        (.claudeCode, "PreToolUse", #"{"continue":false,"stopReason":"governor: paused: all is spent"}"#),
        (.codex, "UserPromptSubmit", #"{"decision":"block","reason":"governor: paused: all is spent"}"#),
        (.codex, "PostToolUse", #"{"continue":false,"stopReason":"governor: paused: all is spent"}"#),
        (.geminiCLI, "BeforeAgent", #"{"decision":"deny","reason":"governor: paused: all is spent"}"#),
        (.geminiCLI, "BeforeModel", #"{"decision":"deny","reason":"governor: paused: all is spent"}"#),
    ])
    private func `a pause is told in the agent's own form`(agent: Agent, name: String, expected: String) throws {
        #expect(try answer(try event(name, Self.input, agent: agent), Self.paused) == expected)
    }

    @Test func `a session's start and end block nothing`() throws {
        for name in ["SessionStart", "Stop"] { #expect(try answer(try event(name), Self.paused) == "") }
    }

    @Test func `allow is silence`() throws {
        for name in ["UserPromptSubmit", "PostToolBatch", "PreToolUse"] {
            #expect(try answer(try event(name), #"{"decision":"allow","reasons":[]}"#) == "")
        }
    }

    @Test func `a throttle is said when a turn begins and nowhere else`() throws {
        let slower = #"{"decision":"throttle","delay_s":3,"reasons":[{"budget":"b","text":"half is gone"}]}"#
        #expect(try answer(try event("UserPromptSubmit"), slower) == #"{"systemMessage":"governor: half is gone"}"#)
        #expect(try answer(try event("PostToolBatch"), slower) == "")
        #expect(try answer(try event("PreToolUse"), slower) == "")
    }

    @Test func `a downgrade changes a subagent's model and nothing else of it`() throws {
        let reply = #"{"decision":"throttle","model":"claude-haiku-4-5","reasons":[]}"#
        #expect(
            try answer(try event("PreToolUse", Self.spawn), reply) == """
                {"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow","updatedInput":\
                {"description":"d","prompt":"look","model":"haiku"}}}
                """)
        // A model that the Agent tool has no word for, and one that it has already.
        #expect(
            try answer(try event("PreToolUse", Self.spawn), reply.replacing("claude-haiku-4-5", with: "gpt-5")) == "")
        let same = Self.spawn.replacing("opus", with: "haiku")
        #expect(try answer(try event("PreToolUse", same), reply) == "")
        #expect(try answer(try event("PreToolUse"), reply) == "")
    }

    @Test func `a subagent's family is asked about by its newest model`() throws {
        #expect(question(try event("PreToolUse", Self.spawn))?.contains(#""model":"claude-opus-"#) == true)
        let chosen = try event("PreToolUse", Self.spawn, agent: .claudeCode, ["ANTHROPIC_DEFAULT_OPUS_MODEL": "mine"])
        #expect(question(chosen)?.contains(#""model":"mine""#) == true)
    }

    @Test func `Gemini's call is asked about by its model, and can be given another`() throws {
        let event = try event("BeforeModel", Self.call, agent: .geminiCLI)
        #expect(question(event) == #"{"op":"check","session":"s-9","model":"gemini-3-pro","running":true}"#)
        #expect(
            try answer(event, #"{"decision":"throttle","model":"gemini-3-flash","reasons":[]}"#) == """
                {"hookSpecificOutput":{"hookEventName":"BeforeModel","llm_request":{"model":"gemini-3-flash"}}}
                """)
    }

    // MARK: Holds that are gone, daemons that are away

    @Test(arguments: ["not_found", "already_settled", "already_released", "expired", "key_reused"])
    func `a hold that is gone is asked about once more, and settled in silence`(code: String) throws {
        let reply = #"{"error":{"code":"\#(code)","message":"gone"}}"#
        for name in ["UserPromptSubmit", "PostToolBatch"] {
            let event = try event(name)
            #expect(try answer(event, reply) == nil)
            #expect(
                event.secondQuestion.map { String(decoding: $0, as: UTF8.self) }
                    == #"{"op":"check","session":"s-9","project":"shop","running":true}"#)
        }
        #expect(try answer(try event("Stop"), reply) == "")
    }

    @Test func `an error that is not about the hold counts as no daemon`() throws {
        let reply = #"{"error":{"code":"unknown_op","message":"there is no operation"}}"#
        #expect(
            try answer(try event("UserPromptSubmit"), reply) == """
                {"decision":"block","reason":"governor: the daemon refused the question (unknown_op): there is no operation; \
                answering pause as --on-unavailable says"}
                """)
    }

    @Test func `without a daemon the caller's word counts, and is said`() throws {
        let event = try event("PostToolBatch")
        let paused = event.unavailable("no daemon", pauses: true)
        #expect(paused.output?["continue"] == .bool(false))
        #expect(paused.complaint == "governor: no daemon; answering pause as --on-unavailable says")
        let allowed = event.unavailable("no daemon", pauses: false)
        #expect(allowed.output == nil && allowed.complaint?.contains("answering allow") == true)
        #expect(try self.event("Stop").unavailable("no daemon", pauses: true).output == nil)
    }
}

extension JSON {
    fileprivate var oneLine: String {
        var json = JSONWriter()
        json.value(self)
        return json.text
    }
}
