import GovernorCore
import GovernorPolicy
import Testing

@Suite struct RuleSentenceTests {
    /// A policy's `budgets:` and `rules:` that other sentences are made in.
    private static func sentences(_ text: String) throws -> [String] {
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            timezone: Europe/Warsaw
            receivers: { ops: { log: {} }, oncall: { log: {} } }
            models: { cheaper: { "claude-opus-*": claude-sonnet-5, "claude-sonnet-*": claude-haiku-4-5 } }
            schedules: { night: { days: [mon, tue, wed, thu, fri], from: "22:00", to: "06:00" } }
            \(text)
            """)
        return PolicySentence.sentences(for: try #require(loading.policy, "\(loading.text)"))
    }

    /// What a rule says after its name, and the sentence.
    static let rules: [(rule: String, sentence: String)] = [
        (
            "when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 1200, for: 5m, mode: observe, "
                + "then: { notify: [ops], throttle: { delay: 60s } }",
            "when a worker spends more than $1,200.00 an hour, averaged over 15m, for at least 5m, tell ops, and "
                + "throttle it by a delay of 1m while this lasts; it only observes, so nothing is held back"
        ),
        (
            "when: burn_rate, per: [project, tags.squad], over: 1h, above_usd_per_hour: 0.5, keep_firing_for: 1m, "
                + "match: { model: [\"claude-*\", gpt-5.5], project: web }, during: night, "
                + "then: { downgrade: cheaper, pause: 15m }",
            "when a combination of project and tag squad spends more than $0.50 an hour, averaged over 1h, counting "
                + "only model claude-* or gpt-5.5 and project web, and only mon to fri from 22:00 to 06:00, Warsaw "
                + "time, move it to cheaper models (cheaper: claude-opus-* to claude-sonnet-5, claude-sonnet-* to "
                + "claude-haiku-4-5) while this lasts, and pause it for 15m, longer while this lasts; it ends once "
                + "that has been over for 1m"
        ),
        (
            "when: budget_burn, budget: month, then: { notify: [oncall] }",
            "when the fleet spends month at more than 14.4 times its even pace over both 1h and 5m (2% of it in 1h), "
                + "or at more than 6 times its even pace over both 6h and 30m (5% of it in 6h), tell oncall"
        ),
        (
            "when: budget_burn, budget: day, for: 1m, then: { notify: [ops] }",
            "when a worker spends day at more than 1.92 times its even pace over both 15m and 1m (2% of it in 15m), "
                + "or at more than 4.8 times its even pace over both 15m and 1m (5% of it in 15m), for at least 1m, "
                + "tell ops"
        ),
        (
            "when: budget_burn, budget: blocks, then: { stop: true }",
            "when the fleet spends blocks at more than 1 times its even pace over both 15m and 1m (5% of it in 15m), "
                + "stop the fleet while this lasts, running work included"
        ),
        (
            "when: anomaly, per: fleet, over: 1h, baseline: 14d, above: 3x, min_usd: 5, then: { notify: [ops] }",
            "when the fleet spends within 1h 3 times or more what the last 14d make usual for that time, and at least "
                + "$5.00, tell ops"
        ),
        (
            "when: errors, per: worker, count: 5, within: 10m, then: { notify: [ops], pause: 15m }",
            "when 5 calls in a row of a worker fail within 10m, tell ops, and pause it for 15m, longer while this lasts"
        ),
        (
            "when: errors, per: fleet, count: 1, within: 10m, kind: [rate_limit, \"over*\"], "
                + "then: { pause: until_resumed }",
            "when a call of the fleet fails with rate_limit or over*, pause the fleet until an operator resumes it"
        ),
        (
            "when: no_data, per: source, for: 20m, then: { notify: [ops] }",
            "when a source that was heard of in the last 7d is silent for 20m, tell ops"
        ),
        (
            "when: unpriced_model, then: { notify: [ops], price_as: claude-opus-5 }",
            "when a model without a price is used, tell ops, and book its calls at the price of claude-opus-5"
        ),
        (
            "when: unpriced_model, match: { provider: openai }, then: { notify: [ops] }",
            "when a model without a price is used, counting only provider openai, tell ops, and book its calls at the "
                + "dearest price of its provider"
        ),
        (
            "when: concentration, by: provider, of: cost, above: 70%, min_calls: 5, over: 30d, then: { notify: [ops] }",
            "when one provider has more than 70% of the cost of the last 30d, out of at least 5 calls, tell ops"
        ),
        (
            "when: concentration, by: model, of: calls, above: 70%, above_hhi: 0.5, min_calls: 1, over: 1d, "
                + "then: { notify: [ops] }",
            "when one model has more than 70% of the calls of the last 1d, or the models' shares of it are so uneven "
                + "that their HHI is above 0.5, tell ops"
        ),
        (
            "when: savings, above_usd: 100, over: month, then: { notify: [ops] }",
            "when calls of free models have saved $100.00 or more in a month, Warsaw time, at claude-opus-5 prices, "
                + "tell ops"
        ),
    ]

    @Test(arguments: rules) func `a rule is said in one plain sentence`(rule: String, sentence: String) throws {
        let sentences = try Self.sentences(
            """
            budgets:
              - { name: month, limit_usd: 2000, per: fleet, window: month }
              - { name: day, limit_usd: 20, per: worker, window: day }
              - { name: blocks, limit_usd: 20, per: fleet, window: block 5h }
            rules: [ { name: the-rule, \(rule) } ]
            """)
        #expect(sentences.last == "the-rule: " + sentence)
    }

    @Test func `a silence says what it mutes, until when and why`() throws {
        let sentences = try Self.sentences(
            """
            budgets: [ { name: day, limit_usd: 20, per: worker, window: day, at: { 80%: { notify: [ops] } } } ]
            silences:
              - { match: { budget: day, worker: "loadtest-*" }, until: "2026-12-01T18:00:00+01:00", reason: load test,
                  by: ada@example.com }
              - { match: { worker: [w-1, w-2] }, from: 2026-11-23, until: "2026-11-24T08:30:15Z", reason: repair }
            """)
        #expect(
            sentences.dropFirst() == [
                "messages of day for worker loadtest-* are muted until 2026-12-01 at 18:00, Warsaw time: load test, by "
                    + "ada@example.com; limits still hold",
                "all messages for worker w-1 or w-2 are muted from 2026-11-23 at 00:00 until 2026-11-24 at 09:30:15, "
                    + "Warsaw time: repair; limits still hold",
            ])
    }

    @Test func `budgets come first, then rules, then silences`() throws {
        let sentences = try Self.sentences(
            """
            silences: [ { match: { rule: quiet }, until: 2026-12-01, reason: move } ]
            rules: [ { name: quiet, when: no_data, per: source, for: 20m, then: { notify: [ops] } } ]
            overrides: [ { budget: day, limit_usd: 30, until: 2026-12-01, reason: move } ]
            budgets: [ { name: day, limit_usd: 20, per: worker, window: day } ]
            """)
        #expect(sentences.map { String($0.prefix(12)) } == ["day: each wo", "quiet: when ", "messages of "])
        #expect(
            sentences[0]
                == "day: each worker may spend $20.00 a day, Warsaw time; $30.00 instead until 2026-12-01 at 00:00 for "
                + "move; nothing happens when it is spent")
    }
}
