import GovernorCore

/// The most that a budget lets anybody spend: it pauses there until its window ends, and only work that was running may
/// pass it.
struct Ceiling {
    var budget: Budget
    /// The lowest that pauses.
    var threshold: Threshold
    /// Within one of its windows, in the unit of its limit.
    var amount: Int128

    /// - Returns: nil for a budget that holds nobody back for good.
    init?(_ budget: Budget, mode: Mode) {
        guard mode == .enforce, budget.mode == .enforce else { return nil }
        let threshold = budget.thresholds.first {
            // One that lasts a while, or that an operator lifts, lets work go on above it.
            $0.measure == .spent && $0.hold == .zero && ($0.actions.stop || $0.actions.pause == .untilReset)
        }
        guard let threshold else { return nil }
        self.budget = budget
        self.threshold = threshold
        let limit = ([budget.limit] + budget.overrides.map(\.limit)).map(\.value).max() ?? budget.limit.value
        amount = (Int128(limit) * Int128(threshold.ratio.partsPerMillion) + 999_999) / 1_000_000
    }

    /// Whether all that another item counts in one of its pots is in one pot of this budget.
    func covers(_ matcher: Matcher, per keys: [LabelKey], schedule: Schedule?) -> Bool {
        budget.matcher.covers(matcher) && budget.per.allSatisfy(keys.contains)
            && (budget.schedule == nil || budget.schedule == schedule)
    }

    /// How many windows of this budget one window of another can meet; nil without end.
    func windows(within other: Window) -> Int64? { budget.window.most(within: other) }
}

extension Window {
    /// How many windows of this kind one of the other can meet at most.
    fileprivate func most(within other: Window) -> Int64? {
        if case .lifetime = self { return 1 }
        if self == other, other.isFixed { return 1 }
        if case .calendar(let mine) = self, case .calendar(let theirs) = other {
            if theirs.isPart(of: mine) { return 1 }
            if mine.isPart(of: theirs) { return mine.most(in: theirs) }
            if mine.unit == .day { return theirs.longestInDays + 1 }
        }
        guard let length = other.longest else { return nil }
        switch self {
        case .lifetime: return 1
        case .rolling(let span): return Self.quotient(length, span)
        case .block(let span): return Self.quotient(length, span) + 1
        // Where the offset changes inside an hour, the change ends it.
        case .calendar(let period): return Self.quotient(length, period.shortest) + (period.unit == .hour ? 2 : 1)
        }
    }

    /// Whether two accounts with such windows have the same ones; a block begins with whatever its own account counts.
    private var isFixed: Bool { if case .block = self { false } else { true } }

    /// Rounded up.
    private static func quotient(_ length: Span, _ part: Span) -> Int64 {
        let part = max(1, part.milliseconds)
        return length.milliseconds / part + (length.milliseconds % part == 0 ? 0 : 1)
    }

    /// No window is longer, clock changes included; nil for a lifetime.
    var longest: Span? {
        switch self {
        case .calendar(let period): period.longest
        // Spend leaves a rolling window up to a 300th of it late.
        case .rolling(let span):
            Span(milliseconds: span.milliseconds.saturatingAdding(span.milliseconds / Window.rollingSlots + 1))
        case .block(let span): span
        case .lifetime: nil
        }
    }
}

extension Window.Period {
    /// What clock changes may add or take.
    private static let change = Span.hours(2)

    fileprivate var longest: Span { Span(milliseconds: days.longest.milliseconds + Self.change.milliseconds) }

    fileprivate var shortest: Span {
        unit == .hour ? .hours(1) : Span(milliseconds: days.shortest.milliseconds - Self.change.milliseconds)
    }

    /// By the dates; an hour counts as one.
    fileprivate var longestInDays: Int64 { max(1, days.longest.milliseconds / Span.days(1).milliseconds) }

    private var days: (shortest: Span, longest: Span) {
        switch unit {
        case .hour: (.hours(1), .hours(1))
        case .day: (.days(1), .days(1))
        case .week: (.days(7), .days(7))
        case .month: (.days(28), .days(31))
        case .quarter: (.days(90), .days(92))
        case .year: (.days(365), .days(366))
        }
    }

    /// Whether each of its windows lies within one of the other's.
    fileprivate func isPart(of other: Window.Period) -> Bool {
        if text == other.text { return true }
        switch (unit, other.unit) {
        case (.hour, .day): return other.startsAt.milliseconds % Span.hours(1).milliseconds == 0
        case (.hour, .week), (.hour, .month), (.hour, .quarter), (.hour, .year): return true
        case (.day, .week), (.day, .month), (.day, .quarter), (.day, .year): return self == .day
        case (.month, .quarter), (.month, .year), (.quarter, .year): return startsOn == other.startsOn
        default: return false
        }
    }

    /// How many of them one of the other's has at most, of which each is a part.
    fileprivate func most(in other: Window.Period) -> Int64 {
        let days = other.longestInDays
        return switch unit {
        // A day has one more where the clock falls back.
        case .hour: days * 24 + (other.unit == .day ? 1 : 4)
        case .day: days
        case .week: days / 7
        case .month: other.unit == .quarter ? 3 : 12
        case .quarter, .year: 4
        }
    }
}
