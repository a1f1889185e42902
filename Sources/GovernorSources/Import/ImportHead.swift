/// What the first bytes of a text say of how it is written.
enum ImportHead {
    /// How rows are cut out of it.
    enum Cutting {
        case json
        case csv(separator: UInt8)
        case lines
    }

    /// Bytes that are looked at; a file that is smaller is looked at whole.
    static let size = 64 << 10

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Bytes of a byte-order mark at the start.
    static func markLength(_ head: [UInt8]) -> Int { head.starts(with: byteOrderMark) ? byteOrderMark.count : 0 }

    /// - Parameter head: without a byte-order mark.
    /// - Throws: when it is no text in UTF-8.
    static func cutting(_ head: ArraySlice<UInt8>, _ options: ImportOptions) throws(ImportError) -> Cutting {
        try refuseBinary(head)
        let first = head.drop { isSpace($0) }
        switch options.shape {
        case .json, .jsonl: return .json
        case .csv: return csv(first)
        case nil: break
        }
        if let format = options.format, !format.hasColumns { return format == .litellmLog ? .lines : .json }
        if first.first == UInt8(ascii: "{") { return .json }
        if first.first == UInt8(ascii: "[") {
            // A log's line may begin with its time in brackets.
            let second = first.dropFirst().first { !isSpace($0) }
            if second == nil || second == UInt8(ascii: "{") || second == UInt8(ascii: "]") { return .json }
            return .lines
        }
        guard options.format == nil, options.provider == nil else { return csv(first) }
        let table = csv(first)
        // Words that are no known columns, in a text that speaks of LiteLLM, are its log.
        if case .csv(let separator) = table, !isHopeful(first, separator), mentionsLiteLLM(head) { return .lines }
        return table
    }

    private static func csv(_ text: ArraySlice<UInt8>) -> Cutting {
        .csv(separator: CSVSplitter.separator(ofHeader: text.prefix { $0 != 0x0A }))
    }

    private static func isHopeful(_ text: ArraySlice<UInt8>, _ separator: UInt8) -> Bool {
        let line = Array(text.prefix { $0 != 0x0A && $0 != 0x0D })
        let cells = line.withUnsafeBytes { line in
            Result { () throws(LineProblem) in try CSVCells.read(line, separator: separator) }
        }
        guard case .success(let names) = cells else { return false }
        return FormatEvidence(ImportColumns(names)).isHopeful
    }

    private static func mentionsLiteLLM(_ head: ArraySlice<UInt8>) -> Bool {
        String(decoding: head, as: UTF8.self).lowercased().contains("litellm")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// What people give by mistake, with what to do instead.
    private static let binaries: [(head: [UInt8], words: String)] = [
        ([0xFF, 0xFE], "it is UTF-16; save it as UTF-8"), ([0xFE, 0xFF], "it is UTF-16; save it as UTF-8"),
        (Array("PK\u{3}\u{4}".utf8), "it is a ZIP archive or an Excel workbook; unpack it, or save it as CSV"),
        ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed by zstd; unpack it first (gzip is read as it is)"),
        (Array("BZh".utf8), "it is compressed by bzip2; unpack it first (gzip is read as it is)"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "it is compressed by xz; unpack it first (gzip is read as it is)"),
        (Array("SQLite format 3".utf8), "it is a database; export its rows as CSV or JSON"),
        (Array("PAR1".utf8), "it is Parquet; export its rows as CSV or JSON"),
    ]

    private static func refuseBinary(_ head: ArraySlice<UInt8>) throws(ImportError) {
        if let known = binaries.first(where: { head.starts(with: $0.head) }) { throw .unreadable(known.words) }
        // A crash leaves NUL bytes at a log's end; a file that begins with one is none.
        if head.prefix(16).contains(0) {
            throw .unreadable("it is no text; give it CSV or JSON in UTF-8, or gzip of it")
        }
    }
}
