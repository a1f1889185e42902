/// A date of the proleptic Gregorian calendar, and its number of days since 1970-01-01.
///
/// The conversions are Howard Hinnant's `days_from_civil` and `civil_from_days` (chrono-compatible low-level date
/// algorithms), exact over all of Int32's years.
package struct CivilDate: Hashable, Comparable, Sendable {
    package var year: Int64
    package var month: Int64
    package var day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date that is `days` after 1970-01-01.
    package init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01; negative before.
    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// 1 Monday to 7 Sunday, as in ISO 8601.
    package var weekday: Int64 {
        let shifted = (daysSinceEpoch + 3) % 7
        return (shifted < 0 ? shifted + 7 : shifted) + 1
    }

    /// 28 to 31.
    package static func daysIn(month: Int64, of year: Int64) -> Int64 {
        let next =
            month == 12 ? CivilDate(year: year + 1, month: 1, day: 1) : CivilDate(year: year, month: month + 1, day: 1)
        return next.daysSinceEpoch - CivilDate(year: year, month: month, day: 1).daysSinceEpoch
    }

    /// Whether the month and day exist in that year.
    package var isValid: Bool {
        (1...12).contains(month) && day >= 1 && (day <= 28 || day <= Self.daysIn(month: month, of: year))
    }

    /// `2026-11-21`.
    package var text: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// A wall-clock reading without a zone, as some logs write it.
package struct CivilTime: Hashable, Sendable {
    package var date: CivilDate
    /// Milliseconds since midnight as the clock on the wall shows it.
    package var millisecondOfDay: Int64

    package init(date: CivilDate, millisecondOfDay: Int64) {
        self.date = date
        self.millisecondOfDay = millisecondOfDay
    }

    /// Milliseconds since 1970-01-01T00:00:00 read as if the clock showed UTC.
    package var millisecondsAsUTC: Int64 {
        date.daysSinceEpoch.saturatingMultiplied(by: 86_400_000).saturatingAdding(millisecondOfDay)
    }

    package init(millisecondsAsUTC milliseconds: Int64) {
        let past = milliseconds.modulo(86_400_000)
        date = CivilDate(daysSinceEpoch: milliseconds / 86_400_000 - (milliseconds < 0 && past != 0 ? 1 : 0))
        millisecondOfDay = past
    }
}

extension Int64 {
    /// The remainder that is never negative; the divisor is positive.
    package func modulo(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}

/// `7` as `07`; calendars count in positive numbers.
func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
}
