import GovernorCore
import Seeds

/// Policies of every feature, drawn at random, and the spend under them.
struct RandomPolicy {
    /// What is left out, for properties it does not have.
    struct Without: OptionSet {
        let rawValue: Int
        /// Rules whose condition a further record may end: they depend on which records come together.
        static let turningRules = Without(rawValue: 1)
        /// What may let go before it said: rules, overrides and forecasts that block.
        static let earlyEnds = Without(rawValue: 2)
        static let silences = Without(rawValue: 4)
    }

    static let workers = ["w-1", "w-2", "w-3"]
    static let models = ["claude-opus-5", "us.anthropic.claude-opus-5", "claude-haiku-4-5", "gpt-5"]

    static func policy(_ random: inout SeededGenerator, around start: Timestamp, without: Without = []) -> Policy {
        let budgets = (0..<random.number(2..<7)).map { budget(&random, "b\($0)", start, without) }
        let rules = (0..<random.number(0..<4)).map { rule(&random, "r\($0)", budgets, without) }
        let receivers = ["ops", "oncall"].map {
            Receiver(name: $0, kind: .log, groupWait: random.pick([nil, .zero, .minutes(3)]))
        }
        let silences =
            without.contains(.silences) || random.once(in: 2)
            ? []
            : (0..<2).map { _ in
                silence(&random, start)
            }
        return Policy(
            revision: "r", mode: random.once(in: 8) ? .observe : .enforce, budgets: budgets,
            rules: without.contains(.earlyEnds) ? [] : rules, receivers: receivers, silences: silences)
    }

    private static func budget(
        _ random: inout SeededGenerator, _ name: String, _ start: Timestamp, _ without: Without
    ) -> Budget {
        let window = random.pick([
            Window.calendar(.hour), .calendar(.day), .calendar(.week), .calendar(.month), .rolling(.minutes(90)),
            .rolling(.hours(6)), .rolling(.days(30)), .block(.hours(2)), .block(.hours(5)), .lifetime,
        ])
        let limit =
            random.once(in: 4)
            ? Limit(unit: random.pick([.tokens, .calls]), value: random.number(5...60))
            : Limit.usd(Money(nanodollars: random.number(2_000_000_000...60_000_000_000)))
        var overrides: [Override] = []
        if !without.contains(.earlyEnds), random.once(in: 3) {
            let from = start + .minutes(random.number(-100...900))
            overrides = [
                Override(
                    limit: Limit(unit: limit.unit, value: max(1, limit.value / 10 * random.number(5...25))),
                    interval: Interval(start: from, end: from + .minutes(random.number(1...600))), reason: "r")
            ]
        }
        var thresholds: [Threshold] = []
        for percent in [Int64(30), 50, 80, 100, 120] where random.once(in: 2) {
            thresholds.append(threshold(&random, .spent, percent, window, without))
        }
        if case .calendar(let period) = window, period.unit != .hour, random.once(in: 2) {
            thresholds.append(threshold(&random, .forecast, random.pick([90, 110]), window, without))
        }
        return pot(
            name, limit, per: random.pick([[], perWorker, perWorker, [.label(.worker), .label(.model)]]),
            window: window,
            match: random.once(in: 3) ? matching(.model, random.pick(["claude-opus-*", "claude-*", "gpt-5"])) : .all,
            during: random.once(in: 4) ? schedule(&random) : nil, mode: random.once(in: 5) ? .observe : .enforce,
            zone: zone(random.pick(trickyZones)), overrides: overrides, at: thresholds)
    }

    private static func schedule(_ random: inout SeededGenerator) -> Schedule {
        Schedule(
            name: "s", days: random.once(in: 2) ? [] : [1, 2, 3], from: .minutes(random.number(0...47) * 30),
            to: .minutes(random.number(0...48) * 30))
    }

    private static func threshold(
        _ random: inout SeededGenerator, _ measure: Threshold.Measure, _ percent: Int64, _ window: Window,
        _ without: Without
    ) -> Threshold {
        var actions = actions(&random)
        if random.once(in: 2), !(measure == .forecast && without.contains(.earlyEnds)) {
            var pauses: [Pause] = [.untilResumed, .lasting(.minutes(random.number(1...200)))]
            switch window {
            case .calendar, .block: pauses.append(.untilReset)
            case .rolling, .lifetime: break
            }
            if random.once(in: 4) { actions.stop = true } else { actions.pause = random.pick(pauses) }
        }
        return Threshold(
            measure: measure, ratio: .percent(percent), actions: actions,
            hold: random.once(in: 3) ? .minutes(random.number(1...40)) : .zero,
            keepFiringFor: random.once(in: 3) ? .minutes(random.number(0...20)) : nil)
    }

