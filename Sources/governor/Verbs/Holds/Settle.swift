import ArgumentParser
import GovernorAPI
import GovernorCore

/// Which hold is meant.
struct HoldOptions: ParsableArguments {
    @Argument(help: "The reservation, such as r-12-9f2c4a01.") var reservation: String?
    @Option(help: "The key it was made under, instead of the reservation.") var key: String?

    func validate() throws {
        guard (reservation == nil) != (key == nil) else {
            throw ValidationError("say which hold: its reservation, such as r-12-9f2c4a01, or its --key")
        }
    }
}

extension JSONWriter {
    /// `"reservation":…` or `"key":…`
    mutating func hold(_ hold: HoldOptions) {
        field("reservation", ifPresent: hold.reservation)
        field("key", ifPresent: hold.key)
    }
}

/// Ends a hold with what was spent.
struct Settle: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a reservation with what its work has cost.",
        discussion: """
            Without --cost-usd the usage that was read stands. With it, what usage does not cover yet is booked at once,
            and shrinks as late records arrive: the total is the larger of the two, never the sum.

            Exit 0: settled. 1: there is no such hold, or it has ended already.

            EXAMPLES:
              governor settle r-12-9f2c4a01
              governor settle --key run-17 --cost-usd 0.31 --json
            """)

    @OptionGroup var hold: HoldOptions
    @OptionGroup var connection: Connection
    @Option(help: "What the work has cost.") var costUsd: String?
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws {
        let cost = try OptionValue.dollars(costUsd, "--cost-usd")
        try connection.end(hold, with: "settle", cost: cost, json: json)
    }
}

/// Gives a hold back.
struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a whole reservation back: its work does not take place.",
        discussion: """
            Exit 0: released. 1: there is no such hold, or it has ended already.

            EXAMPLES:
              governor release r-12-9f2c4a01
              governor release --key run-17
            """)

    @OptionGroup var hold: HoldOptions
    @OptionGroup var connection: Connection
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() throws { try connection.end(hold, with: "release", cost: nil, json: json) }
}

extension Connection {
    fileprivate func end(_ hold: HoldOptions, with operation: String, cost: Money?, json: Bool) throws {
        let answer = try self.answer { json in
            json.field("op", operation)
            json.hold(hold)
            if let cost { json.field("cost_usd", cost) }
        }
        if json { return print(answer.line) }
        let overrun = answer["overrun_usd"]?.money ?? .zero
        print(
            "spent \((answer["spent_usd"]?.money ?? .zero).dollarText), "
                + "gave back \((answer["released_usd"]?.money ?? .zero).dollarText)"
                + (overrun > .zero ? ", \(overrun.dollarText) more than was held" : ""))
    }
}
