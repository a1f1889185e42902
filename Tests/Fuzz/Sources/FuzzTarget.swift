import Glibc
import GovernorCore

/// What libFuzzer calls with each input. Compiled into GovernorSources by `Tests/Fuzz/fuzz`, and nowhere else.
///
/// `GOVERNOR_FUZZ` says who reads the input. Whatever breaks a promise ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    switch FuzzGoal.current {
    case .transcript: FuzzedLines.verify(TranscriptParser.self, bytes)
    case .coordinator: FuzzedLines.verify(CoordinatorParser.self, bytes)
    case .rollout: FuzzedLines.verify(RolloutParser.self, bytes)
    case .voice: FuzzedLines.verify(VoiceParser.self, bytes)
    case .litellmLog: FuzzedLines.verify(LiteLLMLogParser.self, bytes)
    case .import: FuzzedImport.verify(bytes)
    case .litellm: FuzzedRecords.verify(LiteLLMPayloads.read(bytes, zone: .utc).records)
    case .otlpJSON: FuzzedTelemetry.verify(bytes, .json)
    case .otlpProtobuf: FuzzedTelemetry.verify(bytes, .protobuf)
    case .gzip: FuzzedGzip.verify(bytes)
    case .prices: FuzzedPrices.verify(bytes)
    }
    return 0
}

/// Who reads the inputs of the present run.
private enum FuzzGoal: String {
    case transcript, coordinator, rollout, voice, `import`, litellm, gzip, prices
    case litellmLog = "litellm-log"
    case otlpJSON = "otlp-json"
    case otlpProtobuf = "otlp-protobuf"

    static let current: FuzzGoal = {
        let name = getenv("GOVERNOR_FUZZ").map { String(cString: $0) } ?? ""
        guard let goal = FuzzGoal(rawValue: name) else { fatalError("GOVERNOR_FUZZ names no reader: \(name)") }
        return goal
    }()
}

/// What must hold of every record, whoever read it.
enum FuzzedRecords {
    private static let prices: PriceBook = {
        do { return try PriceBook.embedded() } catch { fatalError("\(error)") }
    }()

    static func verify(_ records: [UsageRecord]) {
        var deduplication = Deduplication(stored: [])
        var sums = UsageSums()
        for record in records {
            if let odd = record.tokens.outOfRange { fatalError("\(odd) is out of range") }
            if let reported = record.reportedCost, reported < .zero { fatalError("a cost below zero") }
            for name in LabelName.allCases where record.labels[name]?.utf8.count ?? 0 > Labels.valueLimit {
                fatalError("\(name) is too long")
            }
            guard !record.identity.key.isEmpty, record.labels.source != nil else { fatalError("nobody's record") }
            // Booked as the daemon does it: no sum may trap.
            let booked = record.arriving(at: Timestamp(milliseconds: 1_800_000_000_000), LabelResolver(), prices)
            guard booked.cost >= .zero else { fatalError("it costs less than nothing") }
            _ = deduplication.add(booked)
            sums.add(booked)
        }
        let changes = deduplication.changes
        guard changes.count <= records.count else { fatalError("more calls than records") }
    }
}

/// Lines: as they come, and with a restart after each of them.
enum FuzzedLines {
    static func verify<Parser: LineParser>(_ type: Parser.Type, _ bytes: UnsafeRawBufferPointer) {
        let whole = records(type, bytes, restarts: false)
        guard calls(whole) == calls(records(type, bytes, restarts: true)) else {
            fatalError("a restart changes what was read")
        }
        FuzzedRecords.verify(whole)
    }

    /// Every call once: a parser may take a line into the record of the line before, of which a restarted one knows nothing.
    private static func calls(_ records: [UsageRecord]) -> [RecordChange] {
        var deduplication = Deduplication(stored: [])
        for record in records { _ = deduplication.add(record) }
        return deduplication.changes
    }

    private static func records<Parser: LineParser>(
        _ type: Parser.Type, _ bytes: UnsafeRawBufferPointer, restarts: Bool
    ) -> [UsageRecord] {
        var context = LineContext(zone: .utc, modified: Timestamp(milliseconds: 1_800_000_000_000), isStart: true)
        guard var parser = Parser(state: nil, context: context) else { fatalError("no start without a state") }
        var records: [UsageRecord] = []
        var start = 0
        while start < bytes.count {
            let end = ByteSearch.first(0x0A, in: bytes, from: start) ?? bytes.count
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if !line.isEmpty, parser.mayMatter(line) {
                do throws(LineProblem) {
                    try parser.read(SourceLine(bytes: line, file: "f", offset: Int64(start)), into: &records)
                } catch { if error.reason.isEmpty { fatalError("refused without a reason") } }
            }
            start = end + 1
            guard restarts else { continue }
            context.isStart = false
            let state = parser.state
            guard state?.utf8.count ?? 0 <= ParserState.limit else { fatalError("a state too long to be kept") }
            guard let next = Parser(state: state, context: context) else { fatalError("its own state makes no sense") }
            parser = next
        }
        return records
    }
}

