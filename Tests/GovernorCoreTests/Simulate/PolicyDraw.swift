import GovernorCore
import Seeds

/// Policies of every kind, drawn small, so that a handful of records crosses, holds and releases everything in them.
struct PolicyDraw {
    var random: SeededGenerator
    private var count = 0

    init(_ random: SeededGenerator) { self.random = random }

    /// - Parameters:
    ///   - isMonotone: without what further spend of the same instant may end again: then the batches in which records
    ///     come can't matter.
    mutating func policy(from start: Timestamp, isMonotone: Bool = false) -> Policy {
        let zone = random.pick(["UTC", "Europe/Warsaw", "America/St_Johns", "Asia/Kolkata"])
        var policy = Policy(revision: "r", zone: Zone(identifier: zone) ?? .utc)
        if random.once(in: 12) { policy.mode = .observe }
        // Often a single item: what others make happen every minute hides what it would miss.
        policy.budgets = (0..<random.pick([1, 1, 2, 4])).map { _ in budget(policy.zone, from: start) }
        policy.rules = (0..<random.pick([0, 0, 1, 3])).map { _ in rule(policy, isMonotone: isMonotone) }
        if random.once(in: 4) {
            let items = random.once(in: 2) ? [] : [Glob("b*")]
            policy.silences = [Silence(items: items, interval: interval(from: start), reason: "a test")]
        }
        return policy
    }

    private mutating func name(_ letter: String) -> String {
        count += 1
        return "\(letter)\(count)"
    }

    private mutating func budget(_ zone: Zone, from start: Timestamp) -> Budget {
        let window = self.window()
        let mode: Mode = random.once(in: 8) ? .observe : .enforce
        let value = random.number(2...40)
        let limit = random.once(in: 4) ? Limit(unit: .calls, value: value) : .usd(.dollars(value))
        var budget = Budget(
            name: name("b"), limit: limit, per: per(), window: window, zone: zone, matcher: matcher(),
            schedule: schedule(), thresholds: thresholds(window), mode: mode)
        if random.once(in: 3) {
            let other = Limit(unit: limit.unit, value: limit.value * 2)
            budget.overrides = [Override(limit: other, interval: interval(from: start), reason: "a test")]
        }
        return budget
    }

    private mutating func interval(from start: Timestamp) -> Interval {
        let begin = start + .seconds(random.number(-3600...86_400))
        return Interval(start: begin, end: begin + .seconds(random.number(60...90_000)))
    }

    private mutating func window() -> Window {
        switch random.number(0..<9) {
        case 0: .calendar(.hour)
        case 1, 2: .calendar(Window.Period(.day, startsAt: .hours(random.pick([0, 0, 12]))))
        case 3: .calendar(Window.Period(.week, startsOn: random.number(1...7)))
        case 4: .calendar(Window.Period(.month, startsOn: random.pick([1, 3, 31])))
        case 5, 6: .rolling(random.pick([.minutes(20), .hours(1), .hours(24), .seconds(451)]))
        case 7: .block(random.pick([.hours(5), .minutes(45), .seconds(4000)]))
        default: .lifetime
        }
    }

    private mutating func per() -> [LabelKey] {
        random.pick([[], [], [.label(.worker)], [.label(.worker)], [.label(.project), .label(.user)], [.tag("squad")]])
    }

    private mutating func matcher() -> Matcher {
        guard random.once(in: 4) else { return .all }
        return Matcher(terms: [Matcher.Term(key: .label(.model), globs: [Glob("claude-*")])])
    }

    private mutating func schedule() -> Schedule? {
        guard random.once(in: 4) else { return nil }
        return Schedule(
            name: "s", days: Set((0..<random.number(2..<7)).map { _ in random.number(1...7) }),
            from: .minutes(random.number(0...1439)), to: .minutes(random.number(1...1440)))
    }

    private mutating func thresholds(_ window: Window) -> [Threshold] {
        var thresholds: [Threshold] = []
        for percent in [50, 80, 100, 130] where !random.once(in: 3) {
            thresholds.append(threshold(.percent(Int64(percent)), .spent, window))
        }
        if case .calendar = window, random.once(in: 3) {
            thresholds.append(threshold(.percent(random.pick([90, 110])), .forecast, window))
        }
        return thresholds
    }

    private mutating func threshold(_ ratio: Ratio, _ measure: Threshold.Measure, _ window: Window) -> Threshold {
        var resets = true
        switch window {
        case .rolling, .lifetime: resets = false
        case .calendar, .block: break
        }
        return Threshold(
            measure: measure, ratio: ratio, actions: actions(resets: resets),
            hold: random.once(in: 4) ? .seconds(random.number(30...1200)) : .zero,
            keepFiringFor: random.once(in: 4) ? .seconds(random.number(0...900)) : nil)
    }

    private mutating func actions(resets: Bool) -> Actions {
        var actions = Actions(notify: ["ops"])
        switch random.number(0..<6) {
        case 0: actions.throttle = Throttle(maxWorkers: random.number(1...4), delay: .seconds(random.number(1...60)))
        case 1: actions.pause = .lasting(.seconds(random.number(30...20_000)))
        case 2: actions.pause = .untilResumed
        case 3: if resets { actions.pause = .untilReset }
        case 4: actions.stop = true
        default: break
        }
        return actions
    }

    private mutating func rule(_ policy: Policy, isMonotone: Bool) -> Rule {
        var per = self.per()
        let condition: RuleCondition
        switch random.number(0..<(isMonotone ? 4 : 8)) {
        case 0:
            condition = .burnRate(
                BurnRate(over: .minutes(random.number(5...90)), above: .dollars(random.number(1...9))))
        case 1:
            let budget = random.pick(policy.budgets)
            per = budget.per
            condition = .budgetBurn(BudgetBurn(budget: budget.name, window: budget.window))
        case 2:
            per = [.label(.model)]
            condition = .unpricedModel(UnpricedModel())
        case 3:
            condition = .savings(
                Savings(above: .dollars(1), window: random.pick([.day, .hour, .month]), at: Self.dear))
        case 4:
            condition = .anomaly(
                Anomaly(over: .hours(1), baseline: .days(7), above: .percent(150), minimum: .dollars(1)))
        case 5: condition = .errors(ErrorStreak(count: random.number(2...4), within: .minutes(random.number(1...60))))
        case 6:
            per = [.label(random.pick([.source, .worker]))]
            condition = .noData(NoData(after: .seconds(random.number(60...9000))))
        default:
            per = []
            condition = .concentration(
                Concentration(
                    by: .label(random.pick([.provider, .model])), of: random.pick([.usd, .calls, .tokens]),
                    above: .percent(random.number(40...90)), minCalls: random.number(1...6),
                    over: .minutes(random.number(30...3000))))
        }
        var rule = Rule(
            name: name("r"), condition: condition, per: per, matcher: matcher(), schedule: schedule(),
            zone: policy.zone, actions: actions(resets: false), mode: random.once(in: 8) ? .observe : .enforce)
        if random.once(in: 2) { rule.hold = .seconds(random.number(30...900)) }
        // Without time to hold in, what two batches of one instant do in between shows.
        if isMonotone || random.once(in: 2) { rule.keepFiringFor = .seconds(random.number(0...900)) }
        return rule
    }

    private static let dear = PriceRow(
        provider: "acme", model: "dear", base: ClassPrices(input: 5_000_000_000, output: 25_000_000_000))
}
