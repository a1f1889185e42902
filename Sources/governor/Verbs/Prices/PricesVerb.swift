import ArgumentParser
import Foundation
import GovernorCore
import GovernorDaemon
import GovernorPolicy

/// Works with the price book; each of its verbs is a file beside this one.
struct PricesVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices", abstract: "Show what models cost, and take over another list of prices.",
        discussion: """
            Prices are those built in and those of the policy folder; no daemon is asked. A daemon takes over a change of
            the folder by itself; what it has booked keeps the price it was booked at.

            EXAMPLES:
              governor prices list --provider anthropic
              governor prices show us.anthropic.claude-opus-5       what its calls cost, and why
              governor prices diff model_prices_and_context_window.json
              governor prices import model_prices_and_context_window.json --only 'claude-*' 'gpt-*'
            """,
        subcommands: [PricesList.self, PricesShow.self, PricesDiff.self, PricesImport.self])
}

/// Where prices come from.
struct PriceSource: ParsableArguments {
    @Option(help: "The policy folder. Default: policies, where there is one.") var policies: String?

    var folder: String { policies ?? "policies" }

    /// The book of the folder; what is wrong with its policy ends the verb.
    func prices() throws -> PolicyPrices {
        do { return try PolicyPrices(folder: folder, mayLack: policies == nil) } catch { throw Self.refused(error) }
    }

    static func refused(_ failure: PolicyPrices.Failure) -> ExitCode {
        for diagnostic in failure.diagnostics { Terminal.printError(diagnostic.description) }
        return .badInput
    }

    /// A list in LiteLLM's layout.
    static func read(_ path: String) throws -> LiteLLMPrices {
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            Terminal.printError("governor: \(path) can't be read; is it there, and may you read it?")
            throw ExitCode.io
        }
        do { return try LiteLLMPrices(Array(bytes)) } catch {
            Terminal.printError("governor: \(path): \(error)")
            throw ExitCode.badInput
        }
    }

    /// The patterns of `--only`.
    static func globs(_ patterns: [String]) throws -> [Glob] {
        for pattern in patterns where !(1...Labels.valueLimit).contains(pattern.utf8.count) {
            throw ValidationError("--only takes patterns of 1 to \(Labels.valueLimit) bytes, such as 'claude-*'")
        }
        return patterns.map { Glob($0) }
    }
}
