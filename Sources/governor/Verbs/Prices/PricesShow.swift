import ArgumentParser
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorPolicy

/// Says what a model costs, and why.
struct PricesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Say what calls of a model cost, and how its price was found.",
        discussion: """
            Exit 0: it has a price, or is free. 1: it has none, and its calls are booked at another model's.

            EXAMPLES:
              governor prices show us.anthropic.claude-opus-5-20260101-v1:0
              governor prices show claude-sonnet-4-5 --at 2025-11-20
            """)

    @Argument(help: "The model, as calls name it.") var model: String
    @Option(help: "At this date or time; now if absent.") var at: String?
    @OptionGroup var source: PriceSource
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let prices = try source.prices()
        let shown = PriceShowBody(model, in: prices.book, at: try time(in: prices.zone), zone: prices.zone)
        if json {
            print(String(decoding: shown.body, as: UTF8.self))
        } else {
            for line in shown.lines { print(Terminal.safe(line)) }
            if !shown.rows.isEmpty {
                let columns = PriceShowBody.header
                print("\n" + Terminal.table(columns, shown.rows, right: Set(1..<columns.count)))
            }
            if !shown.footnotes.isEmpty { print("\n" + Terminal.safe(shown.footnotes.joined(separator: "\n"))) }
        }
        guard shown.isPriced else { throw ExitCode.failedCheck }
    }

    private func time(in zone: Zone) throws -> Timestamp {
        guard let at else { return Daemon.wallClock() }
        switch RFC3339.read(at.utf8) {
        case .instant(let time): return time
        case .local(let civil): return zone.instant(of: civil)
        case nil: throw ValidationError("--at takes a date such as 2025-11-20 or a time; got \(at)")
        }
    }
}
