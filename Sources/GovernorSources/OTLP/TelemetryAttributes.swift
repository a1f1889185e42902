import GovernorCore

/// A value of OTLP (`AnyValue`).
package enum TelemetryValue: Hashable, Sendable {
    case text(String)
    case flag(Bool)
    case integer(Int64)
    case double(Double)
    /// A list, a map, bytes, or nothing. No usage is told by them, so that they are stepped over and never entered: however
    /// deep they nest, they cost nothing.
    case other

    /// For messages: `"ten"`, `-3`.
    var shown: String {
        switch self {
        case .text(let text): "\"\(text.prefix(60))\(text.count > 60 ? "…" : "")\""
        case .flag(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .other: "a list, a map or nothing"
        }
    }

    /// A number in decimal digits, a text as it is. A `Double` by the shortest digits that mean it, which is what its
    /// sender wrote: `0.020839999999999997`, which rounds to the same money as what was meant.
    var digits: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .flag, .other: nil
        }
    }

    /// A whole number; nil for anything else or beyond 64 bits. Some senders write numbers as texts.
    var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .double(let number): Int64(exactly: number)
        case .text(let text): DecimalText.scaled(text.utf8, places: 0, exactly: true)
        case .flag, .other: nil
        }
    }

    /// A count of tokens.
    /// - Throws: when it is no whole number from 0 to `TokenCounts.limit`.
    func count(_ name: String) throws(LineProblem) -> Int64 {
        guard let count = integer, (0...TokenCounts.limit).contains(count) else {
            throw LineProblem("\(name) must be a whole number from 0 to \(TokenCounts.limit); got \(shown)")
        }
        return count
    }
}

/// The attributes of a resource, a log record, a span or a data point, in their order.
package struct TelemetryAttributes: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var key: String
        package var value: TelemetryValue

        package init(_ key: String, _ value: TelemetryValue) {
            self.key = key
            self.value = value
        }
    }

    /// More of them are no telemetry (senders stop at 128 by themselves), and would take memory many times their size.
    static let limit = 1024

    package private(set) var entries: [Entry] = []

    package init(_ entries: [Entry] = []) { self.entries = entries }

    /// - Returns: false when there are too many already.
    mutating func append(_ key: String, _ value: TelemetryValue) -> Bool {
        guard entries.count < Self.limit else { return false }
        entries.append(Entry(key, value))
        return true
    }

    subscript(name: String) -> TelemetryValue? { entries.last { $0.key == name }?.value }

    /// What a name says in words; nil when there is nothing, or it is empty.
    func text(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        // A worker may be called 7 or true.
        let text = if case .flag(let flag) = value { "\(flag)" } else { value.digits }
        return text?.isEmpty == false ? text : nil
    }

    /// The text under the first of the names that has one.
    func text(_ names: [String]) -> String? {
        for name in names { if let text = text(name) { return text } }
        return nil
    }

    /// A count of tokens; nil when there is none.
    /// - Throws: when it is no whole number from 0 to `TokenCounts.limit`.
    func count(_ name: String) throws(LineProblem) -> Int64? {
        guard let value = self[name], value != .other, value != .text("") else { return nil }
        return try value.count(name)
    }

    /// The count under the first of the names that has one.
    func count(_ names: [String]) throws(LineProblem) -> Int64? {
        for name in names { if let count = try count(name) { return count } }
        return nil
    }

    /// A length of time that came in whole or broken milliseconds; nil for anything else or below zero.
    func milliseconds(_ name: String) -> Int64? {
        guard let digits = self[name]?.digits, let value = DecimalText.scaled(digits.utf8, places: 0), value >= 0 else {
            return nil
        }
        return value
    }

    /// Dollars; nil when they make no sense. Zero is no price: a sender that doesn't know a model writes 0 as well.
    func cost(_ name: String) -> Money? { (self[name]?.digits).flatMap { LineNumbers.cost(.number($0)) } }
}
