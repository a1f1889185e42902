extension BudgetBurn {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when 2% of a month goes in an hour and does not stop", fires: true, policy: month,
            test: """
                # $40 of $2000 in an hour is 14.4 times too fast; the short line is $3.33 in five minutes.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 5m, times: 12, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 3.50 }
                expect:
                  - { at: 51m, alerts: [], firing: [] }
                  - { at: 56m, alerts: [burn-month], firing: [burn-month] }
                """),
        RuleExample(
            "fires when 5% of a month goes in six hours, more slowly", fires: true, policy: month,
            test: """
                # $9 every half hour is never $40 in an hour, but $108 in six; the short line is $8.33 in half an hour.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 30m, times: 12, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 9 }
                expect:
                  - { at: 5h1m, alerts: [], firing: [] }
                  - { at: 5h31m, alerts: [burn-month], firing: [burn-month] }
                """),
        RuleExample(
            "fires for a day within a quarter of an hour, below which no window goes", fires: true,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                budgets:
                  - { name: worker-day, limit_usd: 100, per: worker, window: day, at: { 100%: { notify: [ops] } } }
                rules:
                  - { name: burn-day, when: budget_burn, budget: worker-day, then: { notify: [ops] } }
                """,
            test: """
                # A 720th of a day would be two minutes; 2% of it, $2, may go in 15 minutes, and 13 cents in the last one.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 1.50 }
                  - { at: 3m, worker: w-2, session: s2, model: claude-opus-5, cost_usd: 1.50 }
                  - { at: 6m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.60 }
                expect:
                  - { at: 4m, alerts: [], firing: [] }
                  - { at: 6m30s, alerts: ["burn-day{worker=w-1}"], firing: ["burn-day{worker=w-1}"] }
                """),
        RuleExample(
            "stays quiet when the burst is over by the time the long line is crossed", fires: false, policy: month,
            test: """
                # $40.10 in the hour, but only 60 cents of it in the last five minutes.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 39.50 }
                  - { at: 10m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.60 }
                expect:
                  - { at: 1m, alerts: [], firing: [] }
                  - { at: 11m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet at a pace the budget lasts at", fires: false, policy: month,
            test: """
                # $2.50 an hour is $1800 a month.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0h, every: 1h, times: 48, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 2.50 }
                expect:
                  - { at: 12h, alerts: [], firing: [] }
                  - { at: 47h30m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about 2% of a short window, which is no burn there", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                budgets:
                  - { name: worker-block, limit_usd: 20, per: worker, window: block 5h, at: { 100%: { notify: [ops] } } }
                rules:
                  - { name: burn-block, when: budget_burn, budget: worker-block, then: { notify: [ops] } }
                """,
            test: """
                # 40 cents in 15 minutes lasts over 12 hours; only the pair of 5%, a dollar, is of use for five.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 15m, times: 8, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.48 }
                expect:
                  - { at: 1h50m, alerts: [], firing: [] }
                """),
    ]

    private static let month = """
        version: 1
        receivers: { ops: { log: {} } }
        budgets:
          - { name: fleet-month, limit_usd: 2000, per: fleet, window: month, at: { 100%: { notify: [ops] } } }
        rules:
          - { name: burn-month, when: budget_burn, budget: fleet-month, then: { notify: [ops] } }
        """
}
