import GovernorCore
import Seeds

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
            terms: Terms(tier: pick([.standard, .standard, .batch]), webSearches: number(0...2)),
            outcome: pick([.success, .success, .error, .cancelled]),
            raw: once(in: 2) ? nil : .init(file: pick(["/a.jsonl", "/b/ü.jsonl"]), offset: number(0...1_000_000)))
        if record.outcome == .error { record.errorKind = pick([nil, "rate_limit", "overloaded"]) }
        record.costOrigin = pick([.reported, .priced, .unpriced])
        if record.costOrigin != .priced || !once(in: 3) { record.cost = Money(nanodollars: number(0...3_000_000_007)) }
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

    mutating func window() -> Window {
        let units = Window.CalendarUnit.allCases
        let spans: [Span] = [.minutes(5), .hours(1), .hours(5), .days(1), .days(30), Span(milliseconds: 77_777)]
        return pick([
            .calendar(Window.Period(pick(units))), .calendar(Window.Period(pick(units))),
            .calendar(Window.Period(.month, startsOn: number(1...31))),
            .calendar(Window.Period(.day, startsAt: .minutes(number(0...1439)))), .rolling(pick(spans)),
            .rolling(pick(spans)), .block(pick(spans)), .lifetime,
        ])
    }

    mutating func per() -> [LabelKey] {
        pick([
            [], [], [.label(.worker)], [.label(.project), .label(.user)], [.tag("env")], [.label(.model), .tag("a,b")],
        ])
    }

    mutating func matcher() -> Matcher {
        pick([
            .all, .all, Matcher(terms: [.init(key: .label(.model), globs: [Glob("claude-opus-*")])]),
            Matcher(terms: [
                .init(key: .label(.project), globs: [Glob("web"), Glob("a?i")]),
                .init(key: .label(.worker), globs: [Glob("*")]),
            ]),
            Matcher(terms: [.init(key: .tag("env"), globs: [Glob("pr*")])]),
        ])
    }

    /// Also with ends inside a quarter of an hour.
    mutating func schedule() -> Schedule? {
        guard once(in: 4) else { return nil }
        let days: [Set<Int64>] = [[], [1, 2, 3, 4, 5], [6, 7], [1]]
        return Schedule(
            name: "shift", days: pick(days), from: .minutes(number(0...1439)), to: .minutes(pick([0, 375, 840, 1440])))
    }

    mutating func budget(_ name: String) -> Budget {
        let window = window()
        return Budget(
            name: name, limit: limit(), per: per(), window: window, zone: pick(Self.zones), matcher: matcher(),
            schedule: schedule(), thresholds: thresholds(window), mode: pick([.enforce, .enforce, .observe]))
    }

    mutating func limit() -> Limit {
        switch number(0..<4) {
        case 0: Limit(unit: .tokens, value: number(100_000...5_000_000))
        case 1: Limit(unit: .calls, value: number(1...60))
        default: .usd(Money(nanodollars: number(1_000_000_000...80_000_000_000)))
        }
    }

    mutating func thresholds(_ window: Window) -> [Threshold] {
        var thresholds = [Int64](arrayLiteral: 25, 50, 80, 100).compactMap { percent -> Threshold? in
            guard !once(in: 4) else { return nil }
            return Threshold(
                ratio: .percent(percent), actions: actions(pauses: percent == 100),
                hold: pick([.zero, .zero, .minutes(3), .hours(2)]), keepFiringFor: pick([nil, nil, .minutes(9)]))
        }
        if case .calendar = window, once(in: 2) {
            thresholds.append(
                Threshold(measure: .forecast, ratio: .percent(pick([50, 110])), actions: actions(), hold: .minutes(4)))
        }
        return thresholds
    }

    private mutating func actions(pauses: Bool = false, waits: Bool = false) -> Actions {
        Actions(
            notify: pick([[], ["ops"], ["ops", "team"], ["team"]]),
            throttle: once(in: 4) ? Throttle(maxWorkers: 2) : nil,
            pause: pauses
                ? pick([nil, .lasting(.minutes(15)), .lasting(.hours(3)), .untilResumed])
                : waits ? .untilResumed : nil)
    }

    mutating func policy() -> Policy {
        let budgets = (0..<number(2..<6)).map { budget("budget-\($0)") }
        return Policy(
            revision: "drawn", budgets: budgets, rules: (0..<number(0..<4)).map { rule("rule-\($0)", budgets) },
            receivers: [
                Receiver(name: "ops", kind: .log), Receiver(name: "team", kind: .log, groupWait: .minutes(2)),
            ])
    }

    mutating func rule(_ name: String, _ budgets: [Budget]) -> Rule {
        Rule(
            name: name, condition: condition(budgets), per: per(), matcher: matcher(), schedule: schedule(),
            zone: pick(Self.zones), hold: pick([.zero, .minutes(2)]), keepFiringFor: pick([.zero, .minutes(5)]),
            actions: actions(waits: once(in: 4)))
    }

    private mutating func condition(_ budgets: [Budget]) -> RuleCondition {
        let span: Span = pick([.minutes(7), .minutes(15), .hours(3)])
        switch number(0..<7) {
        case 0: return .burnRate(BurnRate(over: span, above: .dollars(number(1...200))))
        case 1:
            let budget = pick(budgets)
            return .budgetBurn(BudgetBurn(budget: budget.name, window: budget.window))
        case 2:
            return .anomaly(Anomaly(over: span, baseline: .days(7), above: .percent(200), minimum: .dollars(1)))
        case 3: return .errors(ErrorStreak(count: number(1...3), within: span, kinds: once(in: 2) ? [] : [Glob("ra*")]))
        case 4: return .unpricedModel(UnpricedModel())
        case 5:
            return .concentration(
                Concentration(by: .label(.model), of: .usd, above: .percent(40), minCalls: 3, over: span))
        default:
            let prices = ClassPrices(input: 3_000_000_000, output: 15_000_000_000)
            let row = PriceRow(provider: "anthropic", model: "claude-opus-5", base: prices)
            return .savings(Savings(above: .dollars(number(0...2)), window: pick([.day, .month]), at: row))
        }
    }

    /// An override of one budget and a silence, both of which begin and end around `start`, on even minutes after it.
    mutating func adjusted(_ policy: Policy, around start: Timestamp) -> Policy {
        var policy = policy
        let from = start + .minutes(2 * number(0...6))
        let interval = Interval(start: from, end: from + .minutes(2 * number(2...9)))
        let place = number(0..<policy.budgets.count)
        policy.budgets[place].overrides = [Override(limit: limit(), interval: interval, reason: "more work")]
        let name = pick([policy.budgets[number(0..<policy.budgets.count)].name, "rule-0"])
        policy.silences = [Silence(items: [Glob(name)], interval: interval, reason: "known")]
        return policy
    }
}
