/// RFC 3339 timestamps, read byte by byte because every transcript line carries one, and written with the zone's offset.
package enum RFC3339 {
    /// What a timestamp text says: an instant, or a wall-clock reading whose zone the reader must know.
    package enum Reading: Hashable, Sendable {
        case instant(Timestamp)
        case local(CivilTime)
    }

    /// Reads `2026-11-20T15:18:56.120Z`, `… +01:00`, a space for the `T`, no zone, or a date alone (its midnight).
    /// Fractions beyond the millisecond are cut. A leap second reads as the second after it.
    package static func read<Bytes: Collection<UInt8>>(_ text: Bytes) -> Reading? {
        var scanner = Scanner<Bytes>(rest: text[...])
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid else { return nil }
        if scanner.rest.isEmpty { return .local(CivilTime(date: date, millisecondOfDay: 0)) }
        guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let hour = scanner.number(2), hour < 24,
            scanner.skip(":"), let minute = scanner.number(2), minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if scanner.skip(":") {
            guard let value = scanner.number(2), value <= 60 else { return nil }
            second = value
            guard let value = scanner.skip(".") ? scanner.fraction() : 0 else { return nil }
            fraction = value
        }
        let local = CivilTime(date: date, millisecondOfDay: (hour * 3600 + minute * 60 + second) * 1000 + fraction)
        if scanner.rest.isEmpty { return .local(local) }
        guard let offset = scanner.offset(), scanner.rest.isEmpty else { return nil }
        return .instant(Timestamp(milliseconds: local.millisecondsAsUTC - offset))
    }

    /// Writes `2026-11-20T15:18:56.120Z`; the milliseconds only where there are any.
    package static func utc(_ time: Timestamp) -> String { text(time, offset: 0) }

    /// Writes the instant as the zone's clock shows it: `2026-11-21T00:00:00+01:00`.
    /// In UTC where the offset is no whole minute (local mean time, Monrovia until 1972), which the format can't write.
    package static func text(_ time: Timestamp, in zone: Zone) -> String {
        let offset = zone.offset(at: time)
        return text(time, offset: offset % 60_000 == 0 ? offset : 0)
    }

    private static func text(_ time: Timestamp, offset: Int64) -> String {
        let local = CivilTime(millisecondsAsUTC: time.milliseconds.saturatingAdding(offset))
        // By bytes: every answer has one.
        let rest = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { clock in
            var end = clock.startIndex
            func put(_ byte: UInt8) {
                clock[end] = byte
                end += 1
            }
            func put(_ value: Int64, _ separator: Unicode.Scalar) {
                put(UInt8(ascii: separator))
                put(UInt8(ascii: "0") + UInt8(value / 10))
                put(UInt8(ascii: "0") + UInt8(value % 10))
            }
            let seconds = local.millisecondOfDay / 1000
            let milliseconds = local.millisecondOfDay % 1000
            put(seconds / 3600, "T")
            put(seconds / 60 % 60, ":")
            put(seconds % 60, ":")
            if milliseconds != 0 {
                put(milliseconds / 10, ".")
                put(UInt8(ascii: "0") + UInt8(milliseconds % 10))
            }
            let minutes = abs(offset) / 60_000
            if offset == 0 {
                put(UInt8(ascii: "Z"))
            } else {
                put(minutes / 60, offset < 0 ? "-" : "+")
                put(minutes % 60, ":")
            }
            return String(decoding: clock[..<end], as: UTF8.self)
        }
        return local.date.text + rest
    }

    private struct Scanner<Bytes: Collection<UInt8>> {
        var rest: Bytes.SubSequence

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func number(_ width: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<width {
                guard let digit = self.digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        mutating func fraction() -> Int64? {
            guard let first = digit() else { return nil }
            var value = first * 100
            var unit: Int64 = 10
            while let next = digit() {
                value += next * unit
                unit /= 10
            }
            return value
        }

        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
            guard skip("+") || skip("-"), let hours = number(2), hours < 24 else { return nil }
            _ = skip(":")
            guard let minutes = number(2), minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes) * 60_000
        }

        private mutating func digit() -> Int64? {
            guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            rest = rest.dropFirst()
            return Int64(byte - UInt8(ascii: "0"))
        }
    }
}
