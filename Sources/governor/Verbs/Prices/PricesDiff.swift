import ArgumentParser
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorPolicy

/// Shows how another list of prices differs.
struct PricesDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show how another list of prices differs from those in force.",
        discussion: """
            The list is in the layout of LiteLLM's model_prices_and_context_window.json. Nothing is changed.

            EXAMPLES:
              governor prices diff model_prices_and_context_window.json
              governor prices diff model_prices_and_context_window.json --only 'claude-*' --json
            """)

    @Argument(help: ArgumentHelp("The list.", valueName: "file")) var file: String
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only models like these.", valueName: "glob"))
    var only: [String] = []
    @OptionGroup var source: PriceSource
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let globs = try PriceSource.globs(only)
        let prices = try source.prices()
        let list = try PriceSource.read(file)
        let now = Daemon.wallClock()
        let changes = PriceChanges(list.rows, comparedTo: prices.book, only: globs, at: now)
        let body = PriceChangesBody(changes, of: list, at: now, zone: prices.zone)
        if json { return print(String(decoding: body.body, as: UTF8.self)) }
        Self.show(body, only: globs)
    }

    /// The changes as a table, what could not be taken on standard error.
    static func show(_ body: PriceChangesBody, only: [Glob]) {
        let remarks = body.remarks(only: only)
        for remark in remarks.prefix(shownRemarks) { Terminal.printError("note: \(remark)") }
        if remarks.count > shownRemarks {
            Terminal.printError("note: and \(remarks.count - shownRemarks) more, all of them with --json")
        }
        if !body.rows.isEmpty { print(Terminal.table(PriceChangesBody.header, body.rows) + "\n") }
        print(body.summary)
    }

    private static let shownRemarks = 20
}
