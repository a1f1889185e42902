import ArgumentParser
import Foundation
import GovernorCore
import GovernorPolicy

/// Says what a policy means, or everything that is wrong with it.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what a policy means, or everything that is wrong with it.",
        discussion: """
            Exit 0: valid, one sentence per budget, rule and silence; what is doubtful is a warning on standard error.
            65: every error with file, line and column.

            EXAMPLE:
              governor policy check policies
            """)

    @Argument(help: "The policy folder.") var folder = "policies"
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let loading = PolicyLoader(environment: ProcessInfo.processInfo.environment).load(folder: folder)
        let sentences = loading.policy.map { PolicySentence.sentences(for: $0) } ?? []
        if json {
            printJSON(loading, sentences)
        } else {
            for diagnostic in loading.diagnostics { Terminal.printError(diagnostic.description) }
            for sentence in sentences { print(Terminal.safe(sentence)) }
        }
        guard loading.policy != nil else { throw ExitCode.badInput }
    }

    private func printJSON(_ loading: PolicyLoading, _ sentences: [String]) {
        var json = JSONWriter()
        json.object { json in
            json.field("valid", loading.policy != nil)
            json.field("revision", ifPresent: loading.policy?.revision)
            // Fields are never renamed: `budgets` was there before rules had sentences too.
            json.field("budgets", array: sentences.prefix(loading.policy?.budgets.count ?? 0)) { $0.value($1) }
            json.field("sentences", array: sentences) { $0.value($1) }
            json.field("diagnostics", array: loading.diagnostics) { $0.value($1) }
        }
        print(json.text)
    }
}

extension JSONWriter {
    /// What is wrong, with its place.
    mutating func value(_ diagnostic: Diagnostic) {
        object { json in
            json.field("file", diagnostic.file)
            json.field("line", Int64(diagnostic.line))
            json.field("column", Int64(diagnostic.column))
            json.field("severity", diagnostic.severity.rawValue)
            json.field("message", diagnostic.message)
            json.field("hint", ifPresent: diagnostic.hint)
        }
    }
}
