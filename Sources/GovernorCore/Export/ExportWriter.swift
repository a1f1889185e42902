/// Writes records as an export, one by one, by appending bytes: the caller passes them on whenever it has enough, so that
/// an export of any size takes the memory of a few records.
///
/// ```
/// var writer = ExportWriter(.csv)
/// writer.begin(&bytes)
/// for record in records { writer.append(record, to: &bytes) }
/// writer.end(&bytes)
/// ```
///
/// Everything of a record is written, so that importing an export into the ledger it came from adds nothing, and into an
/// empty one gives the same sums to the nano-dollar.
package struct ExportWriter: Sendable {
    package let format: ExportFormat
    private var isFirst = true

    package init(_ format: ExportFormat) { self.format = format }

    /// What stands before the first record.
    package func begin(_ bytes: inout [UInt8]) {
        switch format {
        case .csv:
            bytes.append(contentsOf: ExportColumn.allCases.map(\.rawValue).joined(separator: ",").utf8)
            bytes.append(0x0A)
        case .json: bytes.append(UInt8(ascii: "["))
        case .jsonl: break
        }
    }

    /// What stands behind the last record.
    package func end(_ bytes: inout [UInt8]) {
        if format == .json { bytes.append(contentsOf: "\n]\n".utf8) }
    }

    package mutating func append(_ record: UsageRecord, to bytes: inout [UInt8]) {
        switch format {
        case .csv: Self.line(record, to: &bytes)
        case .json:
            bytes.append(contentsOf: (isFirst ? "\n" : ",\n").utf8)
            bytes.append(contentsOf: Self.object(record))
        case .jsonl:
            bytes.append(contentsOf: Self.object(record))
            bytes.append(0x0A)
        }
        isFirst = false
    }

    private static func line(_ record: UsageRecord, to bytes: inout [UInt8]) {
        for column in ExportColumn.allCases {
            if column != .id { bytes.append(UInt8(ascii: ",")) }
            switch ExportValue(column, of: record) {
            case .none: break
            case .text(let text): CSVCell.append(CSVCell.guarded(text), to: &bytes)
            case .number(let digits): bytes.append(contentsOf: digits.utf8)
            case .flag(let flag): bytes.append(contentsOf: "\(flag)".utf8)
            case .tags(let tags): if !tags.isEmpty { CSVCell.append(json(tags).text, to: &bytes) }
            }
        }
        bytes.append(0x0A)
    }

    private static func object(_ record: UsageRecord) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for column in ExportColumn.allCases {
                let value = ExportValue(column, of: record)
                if value == .none, !column.isOfContract { continue }
                json.key(column.rawValue)
                switch value {
                case .none: json.null()
                case .text(let text): json.value(text)
                case .number(let digits): json.number(digits)
                case .flag(let flag): json.value(flag)
                case .tags(let tags): append(tags, to: &json)
                }
            }
        }
        return json.bytes
    }

    private static func json(_ tags: [String: String]) -> JSONWriter {
        var json = JSONWriter()
        append(tags, to: &json)
        return json
    }

    private static func append(_ tags: [String: String], to json: inout JSONWriter) {
        json.object { json in
            for (key, value) in tags.sorted(by: { $0.key < $1.key }) { json.field(key, value) }
        }
    }
}

/// What a record says under a column.
private enum ExportValue: Hashable {
    case none
    case text(String)
    case number(String)
    case flag(Bool)
    case tags([String: String])

    init(_ column: ExportColumn, of record: UsageRecord) {
        let tokens = record.tokens
        self =
            switch column {
            case .id: .text(record.identity.id)
            case .time: .text(RFC3339.utc(record.time))
            case .source: Self.text(record.labels.source)
            case .provider: Self.text(record.labels.provider)
            case .model: Self.text(record.labels.model)
            case .worker: Self.text(record.labels.worker)
            case .session: Self.text(record.labels.session)
            case .task: Self.text(record.labels.task)
            case .project: Self.text(record.labels.project)
            case .user: Self.text(record.labels.user)
            case .team: Self.text(record.labels.team)
            case .inputTokens: .number("\(tokens.input)")
            case .outputTokens: .number("\(tokens.output)")
            case .cacheReadTokens: .number("\(tokens.cacheRead)")
            case .cacheWrite5mTokens: .number("\(tokens.cacheWrite5m)")
            case .cacheWrite1hTokens: .number("\(tokens.cacheWrite1h)")
            case .reasoningTokens: .number("\(tokens.reasoning)")
            case .costUSD: .number(record.cost.text)
            case .costOrigin: .text(record.costOrigin.rawValue)
            case .durationMilliseconds: Self.number(record.durationMilliseconds)
            case .firstTokenMilliseconds: Self.number(record.firstTokenMilliseconds)
            case .outcome: .text(record.outcome.rawValue)
            case .errorKind: Self.text(record.errorKind)
            case .tags: .tags(record.labels.tags)
            case .cacheWrite12hTokens: tokens.cacheWrite12h == 0 ? .none : .number("\(tokens.cacheWrite12h)")
            case .tier: record.terms.tier == .standard ? .none : .text(record.terms.tier.rawValue)
            case .fast: Self.only(record.terms.fast)
            case .usGeography: Self.only(record.terms.usGeography)
            case .webSearches: record.terms.webSearches == 0 ? .none : .number("\(record.terms.webSearches)")
            case .reportedCostUSD: record.reportedCost.map { .number($0.text) } ?? .none
            case .growth: .text(record.growth.rawValue)
            case .identity: .text(record.identity.key)
            case .request: Self.text(record.identity.request)
            case .isSidechain: Self.only(record.identity.isSidechain)
            case .joinsByIdentity: Self.only(record.identity.joinsByKey)
            case .witnesses:
                record.witnesses.isEmpty
                    ? .none : .text(record.witnesses.kinds.map(\.rawValue).joined(separator: " "))
            case .shadowed: Self.only(record.isShadowed)
            case .file: Self.text(record.raw?.file)
            case .offset: Self.number(record.raw?.offset)
            }
    }

    private static func text(_ text: String?) -> ExportValue { text.map { .text($0) } ?? .none }
    private static func number(_ number: Int64?) -> ExportValue { number.map { .number("\($0)") } ?? .none }
    private static func only(_ flag: Bool) -> ExportValue { flag ? .flag(true) : .none }
}
