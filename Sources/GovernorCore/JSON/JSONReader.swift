/// Reads one JSON text, strictly: RFC 8259 and nothing else, UTF-8 only, no duplicate keys, no NUL, bounded depth.
package struct JSONReader {
    /// What is wrong, and at which byte of the text.
    package struct Failure: Error, Hashable, Sendable {
        package var offset: Int
        package var message: String
        /// The key at fault, where it is one.
        package var key: String?
    }

    /// Nesting allowed before a text is refused (`contract/control.md`).
    package static let depthLimit = 32

    /// Reads the whole of `bytes` as one value.
    package static func read(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = depthLimit) throws(Failure) -> JSON {
        var reader = JSONReader(bytes: bytes, depthLimit: depthLimit)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.failure("expected the end after the value") }
        return value
    }

    /// The same for text and byte arrays.
    package static func read(_ bytes: some Collection<UInt8>, depthLimit: Int = depthLimit) throws(Failure) -> JSON {
        let array = Array(bytes)
        let result: Result<JSON, Failure> = array.withUnsafeBytes { buffer in
            Result { () throws(Failure) in try read(buffer, depthLimit: depthLimit) }
        }
        return try result.get()
    }

    private let bytes: UnsafeRawBufferPointer
    private let depthLimit: Int
    private var position = 0

    private init(bytes: UnsafeRawBufferPointer, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    private func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return .number(try number())
        case nil: throw failure("the text ends where a value should be")
        default: throw failure("expected a value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(Failure) -> JSON {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw failure("expected \(word)") }
        position += length
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> JSON {
        guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit)") }
        position += 1
        var members: [JSON.Member] = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        // Few keys are compared one by one; many through a set, so that a hostile object costs no square.
        var seen: Set<String> = []
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let keyOffset = position
            let key = try string()
            let isDuplicate =
                members.count < 16 ? members.contains { $0.key == key } : !remember(key, &seen, members)
            if isDuplicate {
                throw Failure(offset: keyOffset, message: "duplicate key \"\(key.prefix(60))\"", key: key)
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw failure("expected ':' after the key") }
            position += 1
            members.append(JSON.Member(key, try value(depth: depth)))
            skipSpace()
            if next == UInt8(ascii: "}") {
                position += 1
                return .object(members)
            }
            guard next == UInt8(ascii: ",") else { throw failure("expected ',' or '}' in the object") }
            position += 1
        }
    }

    private func remember(_ key: String, _ seen: inout Set<String>, _ members: [JSON.Member]) -> Bool {
        if seen.isEmpty { seen = Set(members.map(\.key)) }
        return seen.insert(key).inserted
    }

    private mutating func array(depth: Int) throws(Failure) -> JSON {
        guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit)") }
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if next == UInt8(ascii: "]") {
                position += 1
                return .array(elements)
            }
            guard next == UInt8(ascii: ",") else { throw failure("expected ',' or ']' in the list") }
            position += 1
        }
    }

    private mutating func number() throws(Failure) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    /// Reads a string; the position is on its opening quote.
    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw failure("a control character inside a string") }
            position += 1
        }
        guard next == UInt8(ascii: "\\") else { return try finish(start) }
        var unescaped = Array(bytes[start..<position])
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("a control character inside a string") }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &unescaped)
            } else {
                unescaped.append(byte)
                position += 1
            }
        }
        guard next != nil else { throw failure("a string without an end") }
        guard let text = String(validating: unescaped, as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
        }
        position += 1
        return text
    }

    private mutating func finish(_ start: Int) throws(Failure) -> String {
        guard next != nil else { throw failure("a string without an end") }
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
        }
        position += 1
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        position += 1
        guard let byte = next else { throw failure("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try hexQuad()
            if (0xD800..<0xDC00).contains(scalar) {
                guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw failure("half of a surrogate pair") }
                position += 2
                let low = try hexQuad()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard scalar != 0 else { throw failure("a NUL inside a string") }
            guard let unicode = Unicode.Scalar(scalar) else { throw failure("half of a surrogate pair") }
            text.append(contentsOf: Array(String(unicode).utf8))
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexQuad() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("\\u takes four hex digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
