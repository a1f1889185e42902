import ArgumentParser
import Foundation
import GovernorAPI
import GovernorDaemon
import Logging

/// The daemon.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            Prints what it uses and `ready`, then runs until SIGTERM. SIGHUP reloads the policy, as does any change in its
            folder.

            EXAMPLES:
              governor run
              governor run --policies policies --watch ~/.claude/projects --watch logs/api
              governor run --listen 127.0.0.1:8787 --feed-listen 0.0.0.0:8080 --feed-open
            """)

    @Option(help: "The policy folder.") var policies = "policies"
    @Option(help: "The data folder. Default: governor under $XDG_DATA_HOME or ~/.local/share.") var data: String?
    @Option(help: "Where HTTP is served; port 0 takes a free one.") var listen = "127.0.0.1:8787"
    @Option(help: "A second listener for the display's read-only paths alone.") var feedListen: String?
    @Flag(help: "Serve --feed-listen without a token, also off loopback.") var feedOpen = false
    @Option(help: "The control socket. Default: $GOVERNOR_SOCKET, then the usual places.") var socket: String?
    @Option(help: "A folder of transcripts or coordinator logs; may come several times.") var watch: [String] = []
    @Option(help: "A further name this machine is reached by over HTTP; may come several times.") var host: [String] =
        []
    @Option(help: "Least level that is logged: debug, info, notice, warning or error.") var logLevel = "info"

    func run() throws {
        guard let listen = ListenAddress(listen) else {
            throw ValidationError("--listen takes HOST:PORT; got \(listen)")
        }
        let feed = try feedListen.map { text in
            guard let address = ListenAddress(text) else {
                throw ValidationError("--feed-listen takes HOST:PORT; got \(text)")
            }
            return address
        }
        let environment = ProcessInfo.processInfo.environment
        let data = data ?? SocketPath.dataFolder(environment: environment)
        let options = DaemonOptions(
            policies: policies, data: data,
            socket: socket ?? SocketPath.serving(environment: environment, dataFolder: data), listen: listen,
            feedListen: feed, isFeedOpen: feedOpen, watch: watch,
            token: environment["GOVERNOR_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }, hosts: host,
            environment: environment)
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("--log-level takes debug, info, notice, warning or error; got \(logLevel)")
        }
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        do {
            try Blocking.run {
                let daemon = try await Daemon(options: options, logger: Logger(label: "governor"))
                let summary = daemon.summary
                try await daemon.run { Self.announce(summary + $0.map { ("http", $0) }) }
            }
        } catch let failure as StartFailure {
            Terminal.printError(failure.description)
            throw ExitCode(failure.exitCode)
        }
    }

    /// What a person or a script waits for; `ready` is the last line.
    private static func announce(_ lines: [(String, String)]) {
        print("governor \(Version.text)")
        for (name, value) in lines { print("  \(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)") }
        print("ready")
        fflush(nil)
    }
}
