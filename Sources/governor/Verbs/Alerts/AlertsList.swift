import ArgumentParser
import GovernorAPI
import GovernorCore

/// The newest alerts.
struct AlertsList: ParsableCommand {
    enum State: String, EnumerableFlag {
        case all, firing, resolved

        static func help(for state: State) -> ArgumentHelp? {
            switch state {
            case .all: "Both."
            case .firing: "Only those that fire."
            case .resolved: "Only those that are over."
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List alerts, the newest first; what `governor alerts` does by itself.",
        discussion: """
            Two lines for each: what fires since when and for whom; then its id, what was done, and how far each receiver
            is with being told.

            EXAMPLES:
              governor alerts
              governor alerts --firing
              governor alerts --since 2026-11-20 --receiver ops --limit 200
              governor alerts --resolved --since 24h --json
            """)

    @Flag(exclusivity: .exclusive) var state: State = .all
    @Option(help: "Only what fired since: a date, a time, or a duration back such as 24h.") var since: String?
    @Option(help: "At most so many, up to 1000. Default: 50.") var limit: Int64?
    @Option(help: "Only those of which a message to this receiver tells.") var receiver: String?
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    /// Characters of a line.
    private static let width = 100

    func run() throws {
        let answer = try connection.answer(timeout: .seconds(30)) { json in
            json.field("op", "alerts")
            json.field("state", state.rawValue)
            json.field("since", ifPresent: since)
            if let limit { json.field("limit", limit) }
            json.field("receiver", ifPresent: receiver)
        }
        if json { return print(answer.line) }
        let alerts = answer["alerts"]?.array ?? []
        guard !alerts.isEmpty else { return print(state == .firing ? "Nothing fires." : "No alerts.") }
        print(Self.text(alerts))
        if alerts.count == limit ?? 50 { print("\nThere may be more; --limit shows them.") }
    }

    private static func text(_ alerts: [JSON]) -> String {
        let rows = alerts.map { alert in
            [
                alert["state"]?.text ?? "", alert["severity"]?.text ?? "", Terminal.time(alert["fired_at"]),
                Terminal.cut(alert["name"]?.text ?? "", 34), Terminal.cut(alert.who, 26),
            ]
        }
        let table = Terminal.table(["STATE", "SEVERITY", "SINCE", "ALERT", "WHO"], rows).split(separator: "\n")
        let lines = zip(table.dropFirst(), alerts).map { line, alert in
            Terminal.colored(String(line), color(alert)) + "\n" + below(alert)
        }
        return ([table.first.map(String.init) ?? ""] + lines).joined(separator: "\n")
    }

    private static func color(_ alert: JSON) -> Terminal.Color {
        guard alert["state"]?.string == "firing" else { return .dim }
        return alert["severity"]?.string == "critical" ? .red : .yellow
    }

    /// `  al_dbe038406c14f648  paused it until midnight; ops: sent, finance: pending`
    private static func below(_ alert: JSON) -> String {
        let start = "  \(Terminal.cut(alert["id"]?.text ?? "", 19))  "
        var ends = [told(alert)]
        if let over = alert["resolved_at"] { ends.append("over \(Terminal.time(over))") }
        if let by = alert["acknowledged_by"]?.string { ends.append("acknowledged by \(Terminal.cut(by, 16))") }
        let end = Terminal.cut(ends.joined(separator: "; "), width - start.count)
        let room = width - start.count - end.count - 2
        let action = alert["action"]?.text ?? ""
        return start + (action.isEmpty || room < 12 ? end : "\(Terminal.cut(action, room)); \(end)")
    }

    /// `finance: dead after 9 attempts, ops: sent`: of each receiver the message that is worst off, the worst first.
    private static func told(_ alert: JSON) -> String {
        let deliveries = alert["deliveries"]?.array ?? []
        guard !deliveries.isEmpty else { return alert["silenced"]?.bool == true ? "silenced" : "nobody told" }
        var receivers: Set<String> = []
        let worst = ["dead", "pending", "sent"].flatMap { state in
            deliveries.filter { $0["state"]?.string == state && receivers.insert($0["receiver"]?.text ?? "").inserted }
        }
        return worst.map { message in
            let attempts = message["attempts"]?.integer ?? 0
            let isSent = message["state"]?.string == "sent"
            let tries = isSent || attempts == 0 ? "" : " after \(attempts) attempt\(attempts == 1 ? "" : "s")"
            return "\(message["receiver"]?.text ?? ""): \(message["state"]?.text ?? "")\(tries)"
        }.joined(separator: ", ")
    }
}
