import GovernorCore

/// The columns of a row: a CSV's header, or the keys of an object and of the few objects inside it that matter, with dots
/// between (`usage.prompttokens`).
final class ImportColumns {
    /// More of them are no usage.
    static let limit = 512

    /// As they are written.
    let written: [String]
    /// Those under which an object may stand, or the text of one.
    let nested: [Int]
    private let places: [String: Int]
    /// What was looked for before: rows by the thousand ask the same.
    private var found: [ObjectIdentifier: [Int]] = [:]

    init(_ written: [String]) {
        self.written = written
        nested = written.indices.filter { FlatObject.isNested(written[$0]) }
        places = Dictionary(zip(written.map(Self.matched), written.indices)) { first, _ in first }
    }

    /// The columns that have one of the names, in the names' order.
    func places(of names: Names) -> [Int] {
        if let places = found[ObjectIdentifier(names)] { return places }
        let places = names.names.compactMap { self.places[$0] }
        found[ObjectIdentifier(names)] = places
        return places
    }

    /// A name as it is matched: in lower case, without `_`, `-` and spaces, so that `input_tokens`, `Input Tokens` and
    /// `inputTokens` are one.
    static func matched(_ name: String) -> String {
        String(
            decoding: name.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "_"), UInt8(ascii: "-"), 0...0x20: nil
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
                default: byte
                }
            }, as: UTF8.self)
    }

    /// A name as it is shown, and kept as a tag: trimmed and in lower case.
    static func shown(_ name: String) -> String {
        let trimmed = name.drop { $0.isWhitespace }
        return trimmed.lastIndex { !$0.isWhitespace }.map { trimmed[...$0].lowercased() } ?? ""
    }
}

/// The names of one thing, as they are matched. A class, so that who it is says which names they are.
final class Names: Sendable {
    let names: [String]

    init(_ names: [String]) { self.names = names }

    /// As they are written, with spaces between.
    convenience init(_ names: String) { self.init(Aliases.flat(names)) }
}

/// The columns of the rows seen of late, since most rows have those of some row before.
final class KnownRows {
    private var last: ImportColumns?
    private var others: [[String]: ImportColumns] = [:]

    /// - Throws: when a name comes twice.
    func columns(_ written: [String]) throws(LineProblem) -> ImportColumns {
        if let last, last.written == written { return last }
        if let columns = others[written] {
            last = columns
            return columns
        }
        let columns = try made(written)
        last = columns
        return columns
    }

    private func made(_ written: [String]) throws(LineProblem) -> ImportColumns {
        var seen: Set<String> = []
        for name in written where !seen.insert(name).inserted {
            throw LineProblem("duplicate key \"\(name.prefix(60))\"")
        }
        let columns = ImportColumns(written)
        if others.count >= 64 { others = [:] }
        others[written] = columns
        return columns
    }
}

/// One row of a file, whatever it was written in.
struct ImportRow {
    let columns: ImportColumns
    /// By column. A CSV's cells are texts, the empty ones null.
    let values: [JSON]
    /// Keys whose values were too large or too deep to be looked at.
    var leftOut: [String] = []

    /// The first value under one of the names that says something, and its column's place.
    func first(_ names: Names) -> (place: Int, value: JSON)? {
        for place in columns.places(of: names) {
            switch values[place] {
            case .null: continue
            case .string(let text) where text.isEmpty: continue
            case let value: return (place, value)
            }
        }
        return nil
    }

    /// A text, or a number's digits, under the first of the names that has one.
    func text(_ names: Names) -> String? {
        switch first(names)?.value {
        case .string(let text): text
        case .number(let digits): digits
        case .bool(let flag): "\(flag)"
        default: nil
        }
    }

    /// How a column is called, for messages.
    func shown(_ place: Int) -> String { ImportColumns.shown(columns.written[place]) }

    /// The cells of a CSV's row; with those of the objects that some cells hold as text, as in LiteLLM's spend logs.
    /// - Parameters:
    ///   - header: the table's columns.
    ///   - known: the columns of rows before.
    init(cells: [String], header: ImportColumns, known: KnownRows) throws(LineProblem) {
        guard cells.count <= header.written.count else {
            throw LineProblem(
                "\(cells.count) cells under \(header.written.count) columns; a cell that holds a separator belongs in quotes"
            )
        }
        let rest = Array(repeating: JSON.null, count: header.written.count - cells.count)
        let values = cells.map { JSON.string($0) } + rest
        let objects = header.nested.filter { $0 < cells.count && cells[$0].utf8.first == UInt8(ascii: "{") }
        guard !objects.isEmpty else {
            columns = header
            self.values = values
            return
        }
        var flat = FlatObject()
        for place in objects { try flat.add(text: cells[place], header.written[place], depth: 0) }
        let written = header.written + flat.names
        columns = try known.columns(written)
        self.values = values + flat.values
        leftOut = flat.leftOut
    }

    /// The members of an object.
    /// - Parameter known: the columns of rows before, one of whose this will most often share.
    init(object bytes: UnsafeRawBufferPointer, known: KnownRows) throws(LineProblem) {
        var flat = FlatObject()
        try flat.add(bytes, under: "", depth: 0)
        values = flat.values
        leftOut = flat.leftOut
        columns = try known.columns(flat.names)
    }
}
