extension NoData {
    package static let examples: [RuleExample] = [
        RuleExample(
            "fires when a source that was heard of goes silent, until it is heard of again", fires: true, policy: quiet,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 5m, times: 3, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                  - { at: 1h, every: 5m, times: 3, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 29m, alerts: [], firing: [] }
                  - { at: 31m, alerts: ["quiet{source=transcript}"], firing: ["quiet{source=transcript}"] }
                  - { at: 1h15m, alerts: [], firing: [] }
                """),
        RuleExample(
            "fires for the one source that is silent while another goes on", fires: true, policy: quiet,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, source: coordinator, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                  - { at: 0m, every: 10m, times: 3, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 25m, alerts: ["quiet{source=coordinator}"], firing: ["quiet{source=coordinator}"] }
                """),
        RuleExample(
            "fires once, and counts the source as removed after a week", fires: true, policy: quiet,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 30m, alerts: ["quiet{source=transcript}"], firing: ["quiet{source=transcript}"] }
                  - { at: 6d23h, alerts: [], firing: ["quiet{source=transcript}"] }
                  - { at: 7d1h, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet while records keep coming", fires: false, policy: quiet,
            test: """
                start: 2026-03-10T09:00:00Z
                records:
                  - { at: 0m, every: 19m, times: 10, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 1h30m, alerts: [], firing: [] }
                  - { at: 3h, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about what was never heard of", fires: false, policy: quiet,
            test: """
                # A source that is set up but has brought nothing yet is for `governor doctor` to tell.
                start: 2026-03-10T09:00:00Z
                records: []
                expect:
                  - { at: 2h, alerts: [], firing: [] }
                """),
        RuleExample(
            "stays quiet about the hours outside its schedule", fires: false,
            policy: """
                version: 1
                receivers: { ops: { log: {} } }
                schedules: { office: { days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00" } }
                rules:
                  - { name: quiet, when: no_data, per: source, for: 20m, during: office, then: { notify: [ops] } }
                """,
            test: """
                # Silent from 16:50 on; the next morning it has 20 minutes from 09:00.
                start: 2026-03-10T16:50:00Z
                records:
                  - { at: 0m, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                  - { at: 16h25m, source: transcript, worker: w-1, session: s1, model: claude-opus-5, cost_usd: 0.10 }
                expect:
                  - { at: 5h, alerts: [], firing: [] }
                  - { at: 16h20m, alerts: [], firing: [] }
                  - { at: 16h35m, alerts: [], firing: [] }
                """),
    ]

    private static let quiet = """
        version: 1
        receivers: { ops: { log: {} } }
        rules:
          - { name: quiet, when: no_data, per: source, for: 20m, then: { notify: [ops] } }
        """
}
