import ArgumentParser
import GovernorAPI
import GovernorCore

/// Asks whether work may start, and sets money aside for it.
struct Reserve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether work may start, and hold money for it.",
        discussion: """
            Prints the reservation; end it with settle or release, or let it run out. The same --key with the same
            question gives the same reservation, so that asking twice holds once.

            Exit 0: go on. 75: go on, slower. 2: paused, the reason on standard error, and nothing is held. 69: no
            daemon answered.

            EXAMPLES:
              hold=$(governor reserve --worker w-1 --key run-17 --estimate-usd 0.40) && spawn-worker w-1
              governor reserve --worker w-1 --model claude-opus-5 --key run-17 --ttl 30m --json
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Your own name for this attempt; makes asking again harmless.") var key: String
    @Option(help: "Dollars to hold. Default: what such work has cost before.") var estimateUsd: String?
    @Option(help: "Tokens to hold, for budgets of tokens.") var estimateTokens: Int64?
    @Option(help: "How long the hold lasts unless it is extended. Default: the policy's, 2h.") var ttl: String?
    @Option(help: "What to answer when no daemon can be reached.") var onUnavailable: OnUnavailable = .pause
    @Flag(help: "Print the whole decision.") var json = false

    func run() throws {
        let labels = try labels.labels()
        let estimate = try OptionValue.dollars(estimateUsd, "--estimate-usd")
        let seconds = try OptionValue.seconds(ttl, "--ttl")
        try Verdict(onUnavailable: onUnavailable, json: json, line: Self.told).tell(connection) { json in
            json.field("op", "reserve")
            json.labels(labels)
            json.field("key", key)
            if let estimate { json.field("estimate_usd", estimate) }
            if let estimateTokens { json.field("estimate_tokens", estimateTokens) }
            if let seconds { json.field("ttl_s", seconds) }
        }
    }

    /// The reservation alone on standard output, for `$(…)`; how much and how long beside it, for people.
    private static func told(_ answer: JSON) -> String? {
        guard let reservation = answer["reservation"]?.string else { return nil }
        if let held = answer["held_usd"]?.money {
            let from = answer["estimate_from"]?.string.map { " (from \($0))" } ?? ""
            Terminal.printError("holds \(held.dollarText)\(from) until \(answer["expires_at"]?.text ?? "it is ended")")
        }
        return Terminal.safe(reservation)
    }
}

/// Keeps a hold for longer, or makes it larger.
struct Extend: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep a reservation for longer, and ask whether its work may go on.",
        discussion: """
            Never shortens it. A higher estimate is admitted like new work; one that does not fit changes nothing and
            exits 2. Exits as `governor check` does.

            EXAMPLES:
              governor extend r-12-9f2c4a01
              governor extend --key run-17 --ttl 30m --estimate-usd 0.80
            """)

    @OptionGroup var hold: HoldOptions
    @OptionGroup var connection: Connection
    @Option(help: "From now on. Default: the policy's, 2h.") var ttl: String?
    @Option(help: "Dollars to hold from now on.") var estimateUsd: String?
    @Option(help: "What to answer when no daemon can be reached.") var onUnavailable: OnUnavailable = .pause
    @Flag(help: "Print the whole decision.") var json = false

    func run() throws {
        let estimate = try OptionValue.dollars(estimateUsd, "--estimate-usd")
        let seconds = try OptionValue.seconds(ttl, "--ttl")
        try Verdict(onUnavailable: onUnavailable, json: json).tell(connection) { json in
            json.field("op", "extend")
            json.hold(hold)
            if let seconds { json.field("ttl_s", seconds) }
            if let estimate { json.field("estimate_usd", estimate) }
        }
    }
}
