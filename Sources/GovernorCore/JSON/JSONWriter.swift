/// Writes JSON by appending bytes; the caller names keys in the order of the contract.
///
/// ```
/// var json = JSONWriter()
/// json.object { $0.field("decision", "allow"); $0.field("remaining_usd", money) }
/// ```
package struct JSONWriter {
    /// The text so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() { bytes.reserveCapacity(256) }

    /// The text so far as a string.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func object(_ body: (inout JSONWriter) -> Void) { container("{", "}", body) }
    package mutating func array(_ body: (inout JSONWriter) -> Void) { container("[", "]", body) }

    /// A list of values, each written by `body`.
    package mutating func array<Elements: Sequence>(
        of elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        array { json in for element in elements { body(&json, element) } }
    }

    /// Writes `"name":`; the next call writes its value.
    package mutating func key(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func value(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        // Most texts need no escape, and are copied as they are.
        let isPlain = text.withUTF8 { utf8 in
            utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        }
        if isPlain { raw(text) } else { escaped(text) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func escaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            // C0, DEL and C1 (in UTF-8 always led by C2) are escaped so that nothing we print can drive a terminal.
            case 0..<0x20, 0x7F: escape(byte)
            case 0x80..<0xA0 where bytes.last == 0xC2:
                bytes.removeLast()
                escape(byte)
            default: bytes.append(byte)
            }
        }
    }

    package mutating func value(_ number: Int64) { scalar(String(number)) }
    package mutating func value(_ flag: Bool) { scalar(flag ? "true" : "false") }
    package mutating func value(_ money: Money) { scalar(money.text) }
    package mutating func value(_ ratio: Ratio) { scalar(ratio.text) }
    package mutating func null() { scalar("null") }

    /// A number already in JSON's grammar.
    package mutating func number(_ digits: String) { scalar(digits) }

    /// Any value as it was read.
    package mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let flag): self.value(flag)
        case .number(let digits): number(digits)
        case .string(let text): self.value(text)
        case .array(let elements): array(of: elements) { $0.value($1) }
        case .object(let members): object { json in for member in members { json.field(member.key, member.value) } }
        }
    }

    package mutating func field(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    package mutating func field(_ name: String, _ number: Int64) {
        key(name)
        value(number)
    }

    package mutating func field(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    package mutating func field(_ name: String, _ money: Money) {
        key(name)
        value(money)
    }

    package mutating func field(_ name: String, _ ratio: Ratio) {
        key(name)
        value(ratio)
    }

    package mutating func field(_ name: String, _ value: JSON) {
        key(name)
        self.value(value)
    }

    /// Leaves the key out when there is no text.
    package mutating func field(_ name: String, ifPresent text: String?) {
        if let text { field(name, text) }
    }

    package mutating func field(_ name: String, object body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    package mutating func field<Elements: Sequence>(
        _ name: String, array elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        key(name)
        array(of: elements, body)
    }

    private mutating func container(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void)
    {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func scalar(_ text: String) {
        separate()
        raw(text)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func escape(_ byte: UInt8) {
        raw("\\u00")
        raw(byte < 0x10 ? "0" : "")
        raw(String(byte, radix: 16))
    }

    private mutating func raw(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }
}
