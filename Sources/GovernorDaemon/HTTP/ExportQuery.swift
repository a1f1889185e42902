package import GovernorAPI
package import GovernorCore
package import GovernorLedger

/// Which calls an export has, and how it is written: for `GET /v1/export` and for the command line alike.
package struct ExportQuery: Sendable {
    package var format: ExportFormat
    package var since = Timestamp.distantPast
    package var until = Timestamp.distantFuture

    private static let names: Set<String> = ["format", "since", "until"]

    /// - Parameter zone: of dates, which mean the day's first instant.
    package init(_ parameters: [(String, String)], zone: Zone) throws(ControlError) {
        if let (name, _) = parameters.first(where: { !Self.names.contains($0.0) }) {
            throw ControlError(.badRequest, "there is no parameter \(name.prefix(40))", field: String(name.prefix(40)))
        }
        let given = { (name: String) in parameters.last { $0.0 == name }?.1 }
        guard let format = ExportFormat(rawValue: given("format") ?? "csv") else {
            throw ControlError(.badRequest, "format must be csv, json or jsonl", field: "format")
        }
        self.format = format
        if let text = given("since") { since = try ReportQuery.time(text, "since", zone) }
        if let text = given("until") { until = try ReportQuery.time(text, "until", zone) }
    }

    package var pages: ExportPages { ExportPages(query: self, writer: ExportWriter(format)) }
}

/// An export, a page at a time, so that one of any size takes the memory of a page.
package struct ExportPages: Sendable {
    let query: ExportQuery
    var writer: ExportWriter
    private var last: StoredRecord?
    private var hasBegun = false
    private var hasEnded = false

    private static let size = 1000

    init(query: ExportQuery, writer: ExportWriter) {
        self.query = query
        self.writer = writer
    }

    /// The next bytes; nil when all is written.
    package mutating func next(from ledger: Ledger) throws(LedgerError) -> [UInt8]? {
        guard !hasEnded else { return nil }
        var bytes: [UInt8] = []
        if !hasBegun { writer.begin(&bytes) }
        hasBegun = true
        let page = try ledger.records(since: query.since, until: query.until, after: last, limit: Self.size)
        for stored in page { writer.append(stored.record, to: &bytes) }
        last = page.last
        if page.count < Self.size {
            writer.end(&bytes)
            hasEnded = true
        }
        return bytes
    }
}
