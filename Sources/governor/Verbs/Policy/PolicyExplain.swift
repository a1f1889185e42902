import ArgumentParser
import GovernorAPI
import GovernorCore

/// Shows why work may do what it may.
struct PolicyExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show why work may start or not, and what would happen next.",
        discussion: """
            Asks the running daemon. Every budget and rule that is about the work, what is spent, held and left, and \
            what each threshold does; last those that are not about it, with the reason.

            EXAMPLES:
              governor policy explain --worker w-1 --model claude-opus-5
              governor policy explain --session s-9 --estimate-usd 0.50 --json
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Dollars the work is about to spend.") var estimateUsd: String?
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let labels = try labels.labels()
        let estimate = try estimateUsd.map { text in
            guard let money = Money(dollars: text) else {
                throw ValidationError("--estimate-usd takes a number; got \(text)")
            }
            return money
        }
        let answer: JSON
        do {
            answer = try connection.ask(timeout: .seconds(30)) { json in
                json.field("op", "explain")
                json.labels(labels)
                if let estimate { json.field("estimate_usd", estimate) }
            }
        } catch {
            Terminal.printError("governor: \(error); start one with: governor run")
            throw ExitCode.unavailable
        }
        if let message = answer["error"]?["message"]?.string {
            Terminal.printError("governor: \(message)")
            throw ExitCode.badUsage
        }
        print(json ? answer.line : Self.text(answer))
    }

    private static func text(_ answer: JSON) -> String {
        let items = answer["items"]?.array ?? []
        let applying = items.filter { $0["applies"]?.bool == true }
        let others = items.filter { $0["applies"]?.bool != true }
        var parts = [decision(answer["check"] ?? .null)]
        if applying.isEmpty { parts.append("No budget and no rule is about this work.") }
        parts += applying.map(explained)
        if !others.isEmpty {
            let lines = others.map { "  \(Terminal.safe($0["text"]?.text ?? ""))" }
            parts.append(Terminal.colored("Not about this work:", .dim) + "\n" + lines.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    private static func decision(_ check: JSON) -> String {
        let word = check["decision"]?.text ?? ""
        let color: Terminal.Color = word == "allow" ? .green : word == "pause" ? .red : .yellow
        var lines = [
            Terminal.colored(check["stop"]?.bool == true ? "\(word), and running work must stop" : word, color)
        ]
        if let would = check["would"]?.string { lines[0] += " (it would be \(would), were nothing only observing)" }
        for key in ["reasons", "would_reasons"] {
            lines += (check[key]?.array ?? []).compactMap { $0["text"]?.string }.map { "  \(Terminal.safe($0))" }
        }
        let caveats = (check["caveats"]?.array ?? []) + (check["stale"]?.array ?? [])
        lines += caveats.map { "  note: \(Terminal.safe($0.text))" }
        return lines.joined(separator: "\n")
    }

    private static func explained(_ item: JSON) -> String {
        let observes = item["mode"]?.string == "observe" ? " (only observing)" : ""
        var lines = [Terminal.safe(item["text"]?.text ?? "") + observes]
        if let override = item["override"] {
            lines.append(
                "  the limit is another until \(override["until"]?.text ?? ""): \(override["reason"]?.text ?? "")")
        }
        for step in item["next"]?.array ?? [] {
            let mark = step["firing"]?.bool == true ? "●" : step["reached"]?.bool == true ? "◐" : "○"
            let action = Terminal.safe(step["action"]?.text ?? "")
            guard let threshold = step["threshold"]?.string else {
                lines.append("  \(mark) while it holds: \(action)")
                continue
            }
            let at = step["at_usd"]?.money?.dollarText ?? (step["at_tokens"] ?? step["at_calls"])?.text
            lines.append("  \(mark) at \(threshold)\(at.map { ", which is \($0)" } ?? ""): \(action)")
        }
        return lines.joined(separator: "\n")
    }
}

/// Has the daemon read its policy files again.
struct PolicyReload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Have the daemon read its policy files again.",
        discussion: """
            It does so by itself when a file changes. Exit 65 when the files have an error: the old policy stays.

            EXAMPLE:
              governor policy reload
            """)

    @OptionGroup var connection: Connection
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let answer: JSON
        do { answer = try connection.ask(timeout: .seconds(60)) { $0.field("op", "reload") } } catch {
            Terminal.printError("governor: \(error); start one with: governor run")
            throw ExitCode.unavailable
        }
        if json { print(answer.line) }
        if let problem = answer["policy_error"]?.string {
            Terminal.printError(problem)
            throw ExitCode.badInput
        }
        if !json { print("policy reloaded, revision \(answer["revision"]?.text ?? "")") }
    }
}
