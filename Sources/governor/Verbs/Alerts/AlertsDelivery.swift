import ArgumentParser
import GovernorAPI
import GovernorCore

/// Sends a real message.
struct AlertsTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a real test message to a receiver, and say what it answered.",
        discussion: """
            At once, whatever else waits for the receiver. Exit 0: it was taken. 1: it was not, or there is no such
            receiver. 64: the receiver is off, since its address is empty.

            EXAMPLES:
              governor alerts test ops
              governor alerts test ops --json
            """)

    @Argument(help: "The receiver's name in the policy.") var receiver: String
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    /// Longer than any receiver is given for its answer.
    private static let patience = Span.seconds(45)

    func run() throws {
        let answer = try connection.answer(timeout: Self.patience) { json in
            json.field("op", "test")
            json.field("receiver", receiver)
        }
        if json { print(answer.line) }
        let name = Terminal.cut(answer["receiver"]?.text ?? receiver)
        guard answer["delivered"]?.bool == true else {
            let text = answer["text"]?.string ?? "it gave no reason"
            let reason = answer["reason"]?.string.map { " (\($0))" } ?? ""
            if !json { Terminal.printError("governor: \(name) did not take the test message: \(text)\(reason)") }
            throw ExitCode.failedCheck
        }
        if !json { print("\(name) took the test message") }
    }
}

/// Has what was not delivered sent once more.
struct AlertsRetry: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try messages again that were given up, and at once those that wait.",
        discussion: """
            A message keeps its id, so that a receiver that has it already can tell. Without any name: every message that
            was given up.

            EXAMPLES:
              governor alerts retry
              governor alerts retry --receiver ops
              governor alerts retry nt_bd4c3951aa71c4ca
            """)

    @Argument(help: "A message's id, as governor alerts explain shows it.") var notification: String?
    @Option(help: "All messages to this receiver.") var receiver: String?
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    func validate() throws {
        guard notification == nil || receiver == nil else {
            throw ValidationError("name one message, or a --receiver for all of its own, not both")
        }
    }

    func run() throws {
        let answer = try connection.answer { json in
            json.field("op", "retry")
            json.field("notification", ifPresent: notification)
            json.field("receiver", ifPresent: receiver)
        }
        if json { return print(answer.line) }
        switch answer["retried"]?.integer ?? 0 {
        case 0: print("no message was given up; those that wait are tried now")
        case 1: print("1 message is tried again")
        case let count: print("\(count) messages are tried again")
        }
    }
}
