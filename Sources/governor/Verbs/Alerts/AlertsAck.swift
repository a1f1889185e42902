import ArgumentParser
import GovernorAPI
import GovernorCore

/// Somebody knows of an alert.
struct AlertsAck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that you know of an alert: it is not told again while it goes on.",
        discussion: """
            Its end is told all the same, and limits hold as they did. Exit 1: there is no such alert. 64: it is over.

            EXAMPLES:
              governor alerts ack al_dbe038406c14f648
              governor alerts ack al_dbe038406c14f648 --by ada --json
            """)

    @Argument(help: "The alert's id, as governor alerts shows it.") var alert: String
    @Option(help: "Who knows of it. Default: your user name.") var by: String?
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let answer = try connection.answer { json in
            json.field("op", "ack")
            json.field("alert", alert)
            json.field("by", OptionValue.user(by))
        }
        if json { return print(answer.line) }
        let known = answer["alert"]
        print(
            "acknowledged by \(Terminal.cut(known?["acknowledged_by"]?.text ?? "")): "
                + Terminal.cut(known?["text"]?.text ?? ""))
    }
}
