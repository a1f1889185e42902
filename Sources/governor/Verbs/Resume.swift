import ArgumentParser
import GovernorAPI
import GovernorCore

/// Ends pauses that wait for an operator.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let work go on that is paused until an operator says so.",
        discussion: """
            Ends what `pause: until_resumed` began. The same crossing does not pause again; the next one does.

            EXAMPLES:
              governor resume --worker w-7
              governor resume --all
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Flag(help: "Every such pause, whoever it is of.") var all = false
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let labels = try labels.labels()
        guard all != (labels != Labels()) else {
            throw ValidationError("say whose pause ends, such as --worker w-7, or --all for every one")
        }
        let answer: JSON
        do {
            answer = try connection.ask { json in
                json.field("op", "resume")
                json.labels(labels)
            }
        } catch {
            Terminal.printError("governor: \(error); start one with: governor run")
            throw ExitCode.unavailable
        }
        if let message = answer["error"]?["message"]?.string {
            Terminal.printError("governor: \(message)")
            throw ExitCode.unavailable
        }
        if json { return print(answer.line) }
        let ended = (answer["alerts"]?.array ?? []).compactMap { $0["text"]?.string }
        if ended.isEmpty { return print("nothing of that waits to be resumed") }
        for text in ended { print("resumed: \(Terminal.safe(text))") }
    }
}
