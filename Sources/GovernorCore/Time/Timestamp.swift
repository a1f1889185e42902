/// An instant, in whole milliseconds since 1970-01-01T00:00:00Z. Arithmetic saturates.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(seconds: Int64) { milliseconds = seconds.saturatingMultiplied(by: 1000) }

    package static let distantPast = Timestamp(milliseconds: .min)
    package static let distantFuture = Timestamp(milliseconds: .max)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// This instant moved by a span; the ends of time stay where they are.
    package static func + (time: Timestamp, span: Span) -> Timestamp {
        guard time != .distantPast, time != .distantFuture else { return time }
        return Timestamp(milliseconds: time.milliseconds.saturatingAdding(span.milliseconds))
    }

    package static func - (time: Timestamp, span: Span) -> Timestamp { time + -span }

    /// The span from `right` to `left`.
    package static func - (left: Timestamp, right: Timestamp) -> Span {
        Span(milliseconds: left.milliseconds.saturatingAdding(right.milliseconds.saturatingNegation))
    }
}

/// A length of time in whole milliseconds.
package struct Span: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static let zero = Span(milliseconds: 0)
    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count.saturatingMultiplied(by: 1000)) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count.saturatingMultiplied(by: 60)) }
    package static func hours(_ count: Int64) -> Span { .minutes(count.saturatingMultiplied(by: 60)) }
    package static func days(_ count: Int64) -> Span { .hours(count.saturatingMultiplied(by: 24)) }

    package static func + (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds.saturatingAdding(right.milliseconds))
    }

    package static func - (left: Span, right: Span) -> Span { left + -right }

    package static prefix func - (span: Span) -> Span { Span(milliseconds: span.milliseconds.saturatingNegation) }

    package static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }

    /// For people: the two largest units, `3h 12m`, `45s`, `250ms`.
    package var text: String {
        guard milliseconds.magnitude >= 1000 else { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        var rest = Int64(clamping: seconds.magnitude)
        var parts: [String] = []
        for (size, name) in units where parts.count < 2 {
            if rest >= size {
                parts.append("\(rest / size)\(name)")
                rest %= size
            } else if !parts.isEmpty {
                break
            }
        }
        return (seconds < 0 ? "-" : "") + parts.joined(separator: " ")
    }

    /// Reads `90s`, `15m`, `1h30m`, `2d`, `1w`, `250ms`, as in Prometheus: units from large to small, each once.
    package init?(text: some StringProtocol) {
        let units: [(name: String, size: Int64)] = [
            ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
        var total: Int64 = 0
        var lastUnit = -1
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == name }), unit > lastUnit
            else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: units[unit].size)
            guard !overflow, total <= Int64.max / 2, product <= Int64.max / 2 else { return nil }
            total += product
            lastUnit = unit
        }
        milliseconds = total
    }
}

/// A half-open stretch of time, `[start, end)`.
package struct Interval: Hashable, Sendable {
    package var start: Timestamp
    package var end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    package func contains(_ time: Timestamp) -> Bool { start <= time && time < end }
}
