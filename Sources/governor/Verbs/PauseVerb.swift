import ArgumentParser
import GovernorAPI
import GovernorCore

/// An operator's own pause.
struct PauseVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold work back yourself, whatever the policy says.",
        discussion: """
            Labels may be patterns such as 'w-*'. It survives restarts and ends at --until, or with governor resume. A
            second pause of the same labels replaces the first.

            EXAMPLES:
              governor pause --worker w-7 --reason "loops on the same file"
              governor pause --project 'acme-*' --until 2h --reason "provider incident"
              governor pause --all --until until_reset --stop --reason "out of hand"
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Flag(help: "The whole fleet.") var all = false
    @Option(help: "Why, for everybody who meets it.") var reason: String
    @Option(help: "Who says so. Default: your user name.") var by: String?
    @Option(help: "A duration, a time, until_reset, or until_resumed, which is the default.") var until: String?
    @Flag(help: "Running work must end too.") var stop = false
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let labels = try labels.labels()
        guard all != (labels != Labels()) else {
            throw ValidationError("say who is paused, such as --worker w-7, or --all for the whole fleet")
        }
        let answer = try connection.answer { json in
            json.field("op", "pause")
            json.labels(labels)
            json.field("reason", reason)
            json.field("by", OptionValue.user(by))
            json.field("until", ifPresent: until)
            if stop { json.field("stop", true) }
        }
        if json { return print(answer.line) }
        print("paused: \(Terminal.safe(Self.told(answer["pause"] ?? .null)))")
    }

    /// `worker w-7, by ada: loops on the same file, until 2026-11-21T00:00:00+01:00`
    static func told(_ pause: JSON) -> String {
        let labels = (pause["labels"]?.members ?? []).map { label in
            label.value.members.map { $0.map { "\($0.key) \($0.value.text)" }.joined(separator: ", ") }
                ?? "\(label.key) \(label.value.text)"
        }
        let who = labels.isEmpty ? "the whole fleet" : labels.joined(separator: ", ")
        let stop = pause["stop"]?.bool == true ? ", ending running work" : ""
        let until = pause["until"]?.string.map { ", until \($0)" } ?? ", until it is resumed"
        return "\(who), by \(pause["operator"]?.text ?? "?"): \(pause["reason"]?.text ?? "")\(until)\(stop)"
    }
}
