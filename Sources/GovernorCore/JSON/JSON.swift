/// A JSON value that keeps what other readers throw away: the digits of its numbers and the order of its keys.
///
/// Why not `JSONDecoder`: it accepts duplicate keys, UTF-16, a byte-order mark and `\u0000`, turns decimals into
/// `Double`, and reads 70 MB/s where transcripts come by the gigabyte.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The number's own digits, in JSON's grammar.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One `"key": value` of an object.
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSON

        package init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The value under a key; nil when this is no object or has no such key.
    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// A whole number, also when written `1e3` or `5.0`; nil for anything else or beyond 64 bits.
    package var integer: Int64? {
        guard case .number(let digits) = self else { return nil }
        if let plain = Int64(digits) { return plain }
        return DecimalText.scaled(digits.utf8, places: 0, exactly: true)
    }

    /// The number in billionths; for money in dollars.
    package var money: Money? {
        guard case .number(let digits) = self else { return nil }
        return Money(dollars: digits)
    }

    package var isNull: Bool { self == .null }

    /// `an object`, `"ten"`, `-3`: for error messages, cut to 60 characters.
    package var shown: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let digits): String(digits.prefix(60))
        case .string(let text): "\"\(text.prefix(60))\(text.count > 60 ? "…" : "")\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}
