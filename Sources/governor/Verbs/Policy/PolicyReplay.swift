import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore
import GovernorDaemon
import GovernorLedger
import GovernorPolicy

/// Plays the ledger under a policy.
struct PolicyReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Show what a policy would have done over the ledger.",
        discussion: """
            Every alert and pause in order of time, beside the alerts that fired then. Records cost what they were \
            booked at, and each counts from its own time. The ledger is only read, also while a daemon writes it.

            EXAMPLES:
              governor policy replay --since 30d policies
              governor policy replay --since 2026-11-01 --until 2026-11-08 new-policies --json
            """)

    @Argument(help: "The policy folder.") var folder = "policies"
    @Option(help: "From then on: a duration before now, a date or a time.") var since = "30d"
    @Option(help: "Up to then; now if absent.") var until: String?
    @Option(help: "The data folder. Default: governor under $XDG_DATA_HOME or ~/.local/share.") var data: String?
    @Flag(help: "Print as JSON.") var json = false

    /// Records that are in memory at once.
    private static let page = 5000

    func run() throws {
        let loading = PolicyLoader.withoutSecrets.load(folder: folder)
        guard let policy = loading.policy else {
            for diagnostic in loading.diagnostics { Terminal.printError(diagnostic.description) }
            throw ExitCode.badInput
        }
        let range = try range(zone: policy.zone, now: Daemon.wallClock())
        var replay = Replay(policy: policy, prices: try PriceBook.embedded(for: policy), range: range)
        let environment = ProcessInfo.processInfo.environment
        let report: ReplayReport
        do throws(LedgerError) {
            let ledger = try Ledger(readingFolder: data ?? SocketPath.dataFolder(environment: environment))
            try Self.play(ledger, &replay)
            report = replay.finish(then: try ledger.alerts(since: range.start))
        } catch {
            Terminal.printError("governor: \(error)")
            throw error.code == .cannotOpen ? ExitCode.unavailable : ExitCode.io
        }
        if json { printJSON(report, policy) } else { print(Self.text(report, policy)) }
    }

    /// Reads the ledger page by page.
    private static func play(_ ledger: Ledger, _ replay: inout Replay) throws(LedgerError) {
        var progress = Progress("replaying")
        defer { progress.clear() }
        let (start, end) = (replay.reach, replay.range.end)
        var last: StoredRecord?
        var first: Timestamp?
        while true {
            let records = try ledger.records(since: start, until: end, after: last, limit: page)
            guard let newest = records.last else { return }
            first = first ?? records.first?.record.time
            replay.take(records.map(\.record))
            last = newest
            let done = newest.record.time - (first ?? start)
            let whole = end - (first ?? start)
            progress.show(done.milliseconds / max(1, whole.milliseconds / 100))
        }
    }

    // MARK: Arguments

    private func range(zone: Zone, now: Timestamp) throws -> Interval {
        let start = try Self.time(since, "--since", zone, now)
        let end = try until.map { try Self.time($0, "--until", zone, now) } ?? now
        guard start < end else { throw ValidationError("--since has to be before --until, or before now") }
        return Interval(start: start, end: min(end, now))
    }

    /// `30d` ago, a date's beginning by the policy's zone, or an instant.
    private static func time(_ text: String, _ option: String, _ zone: Zone, _ now: Timestamp) throws -> Timestamp {
        if let span = Span(text: text) { return now - span }
        switch RFC3339.read(text.utf8) {
        case .instant(let time): return time
        case .local(let civil): return zone.instant(of: civil)
        case nil:
            throw ValidationError(
                "\(option) takes a duration such as 30d, a date such as 2026-11-01 or a time; got \(text)")
        }
    }
}

// MARK: Output

