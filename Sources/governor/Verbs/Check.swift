import ArgumentParser
import GovernorAPI
import GovernorCore

/// Asks whether work may start, or go on.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether work may start.",
        discussion: """
            Exit 0: go on. 75: go on, slower. 2: paused, the reason on standard error. 69: no daemon answered.

            With --running or --reservation it is asked for work that runs already: what is held for others no longer
            counts, only what has been spent.

            EXAMPLES:
              governor check --worker w-1 --model claude-opus-5
              governor check --worker w-1 && spawn-worker w-1
              governor check --session s-9 --estimate-usd 0.50 --json
              governor check --worker w-1 --reservation r-12-9f2c4a01
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Dollars the work is about to spend.")
    var estimateUsd: String?

    @Option(help: "Asked for running work, which holds this reservation.")
    var reservation: String?

    @Flag(help: "Asked for running work.")
    var running = false

    @Option(help: "What to answer when no daemon can be reached.")
    var onUnavailable: OnUnavailable = .pause

    @Flag(help: "Print the whole decision.")
    var json = false

    func run() throws {
        let labels = try labels.labels()
        let estimate = try OptionValue.dollars(estimateUsd, "--estimate-usd")
        try Verdict(onUnavailable: onUnavailable, json: json).tell(connection) { json in
            json.field("op", "check")
            json.labels(labels)
            if let estimate { json.field("estimate_usd", estimate) }
            json.field("reservation", ifPresent: reservation)
            if running { json.field("running", true) }
        }
    }
}
