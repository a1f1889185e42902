import GovernorCore

/// One row of a provider's export (`contract/usage.md`, format 5).
struct ExportedCall {
    /// Tags that unknown columns may become, for a row.
    static let tagLimit = 16

    private let zone: Zone
    private let named: String?
    private let dialect: ExportDialect
    private var occurrences = Occurrences()
    private var tagColumns: (columns: ImportColumns, places: [Int])?

    /// - Parameters:
    ///   - format: which provider's columns to expect.
    ///   - provider: whose the rows are, whatever they say.
    ///   - zone: of times that name none.
    init(format: ImportFormat, provider: String?, zone: Zone) {
        self.zone = zone
        named = provider
        let told: ExportDialect? =
            switch format {
            case .anthropic: .anthropic
            case .openai: .openai
            case .gemini: .gemini
            default: nil
            }
        dialect = told ?? provider.flatMap { ExportDialect.named($0) } ?? .other(provider ?? "unknown")
    }

    /// The record of a row, without its place in the file.
    /// - Parameter report: learns which columns became tags.
    mutating func record(_ row: ImportRow, _ report: inout ImportReport) throws(LineProblem) -> UsageRecord {
        // A row may name its provider itself, where files of several were put into one.
        let told = named == nil ? RowValues.label(row.text(Aliases.provider)) : nil
        let dialect = told.flatMap { ExportDialect.named($0) } ?? dialect
        let provider = ExportDialect.label(named ?? told ?? dialect.provider)

        guard let (timePlace, timeValue) = row.first(dialect.time) else { throw LineProblem("no time") }
        let time = try RowValues.time(timeValue, name: row.shown(timePlace), zone: zone)
        var cost: Money?
        if let (place, value) = row.first(Aliases.cost) { cost = try RowValues.cost(value, name: row.shown(place)) }
        let tokens = try ExportTokens.read(row, dialect)
        guard let tokens = tokens ?? cost.map({ _ in TokenCounts() }) else {
            throw LineProblem("no token counts, and no cost")
        }
        if let name = tokens.outOfRange { throw LineProblem("\(name) is more than \(TokenCounts.limit)") }
        var labels = Labels()
        labels.model = row.text(dialect.model).map { String($0.trimmedSpace) }
        guard labels.model != nil || cost != nil else { throw LineProblem("no model, and no cost") }
        guard labels.model?.utf8.count ?? 0 <= Labels.valueLimit else {
            throw LineProblem("the model is longer than \(Labels.valueLimit) bytes")
        }
        labels.source = SourceKind.import.rawValue
        labels.provider = provider
        for (label, names) in Aliases.labels { labels[label] = RowValues.label(row.text(names)) }
        labels.task = RowValues.label(row.text(dialect.task))
        labels.tags = tags(row, &report)

        let ending = row.text(dialect.status).map { String($0.trimmedSpace) }
        let message = row.text(Aliases.error)
        let outcome = ending.map { CallEnding.outcome($0) } ?? (message == nil ? .success : .error)
        return UsageRecord(
            identity: try identity(row, dialect, labels, time, tokens), growth: .later, time: time, labels: labels,
            tokens: tokens, terms: try terms(row), reportedCost: cost,
            durationMilliseconds: RowValues.milliseconds(row.first(Aliases.milliseconds)?.value, places: 0)
                ?? RowValues.milliseconds(row.first(Aliases.seconds)?.value, places: 3),
            firstTokenMilliseconds: RowValues.milliseconds(row.first(Aliases.firstToken)?.value, places: 0),
            outcome: outcome, errorKind: outcome == .success ? nil : ErrorKind.classify(message ?? ending ?? ""))
    }

    private mutating func identity(
        _ row: ImportRow, _ dialect: ExportDialect, _ labels: Labels, _ time: Timestamp, _ tokens: TokenCounts
    ) throws(LineProblem) -> CallIdentity {
        let scope = "import/\(labels.provider ?? "")"
        if let id = row.text(dialect.id).map({ String($0.trimmedSpace) }), !id.isEmpty {
            guard id.utf8.count <= Labels.valueLimit else {
                throw LineProblem("the id is longer than \(Labels.valueLimit) bytes")
            }
            return .foreign(id, scope: scope)
        }
        var hash = StableHash()
        for text in [scope, "\(time.milliseconds)", labels.model ?? ""] { hash.combine(text) }
        for count in [
            tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.reasoning,
        ] { hash.combine("\(count)") }
        let number = occurrences.next(hash.value)
        // The time in front keeps neighbours together.
        return CallIdentity(key: "\(scope)/row/\(time.milliseconds)/\(String(hash.value, radix: 16))/\(number)")
    }

    private func terms(_ row: ImportRow) throws(LineProblem) -> Terms {
        var terms = Terms()
        terms.tier = row.text(Aliases.tier).flatMap { Terms.Tier(rawValue: $0.lowercased()) } ?? .standard
        terms.webSearches = try row.count(Aliases.webSearches) ?? 0
        return terms
    }

    // MARK: Unknown columns

    /// Columns that mean nothing here are kept as tags, as long as they are few and short: a text longer than a label may be
    /// is no label but content, and isn't kept.
    private mutating func tags(_ row: ImportRow, _ report: inout ImportReport) -> [String: String] {
        var tags: [String: String] = [:]
        for place in places(row.columns) {
            let text: String
            switch row.values[place] {
            case .string(let value): text = String(value.trimmedSpace)
            case .number(let digits): text = digits
            case .bool(let flag): text = "\(flag)"
            default: continue
            }
            guard !text.isEmpty else { continue }
            let name = ImportColumns.shown(row.columns.written[place])
            if text.utf8.count <= Labels.valueLimit, tags.count < Self.tagLimit {
                tags[name] = text
                report.keptColumns.insert(name)
            } else {
                report.droppedColumns.insert(name)
            }
        }
        for name in row.leftOut { report.droppedColumns.insert(name) }
        return tags
    }

    private mutating func places(_ columns: ImportColumns) -> [Int] {
        if let tagColumns, tagColumns.columns === columns { return tagColumns.places }
        let places = columns.written.indices.filter { place in
            let name = ImportColumns.shown(columns.written[place])
            return !name.isEmpty && name.utf8.count <= 64
                && !KnownColumns.ofExports.contains(ImportColumns.matched(columns.written[place]))
        }
        tagColumns = (columns, places)
        return places
    }
}
