import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// A line per change, as it happens.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what is paused, resumed, stopped and crossed, as it happens.",
        discussion: """
            Runs until it is interrupted. When the daemon goes it exits 69 and says the number to go on from with
            --since.

            EXAMPLES:
              governor watch
              governor watch --worker 'w-*' --json
              governor watch --since 41
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Begin after this number, which an earlier line had.") var since: Int64?
    @Flag(help: "A line of JSON for each, heartbeats included.") var json = false

    /// Three heartbeats: a daemon that says nothing for so long is gone.
    private static let patience = Span.seconds(45)

    func run() throws {
        let labels = try labels.labels()
        var request = JSONWriter()
        request.object { json in
            json.field("op", "watch")
            json.labels(labels)
            if let since { json.field("since", since) }
        }
        var last = since
        do {
            var client = try ControlClient(path: connection.socketPath, timeout: Self.patience)
            var line = try client.ask(request.bytes)
            while true {
                try Connection.refuse(line)
                last = line["seq"]?.integer ?? last
                show(line)
                line = try client.next()
            }
        } catch let unavailable as ControlClient.Unavailable {
            let advice = last.map { "; go on with: governor watch --since \($0)" } ?? ""
            Terminal.printError("governor: \(unavailable)\(advice)")
            throw ExitCode.unavailable
        }
    }

    private func show(_ line: JSON) {
        let event = line["event"]?.text ?? ""
        if json {
            print(line.line)
        } else if event != "heartbeat" {
            let time = String((line["at"]?.text ?? "").prefix(19)).replacing("T", with: " ")
            print(Terminal.safe("\(time)  \(event)  \(line["text"]?.text ?? "")"))
        }
        // Whoever reads this through a pipe waits for each line.
        fflush(nil)
    }
}
