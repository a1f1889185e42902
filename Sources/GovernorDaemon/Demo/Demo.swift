import Foundation
import GovernorAPI
import GovernorCore
package import Logging
import NIOCore

/// `governor demo`: a real daemon over a scratch ledger, a sample of transcript lines played into it, and a Slack of its
/// own, so that a newcomer sees a budget fill, alert, pause and resume in under a minute.
package struct Demo: Sendable {
    private let logger: Logger
    private let say: @Sendable (String) -> Void
    /// Between two calls of the sample.
    private static let pace = Duration.milliseconds(400)

    /// - Parameter say: takes one line for the person who watches.
    package init(logger: Logger, say: @escaping @Sendable (String) -> Void) {
        self.logger = logger
        self.say = say
    }

    /// Plays it once, and removes everything it made.
    package func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/governor-demo-\(getpid())"
        let transcripts = folder + "/projects/demo"
        for path in [folder + "/policies", transcripts] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        defer { remove(folder) }
        try Data(PackageResources.demo_yaml).write(to: URL(filePath: folder + "/policies/demo.yaml"))
        let (ready, isReady) = AsyncStream.makeStream(of: [String].self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let slack = DemoSlack(logger: logger) { text in say("    Slack  ← \(text)") }
            tasks.addTask { try await slack.run() }
            let address = await slack.address
            let socket = folder + "/governor.sock"
            let listen = ListenAddress(host: "127.0.0.1", port: 0)
            let options = DaemonOptions(
                policies: folder + "/policies", data: folder + "/data", socket: socket, listen: listen,
                watch: [folder + "/projects"], environment: ["DEMO_SLACK": address])
            let daemon = try await Daemon(options: options, logger: logger)
            tasks.addTask { try await daemon.run { isReady.yield($0) } }
            for await _ in ready { break }
            try await play(into: transcripts + "/session.jsonl", socket: socket)
            tasks.cancelAll()
            do { try await tasks.waitForAll() } catch is CancellationError { return }
        }
    }

    private func play(into path: String, socket: String) async throws {
        say("A budget: each worker may spend $2.00 a day; at 80% tell Slack; at 100% pause it for 8 seconds.\n")
        let lines = String(decoding: PackageResources.demo_jsonl, as: UTF8.self).split(separator: "\n")
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        var client = try ControlClient(path: socket)
        for line in lines {
            let now = RFC3339.utc(Daemon.wallClock())
            try file.write(contentsOf: Data((line.replacing("\"@\"", with: "\"\(now)\"") + "\n").utf8))
            // Every call is written twice, as agents do: once when it starts, once with what it used in the end.
            guard line.firstRange(of: "\"output_tokens\":1,") == nil else { continue }
            try await Task.sleep(for: Self.pace)
            if try show(&client) { break }
        }
        let (other, _) = try decide("w-2", &client)
        say("    w-2 goes on meanwhile: \(other)\n")
        var waited = 0
        while try decide("w-1", &client).0 == "pause", waited < 60 {
            waited += 1
            try await Task.sleep(for: Self.pace)
        }
        say("\n    w-1 may go on again: \(try decide("w-1", &client).0) (resumed)")
        say("\nThat was it: the alert came once, the pause held w-1 alone, and it ended by itself.")
        say("Next: governor policy check policies, then governor run")
    }

    /// Shows where w-1 stands; true once it is paused.
    private func show(_ client: inout ControlClient) throws -> Bool {
        let status = try client.ask(Array(#"{"op":"status","worker":"w-1"}"#.utf8))
        let account = status["accounts"]?.array?.first
        let (decision, reason) = try decide("w-1", &client)
        let ratio = Double(account?["ratio"].flatMap(Self.digits) ?? "0") ?? 0
        let filled = Int((min(ratio, 1) * 24).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        say("    w-1  \(bar)  \((account?["spent_usd"]?.money ?? .zero).dollarText) of $2.00  \(decision)")
        if decision == "pause" { say("\n    \(reason)") }
        return decision == "pause"
    }

    private func decide(_ worker: String, _ client: inout ControlClient) throws -> (String, String) {
        let answer = try client.ask(Array("{\"op\":\"check\",\"worker\":\"\(worker)\"}".utf8))
        return (answer["decision"]?.string ?? "?", answer["reasons"]?.array?.first?["text"]?.string ?? "")
    }

    private static func digits(_ value: JSON) -> String? {
        guard case .number(let digits) = value else { return nil }
        return digits
    }

    private func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            logger.warning("the demo's folder is left behind", metadata: ["folder": "\(folder)", "error": "\(error)"])
        }
    }
}