    private static func actions(_ random: inout SeededGenerator) -> Actions {
        let map = ModelMap(name: "cheaper", entries: [.init(glob: Glob("claude-opus-*"), model: "claude-haiku-4-5")])
        return Actions(
            notify: random.pick([[], ["ops"], ["ops", "oncall"]]),
            throttle: random.once(in: 4)
                ? Throttle(maxWorkers: random.number(1...5), delay: random.pick([nil, .seconds(9)])) : nil,
            downgrade: random.once(in: 5) ? map : nil)
    }

    private static func rule(
        _ random: inout SeededGenerator, _ name: String, _ budgets: [Budget], _ without: Without
    ) -> Rule {
        let rising: [RuleCondition] = [
            .burnRate(BurnRate(over: .minutes(random.number(5...90)), above: .dollars(random.number(1...12)))),
            .noData(NoData(after: .minutes(random.number(5...60)))),
            .budgetBurn(BudgetBurn(budget: budgets[0].name, window: budgets[0].window)),
        ]
        let turning: [RuleCondition] = [
            .errors(ErrorStreak(count: 3, within: .minutes(20))),
            .concentration(
                Concentration(by: .label(.model), of: .usd, above: .percent(60), minCalls: 3, over: .hours(3))),
        ]
        let condition = random.pick(without.contains(.turningRules) ? rising : rising + turning)
        var actions = actions(&random)
        if random.once(in: 2) {
            actions.pause = random.pick([.untilResumed, .lasting(.minutes(random.number(1...60)))])
        }
        var per = random.pick([[], perWorker])
        switch condition {
        case .budgetBurn: per = budgets[0].per
        case .concentration: per = []
        case .noData: per = random.pick([[.label(.source)], perWorker])
        default: break
        }
        return Rule(
            name: name, condition: condition, per: per, schedule: random.once(in: 4) ? schedule(&random) : nil,
            hold: random.once(in: 2) ? .minutes(random.number(1...20)) : .zero,
            keepFiringFor: .minutes(random.number(1...10)), actions: actions,
            mode: random.once(in: 5) ? .observe : .enforce)
    }

    private static func silence(_ random: inout SeededGenerator, _ start: Timestamp) -> Silence {
        let from = start + .minutes(random.number(-60...600))
        return Silence(
            items: [Glob(random.pick(["b*", "b0", "r*"]))],
            matcher: random.once(in: 2) ? .all : matching(.worker, random.pick(workers)),
            interval: Interval(start: from, end: from + .minutes(random.number(1...400))), reason: "r")
    }

    static func labels(_ random: inout SeededGenerator) -> Labels {
        var labels = Labels([.source: random.pick(["transcript", "push"])])
        if !random.once(in: 10) { labels.worker = random.pick(workers) }
        if !random.once(in: 10) { labels.model = random.pick(models) }
        return labels
    }

    static func record(_ random: inout SeededGenerator, id: String, at now: Timestamp, late: Bool = true) -> UsageRecord
    {
        let lag = late && random.once(in: 8) ? random.number(-10...400) : 0
        var record = spend(
            Money(nanodollars: random.number(0...1_500_000_000)), labels(&random), at: now - .minutes(lag), id: id,
            tokens: random.number(0...5))
        if random.once(in: 3) { record.outcome = .error }
        return record
    }
}

extension Desk {
    /// What `check` says to everyone.
    func answers(at now: Timestamp) -> [Decision] {
        RandomPolicy.workers.flatMap { worker in
            RandomPolicy.models.map { book.decide(Labels([.worker: worker, .model: $0]), now: now) }
        } + [book.decide(Labels(), now: now)]
    }

    /// Alerts by id, without the words that tell how they came about.
    var history: Set<String> {
        Set(
            ledger.alerts.values.map {
                "\($0.id) \($0.name) \($0.who) \($0.firedAt.milliseconds) \($0.resolvedAt?.milliseconds ?? 0) \($0.end?.rawValue ?? "") \($0.silenced)"
            })
    }
}
