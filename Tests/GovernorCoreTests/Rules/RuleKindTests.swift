import GovernorCore
import Testing

@Suite struct `Rule kinds` {
    @Test func `every kind has its own keyword`() {
        let keywords = RuleCondition.kinds.map { $0.keyword }
        #expect(
            keywords == [
                "burn_rate", "budget_burn", "anomaly", "errors", "no_data", "unpriced_model", "concentration",
                "savings",
            ])
        #expect(Set(keywords).count == keywords.count)
    }

    @Test func `every kind says what it is for`() {
        for kind in RuleCondition.kinds {
            #expect(kind.summary.count > 60 && kind.summary.hasSuffix("."), "\(kind.keyword)")
            #expect(!kind.summary.contains("\n"), "\(kind.keyword)")
        }
    }

    @Test func `every kind has two examples that fire and two that don't, each once`() {
        for kind in RuleCondition.kinds {
            #expect(kind.examples.count { $0.fires } >= 2, "\(kind.keyword)")
            #expect(kind.examples.count { !$0.fires } >= 2, "\(kind.keyword)")
            #expect(Set(kind.examples.map(\.title)).count == kind.examples.count, "\(kind.keyword)")
        }
    }

    @Test func `an example is a policy with a rule of its kind and a test that expects as it says`() {
        for kind in RuleCondition.kinds {
            for example in kind.examples {
                let title: Comment = "\(kind.keyword): \(example.title)"
                #expect(example.policy.hasPrefix("version: 1\n"), title)
                #expect(example.policy.contains("when: \(kind.keyword),"), title)
                #expect(example.policy.contains("receivers: { ops: { log: {} } }"), title)
                for key in ["start: ", "records:", "expect:"] { #expect(example.test.contains(key), title) }
                let lines = example.test.split(separator: "\n").filter { $0.contains("alerts: [") }
                #expect(lines.contains { !$0.contains("alerts: []") } == example.fires, title)
                #expect(example.title.hasPrefix(example.fires ? "fires " : "stays quiet "), title)
            }
        }
    }

    @Test func `only what a state of time decides is judged without records`() {
        let firing = conditions.filter(\.kind.firesWithTime).map { type(of: $0.kind).keyword }
        #expect(firing == ["anomaly", "no_data", "concentration"])
    }

    @Test func `a rule's meters have names of their own and count what the rule is about`() {
        let night = Schedule(name: "night", from: .hours(22), to: .hours(6))
        let matcher = Matcher(terms: [.init(key: .label(.project), globs: [Glob("web")])])
        for condition in conditions {
            let rule = Rule(
                name: "r", condition: condition, per: [.label(.worker)], matcher: matcher, schedule: night,
                zone: zone("Europe/Warsaw"))
            let meters = condition.kind.meters(of: rule)
            #expect(!meters.isEmpty && Set(meters.map(\.name)).count == meters.count)
            #expect(meters.allSatisfy { $0.name == "rule r" || $0.name.hasPrefix("rule r ") })
            #expect(meters.allSatisfy { $0.matcher == matcher && $0.schedule == night && $0.zone == rule.zone })
        }
    }

    @Test func `without an account nothing is found`() {
        for condition in conditions {
            let bench = RuleBench(condition)
            for now in [monday, .distantPast, .distantFuture] { #expect(bench.finding(at: now) == .no(now)) }
        }
    }

    private let conditions: [RuleCondition] = [
        .burnRate(BurnRate(over: .minutes(15), above: .dollars(12))),
        .budgetBurn(BudgetBurn(budget: "b", window: .calendar(.month))),
        .anomaly(Anomaly(over: .hours(1), baseline: .days(14), above: .percent(300), minimum: .dollars(5))),
        .errors(ErrorStreak(count: 5, within: .minutes(10))), .noData(NoData(after: .minutes(20))),
        .unpricedModel(UnpricedModel()),
        .concentration(
            Concentration(by: .label(.provider), of: .usd, above: .percent(70), minCalls: 5, over: .days(30))),
        .savings(
            Savings(
                above: .dollars(100), window: .month,
                at: PriceRow(provider: "p", model: "m", base: ClassPrices(input: 1, output: 1)))),
    ]
}
