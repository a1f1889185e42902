import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorLedger
import GovernorPolicy

/// Writes every call out.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write every call that counts, with all its columns.",
        discussion: """
            Asks the daemon; while none runs, reads the ledger itself. Importing an export into the ledger it came from
            adds nothing.

            EXAMPLES:
              governor export > calls.csv
              governor export --format jsonl --since 2026-11-01 | gzip > november.jsonl.gz
            """)

    @Option(help: "csv, json or jsonl.") var format = "csv"
    @Option(help: "From this date or time on.") var since: String?
    @Option(help: "Up to this date or time.") var until: String?
    @Option(help: "The policy folder, for its time zone, while no daemon runs.") var policies = "policies"
    @OptionGroup var connection: Connection

    func run() throws {
        var parameters = [("format", format)]
        if let since { parameters.append(("since", since)) }
        if let until { parameters.append(("until", until)) }
        do {
            var client = try ControlClient(path: connection.socketPath, timeout: .minutes(5))
            let (status, failure) = try client.stream("/v1/export?\(Connection.query(parameters))") {
                FileHandle.standardOutput.write(Data($0))
            }
            guard status == 200 else {
                Terminal.printError("governor: \(failure)")
                throw status == 400 ? ExitCode.badUsage : ExitCode.unavailable
            }
        } catch let unavailable as ControlClient.Unavailable { try writeLedger(parameters, unavailable) }
    }

    private func writeLedger(_ parameters: [(String, String)], _ unavailable: ControlClient.Unavailable) throws {
        let loader = PolicyLoader(environment: ProcessInfo.processInfo.environment)
        let zone = loader.load(folder: policies).policy?.zone ?? .utc
        do {
            var pages = try ExportQuery(parameters, zone: zone).pages
            let ledger = try Ledger(readingFolder: connection.dataFolder)
            while let bytes = try pages.next(from: ledger) { FileHandle.standardOutput.write(Data(bytes)) }
        } catch let error as ControlError {
            Terminal.printError("governor: \(error.message)")
            throw ExitCode.badUsage
        } catch let error as LedgerError {
            Terminal.printError("governor: \(unavailable); and \(error)")
            throw ExitCode.unavailable
        }
    }
}
