import ArgumentParser
import GovernorAPI
import GovernorCore

/// Ends operators' pauses, and those of the policy that wait for an operator.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let work go on that is paused until an operator says so.",
        discussion: """
            Ends what `governor pause` and a policy's `pause: until_resumed` began. The same crossing does not pause
            again; the next one does.

            EXAMPLES:
              governor resume --worker w-7
              governor resume --all
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Flag(help: "Every such pause, whoever it is of.") var all = false
    @Option(help: "Who says so. Default: your user name.") var by: String?
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let labels = try labels.labels()
        guard all != (labels != Labels()) else {
            throw ValidationError("say whose pause ends, such as --worker w-7, or --all for every one")
        }
        let answer = try connection.answer { json in
            json.field("op", "resume")
            json.labels(labels)
            json.field("by", OptionValue.user(by))
        }
        if json { return print(answer.line) }
        let alerts = (answer["alerts"]?.array ?? []).compactMap { $0["text"]?.string }
        let pauses = (answer["pauses"]?.array ?? []).map(PauseVerb.told)
        let ended = alerts + pauses
        if ended.isEmpty { return print("nothing of that waits to be resumed") }
        for text in ended { print("resumed: \(Terminal.safe(text))") }
    }
}
