import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

extension HookEvent.Agent: ExpressibleByArgument {}

/// Answers a coding agent's hook.
struct Hook: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer a coding agent's hook: event on standard input, answer on standard output.",
        discussion: """
            What each event does:
              SessionStart                names the session's worker, task, project … from the environment
              UserPromptSubmit            admits the turn and holds money for it; a pause blocks the prompt
              PostToolBatch, PostToolUse  keeps the hold; a pause ends the turn before its next call
              PreToolUse                  Claude Code: a pause ends the turn; a downgrade changes a subagent's model
              BeforeAgent, BeforeModel    Gemini CLI: a pause refuses the call, a downgrade changes its model
              Stop, StopFailure, SessionEnd   settle the turn's hold
            Any other event is let pass without a word.

            Labels come from GOVERNOR_WORKER, _TASK, _PROJECT, _USER, _TEAM and GOVERNOR_TAGS (k=v,k=v), else from the
            event. GOVERNOR_RESERVATION names a hold that its owner (governor exec, a coordinator) settles: the turn
            then makes none of its own. GOVERNOR_SETTLE_ON_STOP=1 leaves settling it to this hook.

            Codex gives the text of a pause to its model instead of ending the turn: run it under governor exec to be
            sure.

            EXAMPLES:
              governor hook UserPromptSubmit < event.json
              governor hook BeforeModel --agent gemini-cli --on-unavailable allow < event.json
              governor init claude-code       puts all of them in place
            """)

    @Argument(help: "The event, such as UserPromptSubmit.") var event: String
    @Option(help: "Whose hook it is: claude-code, codex or gemini-cli.") var agent: HookEvent.Agent = .claudeCode
    @Option(help: "What to answer when no daemon can be reached.") var onUnavailable: OnUnavailable = .pause
    @OptionGroup var connection: Connection

    /// A tool's whole output comes along.
    private static let inputLimit = 64 << 20
    /// A daemon that answers at all does in a thousandth of it.
    private static let patience = Span.seconds(2)

    func run() throws {
        let answer = answer()
        if let complaint = answer.complaint { Terminal.printError(complaint) }
        if let output = answer.output { print(output.line) }
    }

    private func answer() -> HookAnswer {
        let environment = ProcessInfo.processInfo.environment
        let pauses = onUnavailable == .pause
        var problem = "the event is larger than \(Self.inputLimit >> 20) MiB"
        if let input = StandardInput.read(limit: Self.inputLimit) {
            do {
                let event = try HookEvent(agent: agent, name: event, input: input, environment: environment)
                return answer(event, pauses: pauses)
            } catch {
                problem = "the event on standard input is no JSON object: \(error.message) at byte \(error.offset + 1)"
            }
        }
        // Whose it is can't be known, but which event it is was named by the caller.
        let unread = try? HookEvent(agent: agent, name: event, input: Array("{}".utf8), environment: environment)
        return unread?.unavailable(problem, pauses: pauses) ?? HookAnswer(complaint: "governor: \(problem)")
    }

    private func answer(_ event: HookEvent, pauses: Bool) -> HookAnswer {
        guard let question = event.question else { return HookAnswer() }
        do {
            let reply = try connection.ask(timeout: Self.patience, question)
            if let answer = event.answer(to: reply, isSecond: false, pausesWhenUnavailable: pauses) { return answer }
            guard let second = event.secondQuestion else { return HookAnswer() }
            let running = try connection.ask(timeout: Self.patience, second)
            return event.answer(to: running, isSecond: true, pausesWhenUnavailable: pauses) ?? HookAnswer()
        } catch { return event.unavailable("\(error)", pauses: pauses) }
    }
}
