extension UnpricedModel {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires at the first call of a model without a price, until a day after the last", fires: true,
            policy: unknown,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 10m, worker: w-1, session: s1, model: claude-opus-99, input_tokens: 1000, output_tokens: 200 }
                expect:
                  - { at: 9m, alerts: [], firing: [] }
                  - { at: 11m, alerts: ["unknown{model=claude-opus-99}"], firing: ["unknown{model=claude-opus-99}"] }
                  - { at: 23h, alerts: [], firing: ["unknown{model=claude-opus-99}"] }
                  - { at: 25h, alerts: [], firing: [] }
                """),
        RuleExample(
            "fires for each such model on its own", fires: true, policy: unknown,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-99, input_tokens: 1000, output_tokens: 200 }
                  - { at: 5m, worker: w-1, session: s1, model: gpt-99, input_tokens: 1000, output_tokens: 200 }
                  - { at: 6m, worker: w-2, session: s2, model: claude-opus-99, input_tokens: 1000, output_tokens: 200 }
                expect:
                  - { at: 1m, alerts: ["unknown{model=claude-opus-99}"] }
                  - { at: 7m, alerts: ["unknown{model=gpt-99}"] }
                """),
        RuleExample(
            "stays quiet about models with a price", fires: false, policy: unknown,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-5, input_tokens: 1000, output_tokens: 200 }
                expect:
                  - { at: 1m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet when the source itself says what a call cost", fires: false, policy: unknown,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: claude-opus-99, input_tokens: 1000, output_tokens: 200, cost_usd: 0.02 }
                expect:
                  - { at: 1m, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about models that are free on purpose", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                free: ["house-*"]
                rules:
                  - { name: unknown, when: unpriced_model, then: { notify: [ops] } }
                """,
            test: """
                # Local models are free by themselves.
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, worker: w-1, session: s1, model: house-tuned-7b, input_tokens: 1000, output_tokens: 200 }
                  - { at: 1m, worker: w-1, session: s1, model: ollama/llama3, input_tokens: 1000, output_tokens: 200 }
                expect:
                  - { at: 2m, alerts: [], firing: [] }
                """),
    ]

    private static let unknown = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: unknown, when: unpriced_model, then: { notify: [ops], price_as: claude-opus-5 } }
        """
}
