import GovernorCore
import GovernorPolicy
import Testing

@Suite struct SentenceTests {
    /// What a budget says after its name, and the sentence.
    static let sentences: [(budget: String, sentence: String)] = [
        (
            "limit_usd: 25, per: worker, window: day, at: { 80%: { notify: [ops] }, 100%: { pause: until_reset } }",
            "each worker may spend $25.00 a day, Warsaw time; at 80% tell ops; at 100% pause it until midnight"
        ),
        (
            "limit_usd: 2000, per: fleet, window: month, at: { 50%: { notify: [ops] }, "
                + "80%: { notify: [ops, audit], throttle: { max_workers: 4 } }, "
                + "100%: { notify: [ops], pause: until_reset } }",
            "the fleet together may spend $2,000.00 a month, Warsaw time; at 50% tell ops; at 80% tell ops and audit, "
                + "and throttle the fleet to 4 workers; at 100% tell ops, and pause the fleet until the next month"
        ),
        (
            "limit_usd: 10, per: session, window: lifetime, at: { 100%: { stop: true, notify: [ops] } }",
            "each session may spend $10.00 in all; at 100% tell ops, and stop it for good, running work included"
        ),
        (
            "limit_tokens: 5_000_000, per: [project, tags.squad], window: rolling 1h, at: { 100%: { pause: 15m } }",
            "each combination of project and tag squad may use 5,000,000 tokens in any 1h; at 100% pause it for 15m, "
                + "after which work may go on above 100% with nothing further to hold it back"
        ),
        (
            "limit_calls: 10_000, per: user, window: week, at: { 80%: { pause: 15m }, 90%: { notify: ops }, "
                + "120%: { stop: true } }",
            "each user may make 10,000 calls a week, Warsaw time; at 80% pause it for 15m, after which work may go on "
                + "above 80% until 120%; at 90% tell ops; at 120% stop it until Monday, running work included"
        ),
        (
            "limit_usd: 150, per: fleet, window: week, match: { model: \"claude-opus-*\", project: [web, api] }, "
                + "at: { 100%: { pause: until_reset } }",
            "the fleet together may spend $150.00 a week, Warsaw time, counting only model claude-opus-* and "
                + "project web or api; at 100% pause the fleet until Monday"
        ),
        (
            "limit_usd: 0.05, per: task, window: hour, mode: observe, "
                + "at: { 100%: { notify: quiet, throttle: { delay: 60s, max_workers: 1 }, pause: until_reset } }",
            "each task may spend $0.05 an hour, Warsaw time; at 100% tell quiet (which is off), throttle it to 1 "
                + "worker and by a delay of 1m, and pause it until the next hour; it only observes, so nothing is held back"
        ),
        (
            "limit_calls: 1, per: team, window: rolling 90m, at: { 100%: { stop: true } }",
            "each team may make 1 call in any 1h 30m; at 100% stop it until enough of that is more than 1h 30m ago, "
                + "running work included"
        ),
        (
            "limit_usd: 1234567.5, per: provider, window: year",
            "each provider may spend $1,234,567.50 a year, Warsaw time; nothing happens when it is spent"
        ),
        (
            "limit_usd: 5, per: model, window: quarter, at: { 100%: {} }",
            "each model may spend $5.00 a quarter, Warsaw time; at 100% do nothing"
        ),
    ]

    @Test(arguments: sentences) func `a budget is said in one plain sentence`(budget: String, sentence: String) throws {
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            timezone: Europe/Warsaw
            budgets: [ { name: the-budget, \(budget) } ]
            receivers: { ops: { log: {} }, audit: { log: {} }, quiet: { slack: { webhook_url: "" } } }
            """)
        let policy = try #require(loading.policy, "\(loading.text)")
        #expect(PolicySentence.sentence(for: policy.budgets[0], in: policy) == "the-budget: " + sentence)
    }

    @Test func `the zone is said by its city, and UTC as such`() throws {
        for (zone, said) in [("UTC", "UTC"), ("America/New_York", "New York time"), ("Etc/UTC", "UTC")] {
            let loading = PolicyLoader(environment: [:]).load(
                """
                version: 1
                timezone: \(zone)
                mode: observe
                budgets: [ { name: b, limit_usd: 5, per: fleet, window: day, at: { 100%: { pause: until_reset } } } ]
                """)
            let policy = try #require(loading.policy, "\(loading.text)")
            #expect(
                PolicySentence.sentence(for: policy.budgets[0], in: policy)
                    == "b: the fleet together may spend $5.00 a day, \(said); at 100% pause the fleet until midnight; "
                    + "it only observes, so nothing is held back")
        }
    }
}
