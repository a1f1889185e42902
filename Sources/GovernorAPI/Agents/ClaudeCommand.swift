package import GovernorCore

/// Claude Code's command line, as `governor exec` starts it.
package enum ClaudeCommand {
    private static let option = "--max-budget-usd"

    /// Whether the command is Claude Code in print mode without a budget of its own: the only mode that takes one.
    package static func takesBudget(_ command: [String]) -> Bool {
        guard let program = command.first?.split(separator: "/").last, program == "claude" else { return false }
        let arguments = command.dropFirst().prefix { $0 != "--" }
        return arguments.contains { $0 == "-p" || $0 == "--print" }
            && !arguments.contains { $0 == option || $0.hasPrefix(option + "=") }
    }

    /// The command with what is left for it as its own budget, so that it also stops by itself.
    ///
    /// It overshoots by the call that passes the budget (0.0104 spent of 0.005), so this is a second fence behind the
    /// first, never the only one.
    /// - Parameters:
    ///   - remaining: what `reserve` answered, with its own hold already taken off.
    ///   - held: that hold, which is the command's to spend.
    package static func with(remaining: Money, held: Money, _ command: [String]) -> [String] {
        let budget = remaining + held
        guard budget > .zero, let program = command.first else { return command }
        return [program, option, budget.text] + command.dropFirst()
    }
}
