import GovernorCore

/// One row of Governor's own export (`ExportWriter`), read back to the record it was written of.
///
/// An export that somebody cut down to the contract's columns is read too; its calls are then known by their `id` within
/// such exports only.
struct GovernorExport {
    private let isCSV: Bool

    /// - Parameter isCSV: whether cells carry the apostrophe that keeps spreadsheets from running them.
    init(isCSV: Bool) { self.isCSV = isCSV }

    func record(_ row: ImportRow) throws(LineProblem) -> UsageRecord {
        guard case .string(let written)? = row[.time], case .instant(let time) = RFC3339.read(written.utf8)
        else { throw LineProblem("time must be an RFC 3339 time with its zone; got \(row[.time]?.shown ?? "nothing")") }
        var labels = Labels()
        for (name, column) in Self.labels { labels[name] = try label(row, column) }
        labels.source = labels.source ?? SourceKind.import.rawValue
        labels.tags = try tags(row)
        var record = UsageRecord(
            identity: try identity(row), growth: try named(row, .growth) ?? .later, time: time, labels: labels,
            tokens: try tokens(row), terms: try terms(row), reportedCost: try money(row, .reportedCostUSD),
            durationMilliseconds: try count(row, .durationMilliseconds, limit: .max),
            firstTokenMilliseconds: try count(row, .firstTokenMilliseconds, limit: .max),
            outcome: try named(row, .outcome) ?? .success, errorKind: try label(row, .errorKind),
            raw: try raw(row))
        guard let cost = try money(row, .costUSD) else { throw LineProblem("no cost_usd") }
        guard let origin: CostOrigin = try named(row, .costOrigin) else { throw LineProblem("no cost_origin") }
        record.cost = cost
        record.costOrigin = origin
        // Without the column, what a source reported is what was booked.
        if origin == .reported, record.reportedCost == nil { record.reportedCost = cost }
        record.isShadowed = try flag(row, .shadowed)
        // Where the identity is told, all is: then nothing under `witnesses` is nobody.
        if row[.identity] != nil {
            let kinds = try text(row, .witnesses, limit: Labels.valueLimit) ?? ""
            record.witnesses = SourceKinds(
                kinds.split(separator: " ").compactMap { SourceKind(rawValue: "\($0)") }.map { SourceKinds($0) })
        }
        return record
    }

    private static let labels: [(LabelName, ExportColumn)] = [
        (.source, .source), (.provider, .provider), (.model, .model), (.worker, .worker), (.session, .session),
        (.task, .task), (.project, .project), (.user, .user), (.team, .team),
    ]

    private func tokens(_ row: ImportRow) throws(LineProblem) -> TokenCounts {
        TokenCounts(
            input: try count(row, .inputTokens) ?? 0, output: try count(row, .outputTokens) ?? 0,
            cacheRead: try count(row, .cacheReadTokens) ?? 0, cacheWrite5m: try count(row, .cacheWrite5mTokens) ?? 0,
            cacheWrite1h: try count(row, .cacheWrite1hTokens) ?? 0,
            cacheWrite12h: try count(row, .cacheWrite12hTokens) ?? 0, reasoning: try count(row, .reasoningTokens) ?? 0)
    }

    private func identity(_ row: ImportRow) throws(LineProblem) -> CallIdentity {
        // A transcript's line without an id is known by its file's path.
        guard let key = try text(row, .identity, limit: 8 << 10) else {
            guard let id = try text(row, .id, limit: 8 << 10) else { throw LineProblem("no id") }
            return .foreign(id, scope: "import/governor")
        }
        return CallIdentity(
            key: key, request: try text(row, .request, limit: 8 << 10), isSidechain: try flag(row, .isSidechain),
            joinsByKey: try flag(row, .joinsByIdentity))
    }