/// A whole file, in one piece and in many.
enum FuzzedImport {
    static func verify(_ bytes: UnsafeRawBufferPointer) {
        let whole = read(bytes, pieces: bytes.count + 1)
        let cut = read(bytes, pieces: 1 + Int(bytes.first ?? 0) % 17)
        guard whole.records == cut.records, whole.report == cut.report, whole.error == cut.error else {
            fatalError("other pieces, other records: \(whole.report) \(cut.report)")
        }
        FuzzedRecords.verify(whole.records)
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, pieces: Int
    ) -> (records: [UsageRecord], report: ImportReport, error: ImportError?) {
        var importer = Importer(name: "f", zone: .utc, elementLimit: 4096)
        var records: [UsageRecord] = []
        func drain(_ importer: inout Importer) -> ImportError? {
            while true {
                do throws(ImportError) {
                    guard let batch = try importer.next() else { return nil }
                    records += batch.records
                } catch { return error }
            }
        }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + pieces)
            importer.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            if let error = drain(&importer) {
                // What came before counts; the report says how many bytes were taken, which depends on the pieces.
                var report = importer.report
                report.bytes = 0
                return (records, report, error)
            }
            start = end
        }
        importer.finish()
        let error = drain(&importer)
        var report = importer.report
        report.bytes = 0
        return (records, report, error)
    }
}

enum FuzzedTelemetry {
    static func verify(_ bytes: UnsafeRawBufferPointer, _ encoding: TelemetryEncoding) {
        for signal in TelemetrySignal.allCases {
            do throws(TelemetryProblem) {
                let batch = try TelemetryBatch.read(Array(bytes), signal, as: encoding)
                FuzzedRecords.verify(batch.records)
                _ = TelemetryAnswer.accepted(batch, as: encoding)
            } catch { _ = TelemetryAnswer.refused(error, as: encoding) }
        }
    }
}

/// Compressed data, in one piece and in many, within a limit.
enum FuzzedGzip {
    private static let limit: Int64 = 1 << 20

    static func verify(_ bytes: UnsafeRawBufferPointer) {
        let whole = inflated(bytes, pieces: bytes.count + 1)
        let cut = inflated(bytes, pieces: 1 + Int(bytes.last ?? 0) % 31)
        guard whole?.count ?? 0 <= limit else { fatalError("more than the limit") }
        guard whole == cut else { fatalError("other pieces, other bytes") }
    }

    private static func inflated(_ bytes: UnsafeRawBufferPointer, pieces: Int) -> [UInt8]? {
        var inflater = Inflater(limit: limit)
        var result: [UInt8] = []
        var start = 0
        do throws(Inflater.Failure) {
            while start < bytes.count {
                let end = min(bytes.count, start + pieces)
                try inflater.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) {
                    result.append(contentsOf: $0)
                }
                start = end
            }
            try inflater.finish()
        } catch { return nil }
        return result
    }
}

/// A price file: every row that is read prices a call without a trap.
enum FuzzedPrices {
    static func verify(_ bytes: UnsafeRawBufferPointer) {
        let file: LiteLLMPrices
        do throws(LiteLLMPrices.Failure) { file = try LiteLLMPrices(Array(bytes)) } catch { return }
        let book = PriceBook(rows: file.rows)
        for row in file.rows {
            var record = UsageRecord(
                identity: CallIdentity(key: "a"), growth: .later, time: Timestamp(milliseconds: 1_800_000_000_000),
                labels: Labels([.model: row.model, .provider: row.provider]),
                tokens: TokenCounts(
                    input: TokenCounts.limit, output: TokenCounts.limit, cacheRead: 1_000_000, cacheWrite5m: 7,
                    cacheWrite1h: 1, cacheWrite12h: 3),
                terms: Terms(tier: .priority, fast: true, usGeography: true, webSearches: 9))
            book.price(&record)
            guard record.cost >= .zero else { fatalError("it costs less than nothing") }
        }
    }
}
