extension Anomaly {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when a morning costs ten times the mornings before", fires: true, policy: hourly,
            test: """
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 14, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 2 }
                  - { at: 14d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 20 }
                expect:
                  - { at: 13d1m, alerts: [], firing: [] }
                  - { at: 14d1m, alerts: [odd-hour], firing: [odd-hour] }
                """),
        RuleExample(
            "fires at an hour at which nothing is usual", fires: true, policy: hourly,
            test: """
                # $6 is no more than every morning, but this is in the middle of the night.
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 7, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 6 }
                  - { at: 6d18h, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 6 }
                expect:
                  - { at: 6d1m, alerts: [], firing: [] }
                  - { at: 6d18h1m, alerts: [odd-hour], firing: [odd-hour] }
                """),
        RuleExample(
            "fires although the same spike came once before", fires: true, policy: hourly,
            test: """
                # A week ago it fired too; one Monday is no pattern.
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 14, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 2 }
                  - { at: 7d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 20 }
                  - { at: 14d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 22 }
                expect:
                  - { at: 7d1m, alerts: [odd-hour], firing: [odd-hour] }
                  - { at: 8d1m, alerts: [], firing: [] }
                  - { at: 14d1m, alerts: [odd-hour], firing: [odd-hour] }
                """),
        RuleExample(
            "stays quiet about what every Monday costs", fires: false, policy: monday,
            test: """
                # 15 times an ordinary day, but every Monday costs $20.
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 14, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 2 }
                  - { at: 0m, every: 7d, times: 2, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 18 }
                  - { at: 14d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 30 }
                expect:
                  - { at: 13d1m, alerts: [], firing: [] }
                  - { at: 14d1m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about many times next to nothing", fires: false, policy: hourly,
            test: """
                # 40 times the usual, but below `min_usd`.
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 10, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                  - { at: 10d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 4 }
                expect:
                  - { at: 10d1m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet as long as there is nothing to compare with", fires: false, policy: hourly,
            test: """
                # Two earlier days say nothing of what is usual.
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 2, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 2 }
                  - { at: 2d, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 50 }
                expect:
                  - { at: 2d1m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet when a daily job comes half an hour late", fires: false, policy: hourly,
            test: """
                start: 2026-03-02T09:00:00Z
                records:
                  - { at: 0m, every: 1d, times: 7, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 8 }
                  - { at: 7d25m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 8 }
                expect:
                  - { at: 7d26m, alerts: [], firing: [] }
                  - { at: 7d1h20m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet when the clocks change and a daily job with them", fires: false,
            policy: """
                version: 1
                timezone: Europe/Warsaw
                receivers: { ops: { log: {} } }
                rules:
                  - { name: odd-half-hour, when: anomaly, per: fleet, over: 30m, baseline: 14d, above: 3x, min_usd: 5, then: { notify: [ops] } }
                """,
            test: """
                # At eight by the wall clock: on 29 March that is an hour earlier for the rest of the world.
                start: 2026-03-20T08:00:00+01:00
                records:
                  - { at: 0m, every: 1d, times: 9, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 8 }
                  - { at: 8d23h, every: 1d, times: 3, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 8 }
                expect:
                  - { at: 8d1m, alerts: [], firing: [] }
                  - { at: 8d23h1m, alerts: [], firing: [] }
                  - { at: 10d23h1m, alerts: [], firing: [] }
                """),
    ]

    private static let hourly = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: odd-hour, when: anomaly, per: fleet, over: 1h, baseline: 14d, above: 3x, min_usd: 5, then: { notify: [ops] } }
        """

    private static let monday = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: odd-hour, when: anomaly, per: fleet, over: 1h, baseline: 14d, above: 3x, min_usd: 25, then: { notify: [ops] } }
        """
}
