/// Walks through one object or list of a JSON text, entry by entry, without building what it steps over: of a body of
/// 64 MiB only the record in hand is ever in memory as values.
///
/// What is stepped over is followed as far as quotes and brackets; scalars that are wanted are read as strictly as
/// `JSONReader` reads.
struct JSONWalk {
    /// Where a key, without its quotes, and a value lie. In a list the key is empty.
    struct Entry {
        var key: Range<Int>
        var value: Range<Int>
    }

    /// The body that is walked through.
    struct Text {
        let bytes: UnsafeRawBufferPointer

        /// The whole of it, as one value.
        func whole() throws(TelemetryProblem) -> Range<Int> {
            let start = skipSpace(from: 0)
            let end = try skipValue(from: start)
            let rest = skipSpace(from: end)
            guard rest == bytes.count else { throw TelemetryProblem("expected the end after the value", at: rest) }
            return start..<end
        }
    }

    private let text: Text
    private let open: UInt8
    private let what: StaticString
    private let end: Int
    private var position: Int
    private var isFirst = true

    /// - Parameters:
    ///   - value: where the object lies.
    ///   - what: what it is, for messages.
    /// - Throws: when something else lies there.
    init(object value: Range<Int>, _ what: StaticString, in text: Text) throws(TelemetryProblem) {
        try self.init(value, UInt8(ascii: "{"), "an object", what, text)
    }

    /// The same for a list.
    init(list value: Range<Int>, _ what: StaticString, in text: Text) throws(TelemetryProblem) {
        try self.init(value, UInt8(ascii: "["), "a list", what, text)
    }

    private init(
        _ value: Range<Int>, _ open: UInt8, _ kind: StaticString, _ what: StaticString, _ text: Text
    ) throws(TelemetryProblem) {
        guard text.bytes[value.lowerBound] == open else {
            throw TelemetryProblem("\(what) must be \(kind)", at: value.lowerBound)
        }
        self.text = text
        self.open = open
        self.what = what
        end = value.upperBound
        position = value.lowerBound + 1
    }

    /// The next entry that is not `null`; nil at the end.
    mutating func next() throws(TelemetryProblem) -> Entry? {
        while let entry = try step() { if !text.isNull(entry.value) { return entry } }
        return nil
    }

    private mutating func step() throws(TelemetryProblem) -> Entry? {
        // `]` and `}` both lie two above their opening brackets.
        let close = open + 2
        position = text.skipSpace(from: position)
        if isFirst, text.byte(at: position) == close { return try finish() }
        if !isFirst {
            if text.byte(at: position) == close { return try finish() }
            guard text.byte(at: position) == UInt8(ascii: ",") else {
                throw TelemetryProblem("expected ',' or the end of \(what)", at: position)
            }
            position = text.skipSpace(from: position + 1)
        }
        isFirst = false
        guard open == UInt8(ascii: "{") else {
            let start = position
            position = try text.skipValue(from: start)
            return Entry(key: start..<start, value: start..<position)
        }
        let keyStart = position
        guard text.byte(at: keyStart) == UInt8(ascii: "\"") else {
            throw TelemetryProblem("expected a key in quotes in \(what)", at: keyStart)
        }
        let keyEnd = try text.skipString(from: keyStart)
        position = text.skipSpace(from: keyEnd)
        guard text.byte(at: position) == UInt8(ascii: ":") else {
            throw TelemetryProblem("expected ':' after the key", at: position)
        }
        let start = text.skipSpace(from: position + 1)
        position = try text.skipValue(from: start)
        return Entry(key: keyStart + 1..<keyEnd - 1, value: start..<position)
    }

    /// Brackets were only counted when this was stepped over, so that one of the other kind may have closed it.
    private func finish() throws(TelemetryProblem) -> Entry? {
        guard position + 1 == end else { throw TelemetryProblem("\(what) ends too early", at: position) }
        return nil
    }
}

extension JSONWalk.Text {
    /// nil behind the end.
    func byte(at position: Int) -> UInt8? { position < bytes.count ? bytes[position] : nil }

    func isNull(_ value: Range<Int>) -> Bool { bytes[value.lowerBound] == UInt8(ascii: "n") }

    /// The first byte at or after the position that is no white space.
    func skipSpace(from position: Int) -> Int {
        var position = position
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            position += 1
        }
        return position
    }

    /// Behind the value that begins here.
    func skipValue(from start: Int) throws(TelemetryProblem) -> Int {
        switch byte(at: start) {
        case UInt8(ascii: "\"")?: return try skipString(from: start)
        case UInt8(ascii: "{")?, UInt8(ascii: "[")?: return try skipNested(from: start)
        default:
            var position = start
            while let byte = byte(at: position), !Self.endsScalar(byte) { position += 1 }
            guard position > start else { throw TelemetryProblem("expected a value", at: start) }
            return position
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: true
        default: false
        }
    }

    /// Counts brackets instead of recursing, so that no depth can hurt.
    private func skipNested(from start: Int) throws(TelemetryProblem) -> Int {
        var (position, depth) = (start, 0)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = try skipString(from: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return position }
        }
        throw TelemetryProblem("the text ends inside what begins here", at: start)
    }

    /// Behind the string whose opening quote is here.
    func skipString(from start: Int) throws(TelemetryProblem) -> Int {
        var from = start + 1
        while let quote = ByteSearch.first(UInt8(ascii: "\""), in: bytes, from: from) {
            var slashes = quote
            while slashes > start + 1, bytes[slashes - 1] == UInt8(ascii: "\\") { slashes -= 1 }
            // Every second backslash is itself escaped.
            if (quote - slashes).isMultiple(of: 2) { return quote + 1 }
            from = quote + 1
        }
        throw TelemetryProblem("a string without an end", at: start)
    }
}
