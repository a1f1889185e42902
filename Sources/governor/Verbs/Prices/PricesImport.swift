import ArgumentParser
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorPolicy

/// Takes over another list of prices.
struct PricesImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over another list of prices from now on.",
        discussion: """
            The list is in the layout of LiteLLM's model_prices_and_context_window.json. Prices that differ from those in
            force are added to prices.yaml in the policy folder, each from now on, so that history keeps its own; what the
            file holds already stays as it is. A running daemon takes them over by itself.

            EXAMPLES:
              governor prices import model_prices_and_context_window.json --only 'claude-*' 'gpt-*' --dry-run
              governor prices import model_prices_and_context_window.json --policies policies
            """)

    @Argument(help: ArgumentHelp("The list.", valueName: "file")) var file: String
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only models like these.", valueName: "glob"))
    var only: [String] = []
    @OptionGroup var source: PriceSource
    @Flag(help: "Show what would change, and change nothing.") var dryRun = false
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let globs = try PriceSource.globs(only)
        let list = try PriceSource.read(file)
        let now = Daemon.wallClock()
        let plan: PriceImport
        do { plan = try PriceImport(list.rows, into: source.folder, only: globs, now: now) } catch {
            Terminal.printError("governor: nothing was imported")
            throw PriceSource.refused(error)
        }
        let isWritten = !dryRun && plan.text != plan.present && !plan.changes.changes.isEmpty
        if isWritten { try SettingsFile(path: plan.path).write(plan.text, newMode: 0o644) }
        let body = PriceChangesBody(
            plan.changes, of: list, at: now, zone: plan.zone,
            writing: PriceChangesBody.Writing(path: plan.path, isWritten: isWritten))
        if json { return print(String(decoding: body.body, as: UTF8.self)) }
        PricesDiff.show(body, only: globs)
        if isWritten {
            print("written to \(plan.path)")
        } else {
            print(plan.changes.changes.isEmpty ? "nothing to change" : "nothing was changed, since this is a dry run")
        }
    }
}
