import GovernorCore

/// A time of the calendar as a file says it; a date waits for the policy's zone.
enum Moment {
    case date(CivilDate)
    case instant(Timestamp)

    func time(in zone: Zone) -> Timestamp {
        switch self {
        case .date(let date): zone.start(of: date)
        case .instant(let time): time
        }
    }
}

extension Reader where Value == Moment {
    /// `2026-11-23`, or a time with its offset.
    static var moment: Reader {
        .text("a date", .named("moment", .text(pattern: Pattern.date, example: "2026-12-01"))) {
            text, place, reading in
            if let date = CivilDate(text: text) { return .date(date) }
            switch RFC3339.read(text.utf8) {
            case .instant(let time): return .instant(time)
            case .local:
                reading.error(
                    "\(Quoting.quoted(text)) does not say its offset from UTC", at: place,
                    hint: "add it, such as \(text.prefix(19))+01:00, or Z for UTC")
            case nil:
                reading.error(
                    "\(Quoting.quoted(text)) is not a date", at: place,
                    hint: "write 2026-11-23, or with a time and its offset, 2026-11-23T18:00:00+01:00")
            }
            return nil
        }
    }
}

extension Reader where Value == Span {
    /// A reading of the wall clock, `00:00` to `23:59`.
    static var timeOfDay: Reader {
        let shape = Shape.text(pattern: Pattern.timeOfDay, example: "22:00")
        return clock(shape, "write it from 00:00 to 23:59, such as \"22:00\"") { $0 < .hours(24) }
    }

    /// The same, and `24:00`.
    static var endOfDay: Reader {
        let shape = Shape.text(pattern: Pattern.endOfDay, example: "06:00")
        return clock(shape, "write it from 00:00 to 24:00, such as \"06:00\"") { _ in true }
    }

    private static func clock(_ shape: Shape, _ hint: String, _ isAllowed: @escaping (Span) -> Bool) -> Reader {
        .text("a time of day", shape) { text, place, reading in
            if let time = Span(wallClock: text), isAllowed(time) { return time }
            // `9:00`, `22`, `6`.
            let meant = ["0\(text)", "\(text):00", "0\(text):00"].first { Span(wallClock: $0).map(isAllowed) ?? false }
            reading.error(
                "\(Quoting.quoted(text)) is not a time of day", at: place,
                hint: meant.map { "did you mean \"\($0)\"?" } ?? hint)
            return nil
        }
    }
}

/// The days of the week as files name them.
enum DayOfWeek {
    /// `mon` to `sun`, then `monday` to `sunday`.
    static let words = (1...7).map(Weekday.short) + Weekday.names.map { $0.lowercased() }

    /// 1 Monday to 7 Sunday.
    static var reader: Reader<Int64> {
        Reader<Int64>.text("a day of the week", .named("weekday", .words(words))) { text, place, reading in
            if words.contains(text), let day = Weekday.number(of: text) { return day }
            reading.error(
                "unknown day of the week \(Quoting.quoted(text))", at: place,
                hint: Spelling.hint(for: text, among: words)
                    ?? "it is \(Quoting.list(words.prefix(7).map { $0 }, "or"))")
            return nil
        }
    }
}
