import GovernorCore

/// Values of a row, which a CSV writes as texts and JSON as either, read strictly: what can't be read is said, never taken
/// for nothing.
enum RowValues {
    /// A number's digits without the white space around them.
    private static func digits(_ value: JSON) -> Substring? {
        switch value {
        case .number(let digits): digits[...]
        case .string(let text): text.trimmedSpace
        default: nil
        }
    }

    /// A whole number from 0 to `TokenCounts.limit`, also written `12.0`.
    static func count(_ value: JSON, name: String) throws(LineProblem) -> Int64 {
        guard let digits = digits(value), let count = DecimalText.scaled(digits.utf8, places: 0, exactly: true),
            (0...TokenCounts.limit).contains(count)
        else {
            throw LineProblem("\(name) must be a whole number from 0 to \(TokenCounts.limit); got \(value.shown)")
        }
        return count
    }

    /// What a source says a call cost, `0.0123` or `$0.0123`; nil for zero, which is what a source writes that knows no
    /// price.
    static func cost(_ value: JSON, name: String) throws(LineProblem) -> Money? {
        var digits = digits(value) ?? ""
        if digits.first == "$" { digits = digits.dropFirst().trimmedSpace }
        guard let cost = Money(dollars: digits), cost >= .zero, cost <= .dollars(1_000_000) else {
            throw LineProblem("\(name) must be dollars from 0 to 1000000; got \(value.shown)")
        }
        return cost > .zero ? cost : nil
    }

    /// Milliseconds of a length of time; nil where it is none, since a call counts without it.
    /// - Parameter places: 3 when it is written in seconds, 0 in milliseconds.
    static func milliseconds(_ value: JSON?, places: Int) -> Int64? {
        guard let value, let digits = digits(value),
            let milliseconds = DecimalText.scaled(digits.utf8, places: places), milliseconds >= 0
        else { return nil }
        return milliseconds
    }

    /// A time: ISO 8601, or Unix seconds, milliseconds, microseconds or nanoseconds, told by their size.
    /// - Parameter zone: of times that name none.
    static func time(_ value: JSON, name: String, zone: Zone) throws(LineProblem) -> Timestamp {
        guard let digits = digits(value) else { throw wrongTime(value, name) }
        if let time = unix(digits) { return time }
        guard let reading = RFC3339.read(digits.utf8) ?? loose(digits) else { throw wrongTime(value, name) }
        let time = LineTime.instant(reading, zone)
        guard time.milliseconds >= 0 else { throw wrongTime(value, name) }
        return time
    }

    private static func wrongTime(_ value: JSON, _ name: String) -> LineProblem {
        LineProblem("\(name) must be an ISO 8601 time or a Unix time of this century; got \(value.shown)")
    }

    /// From September 2001 on, so that a date in digits (20261120) is none; to the year 2286 in seconds.
    private static func unix(_ digits: Substring) -> Timestamp? {
        guard let whole = DecimalText.scaled(digits.utf8, places: 0), whole >= 1_000_000_000 else { return nil }
        switch whole {
        case ..<10_000_000_000: return DecimalText.scaled(digits.utf8, places: 3).map { Timestamp(milliseconds: $0) }
        case 1_000_000_000_000..<10_000_000_000_000: return Timestamp(milliseconds: whole)
        case 1_000_000_000_000_000..<10_000_000_000_000_000: return Timestamp(milliseconds: whole / 1000)
        case 1_000_000_000_000_000_000...: return Timestamp(milliseconds: whole / 1_000_000)
        default: return nil
        }
    }

    /// What databases write beside RFC 3339: `… UTC`, and an offset of hours alone (`+00`).
    private static func loose(_ text: Substring) -> RFC3339.Reading? {
        if text.hasSuffix(" UTC") { return RFC3339.read("\(text.dropLast(4))Z".utf8) }
        let tail = text.utf8.suffix(3)
        guard let sign = tail.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        return RFC3339.read("\(text)00".utf8)
    }

    /// A text that becomes a label: trimmed, cut to what a label may hold.
    static func label(_ text: String?) -> String? {
        guard let text = text.map({ String($0.trimmedSpace) }), !text.isEmpty else { return nil }
        return LineText.label(text)
    }
}

extension ImportRow {
    /// The count under the first of the names that has a value.
    func count(_ names: Names) throws(LineProblem) -> Int64? {
        guard let (place, value) = first(names) else { return nil }
        return try RowValues.count(value, name: shown(place))
    }
}

extension StringProtocol where UTF8View: BidirectionalCollection {
    /// Without white space at its ends.
    var trimmedSpace: SubSequence {
        // Most texts have none, and that is told by two bytes.
        func isPlain(_ byte: UInt8?) -> Bool { byte.map { $0 > 0x20 && $0 < 0x7F } ?? false }
        if isPlain(utf8.first), isPlain(utf8.last) { return self[...] }
        let start = drop { $0.isWhitespace }
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? start
    }
}
