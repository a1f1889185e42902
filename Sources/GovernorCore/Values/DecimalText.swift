/// Exact reading and writing of decimal numbers as scaled integers, so that no `Double` ever holds money.
package enum DecimalText {
    /// Digits beyond this many say only whether the number is a little more: 10^37 is the most that fits beside a shift.
    private static let significantDigits = 36

    /// Reads `-12.5e-3` as an integer scaled by 10^`places`, rounding half to even beyond that many places.
    ///
    /// - Parameters:
    ///   - text: UTF-8 of a number in JSON's grammar (leading zeros are let pass), a leading `+` and `_` not allowed.
    ///   - places: decimal places kept, 0 to 15.
    ///   - exactly: refuse a number with more places instead of rounding it.
    /// - Returns: nil when the text is no number, or the result does not fit 64 bits.
    package static func scaled(_ text: some Collection<UInt8>, places: Int, exactly: Bool = false) -> Int64? {
        var mantissa: Int128 = 0
        var significant = 0
        var fraction: Int?
        var isCut = false
        var lastIsDigit = false
        var exponent = 0
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                lastIsDigit = true
                if significant < significantDigits {
                    mantissa = mantissa * 10 + Int128(byte - UInt8(ascii: "0"))
                    if mantissa != 0 { significant += 1 }
                    fraction = fraction.map { $0 + 1 }
                } else if fraction == nil {
                    return nil
                } else if byte != UInt8(ascii: "0") {
                    isCut = true
                }
            case UInt8(ascii: ".") where fraction == nil && lastIsDigit:
                fraction = 0
                lastIsDigit = false
            case UInt8(ascii: "e") where lastIsDigit, UInt8(ascii: "E") where lastIsDigit:
                guard let parsed = exponentValue(rest) else { return nil }
                exponent = parsed
                rest = rest.dropFirst(rest.count)
            default: return nil
            }
        }
        guard lastIsDigit else { return nil }
        var shift = exponent + places - (fraction ?? 0)
        if isCut {
            mantissa = mantissa * 10 + 1
            shift -= 1
        }
        return shifted(isNegative ? -mantissa : mantissa, by: shift, exactly: exactly)
    }

    /// Writes an integer scaled by 10^`places` with no more digits than needed: 25071200000 at 9 places is `25.0712`.
    package static func text(_ value: Int64, places: Int, atLeast minimumPlaces: Int = 0) -> String {
        // By bytes, from the last digit on: every answer has a handful of these.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24 + places) { digits in
            var start = digits.endIndex
            func put(_ byte: UInt8) {
                start -= 1
                digits[start] = byte
            }
            var rest = value.magnitude
            var place = 0
            while rest > 0 || place <= places {
                let digit = UInt8(rest % 10)
                rest /= 10
                let isSpare = digit == 0 && start == digits.endIndex && places - place > minimumPlaces
                if place == places, start != digits.endIndex { put(UInt8(ascii: ".")) }
                if place >= places || !isSpare { put(UInt8(ascii: "0") + digit) }
                place += 1
            }
            if value < 0 { put(UInt8(ascii: "-")) }
            return String(decoding: digits[start...], as: UTF8.self)
        }
    }

    /// `numerator / denominator` rounded half to even; the denominator is positive.
    package static func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        let twice = remainder.magnitude * 2
        let half = denominator.magnitude
        guard twice > half || (twice == half && quotient % 2 != 0) else { return quotient }
        return quotient + (numerator < 0 ? -1 : 1)
    }

    private static func exponentValue(_ text: some Collection<UInt8>) -> Int? {
        var rest = text[...]
        var sign = 1
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest = rest.dropFirst()
        }
        guard !rest.isEmpty else { return nil }
        var value = 0
        for byte in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            // Far beyond what any mantissa makes up for.
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
        }
        return sign * value
    }

    private static func shifted(_ mantissa: Int128, by exponent: Int, exactly: Bool) -> Int64? {
        guard mantissa != 0 else { return 0 }
        if exponent >= 0 {
            guard exponent <= 19 else { return nil }
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: power(10, exponent))
            return overflow ? nil : Int64(exactly: product)
        }
        // Less than a tenth of the last place kept is zero, whatever its digits.
        guard exponent >= -37 else { return exactly ? nil : 0 }
        let divisor = power(10, -exponent)
        if exactly, mantissa % divisor != 0 { return nil }
        return Int64(exactly: roundedQuotient(mantissa, divisor))
    }

    private static func power(_ base: Int128, _ exponent: Int) -> Int128 {
        (0..<exponent).reduce(Int128(1)) { result, _ in result * base }
    }
}
