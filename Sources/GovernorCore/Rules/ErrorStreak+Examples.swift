extension ErrorStreak {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires after five errors in a row, and pauses that worker for a quarter of an hour", fires: true,
            policy: five,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10, outcome: success }
                  - { at: 1m, every: 1m, times: 4, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                  - { at: 5m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: overloaded }
                expect:
                  - { at: 4m30s, check: { worker: w-1 }, decision: allow, alerts: [], firing: [] }
                  - { at: 5m30s, check: { worker: w-1 }, decision: pause, alerts: ["streak{worker=w-1}"] }
                  - { at: 5m30s, check: { worker: w-2 }, decision: allow }
                """),
        RuleExample(
            "fires for one kind of error, whatever others lie between", fires: true, policy: limits,
            test: """
                # A timeout neither counts nor ends the streak.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 1m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                  - { at: 2m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: timeout }
                  - { at: 3m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                  - { at: 4m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: timeout }
                  - { at: 5m, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                expect:
                  - { at: 4m30s, alerts: [], firing: [] }
                  - { at: 5m30s, alerts: ["limited{worker=w-1}"] }
                """),
        RuleExample(
            "stays quiet when a call succeeds in between", fires: false, policy: five,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 4, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                  - { at: 4m, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10, outcome: success }
                  - { at: 5m, every: 1m, times: 4, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                expect:
                  - { at: 9m, check: { worker: w-1 }, decision: allow, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet when the errors are far apart", fires: false, policy: five,
            test: """
                # The first and the fifth of any five lie twelve minutes apart.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 3m, times: 10, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: overloaded }
                expect:
                  - { at: 28m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about errors of two workers that are no streak of either", fires: false, policy: five,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 4, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                  - { at: 0m, every: 1m, times: 4, worker: w-2, session: s2, model: claude-opus-5, outcome: error, error_kind: rate_limit }
                expect:
                  - { at: 5m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about errors of another kind", fires: false, policy: limits,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 8, worker: w-1, session: s1, model: claude-opus-5, outcome: error, error_kind: timeout }
                expect:
                  - { at: 8m, alerts: [], firing: [] }
                """),
    ]

    private static let five = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: streak, when: errors, per: worker, count: 5, within: 10m, then: { notify: [ops], pause: 15m } }
        """

    private static let limits = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: limited, when: errors, per: worker, count: 3, within: 10m, kind: ["rate_*"], then: { notify: [ops] } }
        """
}
