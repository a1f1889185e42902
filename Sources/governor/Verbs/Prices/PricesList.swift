import ArgumentParser
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorPolicy

/// Lists the price book.
struct PricesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the prices that are known, in USD per million tokens.",
        discussion: """
            EXAMPLES:
              governor prices list --provider openai
              governor prices list --json
            """)

    @Option(help: "Only this provider's models.") var provider: String?
    @OptionGroup var source: PriceSource
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let prices = try source.prices()
        let list = PriceListBody(prices.book, provider: provider, at: Daemon.wallClock(), zone: prices.zone)
        if json { return print(String(decoding: list.body, as: UTF8.self)) }
        guard !list.isEmpty else {
            Terminal.printError("no price of \(provider ?? "any provider") is known")
            return
        }
        let columns = PriceListBody.header
        print(Terminal.table(columns, list.rows, right: Set(2..<columns.count - 1)))
    }
}
