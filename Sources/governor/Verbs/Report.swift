import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorLedger
import GovernorPolicy

/// Sums what was spent.
struct Report: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    static let configuration = CommandConfiguration(
        abstract: "Sum what was spent.",
        discussion: """
            Asks the daemon; while none runs, reads the ledger itself.

            EXAMPLES:
              governor report --today
              governor report --month --by model,worker
              governor report --since 2026-11-01 --until 2026-11-08 --by project --format csv
            """)

    @Flag(help: "Today; the default.") var today = false
    @Option(help: ArgumentHelp("One day.", valueName: "YYYY-MM-DD")) var date: String?
    @Flag(help: "This week, from Monday.") var week = false
    @Flag(help: "This month.") var month = false
    @Option(help: "From this date or time on.") var since: String?
    @Option(help: "Up to this date or time.") var until: String?
    @Option(help: "Labels to group by, such as model,worker.") var by: String = "model"
    @Option(help: "table, json or csv.") var format: Format = .table
    @Flag(help: "The same as --format json.") var json = false
    @Option(help: "The policy folder, for its time zone, while no daemon runs.") var policies = "policies"
    @OptionGroup var connection: Connection

    func run() throws {
        let report = try read()
        switch json ? .json : format {
        case .json: print(report.line)
        case .csv: print(Self.csv(report))
        case .table: print(Self.table(report))
        }
    }

    /// Asks the daemon, else reads the ledger, which needs none.
    private func read() throws -> JSON {
        let query = try parameters()
        do {
            var client = try ControlClient(path: connection.socketPath, timeout: .seconds(30))
            let (status, body) = try client.get("/v1/report?\(Connection.query(query))")
            guard status == 200 else {
                let reason = (try? JSONReader.read(body.text.utf8))?["error"]?["message"]?.text ?? body.text
                Terminal.printError("governor: \(reason)")
                throw status == 400 ? ExitCode.badUsage : ExitCode.unavailable
            }
            return body
        } catch let unavailable as ControlClient.Unavailable { return try readLedger(query, unavailable) }
    }

    private func readLedger(_ query: [(String, String)], _ unavailable: ControlClient.Unavailable) throws -> JSON {
        let loader = PolicyLoader(environment: ProcessInfo.processInfo.environment)
        let policy = loader.load(folder: policies).policy
        do {
            let query = try ReportQuery(query, zone: policy?.zone ?? .utc, now: Daemon.wallClock())
            let compared = try policy.flatMap { policy in
                try PriceBook.embedded(for: policy).compared(under: policy, at: query.until)
            }
            let ledger = try Ledger(readingFolder: connection.dataFolder)
            let report = try query.answer(from: ledger, comparedWith: compared)
            return try JSONReader.read(report.body)
        } catch let error as ControlError {
            Terminal.printError("governor: \(error.message)")
            throw ExitCode.badUsage
        } catch let error as LedgerError {
            Terminal.printError("governor: \(unavailable); and \(error)")
            throw ExitCode.unavailable
        }
    }

    private func parameters() throws -> [(String, String)] {
        let spans = [("day", today), ("week", week), ("month", month)].filter(\.1)
        guard spans.count + (date == nil ? 0 : 1) + (since == nil && until == nil ? 0 : 1) <= 1 else {
            throw ValidationError("--today, --date, --week, --month and --since with --until exclude each other")
        }
        var parameters = [("by", by)]
        if let span = spans.first { parameters.append(("span", span.0)) }
        if let date { parameters.append(("date", date)) }
        if let since { parameters.append(("since", since)) }
        if let until { parameters.append(("until", until)) }
        return parameters
    }

    private static func columns(_ sums: JSON) -> [String] {
        let tokens = sums["tokens"]
        let written = ["cache_write_5m", "cache_write_1h", "cache_write_12h"].compactMap { tokens?[$0]?.integer }
        return [
            sums["calls"]?.text ?? "", sums["success"]?.text ?? "", tokens?["input"]?.text ?? "",
            tokens?["output"]?.text ?? "", tokens?["cache_read"]?.text ?? "", "\(written.reduce(0, +))",
        ]
    }

    private static func keys(_ report: JSON) -> [String] {
        (report["by"]?.array ?? []).map(\.text)
    }

    private static func table(_ report: JSON) -> String {
        let keys = keys(report)
        let header =
            keys.map { $0.uppercased() } + ["CALLS", "OK", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "COST"]
        var rows = (report["groups"]?.array ?? []).map { group in
            (group["key"]?.members ?? []).map { $0.value.text.isEmpty ? "(none)" : $0.value.text } + columns(group)
                + [(group["cost_usd"]?.money ?? .zero).dollarText]
        }
        let total = report["total"] ?? .null
        let label = keys.isEmpty ? [] : ["total"] + Array(repeating: "", count: keys.count - 1)
        rows.append(label + columns(total) + [(total["cost_usd"]?.money ?? .zero).dollarText])
        let span = "\(report["since"]?.text ?? "") to \(report["until"]?.text ?? ""), \(report["timezone"]?.text ?? "")"
        let table = "\(span)\n\n" + Terminal.table(header, rows, right: Set(keys.count..<header.count))
        return ([table] + footnotes(report)).joined(separator: "\n\n")
    }

    /// How much of the cost is a guess, and what was saved.
    private static func footnotes(_ report: JSON) -> [String] {
        var notes: [String] = []
        let total = report["total"]
        if let unpriced = total?["unpriced_calls"]?.integer, unpriced > 0 {
            let models = (report["groups"]?.array ?? []).filter { $0["unpriced_calls"]?.integer ?? 0 > 0 }
                .compactMap { $0["key"]?["model"]?.string }
            let which = models.isEmpty ? "" : " (\(models.prefix(5).joined(separator: ", ")))"
            let calls = unpriced == 1 ? "1 call is of a model" : "\(unpriced) calls are of models"
            notes.append(Terminal.cut("\(calls) without a price\(which): what they cost is a guess."))
        }
        if let saved = total?["saved_usd"]?.money, saved > .zero {
            notes.append(
                Terminal.cut("Free models saved \(saved.dollarText), at \(report["compared_with"]?.text ?? "") prices.")
            )
        }
        return notes
    }

    private static func csv(_ report: JSON) -> String {
        let numbers = [
            "calls", "success", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd",
            "unpriced_calls",
        ]
        let rows = (report["groups"]?.array ?? []).map { group in
            (group["key"]?.members ?? []).map { quoted($0.value.text) } + columns(group) + [
                group["cost_usd"]?.text ?? "", group["unpriced_calls"]?.text ?? "",
            ]
        }
        return ([keys(report) + numbers] + rows).map { $0.joined(separator: ",") }.joined(separator: "\n")
    }

    private static func quoted(_ cell: String) -> String {
        var bytes: [UInt8] = []
        CSVCell.append(CSVCell.guarded(cell), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
