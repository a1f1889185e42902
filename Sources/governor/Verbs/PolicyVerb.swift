import ArgumentParser
import Foundation
import GovernorCore
import GovernorPolicy

/// Works with policy files.
struct PolicyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check policy files.",
        discussion: """
            EXAMPLES:
              governor policy check
              governor policy check policies
            """, subcommands: [PolicyCheck.self])
}

/// Says what a policy means, or everything that is wrong with it.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what a policy means, or everything that is wrong with it.",
        discussion: """
            Exit 0: valid, one sentence per budget. 65: every error with file, line and column.

            EXAMPLE:
              governor policy check policies
            """)

    @Argument(help: "The policy folder.") var folder = "policies"
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let loading = PolicyLoader(environment: ProcessInfo.processInfo.environment).load(folder: folder)
        let sentences = loading.policy.map { policy in
            policy.budgets.map { PolicySentence.sentence(for: $0, in: policy) }
        }
        if json {
            printJSON(loading, sentences ?? [])
        } else {
            for diagnostic in loading.diagnostics { Terminal.printError(diagnostic.description) }
            for sentence in sentences ?? [] { print(Terminal.safe(sentence)) }
        }
        guard loading.policy != nil else { throw ExitCode.badInput }
    }

    private func printJSON(_ loading: PolicyLoading, _ sentences: [String]) {
        var json = JSONWriter()
        json.object { json in
            json.field("valid", loading.policy != nil)
            json.field("revision", ifPresent: loading.policy?.revision)
            json.field("budgets", array: sentences) { $0.value($1) }
            json.field("diagnostics", array: loading.diagnostics) { json, diagnostic in
                json.object { json in
                    json.field("file", diagnostic.file)
                    json.field("line", Int64(diagnostic.line))
                    json.field("column", Int64(diagnostic.column))
                    json.field("severity", diagnostic.severity.rawValue)
                    json.field("message", diagnostic.message)
                    json.field("hint", ifPresent: diagnostic.hint)
                }
            }
        }
        print(json.text)
    }
}
