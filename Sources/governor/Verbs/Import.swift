import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Takes files of usage in.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take usage from files into the ledger.",
        discussion: """
            Any known shape, gzip or not: exports of Anthropic, OpenAI and Gemini as CSV or JSON, LiteLLM's payloads and
            spend logs, agents' and coordinators' own files, and what governor export wrote. A file's columns tell what it
            is; a row that can't be read is reported with its line and its reason, and costs no other. Importing a file
            twice adds nothing.

            EXAMPLES:
              governor import usage-2026-11.csv
              governor import --provider openai export.json.gz
              zcat calls.jsonl.gz | governor import -
            """)

    @Argument(help: ArgumentHelp("Files; - is standard input.", valueName: "FILE")) var files: [String]
    @Option(help: "csv, json or jsonl, or what it is: anthropic, litellm, governor, transcript …") var format: String?
    @Option(help: "Whose export it is, where its columns don't say.") var provider: String?
    @Flag(help: "Print the daemon's reports as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        var hasFailed = false
        var reports: [JSON] = []
        for file in files {
            let (status, report) = try send(file)
            guard report.members != nil, report["error"]?.members == nil else {
                Terminal.printError("governor: \(file): \(report["error"]?["message"]?.text ?? report.text)")
                throw status == 400 ? ExitCode.badUsage : ExitCode.unavailable
            }
            reports.append(report)
            hasFailed = hasFailed || status != 200 || (report["rejected"]?.integer ?? 0) > 0
            if !json { Self.show(report, file) }
        }
        if json {
            var writer = JSONWriter()
            writer.object { $0.field("files", array: reports) { $0.value($1) } }
            print(writer.text)
        }
        if hasFailed { throw ExitCode.badInput }
    }

    /// The file's bytes as they are, piece by piece; the daemon reads and books them as they come.
    private func send(_ file: String) throws -> (status: Int, report: JSON) {
        let handle: FileHandle
        if file == "-" {
            handle = .standardInput
        } else {
            do { handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file)) } catch {
                Terminal.printError("governor: \(file) can't be read: \(error.localizedDescription)")
                throw ExitCode.io
            }
        }
        let size = file == "-" ? 0 : Int64((try? handle.seekToEnd()) ?? 0)
        if file != "-" { try handle.seek(toOffset: 0) }
        var parameters = [("name", file == "-" ? "standard input" : URL(fileURLWithPath: file).lastPathComponent)]
        if let format { parameters.append(("format", format)) }
        if let provider { parameters.append(("provider", provider)) }
        var progress = Progress("importing \(parameters[0].1)")
        defer { progress.clear() }
        var sent: Int64 = 0
        do {
            var client = try ControlClient(path: connection.socketPath, timeout: .hours(24))
            let (status, report) = try client.post("/upload?\(Connection.query(parameters))") {
                guard let piece = try handle.read(upToCount: 256 << 10), !piece.isEmpty else { return nil }
                sent += Int64(piece.count)
                if size > 0 { progress.show(sent.saturatingMultiplied(by: 100) / size) }
                return Array(piece)
            }
            return (status, report)
        } catch let error as ControlClient.Unavailable {
            Terminal.printError("governor: \(error); start one with: governor run")
            throw ExitCode.unavailable
        }
    }

    private static func show(_ report: JSON, _ file: String) {
        let count = { (name: String) in report[name]?.integer ?? 0 }
        print(
            "\(Terminal.cut(file)): \(report["format"]?.string ?? "unknown"), \(count("read")) read, \(count("new")) new, "
                + "\(count("duplicate")) known, \(count("revised")) revised, \(count("rejected")) rejected")
        for row in report["rejections"]?.array ?? [] {
            Terminal.printError("  line \(row["line"]?.text ?? "?"): \(row["reason"]?.text ?? "")")
        }
        let untold = count("rejected") - Int64(report["rejections"]?.array?.count ?? 0)
        if untold > 0 { Terminal.printError("  and \(untold) more") }
        if let error = report["error"]?.string { Terminal.printError("governor: \(file): \(error)") }
    }
}
