import Glibc
import GovernorCore

/// The keys of one kind of object that are wanted; raw values count from 0.
protocol SkimField: RawRepresentable<Int>, Sendable {
    /// The keys, in the order of the raw values.
    static var keys: [StaticString] { get }
}

/// Finds the wanted members of one JSON object and steps over the rest without building it: of a transcript's line,
/// which is mostly conversation, a few hundred bytes matter. Values that are wanted are read as strictly as
/// `JSONReader` reads, most of them by it.
///
/// What is stepped over is only followed as far as quotes and brackets; bytes in it that are no UTF-8, or a key that
/// comes twice, cost nobody the usage beside it.
struct ObjectSkim<Field: SkimField> {
    /// By raw value; nil where there is none, or it is `null`.
    private var values: [UnsafeRawBufferPointer?]

    /// - Parameter text: one object and nothing else, white space around it allowed.
    /// - Throws: when it is none, ends early, or has a wanted key twice.
    init(_ text: UnsafeRawBufferPointer) throws(LineProblem) {
        let keys = Field.keys
        values = Array(repeating: nil, count: keys.count)
        var seen: UInt64 = 0
        var scanner = Scanner(text: text)
        scanner.skipSpace()
        guard scanner.skip("{") else { throw LineProblem("expected an object (byte \(scanner.position))") }
        scanner.skipSpace()
        if !scanner.skip("}") {
            repeat {
                let (key, value) = try scanner.member()
                guard let field = Self.index(of: key, in: keys) else { continue }
                guard seen & 1 << field == 0 else { throw LineProblem("duplicate key \"\(keys[field])\"") }
                seen |= 1 << field
                if !Self.isNull(value) { values[field] = value }
            } while try scanner.goesOn()
        }
        scanner.skipSpace()
        guard scanner.position == text.count else {
            throw LineProblem("expected the end after the object (byte \(scanner.position))")
        }
    }

    private static func isNull(_ value: UnsafeRawBufferPointer) -> Bool {
        value.count == 4 && value.first == UInt8(ascii: "n") && value.elementsEqual("null".utf8)
    }

    private static func index(of key: UnsafeRawBufferPointer, in keys: [StaticString]) -> Int? {
        guard let base = key.baseAddress else { return nil }
        for (index, wanted) in keys.enumerated() where wanted.utf8CodeUnitCount == key.count {
            if memcmp(base, wanted.utf8Start, key.count) == 0 { return index }
        }
        return nil
    }

    /// The bytes of a member's value; nil when there is none, or it is `null`.
    subscript(field: Field) -> UnsafeRawBufferPointer? { values[field.rawValue] }

    /// The value under a key, read strictly; nil when there is none, or it is `null`.
    func value(_ field: Field) throws(LineProblem) -> JSON? {
        guard let value = self[field] else { return nil }
        do throws(JSONReader.Failure) { return try JSONReader.read(value, depthLimit: 128) } catch {
            throw LineProblem("\(Field.keys[field.rawValue]): \(error.message)")
        }
    }

    /// The text under a key; nil when there is none, it is `null`, no string, or empty.
    func text(_ field: Field) throws(LineProblem) -> String? {
        guard let value = self[field], value.first == UInt8(ascii: "\"") else { return nil }
        let inside = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
        // Ids, models and folders are printable ASCII with nothing to unescape.
        let isPlain = inside.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        let text = isPlain ? String(decoding: inside, as: UTF8.self) : try self.value(field)?.string
        return text?.isEmpty == false ? text : nil
    }

    /// A whole number from 0 to `TokenCounts.limit`; 0 when it isn't there.
    func count(_ field: Field) throws(LineProblem) -> Int64 {
        guard let value = self[field] else { return 0 }
        if let count = LineNumbers.plainCount(value) { return count }
        return try LineNumbers.count(try self.value(field) ?? .null, name: "\(Field.keys[field.rawValue])")
    }

    func object<Inner>(_ field: Field, as inner: Inner.Type) throws(LineProblem) -> ObjectSkim<Inner>? {
        guard hasObject(field), let text = self[field] else { return nil }
        return try ObjectSkim<Inner>(text)
    }

    func isTrue(_ field: Field) -> Bool { self[field]?.first == UInt8(ascii: "t") }

    /// Whether the value is an object.
    func hasObject(_ field: Field) -> Bool { self[field]?.first == UInt8(ascii: "{") }
}

/// A position in a text of which only the outline is read.
private struct Scanner {
    let text: UnsafeRawBufferPointer
    var position = 0

    init(text: UnsafeRawBufferPointer) { self.text = text }

    mutating func skipSpace() {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// `"key": value`; the key without its quotes, the value as it stands.
    mutating func member() throws(LineProblem) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        skipSpace()
        let keyStart = position
        guard position < text.count, text[position] == UInt8(ascii: "\"") else {
            throw LineProblem("expected a key in quotes (byte \(position))")
        }
        try skipString()
        let key = UnsafeRawBufferPointer(rebasing: text[keyStart + 1..<position - 1])
        skipSpace()
        guard skip(":") else { throw LineProblem("expected ':' after the key (byte \(position))") }
        skipSpace()
        let start = position
        try skipValue()
        return (key, UnsafeRawBufferPointer(rebasing: text[start..<position]))
    }

    /// Steps over a comma, or the end of the object.
    mutating func goesOn() throws(LineProblem) -> Bool {
        skipSpace()
        if skip(",") { return true }
        guard skip("}") else {
            throw LineProblem(
                position == text.count
                    ? "the line ends inside an object" : "expected ',' or '}' in the object (byte \(position))")
        }
        return false
    }

    private mutating func skipValue() throws(LineProblem) {
        guard position < text.count else { throw LineProblem("the line ends where a value should be") }
        switch text[position] {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
        default:
            let start = position
            while position < text.count, !Self.endsScalar(text[position]) { position += 1 }
            guard position > start else { throw LineProblem("expected a value (byte \(position))") }
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: true
        default: false
        }
    }

    /// Counts brackets instead of recursing, so that no depth can hurt.
    private mutating func skipNested() throws(LineProblem) {
        var depth = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                try skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return }
        }
        throw LineProblem("the line ends inside an object")
    }

    /// The position is on the opening quote; afterwards behind the closing one.
    private mutating func skipString() throws(LineProblem) {
        let start = position + 1
        var from = start
        while let quote = ByteSearch.first(UInt8(ascii: "\""), in: text, from: from) {
            var slashes = quote
            while slashes > start, text[slashes - 1] == UInt8(ascii: "\\") { slashes -= 1 }
            from = quote + 1
            // Every second backslash is itself escaped.
            if (quote - slashes).isMultiple(of: 2) {
                position = from
                return
            }
        }
        throw LineProblem("the line ends inside a string")
    }
}
