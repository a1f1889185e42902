import ArgumentParser
import GovernorCore
import GovernorPolicy

/// Runs the tests of policies.
struct PolicyTestVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Does a policy do what its tests expect?",
        discussion: """
            A test is a YAML file that feeds records and asks questions at times; a folder stands for its *_test.yaml. \
            Nothing outside is needed: no daemon, no ledger, no receiver's secret.

            Exit 0: all hold. 1: an expectation doesn't, with its line and what was there instead. 65: a file is wrong.

            EXAMPLES:
              governor policy test policies
              governor policy test team_test.yaml night_test.yaml --json
            """)

    @Argument(help: "Test files, or folders of them.") var paths = ["policies"]
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        var results: [PolicyTestResult] = []
        for path in paths {
            do throws(PolicyTestProblem) {
                results += try PolicyTest.files(at: path).map { PolicyTest.run(file: $0) }
            } catch {
                results.append(PolicyTestResult(file: path, outcome: .invalid, diagnostics: [error.diagnostic]))
            }
        }
        if json { printJSON(results) } else { results.forEach(Self.show) }
        if results.contains(where: { $0.outcome == .invalid }) { throw ExitCode.badInput }
        if results.contains(where: { $0.outcome == .failed }) { throw ExitCode.failedCheck }
    }

    private static func show(_ result: PolicyTestResult) {
        for diagnostic in result.diagnostics { Terminal.printError(diagnostic.description) }
        let file = Terminal.safe(result.file)
        switch result.outcome {
        case .passed:
            let count = result.expectations
            print(
                "\(Terminal.colored("ok", .green))    \(file) (\(count) \(count == 1 ? "expectation" : "expectations"))"
            )
        case .failed: print("\(Terminal.colored("FAILS", .red)) \(file)")
        case .invalid: print("\(Terminal.colored("WRONG", .red)) \(file)")
        }
    }

    private func printJSON(_ results: [PolicyTestResult]) {
        var json = JSONWriter()
        json.object { json in
            json.field("passed", results.allSatisfy { $0.outcome == .passed })
            json.field("tests", array: results) { json, result in
                json.object { json in
                    json.field("file", result.file)
                    json.field("outcome", result.outcome.rawValue)
                    json.field("expectations", Int64(result.expectations))
                    json.field("diagnostics", array: result.diagnostics) { $0.value($1) }
                }
            }
        }
        print(json.text)
    }
}

/// Prints the schema that editors check policy files by.
struct PolicySchemaVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON schema of policy files, for editors.",
        discussion: """
            Draft-07, made from the definitions that policy files are read by.

            EXAMPLE:
              governor policy schema > policies/policy.schema.json
            """)

    func run() throws { print(PolicySchema.text, terminator: "") }
}
