import Foundation
import GovernorCore
import GovernorPolicy
import Testing

/// What the parts of the policy language come to mean.
@Suite struct LanguageTests {
    static func load(_ text: String) throws -> Policy {
        let loading = PolicyLoader(environment: [
            "SLACK_OPS": "https://hooks.example.com/a", "PAGER_URL": "https://pager.example.com/a",
            "PAGER_SECRET": "some text that nobody guesses", "SMTP_PASSWORD": "p",
        ])
        .load("version: 1\n" + text)
        return try #require(loading.policy, "\(loading.text)")
    }

    /// A budget of the given window and thresholds.
    static func budget(_ window: String, at: String = "{ 100%: { pause: 15m } }", more: String = "") throws -> Budget {
        let policy = try load(
            """
            timezone: Europe/Warsaw
            budgets: [ { name: b, limit_usd: 5, per: fleet, window: \(window), at: \(at), \(more) } ]
            models: { cheaper: { "claude-opus-*": claude-sonnet-5, "claude-*": claude-haiku-4-5 } }
            schedules:
              night: { days: [mon, tuesday, fri], from: 22:00, to: "06:00" }
              always: { from: 00:00, to: 24:00 }
              sunday: { days: sun, from: 08:00, to: 20:00 }
            receivers: { ops: { log: {} } }
            """)
        return try #require(policy.budgets.first)
    }

    static let windows: [(text: String, window: Window)] = [
        ("hour", .calendar(.hour)), ("day", .calendar(.day)), ("week", .calendar(.week)),
        ("month", .calendar(.month)), ("quarter", .calendar(.quarter)), ("year", .calendar(.year)),
        ("lifetime", .lifetime), ("rolling 1h30m", .rolling(.minutes(90))), ("block  5h", .block(.hours(5))),
        ("{ rolling: 7d }", .rolling(.days(7))), ("{ block: 5h }", .block(.hours(5))),
        ("{ month: { starts_on: 15 } }", .calendar(Window.Period(.month, startsOn: 15))),
        ("{ quarter: { starts_on: \"31\" } }", .calendar(Window.Period(.quarter, startsOn: 31))),
        ("{ year: { starts_on: 6 } }", .calendar(Window.Period(.year, startsOn: 6))),
        ("{ week: { starts_on: sunday } }", .calendar(Window.Period(.week, startsOn: 7))),
        ("{ week: { starts_on: wed } }", .calendar(Window.Period(.week, startsOn: 3))),
        ("{ day: { starts_at: \"12:00\" } }", .calendar(Window.Period(.day, startsAt: .hours(12)))),
        ("{ day: { starts_at: 06:30 } }", .calendar(Window.Period(.day, startsAt: .minutes(390)))),
    ]

    @Test(arguments: windows) func `a window is read`(text: String, window: Window) throws {
        #expect(try Self.budget(text).window == window)
    }

