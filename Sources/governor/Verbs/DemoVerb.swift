import ArgumentParser
import GovernorDaemon
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// Shows the whole thing in under a minute.
struct DemoVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "See a budget fill, alert, pause and resume in under a minute.",
        discussion: """
            Starts a daemon over a scratch ledger with a Slack of its own, plays a sample into it, and cleans up.

            EXAMPLE:
              governor demo
            """)

    func run() throws {
        var logger = Logger(label: "governor.demo") { StreamLogHandler.standardError(label: $0) }
        // Listeners complain when they are ended in mid-wait, which is how every demo ends.
        logger.logLevel = .critical
        let demo = Demo(logger: logger) { line in
            print(Terminal.safe(line))
            fflush(nil)
        }
        try Blocking.run { try await demo.run() }
    }
}
