import ArgumentParser
import CDispatch  // whose module is where this target finds the C library's types
import Foundation
import GovernorAPI
import GovernorCore

/// One line for an agent's status bar.
struct StatusLineVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statusline", abstract: "One line for an agent's status bar.",
        discussion: """
            Spent today and this month, the forecast, the fullest budget, and whether this session is held back. Reads
            Claude Code's status on standard input when there is any. Never fails, and never takes longer than 300 ms.

            EXAMPLES:
              governor statusline
              echo '{"session_id":"s-9"}' | governor statusline
            """)

    @OptionGroup var connection: Connection

    /// For each of the two questions; with what a start takes they stay below the whole.
    private static let patience = Span(milliseconds: 100)
    private static let limit = 300
    private static let inputLimit = 1 << 20

    func run() {
        Self.endInTime()
        let environment = ProcessInfo.processInfo.environment
        let input = isatty(STDIN_FILENO) == 1 ? [] : StandardInput.read(limit: Self.inputLimit) ?? []
        let labels = StatusLine.labels(input: input, environment: environment)
        guard let feed = feed() else { return print(StatusLine.away) }
        var request = JSONWriter()
        request.object { json in
            json.field("op", "check")
            json.labels(labels)
            json.field("running", true)
            json.field("reservation", ifPresent: environment.text(WorkEnvironment.reservation))
        }
        let decision = try? connection.ask(timeout: Self.patience, request.bytes)
        let line = StatusLine.text(feed: feed, decision: decision)
        print(Terminal.safe(line).replacing("\n", with: " "))
    }

    private func feed() -> JSON? {
        guard var client = try? ControlClient(path: connection.socketPath, timeout: Self.patience),
            let (status, body) = try? client.get("/feed"), status == 200, body.members != nil
        else { return nil }
        return body
    }

    /// Whatever hangs (a caller that never ends our input, a daemon that answers a byte at a time), a line is printed.
    private static func endInTime() {
        signal(SIGALRM) { _ in
            let line = StaticString("governor: no answer in time\n")
            _ = write(STDOUT_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            _exit(0)
        }
        var once = itimerval()
        once.it_value.tv_usec = limit * 1000
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &once, nil)
    }
}
