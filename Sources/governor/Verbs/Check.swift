import ArgumentParser
import GovernorAPI
import GovernorCore

/// Asks whether work may start.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether work may start.",
        discussion: """
            Exit 0: go on. 75: go on, slower. 2: paused, the reason on standard error. 69: no daemon answered.

            EXAMPLES:
              governor check --worker w-1 --model claude-opus-5
              governor check --worker w-1 && spawn-worker w-1
              governor check --session s-9 --estimate-usd 0.50 --json
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Dollars the work is about to spend.")
    var estimateUsd: String?

    @Option(help: "What to answer when no daemon can be reached.")
    var onUnavailable: OnUnavailable = .pause

    @Flag(help: "Print the whole decision.")
    var json = false

    func run() throws {
        let labels = try labels.labels()
        let estimate = try estimateUsd.map { text in
            guard let money = Money(dollars: text) else {
                throw ValidationError("--estimate-usd takes a number; got \(text)")
            }
            return money
        }
        let answer: JSON
        do {
            answer = try connection.ask { json in
                json.field("op", "check")
                json.labels(labels)
                if let estimate { json.field("estimate_usd", estimate) }
            }
        } catch {
            try answerAlone(error)
            return
        }
        if let message = answer["error"]?["message"]?.string {
            Terminal.printError("governor: \(message)")
            throw ExitCode.badUsage
        }
        if json { print(answer.line) }
        let reasons = (answer["reasons"]?.array ?? []).compactMap { $0["text"]?.string }
        switch answer["decision"]?.string {
        case "allow":
            if !json { print("allow") }
        case "throttle":
            if !json { print(Self.throttled(answer)) }
            for reason in reasons { Terminal.printError(reason) }
            throw ExitCode.throttled
        default:
            if !json { print(answer["stop"]?.bool == true ? "pause (stop running work)" : "pause") }
            for reason in reasons { Terminal.printError(reason) }
            throw ExitCode.paused
        }
    }

    private static func throttled(_ answer: JSON) -> String {
        let delay = answer["delay_s"].map { "delay \($0.text)s" }
        let workers = answer["max_workers"].map { "at most \($0.text) workers" }
        let model = answer["model"].map { "use \($0.text)" }
        return "throttle: " + [delay, workers, model].compactMap { $0 }.joined(separator: ", ")
    }

    /// No daemon: the caller has said what then.
    private func answerAlone(_ error: ControlClient.Unavailable) throws {
        if json {
            var reply = JSONWriter()
            reply.object { reply in
                reply.field("decision", onUnavailable.rawValue)
                reply.field("unavailable", true)
                reply.field("reasons", array: [error.description]) { json, text in
                    json.object { $0.field("text", text) }
                }
            }
            print(reply.text)
        } else {
            print("\(onUnavailable.rawValue) (no daemon)")
        }
        Terminal.printError("governor: \(error); answering \(onUnavailable.rawValue) as --on-unavailable says")
        if onUnavailable == .pause { throw ExitCode.unavailable }
    }
}
