import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Shows every budget and what is paused.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show budgets, sources and paused work.",
        discussion: """
            EXAMPLES:
              governor status
              governor status --worker w-1
              governor status --budget worker-day --json
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Only this budget; may come several times.")
    var budget: [String] = []

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() throws {
        let labels = try labels.labels()
        let answer = try connection.answer(timeout: .seconds(30)) { json in
            json.field("op", "status")
            json.labels(labels)
            if !budget.isEmpty { json.field("budgets", array: budget) { $0.value($1) } }
        }
        if json { return print(answer.line) }
        print(Self.text(answer))
    }

    private static func text(_ status: JSON) -> String {
        var parts: [String] = []
        let accounts = status["accounts"]?.array ?? []
        let rows = accounts.map { account -> [String] in
            let unit = account["limit_usd"] != nil ? "usd" : account["limit_tokens"] != nil ? "tokens" : "calls"
            let dollar = unit == "usd" ? "$" : ""
            let ratio = account["ratio"]?.text ?? "0"
            return [
                account["budget"]?.text ?? "", account.who, Terminal.bar(Double(ratio) ?? 0),
                percent(ratio), dollar + short(account["spent_\(unit)"], unit),
                dollar + short(account["limit_\(unit)"], unit),
                account["state"]?.text ?? "",
                Terminal.time(account["resets_at"]),
            ]
        }
        if rows.isEmpty {
            parts.append("No budgets.")
        } else {
            parts.append(
                Terminal.table(
                    ["BUDGET", "WHO", "", "USED", "SPENT", "LIMIT", "STATE", "RESETS"], rows, right: [3, 4, 5]))
        }
        // A budget's or rule's reason says whom it is about; an operator's own is only his words.
        let paused = (status["paused"]?.array ?? []).compactMap { pause in
            pause["operator"] == nil ? pause["reason"]?.string : PauseVerb.told(pause)
        }
        if !paused.isEmpty {
            parts.append(
                Terminal.colored("Paused:", .red) + "\n"
                    + paused.map { "  \(Terminal.safe($0))" }.joined(separator: "\n"))
        }
        let sources = (status["sources"]?.array ?? []).map { source in
            let age = source["age_s"]?.integer.map { Span.seconds($0).text + " ago" } ?? "never"
            let trouble =
                source["error"]?.string.map { ", \(Terminal.safe($0))" }
                ?? (source["stale"]?.bool == true ? ", stale" : "")
            let counts = "\(source["records"]?.text ?? "0") records, last \(age)\(reading(source))"
            return "  \(source["name"]?.text ?? ""): \(counts)\(trouble)"
        }
        parts.append(
            sources.isEmpty ? "No records from any source yet." : "Sources:\n" + sources.joined(separator: "\n"))
        let providers = (status["providers"]?.array ?? []).map { provider in
            let age =
                provider["age_s"]?.integer.map { "last answered \(Span.seconds($0).text) ago" } ?? "never answered"
            let state =
                switch provider["state"]?.text {
                case "off", "no_interface": "off, \(provider["note"]?.text ?? "")"
                case "error": "\(age), \(provider["error"]?.text ?? "")"
                default: age
                }
            return "  \(provider["provider"]?.text ?? ""): \(Terminal.cut(state))"
        }
        if !providers.isEmpty { parts.append("Providers:\n" + providers.joined(separator: "\n")) }
        if let holds = status["holds"], let live = holds["live"]?.integer,
            live > 0 || holds["overrun_usd"]?.money ?? .zero > .zero
        {
            let held = (holds["held_usd"]?.money ?? .zero).dollarText
            let overrun = (holds["overrun_usd"]?.money ?? .zero).dollarText
            let ended = holds["ended"]?.integer ?? 0, above = holds["above"]?.integer ?? 0
            parts.append(
                "Holds: \(live) live, \(held) set aside; \(above) of the last \(ended) cost more than was, "
                    + "\(overrun) in all")
        }
        if let forecast = status["forecast"], let expected = forecast["expected_usd"]?.money {
            let end = String((forecast["window"]?["end"]?.text ?? "").prefix(10))
            let low = forecast["low_usd"]?.money?.dollarText ?? "", high = forecast["high_usd"]?.money?.dollarText ?? ""
            parts.append("Forecast to \(end): \(expected.dollarText) (80%: \(low) to \(high))")
        }
        let unpriced = status["unpriced_calls"]?.integer ?? 0
        if unpriced > 0 {
            let calls = unpriced == 1 ? "1 call" : "\(unpriced) calls"
            let models = (status["unpriced_models"]?.array ?? []).compactMap { $0["model"]?.string }.prefix(5)
            let which = models.isEmpty ? "" : " (\(models.joined(separator: ", ")))"
            parts.append(
                Terminal.colored(
                    Terminal.cut(
                        "\(calls) of models without a price\(which): booked at another's, see governor prices show"),
                    .yellow))
        }
        if let saved = status["saved_usd"]?.money, saved > .zero {
            parts.append(
                Terminal.cut(
                    "Free models saved \(saved.dollarText) this month, at \(status["compared_with"]?.text ?? "") prices."
                ))
        }
        let off = (status["receivers_off"]?.array ?? []).map(\.text)
        if !off.isEmpty {
            parts.append("Receivers without an address, so off: \(Terminal.cut(off.joined(separator: ", ")))")
        }
        let troubled = (status["receivers"]?.array ?? []).compactMap(trouble)
        if !troubled.isEmpty {
            parts.append(
                Terminal.colored("Receivers in trouble:", .red) + "\n"
                    + troubled.map { "  \($0)" }.joined(separator: "\n"))
        }
        if let error = status["policy_error"]?.string {
            parts.append(Terminal.colored("The newest policy was not taken:", .red) + "\n\(Terminal.safe(error))")
        }
        return parts.joined(separator: "\n\n")
    }

    /// `, reading history: 1200 of 10000 files, 350 MiB to go`; empty where nothing waits to be read.
    private static func reading(_ source: JSON) -> String {
        guard let files = source["files"]?.integer, let read = source["files_read"]?.integer, read < files else {
            return ""
        }
        let what = source["catching_up"]?.bool == true ? "reading history: " : ""
        let behind = (source["bytes_behind"]?.integer ?? 0) / (1 << 20)
        return ", \(what)\(read) of \(files) files" + (behind > 0 ? ", \(behind) MiB to go" : "")
    }

    /// `ops: failing, 3 messages wait: hooks.slack.com answered 503`; nil of a receiver that takes its messages.
    private static func trouble(_ receiver: JSON) -> String? {
        let count = { (name: String) in receiver[name]?.integer ?? 0 }
        let messages = { (count: Int64) in count == 1 ? "1 message" : "\(count) messages" }
        let (pending, dead) = (count("pending"), count("dead"))
        let name = receiver["name"]?.text ?? ""
        var words: [String] = []
        switch receiver["state"]?.string {
        case "failing": words.append("failing")
        case "disabled": words.append("wants no further messages, and gets none until the policy changes")
        default: guard dead > 0 else { return nil }
        }
        if pending > 0, !words.isEmpty { words.append("\(messages(pending)) \(pending == 1 ? "waits" : "wait")") }
        if dead > 0 {
            words.append("\(messages(dead)) given up in the last 24 h (governor alerts retry --receiver \(name))")
        }
        let error = receiver["last_error"]?.string.map { ": \($0)" } ?? ""
        return Terminal.cut("\(name): \(words.joined(separator: ", "))\(error)")
    }

    private static func percent(_ ratio: String) -> String {
        guard let thousandths = DecimalText.scaled(ratio.utf8, places: 3) else { return ratio }
        return DecimalText.text(thousandths, places: 1) + "%"
    }

    private static func short(_ value: JSON?, _ unit: String) -> String {
        guard unit == "usd" else { return value?.text ?? "0" }
        return String((value?.money ?? .zero).dollarText.dropFirst())
    }
}
