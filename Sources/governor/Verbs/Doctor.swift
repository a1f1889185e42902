import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore
import GovernorDaemon

/// Looks at everything Governor depends on.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what Governor depends on, and say what to do.",
        discussion: """
            Exit 0: nothing is broken. 1: something is.

            EXAMPLES:
              governor doctor
              governor doctor --policies policies --json
            """)

    @Option(help: "The policy folder.") var policies = "policies"
    @Option(help: "A folder of transcripts or coordinator logs; may come several times.") var watch: [String] = []
    @Flag(help: "Print as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let examination = Examination(
            policies: policies, data: connection.dataFolder, socket: connection.socketPath, watch: watch,
            environment: ProcessInfo.processInfo.environment)
        let findings = examination.findings()
        if json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("healthy", !findings.contains { $0.state == .broken })
                writer.field("findings", array: findings) { json, finding in
                    json.object { json in
                        json.field("name", finding.name)
                        json.field("state", finding.state.rawValue)
                        json.field("detail", finding.detail)
                        json.field("advice", ifPresent: finding.advice)
                    }
                }
            }
            print(writer.text)
        } else {
            for finding in findings {
                let mark =
                    switch finding.state {
                    case .good: Terminal.colored("ok    ", .green)
                    case .note: Terminal.colored("note  ", .yellow)
                    case .broken: Terminal.colored("broken", .red)
                    }
                print("\(mark)  \(finding.name): \(Terminal.safe(finding.detail))")
                if let advice = finding.advice { print("        → \(Terminal.safe(advice))") }
            }
        }
        if findings.contains(where: { $0.state == .broken }) { throw ExitCode.failedCheck }
    }
}
