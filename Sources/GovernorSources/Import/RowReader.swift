import GovernorCore

/// Makes records of what was cut out of one file: finds out what it holds, then reads row by row.
///
/// A class, since whoever cuts hands over its cuts while it is being changed itself.
final class RowReader {
    /// Elements, and their bytes, that may say nothing before the file is given up.
    private static let pendingLimit = 256
    private static let pendingBytes = 1 << 20
    /// Rows of a table, whose columns are known from the first, that may leave open whose they are.
    private static let pendingRows = 32

    var report: ImportReport
    /// Not yet given out.
    private(set) var records: [UsageRecord] = []
    /// Why reading ended.
    private(set) var failure: ImportError?

    private let options: ImportOptions
    private let zone: Zone
    private var separator: UInt8?
    private var reading = Reading.undecided
    /// Of the table.
    private var header: ImportColumns?
    private let known = KnownRows()
    /// What came before anything said what the file is.
    private var pending: [(bytes: [UInt8], place: ImportPlace)] = []
    private var pendingSize = 0
    private var seen = ColumnNames()

    private enum Reading {
        case undecided
        case export(ExportedCall)
        case litellm(LiteLLMCall)
        case governor(GovernorExport)
        case agent(any LineParser)
    }

    init(name: String, options: ImportOptions, zone: Zone) {
        report = ImportReport(name: name)
        self.options = options
        self.zone = zone
    }

    func takeBatch() -> ImportBatch {
        defer { records = [] }
        return ImportBatch(records: records, keepsCosts: report.format == .governor)
    }

    /// Says how the file is cut, before its first cut.
    func begin(_ cutting: ImportHead.Cutting) {
        switch cutting {
        case .json: break
        case .csv(let separator): self.separator = separator
        case .lines: if options.format == nil { return decide(.litellmLog) }
        }
        if let format = options.format { decide(format) }
    }

    func take(_ cut: ImportCut) {
        guard failure == nil else { return }
        if let problem = cut.problem {
            report.reject(cut.place, problem)
        } else if !cut.bytes.allSatisfy({ $0 <= 0x20 }) {
            if separator != nil, header == nil { readHeader(cut) } else { row(cut) }
        }
    }

    /// Says that nothing more comes.
    func finish() {
        guard failure == nil else { return }
        if case .undecided = reading, !pending.isEmpty { return failure = .undecidable(columns: seen.names) }
    }

    // MARK: What it is

    private func readHeader(_ cut: ImportCut) {
        do throws(LineProblem) {
            let columns = ImportColumns(try cells(cut.bytes))
            header = columns
            for name in columns.written { seen.insert(String(ImportColumns.shown(name).prefix(60))) }
            if case .undecided = reading, options.provider == nil, !FormatEvidence(columns).isHopeful {
                failure = .undecidable(columns: seen.names)
            }
            report.format = report.format ?? FormatEvidence(columns).format
        } catch { failure = .unreadable("its first line is no header: \(error.reason)") }
    }

    private func row(_ cut: ImportCut) {
        guard case .undecided = reading else { return read(cut) }
        // What can't be read now is refused when it is known what it should have been.
        if let row = readable(cut) {
            for name in row.columns.written + row.leftOut { seen.insert(String(ImportColumns.shown(name).prefix(60))) }
            if let format = format(of: row) {
                decide(format)
                let pending = pending
                self.pending = []
                for (bytes, place) in pending {
                    bytes.withUnsafeBytes { read(ImportCut(bytes: $0, place: place)) }
                }
                return read(cut)
            }
        }
        pending.append((Array(cut.bytes), cut.place))
        pendingSize += cut.bytes.count
        if pending.count > (separator == nil ? Self.pendingLimit : Self.pendingRows) || pendingSize > Self.pendingBytes
        {
            failure = .undecidable(columns: seen.names)
        }
    }

    private func readable(_ cut: ImportCut) -> ImportRow? {
        do throws(LineProblem) { return try importRow(cut) } catch { return nil }
    }

    private func format(of row: ImportRow) -> ImportFormat? {
        let told = FormatEvidence(row).format
        guard let provider = options.provider else { return told }
        switch told {
        case .anthropic, .openai, .gemini, .rows, nil:
            return ExportDialect.named(provider).flatMap { ImportFormat(rawValue: $0.provider) } ?? .rows
        default: return told
        }
    }

    private func decide(_ format: ImportFormat) {
        report.format = format
        switch format {
        case .anthropic, .openai, .gemini, .rows:
            reading = .export(ExportedCall(format: format, provider: options.provider, zone: zone))
        case .litellm: reading = .litellm(LiteLLMCall(provider: options.provider, zone: zone))
        case .governor: reading = .governor(GovernorExport(isCSV: separator != nil))
        case .transcript, .voice, .codex, .stream, .coordinator, .litellmLog:
            if let parser = format.parser(zone: zone) { reading = .agent(parser) }
        }
    }

    // MARK: Rows

    private func read(_ cut: ImportCut) {
        guard failure == nil else { return }
        do throws(LineProblem) {
            switch reading {
            case .undecided: break
            case .agent(var parser):
                var found: [UsageRecord] = []
                if parser.mayMatter(cut.bytes) {
                    reading = .undecided
                    defer { reading = .agent(parser) }
                    let line = SourceLine(bytes: cut.bytes, file: report.name, offset: cut.place.offset)
                    try parser.read(line, into: &found)
                }
                if found.isEmpty { report.skipped += 1 }
                keep(found)
            case .export(var call):
                // Taken out meanwhile, so that what it remembers is not copied.
                reading = .undecided
                defer { reading = .export(call) }
                keep([try call.record(try importRow(cut), &report)], at: cut.place)
            case .litellm(let call): keep([try call.record(try importRow(cut))], at: cut.place)
            case .governor(let export): keep([try export.record(try importRow(cut))])
            }
        } catch { report.reject(cut.place, error.reason) }
    }

    private func keep(_ found: [UsageRecord], at place: ImportPlace? = nil) {
        for var record in found {
            if let place { record.raw = UsageRecord.RawReference(file: report.name, offset: place.offset) }
            records.append(record)
            report.read += 1
        }
    }

    private func importRow(_ cut: ImportCut) throws(LineProblem) -> ImportRow {
        if let header {
            return try ImportRow(cells: try cells(cut.bytes), header: header, known: known)
        }
        return try ImportRow(object: cut.bytes, known: known)
    }

    private func cells(_ bytes: UnsafeRawBufferPointer) throws(LineProblem) -> [String] {
        try CSVCells.read(bytes, separator: separator ?? UInt8(ascii: ","))
    }
}
