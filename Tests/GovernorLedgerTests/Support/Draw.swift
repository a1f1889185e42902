import Seeds
import GovernorCore

/// Random values of the kinds a ledger stores.
extension SeededGenerator {
    private static let oddText = "a,b \"c\"\\ d\u{1F600} e\u{301}\n\t'; DROP TABLE record; --"

    mutating func labels() -> Labels {
        var labels = Labels()
        labels.worker = pick([nil, "w-1", "w-2", "w-3"])
        labels.session = pick([nil, "s-1", "s-2"])
        labels.project = pick([nil, "web", "api", Self.oddText])
        labels.user = pick([nil, "ada"])
        labels.provider = "anthropic"
        labels.model = pick(["claude-opus-5", "us.anthropic.claude-opus-5", "claude-haiku-4", "gpt-9"])
        labels.source = pick(["transcript", "coordinator", "push"])
        if once(in: 3) { labels.tags["env"] = pick(["prod", "test", ""]) }
        if once(in: 8) { labels.tags[Self.oddText] = Self.oddText }
        return labels
    }

    /// A call of up to about three dollars, made a while before or (seldom) after `now`.
    mutating func record(key: String, near now: Timestamp) -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(key: key, request: pick([nil, "req-1"])), growth: pick([.larger, .later]),
            time: now + offset(), labels: labels(),
            tokens: TokenCounts(
                input: number(0...5000), output: number(0...5000), cacheRead: number(0...90_000),
                cacheWrite5m: number(0...900), cacheWrite1h: number(0...900), cacheWrite12h: number(0...9),
                reasoning: number(0...900)),
            outcome: pick([.success, .success, .error, .cancelled]),
            raw: once(in: 2) ? nil : .init(file: pick(["/a.jsonl", "/b/ü.jsonl"]), offset: number(0...1_000_000)))
        record.cost = Money(nanodollars: number(0...3_000_000_007))
        record.costOrigin = pick([.reported, .priced, .unpriced])
        return record
    }

    /// Mostly the last hours; also a month back, and a day ahead.
    private mutating func offset() -> Span {
        switch number(0..<20) {
        case 0: .minutes(number(0...1440))
        case 1, 2: -.minutes(number(0...60 * 24 * 40))
        case 3..<8: -Span(milliseconds: number(0...36_000_000))
        default: -Span(milliseconds: number(0...300_000))
        }
    }

    static let zones = [
        "UTC", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "America/St_Johns", "America/New_York",
        "Pacific/Kiritimati",
    ].map { zone($0) }

    mutating func budget(_ name: String) -> Budget {
        let units = Window.CalendarUnit.allCases
        let spans: [Span] = [.minutes(5), .hours(1), .hours(5), .days(1), .days(30), Span(milliseconds: 77_777)]
        let window: Window = pick([.calendar(pick(units)), .calendar(pick(units)), .rolling(pick(spans)), .lifetime])
        let pers: [[LabelKey]] = [
            [], [], [.label(.worker)], [.label(.project), .label(.user)], [.tag("env")], [.label(.model), .tag("a,b")],
        ]
        let matchers: [Matcher] = [
            .all, .all, Matcher(terms: [.init(key: .label(.model), globs: [Glob("claude-opus-*")])]),
            Matcher(terms: [
                .init(key: .label(.project), globs: [Glob("web"), Glob("a?i")]),
                .init(key: .label(.worker), globs: [Glob("*")]),
            ]),
            Matcher(terms: [.init(key: .tag("env"), globs: [Glob("pr*")])]),
        ]
        var budget = Budget(
            name: name, limit: limit(), per: pick(pers), window: window, zone: pick(Self.zones),
            matcher: pick(matchers), mode: pick([.enforce, .enforce, .observe]))
        budget.thresholds = thresholds()
        return budget
    }

    mutating func limit() -> Limit {
        switch number(0..<4) {
        case 0: Limit(unit: .tokens, value: number(100_000...5_000_000))
        case 1: Limit(unit: .calls, value: number(1...60))
        default: .usd(Money(nanodollars: number(1_000_000_000...80_000_000_000)))
        }
    }

    mutating func thresholds() -> [Threshold] {
        [Int64](arrayLiteral: 25, 50, 80, 100).compactMap { percent in
            guard !once(in: 4) else { return nil }
            return Threshold(
                ratio: .percent(percent), notify: pick([[], ["ops"], ["ops", "team"], ["team"]]),
                pause: percent == 100 ? .lasting(.minutes(15)) : nil)
        }
    }

    mutating func policy() -> Policy {
        Policy(
            revision: "drawn", budgets: (0..<number(2..<6)).map { budget("budget-\($0)") },
            receivers: [
                Receiver(name: "ops", kind: .log), Receiver(name: "team", kind: .log, groupWait: .minutes(2)),
            ])
    }
}
