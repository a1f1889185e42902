import Glibc
import GovernorCore

/// The keys of one kind of object that are wanted; raw values count from 0.
protocol SkimField: RawRepresentable<Int>, Sendable {
    /// Room for a number of each key.
    associatedtype Lanes: SIMD<UInt32> = SIMD8<UInt32>

    /// The keys, in the order of the raw values.
    static var keys: SkimKeys { get }
}

/// Finds the wanted members of one JSON object and steps over the rest without building it: of a transcript's line,
/// which is mostly conversation, a few hundred bytes matter. Values that are wanted are read as strictly as
/// `JSONReader` reads, most of them by it.
///
/// What is stepped over is only followed as far as quotes and brackets; bytes in it that are no UTF-8, or a key that
/// comes twice, cost nobody the usage beside it.
struct ObjectSkim<Field: SkimField> {
    private let text: UnsafeRawBufferPointer
    /// Where in the text each value stands, by raw value; nowhere where there is none, or it is `null`. Lanes and no
    /// array: a line has several objects, and each would allocate one.
    private var starts = Field.Lanes()
    private var ends = Field.Lanes()

    /// - Parameter text: one object and nothing else, white space around it allowed.
    /// - Throws: when it is none, ends early, or has a wanted key twice.
    init(_ text: UnsafeRawBufferPointer) throws(LineProblem) {
        try self.init(text) { (_, _) throws(LineProblem) in false }
    }

    /// The same, with a say in how values that are wanted are read, so that an object in the object is gone through once
    /// and not again for each that it lies in.
    ///
    /// - Parameter reads: reads the value that begins where the scanner stands, and leaves it behind the value; false
    ///   when the value is only to be stepped over.
    init(
        _ text: UnsafeRawBufferPointer, reads: (Field, inout JSONOutline) throws(LineProblem) -> Bool
    ) throws(LineProblem) {
        var scanner = JSONOutline(text: text)
        scanner.skipSpace()
        try self.init(&scanner, reads: reads)
        scanner.skipSpace()
        guard scanner.isAtEnd else {
            throw LineProblem("expected the end after the object (byte \(scanner.position))")
        }
    }

    /// Reads the object that begins where the scanner stands, and leaves it behind the object.
    init(
        _ scanner: inout JSONOutline, reads: (Field, inout JSONOutline) throws(LineProblem) -> Bool = { _, _ in false }
    ) throws(LineProblem) {
        text = scanner.text
        // Far beyond the longest line; where values stand is kept in 32 bits.
        guard text.count <= Int(UInt32.max) else { throw LineProblem("longer than 4 GiB") }
        let keys = Field.keys
        // Of the house's own keys, not of the text; the fuzzers run with it.
        assert(keys.names.count <= Field.Lanes.scalarCount, "\(Field.self) has more keys than lanes")
        var seen: UInt64 = 0
        guard scanner.skip("{") else { throw LineProblem("expected an object (byte \(scanner.position))") }
        scanner.skipSpace()
        if scanner.skip("}") { return }
        repeat {
            let key = try scanner.key()
            guard let place = scanner.place(of: key, in: keys), let field = Field(rawValue: place) else {
                try scanner.skipValue()
                continue
            }
            guard seen & 1 << place == 0 else { throw LineProblem("duplicate key \"\(keys.names[place])\"") }
            seen |= 1 << place
            let start = scanner.position
            if try !reads(field, &scanner) { try scanner.skipValue() }
            if scanner.isNull(start..<scanner.position) { continue }
            (starts[place], ends[place]) = (UInt32(start), UInt32(scanner.position))
        } while try scanner.goesOn()
    }

    /// The bytes of a member's value; nil when there is none, or it is `null`.
    subscript(field: Field) -> UnsafeRawBufferPointer? {
        let (start, end) = (Int(starts[field.rawValue]), Int(ends[field.rawValue]))
        // A value has at least one byte, and a brace before it.
        return end == 0 ? nil : UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    /// The value under a key, read strictly; nil when there is none, or it is `null`.
    func value(_ field: Field) throws(LineProblem) -> JSON? {
        guard let value = self[field] else { return nil }
        do throws(JSONReader.Failure) { return try JSONReader.read(value, depthLimit: 128) } catch {
            throw LineProblem("\(Field.keys.names[field.rawValue]): \(error.message)")
        }
    }

    /// The text under a key; nil when there is none, it is `null`, no string, or empty.
    func text(_ field: Field) throws(LineProblem) -> String? {
        guard let value = self[field], value.first == UInt8(ascii: "\"") else { return nil }
        let inside = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
        let text = Self.isPlain(inside) ? String(decoding: inside, as: UTF8.self) : try self.value(field)?.string
        return text?.isEmpty == false ? text : nil
    }

    /// Which text stands under a key, of those that the lines before had there; 0 where `text` finds none.
    func number(_ field: Field, _ known: inout KnownTexts) throws(LineProblem) -> KnownTexts.Number {
        guard let value = self[field], value.first == UInt8(ascii: "\"") else { return 0 }
        return try known.number(of: UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])) {
            () throws(LineProblem) in try text(field)
        }
    }

    /// Whether it is printable ASCII with nothing to unescape, as ids, models and folders are.
    private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }

    /// A whole number from 0 to `TokenCounts.limit`; 0 when it isn't there.
    func count(_ field: Field) throws(LineProblem) -> Int64 {
        guard let value = self[field] else { return 0 }
        if let count = LineNumbers.plainCount(value) { return count }
        return try LineNumbers.count(try self.value(field) ?? .null, name: "\(Field.keys.names[field.rawValue])")
    }

    /// A whole number; nil when it isn't there or is anything else.
    func integer(_ field: Field) throws(LineProblem) -> Int64? {
        guard let value = self[field] else { return nil }
        if let count = LineNumbers.plainCount(value) { return count }
        return try self.value(field)?.integer
    }

    func object<Inner>(_ field: Field, as inner: Inner.Type) throws(LineProblem) -> ObjectSkim<Inner>? {
        guard hasObject(field), let text = self[field] else { return nil }
        return try ObjectSkim<Inner>(text)
    }

    func isTrue(_ field: Field) -> Bool { self[field]?.first == UInt8(ascii: "t") }

    /// Whether the value is an object.
    func hasObject(_ field: Field) -> Bool { self[field]?.first == UInt8(ascii: "{") }
}
