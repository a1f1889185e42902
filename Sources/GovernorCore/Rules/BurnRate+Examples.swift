extension BurnRate {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when a worker spends fast for five minutes, and slows that worker only", fires: true,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: hot-worker, when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 12, for: 5m, then: { notify: [ops], throttle: { delay: 60s } } }
                """,
            test: """
                # A dollar a minute: from the fourth on that is more than $12 an hour over the last 15 minutes.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 12, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 1 }
                  - { at: 0m, every: 5m, times: 3, worker: w-2, session: s2, model: claude-opus-5, cost_usd: 0.50 }
                expect:
                  - { at: 6m, check: { worker: w-1 }, decision: allow, alerts: [], firing: [] }
                  - { at: 12m, check: { worker: w-1 }, decision: throttle, alerts: ["hot-worker{worker=w-1}"] }
                  - { at: 12m, check: { worker: w-2 }, decision: allow, firing: ["hot-worker{worker=w-1}"] }
                """),
        RuleExample(
            "fires for the fleet when workers together spend what none does alone", fires: true,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: hot-fleet, when: burn_rate, per: fleet, over: 10m, above_usd_per_hour: 30, then: { notify: [ops] } }
                """,
            test: """
                # $3 each in ten minutes is $18 an hour; together it is $36.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 1m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 3 }
                  - { at: 2m, worker: w-2, session: s2, model: claude-opus-5, cost_usd: 3 }
                expect:
                  - { at: 1m30s, alerts: [], firing: [] }
                  - { at: 3m, alerts: [hot-fleet], firing: [hot-fleet] }
                  - { at: 40m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet exactly on the line", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: hot-worker, when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 12, then: { notify: [ops] } }
                """,
            test: """
                # $3 in 15 minutes is $12 an hour, and not above it.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 5m, times: 3, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 1 }
                expect:
                  - { at: 11m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about one dear call, which `for` waits out", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: hot-worker, when: burn_rate, per: worker, over: 5m, above_usd_per_hour: 12, for: 10m, then: { notify: [ops] } }
                """,
            test: """
                # $5 is $60 an hour over five minutes, and nothing again after them.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 5 }
                  - { at: 7m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 6m, alerts: [], firing: [] }
                  - { at: 20m, alerts: [], firing: [] }
                """),
    ]
}