    @Test func `thresholds take shares, forecasts, actions and waits`() throws {
        let budget = try Self.budget(
            "month",
            at: """
                { forecast 110%: { notify: ops, for: 30m, keep_firing_for: 0s }, 100%: { pause: until_resumed },
                  80.5%: { downgrade: cheaper, for: 5m }, "forecast   90%": { pause: until_reset }, 20%: { stop: true } }
                """)
        let cheaper = ModelMap(
            name: "cheaper",
            entries: [
                ModelMap.Entry(glob: Glob("claude-opus-*"), model: "claude-sonnet-5"),
                ModelMap.Entry(glob: Glob("claude-*"), model: "claude-haiku-4-5"),
            ])
        #expect(
            budget.thresholds == [
                Threshold(ratio: .percent(20), actions: Actions(stop: true)),
                Threshold(
                    ratio: Ratio(partsPerMillion: 805_000), actions: Actions(downgrade: cheaper), hold: .minutes(5)),
                Threshold(ratio: .percent(100), actions: Actions(pause: .untilResumed)),
                Threshold(measure: .forecast, ratio: .percent(90), actions: Actions(pause: .untilReset)),
                Threshold(
                    measure: .forecast, ratio: .percent(110), actions: Actions(notify: ["ops"]), hold: .minutes(30),
                    keepFiringFor: .zero),
            ])
    }

    @Test func `a budget counts within a schedule`() throws {
        let night = Schedule(name: "night", days: [1, 2, 5], from: .hours(22), to: .hours(6))
        #expect(try Self.budget("day", more: "during: night").schedule == night)
        let always = Schedule(name: "always", from: .zero, to: .hours(24))
        #expect(try Self.budget("day", more: "during: always").schedule == always)
        let sunday = Schedule(name: "sunday", days: [7], from: .hours(8), to: .hours(20))
        #expect(try Self.budget("day", more: "during: sunday").schedule == sunday)
        #expect(try Self.budget("day").schedule == nil)
    }

    /// What a rule says after its name, and what it comes to.
    static let rules: [(text: String, condition: RuleCondition, per: [LabelKey])] = [
        (
            "when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 12.50, then: { notify: ops }",
            .burnRate(BurnRate(over: .minutes(15), above: Money(nanodollars: 12_500_000_000))), [.label(.worker)]
        ),
        (
            "when: budget_burn, budget: team-month, then: { notify: ops }",
            .budgetBurn(BudgetBurn(budget: "team-month", window: .calendar(Window.Period(.month, startsOn: 15)))),
            [.label(.project), .label(.user)]
        ),
        (
            "when: budget_burn, budget: five-hours, then: { notify: ops }",
            .budgetBurn(BudgetBurn(budget: "five-hours", window: .block(.hours(5)))), []
        ),
        (
            "when: anomaly, per: [team, tags.squad], over: 1h, baseline: 2w, above: 2.5x, min_usd: 5, then: { stop: true }",
            .anomaly(
                Anomaly(
                    over: .hours(1), baseline: .days(14), above: Ratio(partsPerMillion: 2_500_000), minimum: .dollars(5)
                )
            ), [.label(.team), .tag("squad")]
        ),
        (
            "when: errors, per: worker, count: 5, within: 10m, then: { pause: 15m }",
            .errors(ErrorStreak(count: 5, within: .minutes(10))), [.label(.worker)]
        ),
        (
            "when: errors, per: fleet, count: 3, within: 1m, kind: [\"rate_*\", overloaded], then: { pause: until_resumed }",
            .errors(ErrorStreak(count: 3, within: .minutes(1), kinds: [Glob("rate_*"), Glob("overloaded")])), []
        ),
        (
            "when: no_data, per: source, for: 20m, then: { notify: ops }",
            .noData(NoData(after: .minutes(20))), [.label(.source)]
        ),
        (
            "when: unpriced_model, then: { price_as: claude-sonnet-5 }",
            .unpricedModel(UnpricedModel(priceAs: "claude-sonnet-5")), [.label(.model)]
        ),
        ("when: unpriced_model, then: { notify: ops }", .unpricedModel(UnpricedModel()), [.label(.model)]),
        (
            "when: concentration, by: provider, of: cost, above: 70%, min_calls: 5, over: 30d, then: { notify: ops }",
            .concentration(
                Concentration(
                    by: .label(.provider), of: .usd, above: .percent(70), minCalls: 5, over: .days(30))), []
        ),
        (
            "when: concentration, by: tags.squad, of: calls, above_hhi: 0.25, min_calls: 1, over: 1d, then: { notify: ops }",
            .concentration(
                Concentration(
                    by: .tag("squad"), of: .calls, aboveHHI: Ratio(partsPerMillion: 250_000), minCalls: 1,
                    over: .days(1))
            ), []
        ),
    ]

    @Test(arguments: rules.indices) func `a rule is read`(index: Int) throws {
        let (text, condition, per) = Self.rules[index]
        let policy = try Self.load(
            """
            timezone: Europe/Warsaw
            rules: [ { name: the-rule, \(text) } ]
            budgets:
              - { name: team-month, limit_usd: 400, per: [project, user], window: { month: { starts_on: 15 } }, at: {} }
              - { name: five-hours, limit_usd: 400, per: fleet, window: block 5h, at: {} }
            receivers: { ops: { log: {} } }
            """)
        let rule = try #require(policy.rules.first)
        #expect(rule.name == "the-rule")
        #expect(rule.condition == condition)
        #expect(rule.per == per)
        #expect(rule.zone.identifier == "Europe/Warsaw")
        #expect(rule.hold == .zero)
        #expect(rule.keepFiringFor == Rule.keepFiringFor)
        #expect(policy.priceAs == (text.contains("price_as") ? "claude-sonnet-5" : nil))
    }

    @Test func `the kinds of rules are those of the core`() throws {
        let schema = PolicySchema.text
        #expect(RuleCondition.kinds.allSatisfy { schema.contains("\"\($0.keyword)_rule\"") })
        // Each kind has a rule above, but savings, whose price is a test of its own.
        #expect(Set(Self.rules.map { type(of: $0.condition.kind).keyword }).count == RuleCondition.kinds.count - 1)
    }

    @Test func `what every rule may have is read`() throws {
        let policy = try Self.load(
            """
            rules:
              - { name: r, when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 12, match: { model: "claude-*" },
                  during: night, mode: observe, for: 5m, keep_firing_for: 1h,
                  then: { notify: [ops], throttle: { max_workers: 2, delay: 60s }, downgrade: cheaper } }
            models: { cheaper: { "claude-opus-*": claude-sonnet-5 } }
            schedules: { night: { from: 22:00, to: 06:00 } }
            receivers: { ops: { log: {} } }
            """)
        let rule = try #require(policy.rules.first)
        #expect(rule.matcher == Matcher(terms: [Matcher.Term(key: .label(.model), globs: [Glob("claude-*")])]))
        #expect(rule.schedule == Schedule(name: "night", from: .hours(22), to: .hours(6)))
        #expect(rule.mode == .observe)
        #expect(rule.hold == .minutes(5))
        #expect(rule.keepFiringFor == .hours(1))
        let entry = ModelMap.Entry(glob: Glob("claude-opus-*"), model: "claude-sonnet-5")
        #expect(
            rule.actions
                == Actions(
                    notify: ["ops"], throttle: Throttle(maxWorkers: 2, delay: .seconds(60)),
                    downgrade: ModelMap(name: "cheaper", entries: [entry])))
    }

    @Test func `a budget's burn is of what the budget counts`() throws {
        let policy = try Self.load(
            """
            rules: [ { name: burn, when: budget_burn, budget: b, for: 2m, then: { stop: true } } ]
            schedules: { night: { from: 22:00, to: 06:00 } }
            budgets:
              - { name: b, limit_usd: 400, per: user, window: week, during: night, match: { project: web }, at: {} }
            """)
        let (rule, budget) = (try #require(policy.rules.first), try #require(policy.budgets.first))
        #expect(rule.per == budget.per)
        #expect(rule.matcher == budget.matcher)
        #expect(rule.schedule == budget.schedule)
        #expect(rule.schedule?.name == "night")
        #expect(rule.hold == .minutes(2))
    }

    @Test(arguments: [nil, "claude-sonnet-5", "us.anthropic.claude-haiku-4-5"])
    func `savings are held against a listed model`(model: String?) throws {
        let policy = try Self.load(
            """
            rules:
              - { name: a, when: savings, above_usd: 100, over: month, then: { stop: true } }
              - { name: b, when: savings, per: team, above_usd: 1, over: { week: { starts_on: sun } }, then: { stop: true } }
            \(model.map { "sources: { hypothetical_model: \($0) }" } ?? "")
            """)
        let book = try PriceBook.embedded()
        let row = try #require(book.row(for: model ?? "claude-opus-5", at: Timestamp(seconds: 4_000_000_000)))
        let week = Window.Period(.week, startsOn: 7)
        #expect(
            policy.rules.map(\.condition) == [
                .savings(Savings(above: .dollars(100), window: .month, at: row)),
                .savings(Savings(above: .dollars(1), window: week, at: row)),
            ])
        #expect(policy.rules.map(\.per) == [[], [.label(.team)]])
    }

    @Test func `overrides and silences hold between their dates, by the policy's clock`() throws {
        let policy = try Self.load(
            """
            timezone: Europe/Warsaw
            budgets:
              - { name: fleet-month, limit_usd: 2000, per: fleet, window: month, at: {} }
              - { name: fleet-calls, limit_calls: 100, per: fleet, window: day, at: {} }
            rules: [ { name: fleet-hot, when: burn_rate, per: fleet, over: 1h, above_usd_per_hour: 5, then: { stop: true } } ]
            overrides:
              - { budget: fleet-month, limit_usd: 3000, from: 2026-12-01, until: "2026-12-02T12:00:00+01:00", reason: two }
              - { budget: fleet-month, limit_usd: 1500, until: 2026-12-01, reason: release week, by: ada@example.com }
              - { budget: fleet-calls, limit_calls: 200, until: 2026-11-01t00:00:00z, reason: 42 }
            silences:
              - { match: { rule: fleet-hot, worker: "loadtest-*" }, from: 2026-07-01, until: 2026-07-02, reason: load test }
              - { match: { budget: "fleet-*" }, until: 2026-07-02, reason: all budgets }
              - { match: { rule: "*", budget: [fleet-calls] }, until: 2026-07-02, reason: rules alone, by: 7 }
              - { match: { tags.squad: [a, b] }, until: 2026-07-02, reason: labels alone }
            """)
        func time(_ text: String) throws -> Timestamp {
            guard case .instant(let time)? = RFC3339.read(text.utf8) else { throw NotATime() }
            return time
        }
        let december = try time("2026-11-30T23:00:00Z")
        #expect(
            policy.budgets[0].overrides == [
                Override(
                    limit: .usd(.dollars(1500)), interval: Interval(start: .distantPast, end: december),
                    reason: "release week", by: "ada@example.com"),
                Override(
                    limit: .usd(.dollars(3000)),
                    interval: Interval(start: december, end: try time("2026-12-02T11:00:00Z")),
                    reason: "two"),
            ])
        let november = try time("2026-11-01T00:00:00Z")
        #expect(
            policy.budgets[1].overrides == [
                Override(
                    limit: Limit(unit: .calls, value: 200), interval: Interval(start: .distantPast, end: november),
                    reason: "42")
            ])
        let end = try time("2026-07-01T22:00:00Z")
        let always = Interval(start: .distantPast, end: end)
        #expect(
            policy.silences == [
                Silence(
                    items: [Glob("fleet-hot")],
                    matcher: Matcher(terms: [Matcher.Term(key: .label(.worker), globs: [Glob("loadtest-*")])]),
                    interval: Interval(start: try time("2026-06-30T22:00:00Z"), end: end), reason: "load test"),
                // Written out, since the pattern alone would mean the rule too.
                Silence(items: [Glob("fleet-month"), Glob("fleet-calls")], interval: always, reason: "all budgets"),
                Silence(
                    items: [Glob("fleet-hot"), Glob("fleet-calls")], interval: always, reason: "rules alone", by: "7"),
                Silence(
                    matcher: Matcher(terms: [Matcher.Term(key: .tag("squad"), globs: [Glob("a"), Glob("b")])]),
                    interval: always, reason: "labels alone"),
            ])
    }

    /// Thrown by a test whose own date is wrong.
    struct NotATime: Error {}

    @Test func `names may be of another file`() throws {
        let loading = PolicyLoader(environment: [:]).load(files: [
            (
                name: "a.yaml",
                text: "version: 1\nrules: [ { name: burn, when: budget_burn, budget: b, then: { notify: ops } } ]\n"
            ),
            (
                name: "b.yaml",
                text: """
                version: 1
                budgets: [ { name: b, limit_usd: 5, per: fleet, window: day, during: night, at: { 80%: { downgrade: cheaper } } } ]
                """
            ),
            (
                name: "c.yaml",
                text: """
                version: 1
                models: { cheaper: { "claude-opus-*": claude-sonnet-5 } }
                receivers: { ops: { log: {} } }
                schedules: { night: { from: 22:00, to: 06:00 } }
                overrides: [ { budget: b, limit_usd: 6, until: 2026-12-01, reason: release } ]
                silences: [ { match: { rule: burn }, until: 2026-12-01, reason: release } ]
                """
            ),
        ])
        #expect(loading.text == "")
        #expect(loading.policy?.rules.first?.schedule?.name == "night")
        #expect(loading.policy?.budgets.first?.overrides.count == 1)
    }

    @Test func `holds are said in any file, each word once`() throws {
        let loading = PolicyLoader(environment: [:]).load(files: [
            (
                name: "a.yaml",
                text: "version: 1\nholds: { estimate: { from: fallback, fallback_usd: 2.50 }, ttl: 45m }\n"
            ),
            (name: "b.yaml", text: "version: 1\nholds: { estimate: { quantile: 0.75, at_least_usd: 0.10 } }\n"),
        ])
        #expect(loading.policy != nil, "\(loading.text)")
        let holds = try #require(loading.policy?.holds)
        #expect(!holds.usesHistory && holds.quantile == .percent(75) && holds.ttl == .minutes(45))
        #expect(holds.fallback.text == "2.5" && holds.least.text == "0.1")
        let silent = try Self.load("mode: enforce")
        #expect(silent.holds == HoldSettings() && silent.holds.usesHistory && silent.holds.ttl == .hours(2))
        let twice = PolicyLoader(environment: [:]).load(files: [
            (name: "a.yaml", text: "version: 1\nholds: { ttl: 45m }\n"),
            (name: "b.yaml", text: "version: 1\nholds: { ttl: 1h }\n"),
        ])
        #expect(twice.text.contains("b.yaml:2:15: error: \"ttl\" is given twice; it is already in a.yaml:2:15"))
    }

    @Test func `the example of the contract is read`() throws {
        let policy = try Self.load(
            MistakeTests.input(of: "contract-example.yaml").replacing("version: 1\n", with: ""))
        #expect(policy.budgets.count == 6)
        #expect(policy.rules.count == RuleCondition.kinds.count)
        #expect(policy.budgets.first?.overrides.first?.limit == .usd(.dollars(3000)))
        #expect(policy.silences.count == 1)
    }
}
