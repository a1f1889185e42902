import GovernorCore

/// Numbers of a line, checked before anything is computed with them.
enum LineNumbers {
    /// A count in plain digits, few enough to be in range; nil for anything else, which is then read in full.
    static func plainCount(_ digits: UnsafeRawBufferPointer) -> Int64? {
        guard (1...9).contains(digits.count), digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        var count: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            count = count * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return count
    }

    /// - Throws: when it is no whole number from 0 to `TokenCounts.limit`.
    static func count(_ value: JSON, name: String) throws(LineProblem) -> Int64 {
        guard let count = value.integer, (0...TokenCounts.limit).contains(count) else {
            throw LineProblem("\(name) must be a whole number from 0 to \(TokenCounts.limit); got \(value.shown)")
        }
        return count
    }

    /// What a source says a call cost. Zero is no price: a source that doesn't know a model writes 0 as well.
    static func cost(_ value: JSON?) -> Money? {
        guard let cost = value?.money, cost > .zero, cost <= .dollars(1_000_000) else { return nil }
        return cost
    }

    /// Seconds with a fraction as whole milliseconds; nil for anything else or below zero.
    static func milliseconds(seconds value: JSON?) -> Int64? {
        guard case .number(let digits)? = value, let milliseconds = DecimalText.scaled(digits.utf8, places: 3),
            milliseconds >= 0
        else { return nil }
        return milliseconds
    }

    /// The number of a text that holds nothing else, as a number; any other value as it is. Some write their numbers in
    /// quotes.
    static func unquoted(_ value: JSON?) -> JSON? {
        guard case .string(let text)? = value, DecimalText.scaled(text.utf8, places: 9) != nil else { return value }
        return .number(text)
    }
}

/// Texts of a line that become labels.
enum LineText {
    /// A model's name, which is never cut: cut, it would be another model.
    static func model(_ text: String) throws(LineProblem) -> String {
        guard text.utf8.count <= Labels.valueLimit else {
            throw LineProblem("model is longer than \(Labels.valueLimit) bytes")
        }
        return text
    }

    /// The text cut to what a label may hold, at a character's end.
    static func label(_ text: String?) -> String? {
        guard let text, text.utf8.count > Labels.valueLimit else { return text }
        var cut = ""
        for character in text {
            guard cut.utf8.count + character.utf8.count <= Labels.valueLimit else { break }
            cut.append(character)
        }
        return cut
    }

    /// The last name of a path, `/` or `\` between names; nil when there is none.
    static func lastName(ofPath path: String) -> String? {
        let bytes = path.utf8
        let separator = bytes.contains(UInt8(ascii: "/")) ? UInt8(ascii: "/") : UInt8(ascii: "\\")
        guard let last = bytes.lastIndex(where: { $0 != separator }) else { return nil }
        let start = bytes[...last].lastIndex(of: separator).map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(path[start...last])
    }
}

/// Times of a line.
enum LineTime {
    /// The time under a key.
    /// - Parameter text: the value as it stands in the line, quotes included; nil when there is none.
    static func instant(_ text: UnsafeRawBufferPointer?, _ zone: Zone) throws(LineProblem) -> Timestamp {
        guard let text else { throw LineProblem("no timestamp") }
        // The text between the quotes, unread: a timestamp has nothing to unescape.
        let inside = UnsafeRawBufferPointer(rebasing: text.dropFirst().dropLast())
        if text.first == UInt8(ascii: "\""), let time = plainInstant(inside) { return time }
        guard text.first == UInt8(ascii: "\""), let reading = RFC3339.read(inside) else {
            let shown = String(decoding: text.prefix(60), as: UTF8.self)
            throw LineProblem("timestamp must be an RFC 3339 time; got \(shown)")
        }
        return instant(reading, zone)
    }

    static func instant(_ reading: RFC3339.Reading, _ zone: Zone) -> Timestamp {
        switch reading {
        case .instant(let time): time
        case .local(let civil): zone.instant(of: civil)
        }
    }

    /// Reads the one shape transcripts have, `2026-11-20T15:18:56.120Z`; nil for any other, for `RFC3339` to read.
    static func plainInstant(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        func isAt(_ place: Int, _ sign: Unicode.Scalar) -> Bool { text[place] == UInt8(ascii: sign) }
        guard text.count == 24, isAt(4, "-"), isAt(7, "-"), isAt(10, "T"), isAt(13, ":"), isAt(16, ":"), isAt(19, "."),
            isAt(23, "Z")
        else { return nil }
        var areDigits = true
        func number(_ range: Range<Int>) -> Int64 {
            var number: Int64 = 0
            for place in range {
                let digit = text[place] &- UInt8(ascii: "0")
                areDigits = areDigits && digit < 10
                number = number * 10 + Int64(digit)
            }
            return number
        }
        let date = CivilDate(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        let ofDay = (hour * 3600 + minute * 60 + second) * 1000 + number(20..<23)
        guard areDigits, date.isValid, hour < 24, minute < 60, second < 60 else { return nil }
        return Timestamp(milliseconds: CivilTime(date: date, millisecondOfDay: ofDay).millisecondsAsUTC)
    }
}
