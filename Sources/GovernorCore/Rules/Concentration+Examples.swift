extension Concentration {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when one provider has over 70% of the cost", fires: true, policy: share,
            test: """
                # $8 of $10.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0h, every: 1h, times: 2, worker: w-1, session: s1, provider: openai, model: gpt-5, cost_usd: 1 }
                  - { at: 2h, every: 1h, times: 4, worker: w-2, session: s2, provider: anthropic, model: claude-opus-5, cost_usd: 2 }
                expect:
                  - { at: 3h30m, alerts: [], firing: [] }
                  - { at: 5h30m, alerts: [one-vendor], firing: [one-vendor] }
                """),
        RuleExample(
            "fires by time alone, when another provider's share grows old", fires: true, policy: share,
            test: """
                # Half and half on the first day; a month later only what anthropic was used for since is left.
                start: 2026-03-01T09:00:00Z
                records:
                  - { at: 0m, every: 1h, times: 3, worker: w-1, session: s1, provider: openai, model: gpt-5, cost_usd: 2 }
                  - { at: 30m, every: 1h, times: 3, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 2 }
                  - { at: 20d, every: 1h, times: 5, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 1 }
                expect:
                  - { at: 29d, alerts: [], firing: [] }
                  - { at: 31d, alerts: [one-vendor], firing: [one-vendor] }
                """),
        RuleExample(
            "fires by the index although no share is above 70%", fires: true,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: uneven, when: concentration, by: provider, of: cost, above_hhi: 0.5, min_calls: 5, over: 30d, then: { notify: [ops] } }
                """,
            test: """
                # 65%, 30% and 5% make 0.515.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 3, worker: w-1, session: s1, provider: openai, model: gpt-5, cost_usd: 1 }
                  - { at: 3m, worker: w-1, session: s1, provider: google, model: gemini-2.5-pro, cost_usd: 0.50 }
                  - { at: 4m, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 6.50 }
                expect:
                  - { at: 3m30s, alerts: [], firing: [] }
                  - { at: 5m, alerts: [uneven], firing: [uneven] }
                """),
        RuleExample(
            "stays quiet with shares of 60% and 40%", fires: false, policy: share,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 10m, times: 4, worker: w-1, session: s1, provider: openai, model: gpt-5, cost_usd: 1 }
                  - { at: 5m, every: 10m, times: 4, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 1.50 }
                expect:
                  - { at: 1h, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about a handful of calls", fires: false, policy: share,
            test: """
                # All of it, but only four calls.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 1m, times: 4, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 9 }
                expect:
                  - { at: 5m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about cost when it is told to count calls", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                rules:
                  - { name: one-vendor, when: concentration, by: provider, of: calls, above: 70%, min_calls: 5, over: 30d, then: { notify: [ops] } }
                """,
            test: """
                # 98% of the cost, half of the calls.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 10m, times: 5, worker: w-1, session: s1, provider: openai, model: gpt-5, cost_usd: 0.10 }
                  - { at: 5m, every: 10m, times: 5, worker: w-1, session: s1, provider: anthropic, model: claude-opus-5, cost_usd: 5 }
                expect:
                  - { at: 1h, alerts: [], firing: [] }
                """),
    ]

    private static let share = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: one-vendor, when: concentration, by: provider, of: cost, above: 70%, min_calls: 5, over: 30d, then: { notify: [ops] } }
        """
}
