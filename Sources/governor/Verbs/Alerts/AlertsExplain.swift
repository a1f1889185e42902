import ArgumentParser
import GovernorAPI
import GovernorCore

/// The story of one alert.
struct AlertsExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show whom an alert was told to and when, or why not, and what comes next.",
        discussion: """
            Every decision about every receiver with its reason, every message with its attempts. Exit 1: there is no
            such alert.

            EXAMPLES:
              governor alerts explain al_dbe038406c14f648
              governor alerts explain al_dbe038406c14f648 --json
            """)

    @Argument(help: "The alert's id, as governor alerts shows it.") var alert: String
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let answer = try connection.answer(timeout: .seconds(30)) { json in
            json.field("op", "explain_alert")
            json.field("alert", alert)
        }
        print(json ? answer.line : Self.text(answer))
    }

    private static func text(_ answer: JSON) -> String {
        let tellings = answer["tellings"]?.array ?? []
        let messages = answer["deliveries"]?.array ?? []
        var receivers: [String] = []
        for name in (tellings + messages).compactMap({ $0["receiver"]?.string }) where !receivers.contains(name) {
            receivers.append(name)
        }
        let parts =
            [happened(answer["alert"] ?? .null)]
            + receivers.map { name in
                let isOfIt = { (item: JSON) in item["receiver"]?.string == name }
                return story(name, tellings.filter(isOfIt), messages.filter(isOfIt))
            }
        let untold = receivers.isEmpty ? ["Nobody was told of it, and nothing was decided about that."] : []
        return (parts + untold + [next(answer)]).joined(separator: "\n\n")
    }

    /// What it is, and what became of it.
    private static func happened(_ alert: JSON) -> String {
        let word = { (name: String) in Terminal.cut(alert[name]?.text ?? "") }
        let firing = alert["state"]?.string == "firing"
        var lines = [
            Terminal.colored(word("text"), firing ? .red : .green),
            "  \(word("id")), \(word("name")), \(word("severity")), \(word("state"))", "",
        ]
        let spent = spent(alert).map { "; \($0)" } ?? ""
        let action = word("action")
        lines.append(
            "  \(Terminal.time(alert["fired_at"], seconds: true))  fired\(spent)"
                + (action.isEmpty ? "" : "; Governor: \(action)"))
        if alert["silenced"]?.bool == true { lines.append("  a silence mutes it, so that nobody is told") }
        if let at = alert["acknowledged_at"] {
            lines.append("  \(Terminal.time(at, seconds: true))  acknowledged by \(word("acknowledged_by"))")
        }
        if let at = alert["resolved_at"] {
            lines.append("  \(Terminal.time(at, seconds: true))  resolved: \(word("resolved_because"))")
        }
        return lines.joined(separator: "\n")
    }

    /// `$25.17 of $25.00`; nil where nothing was measured.
    private static func spent(_ alert: JSON) -> String? {
        if let spent = alert["spent_usd"]?.money, let limit = alert["limit_usd"]?.money {
            return "\(spent.dollarText) of \(limit.dollarText)"
        }
        for unit in ["tokens", "calls"] {
            guard let spent = alert["spent_\(unit)"], let limit = alert["limit_\(unit)"] else { continue }
            return "\(spent.text) of \(limit.text) \(unit)"
        }
        return nil
    }

    /// What was decided about one receiver, and how its messages fared.
    private static func story(_ receiver: String, _ tellings: [JSON], _ messages: [JSON]) -> String {
        var lines = [Terminal.colored(Terminal.cut(receiver), .bold)]
        for telling in tellings {
            let message = telling["notification"]?.string.map { " (\($0))" } ?? ""
            lines.append(
                "  \(Terminal.time(telling["at"], seconds: true))  "
                    + Terminal.cut("\(telling["event"]?.text ?? ""): \(telling["text"]?.text ?? "")\(message)"))
        }
        for message in messages {
            let id = Terminal.cut(message["id"]?.text ?? "")
            let state =
                switch message["state"]?.string {
                case "pending": "waits for its next attempt at \(Terminal.time(message["next_at"], seconds: true))"
                case "dead": "was given up"
                default: "has arrived"
                }
            lines.append("  \(id), made at \(Terminal.time(message["created_at"], seconds: true)), \(state)")
            lines += (message["attempts_made"]?.array ?? []).map(attempt)
            if message["state"]?.string == "dead" { lines.append("    once more with: governor alerts retry \(id)") }
        }
        return lines.joined(separator: "\n")
    }

    private static func attempt(_ attempt: JSON) -> String {
        let why = attempt["text"]?.string.map { ": \(Terminal.cut($0))" } ?? ""
        let reason = attempt["reason"]?.string.map { " (\(Terminal.cut($0)))" } ?? ""
        let unsure = attempt["ambiguous"]?.bool == true ? "; it may have been taken all the same" : ""
        return "    \(Terminal.time(attempt["at"], seconds: true))  attempt \(attempt["number"]?.text ?? "") "
            + Terminal.cut(attempt["outcome"]?.text ?? "") + why + reason + unsure
    }

    private static func next(_ answer: JSON) -> String {
        let outlook = answer["outlook"]?.array ?? []
        guard !outlook.isEmpty else {
            return answer["alert"]?["state"]?.string == "firing"
                ? "There is no receiver to tell more." : "It is over; nothing comes next."
        }
        let lines = outlook.map { item in
            let at = item["at"].map { "at \(Terminal.time($0, seconds: true)) " } ?? ""
            return "  \(Terminal.cut(item["receiver"]?.text ?? "")): \(at)\(Terminal.cut(item["text"]?.text ?? ""))"
        }
        return "What comes next, if nothing changes:\n" + lines.joined(separator: "\n")
    }
}