    private func terms(_ row: ImportRow) throws(LineProblem) -> Terms {
        Terms(
            tier: try named(row, .tier) ?? .standard, fast: try flag(row, .fast),
            usGeography: try flag(row, .usGeography), webSearches: try count(row, .webSearches) ?? 0)
    }

    private func raw(_ row: ImportRow) throws(LineProblem) -> UsageRecord.RawReference? {
        guard let file = try text(row, .file, limit: 8 << 10) else { return nil }
        return UsageRecord.RawReference(file: file, offset: try count(row, .offset, limit: .max) ?? 0)
    }

    private func tags(_ row: ImportRow) throws(LineProblem) -> [String: String] {
        guard var value = row[.tags] else { return [:] }
        if case .string(let text) = value {
            do throws(JSONReader.Failure) { value = try JSONReader.read(text.utf8) } catch {
                throw LineProblem("tags: \(error.message)")
            }
        }
        guard let members = value.members, members.count <= 64 else {
            throw LineProblem("tags must be an object of texts; got \(value.shown)")
        }
        var tags: [String: String] = [:]
        for member in members {
            guard let text = member.value.string, text.utf8.count <= Labels.valueLimit else {
                throw LineProblem(
                    "tags.\(member.key.prefix(60)) must be a text of at most \(Labels.valueLimit) bytes")
            }
            tags[member.key] = text
        }
        return tags
    }

    // MARK: Values

    private func text(_ row: ImportRow, _ column: ExportColumn, limit: Int) throws(LineProblem) -> String? {
        guard let value = row[column] else { return nil }
        guard let text = value.string else { throw wrong(column, "a text", value) }
        guard text.utf8.count <= limit else { throw LineProblem("\(column.rawValue) is longer than \(limit) bytes") }
        return isCSV ? CSVCell.unguarded(text) : text
    }

    private func label(_ row: ImportRow, _ column: ExportColumn) throws(LineProblem) -> String? {
        // One more byte for the apostrophe.
        try text(row, column, limit: Labels.valueLimit + 1)
    }

    private func named<Value: RawRepresentable<String>>(
        _ row: ImportRow, _ column: ExportColumn
    ) throws(LineProblem) -> Value? {
        guard let value = row[column] else { return nil }
        guard let text = value.string, let named = Value(rawValue: text) else {
            throw wrong(column, "a word of this export", value)
        }
        return named
    }

    private func count(
        _ row: ImportRow, _ column: ExportColumn, limit: Int64 = TokenCounts.limit
    ) throws(LineProblem) -> Int64? {
        guard let value = row[column] else { return nil }
        let number = isCSV ? value.string.flatMap { Int64($0) } : value.integer
        guard let number, (0...limit).contains(number) else {
            throw wrong(column, "a whole number from 0 to \(limit)", value)
        }
        return number
    }

    private func money(_ row: ImportRow, _ column: ExportColumn) throws(LineProblem) -> Money? {
        guard let value = row[column] else { return nil }
        let money = isCSV ? value.string.flatMap { Money(dollars: $0) } : value.money
        guard let money, money >= .zero else { throw wrong(column, "dollars from 0 up", value) }
        return money
    }

    private func flag(_ row: ImportRow, _ column: ExportColumn) throws(LineProblem) -> Bool {
        guard let value = row[column] else { return false }
        let flag = isCSV ? value.string.flatMap { Bool($0.lowercased()) } : value.bool
        guard let flag else { throw wrong(column, "true or false", value) }
        return flag
    }

    private func wrong(_ column: ExportColumn, _ expected: String, _ value: JSON) -> LineProblem {
        LineProblem("\(column.rawValue) must be \(expected); got \(value.shown)")
    }
}

extension ExportColumn {
    fileprivate static let names = Dictionary(uniqueKeysWithValues: allCases.map { ($0, Names($0.rawValue)) })
}

extension ImportRow {
    fileprivate subscript(_ column: ExportColumn) -> JSON? { ExportColumn.names[column].flatMap { first($0)?.value } }
}
