import Glibc

/// A position in a JSON text of which only the outline is read: every transcript's every line of usage goes through here
/// byte by byte.
struct JSONOutline {
    let text: UnsafeRawBufferPointer
    private let base: UnsafeRawPointer
    private let count: Int
    private(set) var position = 0

    init(text: UnsafeRawBufferPointer) {
        self.text = text
        count = text.count
        // Of a text that has no address no byte is looked at.
        base = UnsafeRawPointer(text.baseAddress ?? UnsafeRawPointer(Self.nothing.utf8Start))
    }

    private static let nothing: StaticString = ""

    var isAtEnd: Bool { position == count }

    // Inlined, like all that is a few instructions and done for each of a line's sixty or so members.

    /// The byte at the position; 0, which no JSON has outside of strings, at the end.
    @inline(__always) private var byte: UInt8 { position < count ? byte(at: position) : 0 }
    @inline(__always) private func byte(at place: Int) -> UInt8 { base.load(fromByteOffset: place, as: UInt8.self) }

    @inline(__always)
    mutating func skipSpace() {
        if byte <= 0x20 { skipMoreSpace() }
    }

    private mutating func skipMoreSpace() {
        while position < count {
            let byte = byte(at: position)
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position &+= 1
        }
    }

    @inline(__always)
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        position &+= 1
        return true
    }

    /// Whether an object begins here.
    var isAtObject: Bool { byte == UInt8(ascii: "{") }

    func isNull(_ value: Range<Int>) -> Bool { value.count == 4 && memcmp(base + value.lowerBound, "null", 4) == 0 }

    /// The place of a key among those that are wanted.
    @inline(__always)
    func place(of key: Range<Int>, in keys: SkimKeys) -> Int? {
        keys.place(of: base + key.lowerBound, count: key.count)
    }

    /// Steps over `"key":`; where the key stands, without its quotes.
    @inline(__always)
    mutating func key() throws(LineProblem) -> Range<Int> {
        // As agents write it, without spaces and escapes; the value behind it has at least a byte.
        let start = position &+ 1
        if byte == UInt8(ascii: "\""), let end = nextQuote(from: start), byte(at: end &- 1) != UInt8(ascii: "\\"),
            end &+ 2 < count, byte(at: end &+ 1) == UInt8(ascii: ":"), byte(at: end &+ 2) > 0x20
        {
            position = end &+ 2
            return start..<end
        }
        return try spacedKey()
    }

    private mutating func spacedKey() throws(LineProblem) -> Range<Int> {
        skipSpace()
        let start = position
        guard byte == UInt8(ascii: "\"") else { throw LineProblem("expected a key in quotes (byte \(position))") }
        try skipString()
        let key = start + 1..<position - 1
        skipSpace()
        guard skip(":") else { throw LineProblem("expected ':' after the key (byte \(position))") }
        skipSpace()
        return key
    }

    /// `"key": value`; the key without its quotes, the value as it stands.
    mutating func member() throws(LineProblem) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let key = try key()
        let start = position
        try skipValue()
        return (
            UnsafeRawBufferPointer(rebasing: text[key]), UnsafeRawBufferPointer(rebasing: text[start..<position])
        )
    }

    /// Steps over a comma, or the end of the object.
    @inline(__always)
    mutating func goesOn() throws(LineProblem) -> Bool {
        if skip(",") { return true }
        return try goesOnBehindSpace()
    }

    private mutating func goesOnBehindSpace() throws(LineProblem) -> Bool {
        skipSpace()
        if skip(",") { return true }
        guard skip("}") else {
            throw LineProblem(
                isAtEnd ? "the line ends inside an object" : "expected ',' or '}' in the object (byte \(position))")
        }
        return false
    }

    mutating func skipValue() throws(LineProblem) {
        guard position < count else { throw LineProblem("the line ends where a value should be") }
        switch byte(at: position) {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
        default:
            let start = position
            while position < count, !Self.endsScalar(byte(at: position)) { position &+= 1 }
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
        while position < count {
            switch byte(at: position) {
            case UInt8(ascii: "\""):
                try skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position &+= 1
            if depth == 0 { return }
        }
        throw LineProblem("the line ends inside an object")
    }

    /// The position is on the opening quote; afterwards behind the closing one.
    @inline(__always)
    private mutating func skipString() throws(LineProblem) {
        let start = position + 1
        var from = start
        while let quote = nextQuote(from: from) {
            from = quote + 1
            if quote == start || byte(at: quote - 1) != UInt8(ascii: "\\") {
                position = from
                return
            }
            var slashes = quote
            while slashes > start, byte(at: slashes - 1) == UInt8(ascii: "\\") { slashes -= 1 }
            // Every second backslash is itself escaped.
            if (quote - slashes).isMultiple(of: 2) {
                position = from
                return
            }
        }
        throw LineProblem("the line ends inside a string")
    }

    /// Most strings of a line are names and ids: their end is found eight bytes at a time, sooner than `memchr` is called
    /// and returns; a long one is its work.
    @inline(__always)
    private func nextQuote(from start: Int) -> Int? {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let quotes = ones &* UInt64(UInt8(ascii: "\""))
        var at = start
        let last = min(count - 8, start + 40)
        while at <= last {
            let bytes = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ quotes
            // A byte that is zero now was a quote; the lowest such is found exactly.
            let hits = (bytes &- ones) & ~bytes & highs
            if hits != 0 { return at &+ hits.trailingZeroBitCount / 8 }
            at &+= 8
        }
        guard at < count, let hit = memchr(base + at, Int32(UInt8(ascii: "\"")), count - at) else { return nil }
        return UnsafeRawPointer(hit) - base
    }
}
