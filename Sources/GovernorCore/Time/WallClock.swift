/// Bare readings of clock and calendar, as policies write them.

extension Span {
    /// Reads `HH:MM` as the span since midnight by the wall clock: `00:00` to `24:00`, always five characters.
    package init?(wallClock text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            let hours = Int64(digits: bytes[..<2]), let minutes = Int64(digits: bytes[3...]),
            minutes < 60, hours * 60 + minutes <= 24 * 60
        else { return nil }
        self = .minutes(hours * 60 + minutes)
    }

    /// This span since midnight as a clock shows it: `22:00`, `24:00`, and only where there are any with seconds and
    /// milliseconds, `06:30:15.250`.
    package var wallClock: String {
        let seconds = milliseconds / 1000
        let fraction = milliseconds % 1000
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2))"
        guard milliseconds % 60_000 != 0 else { return clock }
        return "\(clock):\(padded(seconds % 60, 2))\(fraction == 0 ? "" : "." + padded(fraction, 3))"
    }
}

extension CivilDate {
    /// Reads a date alone, `2026-11-23`; nil for a day that its month doesn't have.
    package init?(text: some StringProtocol) {
        guard text.utf8.count == 10, case .local(let reading)? = RFC3339.read(text.utf8) else { return nil }
        self = reading.date
    }

    /// The date so many days later, or earlier when negative.
    package func later(by days: Int64) -> CivilDate { CivilDate(daysSinceEpoch: daysSinceEpoch + days) }
}

extension Int64 {
    /// ASCII digits alone, without a sign; few enough not to overflow.
    fileprivate init?(digits: ArraySlice<UInt8>) {
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        self = value
    }
}
