extension Savings {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when local models have saved $100 this month", fires: true, policy: saved,
            test: """
                # 12 million tokens in and 2 million out are $110 at claude-opus-5's $5 and $25.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0h, every: 1h, times: 2, worker: w-1, session: s1, model: ollama/llama3, input_tokens: 6_000_000, output_tokens: 1_000_000 }
                expect:
                  - { at: 30m, alerts: [], firing: [] }
                  - { at: 1h30m, alerts: [saved], firing: [saved] }
                """),
        RuleExample(
            "fires for models the policy calls free", fires: true,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                free: ["house-*"]
                rules:
                  - { name: saved, when: savings, above_usd: 100, over: month, then: { notify: [ops] } }
                """,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: house-tuned-7b, input_tokens: 25_000_000 }
                expect:
                  - { at: 1m, alerts: [saved], firing: [saved] }
                """),
        RuleExample(
            "stays quiet when a new month begins in between", fires: false, policy: saved,
            test: """
                # $55 in March and $55 in April.
                start: 2026-03-31T23:00:00Z
                records:
                  - { at: 0h, every: 2h, times: 2, worker: w-1, session: s1, model: ollama/llama3, input_tokens: 6_000_000, output_tokens: 1_000_000 }
                expect:
                  - { at: 30m, alerts: [], firing: [] }
                  - { at: 2h30m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about models that are paid for", fires: false, policy: saved,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-haiku-4-5, input_tokens: 30_000_000, output_tokens: 5_000_000 }
                expect:
                  - { at: 1m, alerts: [], firing: [] }
                """),
    ]

    private static let saved = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: saved, when: savings, above_usd: 100, over: month, then: { notify: [ops] } }
        """
}
