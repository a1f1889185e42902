import GovernorCore

/// The parts that sentences about a policy are made of.
enum Saying {
    /// `worker`, `tag squad`.
    static func noun(_ key: LabelKey) -> String {
        switch key {
        case .label(let name): name.rawValue
        case .tag(let tag): "tag \(tag)"
        }
    }

    /// `the month`, `the block`: one window.
    static func noun(_ window: Window) -> String {
        switch window {
        case .calendar(let period): "the \(period.unit.rawValue)"
        case .block: "the block"
        case .rolling, .lifetime: "the window"
        }
    }

    /// `the fleet`, `a worker`, `a combination of project and user`.
    static func one(_ keys: [LabelKey]) -> String {
        switch keys.count {
        case 0: "the fleet"
        case 1: "a \(noun(keys[0]))"
        default: "a combination of \(Quoting.list(keys.map(noun)))"
        }
    }

    /// `$2,000.00`, `5,000,000 tokens`, `1 call`.
    static func amount(_ limit: Limit) -> String {
        switch limit.unit {
        case .usd: grouped(limit.text)
        case .tokens: "\(grouped(String(limit.value))) \(limit.value == 1 ? "token" : "tokens")"
        case .calls: "\(grouped(String(limit.value))) \(limit.value == 1 ? "call" : "calls")"
        }
    }

    static func amount(_ money: Money) -> String { amount(.usd(money)) }

    /// `$2,000.00`, `5,000,000`.
    private static func grouped(_ number: String) -> String {
        let whole = number.prefix { $0 != "." }
        let digits = whole.drop { !$0.isNumber }
        var result = String(whole.prefix(whole.count - digits.count))
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result + number.dropFirst(whole.count)
    }

    /// `Warsaw time`, `UTC`.
    static func clock(_ zone: Zone) -> String {
        guard let city = zone.identifier.split(separator: "/").last, city != "UTC" else { return "UTC" }
        return "\(city.replacing("_", with: " ")) time"
    }

    /// `an hour`, `a day from 12:00 on`, `a week from Sunday on`, `a month from the 15th on`.
    static func each(_ period: Window.Period) -> String {
        let article = period.unit == .hour ? "an" : "a"
        let plain = Window.Period(period.unit).text
        guard period.text != plain else { return "\(article) \(plain)" }
        switch period.unit {
        case .hour, .day, .week: return "\(article) \(period.text) on"
        case .month:
            return "\(article) \(period.text) on" + (period.startsOn > 28 ? " (the last day of a shorter month)" : "")
        case .quarter: return "\(article) \(period.text) of its first month on"
        case .year: return "\(article) \(period.text) of January on"
        }
    }

    /// `a day`, `in any 1h`.
    static func each(_ window: Window) -> String {
        switch window {
        case .calendar(let period): each(period)
        case .block(let span): "in each block of \(span.text)"
        case .rolling(let span): "in any \(span.text)"
        case .lifetime: "in all"
        }
    }

    /// `, counting only model claude-opus-* and project web or api, and only mon to fri from 22:00 to 06:00`.
    static func counting(_ matcher: Matcher, _ schedule: Schedule?) -> String {
        let parts = [matcher.terms.isEmpty ? nil : terms(matcher), schedule?.text].compactMap { $0 }
        return parts.isEmpty ? "" : ", counting only \(parts.joined(separator: ", and only "))"
    }

    /// `model claude-opus-* and project web or api`.
    static func terms(_ matcher: Matcher) -> String {
        Quoting.list(matcher.terms.map { "\($0.key.text) \(Quoting.list($0.globs.map(\.pattern), "or"))" })
    }

    /// `from 2026-11-23 at 00:00 until 2026-12-01 at 18:00`; without a beginning `until 2026-12-01 at 18:00`.
    static func stretch(_ interval: Interval, in zone: Zone) -> String {
        let end = interval.end == .distantFuture ? "for good" : "until \(moment(interval.end, in: zone))"
        return interval.start == .distantPast ? end : "from \(moment(interval.start, in: zone)) \(end)"
    }

    private static func moment(_ time: Timestamp, in zone: Zone) -> String {
        let civil = zone.civil(at: time)
        return "\(civil.date.text) at \(Span(milliseconds: civil.millisecondOfDay).wallClock)"
    }

    /// `release week, by ada@example.com`.
    static func because(_ reason: String, _ by: String?) -> String { reason + (by.map { ", by \($0)" } ?? "") }
}

extension Schedule {
    /// Whether a reading of the clock falls within its shifts, not at their ends.
    func isCut(at reading: Span) -> Bool {
        to > from ? from < reading && reading < to : reading > from || reading < to
    }
}