extension PolicyReplay {
    private static func text(_ report: ReplayReport, _ policy: Policy) -> String {
        let zone = policy.zone
        let head =
            "\(moment(report.range.start, zone)) to \(moment(report.range.end, zone)), \(zone.identifier), "
            + "under the policy of revision \(policy.revision)"
        guard !report.entries.isEmpty else { return "\(head)\n\nNothing fired, and nobody was paused, then or now." }
        let rows = report.entries.map { entry in
            [
                moment(entry.time, zone), what(entry), entry.name, entry.who, ending(entry, zone),
                entry.presence?.rawValue ?? "", entry.text,
            ]
        }
        let table = Terminal.table(["TIME", "WHAT", "ITEM", "WHO", "UNTIL", "FOUND UNDER", "WHAT HAPPENED"], rows)
        return [head, table, totals(report)].joined(separator: "\n\n")
    }

    private static func totals(_ report: ReplayReport) -> String {
        var rows = report.items.sorted { $0.key < $1.key }.map { row($0.key, $0.value) }
        if rows.count > 1 { rows.append(row("all", report.totals)) }
        return Terminal.table(["ITEM", "ALERTS", "THEN", "PAUSES", "PAUSED FOR"], rows, right: [1, 2, 3, 4])
    }

    private static func row(_ name: String, _ sums: ReplayReport.Totals) -> [String] {
        [
            name, "\(sums.alerts)", "\(sums.alertsThen)", "\(sums.pauses)",
            sums.paused == .zero ? "-" : sums.paused.text,
        ]
    }

    private static func what(_ entry: ReplayReport.Entry) -> String {
        switch entry.kind {
        case .alert: "alert"
        case .pause: entry.stop ? "stop" : "pause"
        }
    }

    /// `2026-11-21 00:00`; in brackets when it is still to come, `?` when nobody can say.
    private static func ending(_ entry: ReplayReport.Entry, _ zone: Zone) -> String {
        guard let end = entry.end else { return "?" }
        return entry.isOver ? moment(end, zone) : "(\(moment(end, zone)))"
    }

    private static func moment(_ time: Timestamp, _ zone: Zone) -> String {
        "\(zone.civil(at: time).date.text) \(ActionText.clock(time, in: zone))"
    }

    private func printJSON(_ report: ReplayReport, _ policy: Policy) {
        let zone = policy.zone
        var json = JSONWriter()
        json.object { json in
            json.field("since", RFC3339.text(report.range.start, in: zone))
            json.field("until", RFC3339.text(report.range.end, in: zone))
            json.field("timezone", zone.identifier)
            json.field("revision", policy.revision)
            json.field("entries", array: report.entries) { json, entry in
                json.object { json in
                    json.field("kind", entry.kind.rawValue)
                    json.field("name", entry.name)
                    json.split(entry.split, per: entry.per)
                    json.field("at", RFC3339.text(entry.time, in: zone))
                    if let end = entry.end { json.field("until", RFC3339.text(end, in: zone)) }
                    json.field("over", entry.isOver)
                    if entry.kind == .pause { json.field("stop", entry.stop) }
                    json.field("under", ifPresent: entry.presence?.word)
                    if let then = entry.then { json.field("then_at", RFC3339.text(then, in: zone)) }
                    json.field("text", entry.text)
                }
            }
            json.field("totals", object: { $0.fields(report.totals) })
            json.field("items", array: report.items.sorted { $0.key < $1.key }) { json, item in
                json.object { json in
                    json.field("name", item.key)
                    json.fields(item.value)
                }
            }
        }
        print(json.text)
    }
}

extension ReplayReport.Presence {
    /// For programs.
    fileprivate var word: String {
        switch self {
        case .both: "both"
        case .onlyNow: "only_this"
        case .onlyThen: "only_then"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func fields(_ sums: ReplayReport.Totals) {
        field("alerts", Int64(sums.alerts))
        field("alerts_then", Int64(sums.alertsThen))
        field("pauses", Int64(sums.pauses))
        field("paused_s", sums.paused.milliseconds / 1000)
    }
}
