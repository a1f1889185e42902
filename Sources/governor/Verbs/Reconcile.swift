import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Compares the ledger with what providers report.
struct Reconcile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the ledger with the providers' own reports.",
        discussion: """
            Per day (UTC) and model: what the provider has, what counts here, the drift, and its likely cause. The daemon
            asks a provider when it has its admin key: ANTHROPIC_ADMIN_KEY, OPENAI_ADMIN_KEY.

            Exits 0 when all agrees within the tolerance, 1 when something drifts further, 69 when there is no daemon or
            no provider was asked about these days.

            EXAMPLES:
              governor reconcile
              governor reconcile --since 2026-11-01 --until 2026-12-01 --provider anthropic
              governor reconcile --tolerance 2% --json
            """)

    @Option(help: ArgumentHelp("From this day (UTC) on. Default: seven days ago.", valueName: "YYYY-MM-DD"))
    var since: String?
    @Option(help: ArgumentHelp("Up to before this day. Default: today is the last.", valueName: "YYYY-MM-DD"))
    var until: String?
    @Option(help: "anthropic, openai or gemini; several with commas.") var provider: String?
    @Option(help: "How much may differ, as a share of what the provider says.") var tolerance = "1%"
    @Flag(help: "The shape reconcile as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let answer = try ask()
        if json {
            print(answer.line)
        } else {
            print(Self.text(answer))
        }
        guard answer["compared"]?.bool == true else {
            Terminal.printError("governor: no provider was asked about these days, so nothing is compared")
            throw ExitCode.unavailable
        }
        if answer["beyond"]?.bool == true { throw ExitCode.failedCheck }
    }

    private func ask() throws -> JSON {
        var parameters = [("tolerance", tolerance)]
        if let since { parameters.append(("since", since)) }
        if let until { parameters.append(("until", until)) }
        if let provider { parameters.append(("provider", provider)) }
        do {
            var client = try ControlClient(path: connection.socketPath, timeout: .seconds(30))
            let (status, body) = try client.get("/v1/reconcile?\(Connection.query(parameters))")
            guard status == 200 else {
                let error = try? JSONReader.read(body.text.utf8)
                Terminal.printError("governor: \(error?["error"]?["message"]?.text ?? body.text)")
                throw status == 400 ? ExitCode.badUsage : ExitCode.unavailable
            }
            return body
        } catch let unavailable as ControlClient.Unavailable {
            Terminal.printError("governor: \(unavailable); start one with: governor run")
            throw ExitCode.unavailable
        }
    }

    private static func text(_ answer: JSON) -> String {
        let header = ["DAY", "PROVIDER", "MODEL", "THEIRS", "OURS", "SHADOWED", "DRIFT", "", "CAUSE"]
        var rows = (answer["lines"]?.array ?? []).map { line in
            let item = line["item"]?.text ?? ""
            return [
                line["day"]?.text ?? "", line["provider"]?.text ?? "",
                Terminal.cut(item.isEmpty ? line["model"]?.text ?? "" : item),
            ] + amounts(line) + [(line["cause"]?.text ?? "").replacing("_", with: " ")]
        }
        rows.append(["total", "", ""] + amounts(answer["total"] ?? .null) + [""])
        var parts = [
            "\(answer["since"]?.text ?? "") to before \(answer["until"]?.text ?? ""), UTC",
            Terminal.table(header, rows, right: [3, 4, 5, 6, 7]),
        ]
        let causes = (answer["lines"]?.array ?? []).filter { $0["cause"]?.text != "agrees" }.map { line in
            "\(line["day"]?.text ?? "") \(Terminal.cut(line["model"]?.text ?? "")): \(Terminal.cut(line["text"]?.text ?? ""))"
        }
        if !causes.isEmpty { parts.append(causes.joined(separator: "\n")) }
        let providers = (answer["providers"]?.array ?? []).compactMap(providerText)
        if !providers.isEmpty { parts.append(providers.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    /// Theirs, ours, shadowed, the drift in dollars and as a share; tokens where there are no dollars.
    private static func amounts(_ sums: JSON) -> [String] {
        let dollars = { (value: JSON?) in value?.money?.dollarText ?? "-" }
        let tokens = sums["drift_usd"]?.isNull == true && sums["drift_tokens"]?.isNull == false
        let share = sums[tokens ? "drift_tokens_ratio" : "drift"]?.text ?? ""
        let percent = DecimalText.scaled(share.utf8, places: 6).map { Ratio(partsPerMillion: $0).wholePercentText }
        return [
            tokens ? "\(sums["theirs"]?["tokens"]?["total"]?.text ?? "") tok" : dollars(sums["theirs"]?["cost_usd"]),
            tokens ? "\(sums["ours"]?["tokens"]?["total"]?.text ?? "") tok" : dollars(sums["ours"]?["cost_usd"]),
            dollars(sums["shadowed"]?["cost_usd"]),
            tokens ? "\(sums["drift_tokens"]?.text ?? "") tok" : dollars(sums["drift_usd"]), percent ?? "-",
        ]
    }

    /// `anthropic: off, ANTHROPIC_ADMIN_KEY is not set`; nothing for one that answers.
    private static func providerText(_ provider: JSON) -> String? {
        let name = provider["provider"]?.text ?? ""
        return switch provider["state"]?.text {
        case "off": "\(name): off, \(Terminal.cut(provider["note"]?.text ?? ""))"
        case "error": "\(name): \(Terminal.cut(provider["error"]?.text ?? ""))"
        case "no_interface": "\(name): \(Terminal.cut(provider["note"]?.text ?? ""))"
        default: nil
        }
    }
}
