import GovernorCore

/// What the values of a JSON text say that were found by `JSONWalk`.
extension JSONWalk.Text {
    /// What a key says.
    func key(_ key: Range<Int>) -> String { string(key) }

    /// What the bytes between two quotes say.
    ///
    /// Not as strictly as `JSONReader` reads: prompts and tools' outputs stand among the attributes, cut at any place (half
    /// a surrogate pair) and with anything in them (NUL). They must not cost a sender the calls beside them, so that what is
    /// no text is U+FFFD.
    private func string(_ inside: Range<Int>) -> String {
        let inside = UnsafeRawBufferPointer(rebasing: bytes[inside])
        guard inside.contains(UInt8(ascii: "\\")) else { return String(decoding: inside, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(inside.count)
        var position = 0
        while position < inside.count {
            let byte = inside[position]
            guard byte == UInt8(ascii: "\\"), position + 1 < inside.count else {
                text.append(byte)
                position += 1
                continue
            }
            position += 2
            switch inside[position - 1] {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(Self.escaped(inside, &position)).utf8)
            case let other: text.append(other)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What `\u` means; the position is behind it, and afterwards behind its digits, those of a pair's second half too.
    private static func escaped(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = hexQuad(text, at: position) else { return replacement }
        position += 4
        guard (0xD800..<0xDC00).contains(first) else {
            return first == 0 ? replacement : Unicode.Scalar(first) ?? replacement
        }
        guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u"),
            let second = hexQuad(text, at: position + 2), (0xDC00..<0xE000).contains(second)
        else { return replacement }
        position += 6
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
    }

    private static func hexQuad(_ text: UnsafeRawBufferPointer, at position: Int) -> UInt32? {
        guard position + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for byte in text[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// A text, a number or a flag, read strictly; `null` for anything with brackets.
    func scalar(_ value: Range<Int>) throws(TelemetryProblem) -> JSON {
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .null
        default: break
        }
        do throws(JSONReader.Failure) {
            return try JSONReader.read(UnsafeRawBufferPointer(rebasing: bytes[value]))
        } catch {
            throw TelemetryProblem(error.message, at: value.lowerBound + error.offset)
        }
    }

    /// A text; empty for anything else.
    func text(_ value: Range<Int>) -> String {
        guard bytes[value.lowerBound] == UInt8(ascii: "\"") else { return "" }
        return string(value.lowerBound + 1..<value.upperBound - 1)
    }

    /// A whole number of 64 bits, which protobuf's JSON writes as a number or as a text.
    func integer(_ value: Range<Int>, _ what: StaticString) throws(TelemetryProblem) -> Int64 {
        let number: Int64? =
            switch try scalar(value) {
            case .string(let digits): DecimalText.scaled(digits.utf8, places: 0, exactly: true)
            case let other: other.integer
            }
        guard let number else {
            throw TelemetryProblem("\(what) must be a whole number of 64 bits", at: value.lowerBound)
        }
        return number
    }

    /// Nanoseconds since 1970.
    func time(_ value: Range<Int>, _ what: StaticString) throws(TelemetryProblem) -> UInt64 {
        let time: UInt64? =
            switch try scalar(value) {
            case .string(let digits): UInt64(digits)
            // Digits beyond 2^63 are no `integer`; `1e18` is one.
            case .number(let digits): UInt64(digits) ?? JSON.number(digits).integer.flatMap { UInt64(exactly: $0) }
            default: nil
            }
        guard let time else { throw TelemetryProblem("\(what) must be nanoseconds since 1970", at: value.lowerBound) }
        return time
    }

    /// A number, or a text that says one (`"NaN"` too, as protobuf's JSON does).
    func double(_ value: Range<Int>, _ what: StaticString) throws(TelemetryProblem) -> Double {
        let number: Double? =
            switch try scalar(value) {
            case .string(let digits), .number(let digits): Double(digits)
            default: nil
            }
        guard let number else { throw TelemetryProblem("\(what) must be a number", at: value.lowerBound) }
        return number
    }
}
