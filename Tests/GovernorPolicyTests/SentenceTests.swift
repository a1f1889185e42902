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
        (
            "limit_usd: 5, per: fleet, window: day, at: { 80%: { notify: ops }, 100%: { notify: ops } }",
            "the fleet together may spend $5.00 a day, Warsaw time; at 80% tell ops; at 100% tell ops; it only tells, "
                + "so nothing is held back"
        ),
        (
            "limit_usd: 5, per: fleet, window: day, at: { 80%: { notify: [ops, daily] }, 100%: { notify: [weekly, quiet] } }",
            "the fleet together may spend $5.00 a day, Warsaw time; at 80% tell ops and daily (digest at 08:00); at 100% "
                + "tell weekly (digest on Friday at 17:30) and quiet (which is off); it only tells, so nothing is held "
                + "back"
        ),
        (
            "limit_usd: 5, per: user, window: block 5h, at: { 100%: { pause: until_reset } }",
            "each user may spend $5.00 in each block of 5h that begins with its first use; at 100% pause it until the "
                + "block ends"
        ),
        (
            "limit_usd: 5, per: fleet, window: block 5h, during: night, at: { 100%: { pause: until_reset } }",
            "the fleet together may spend $5.00 in each block of 5h that begins with its first use, counting only mon "
                + "to fri from 22:00 to 06:00, Warsaw time; at 100% pause the fleet until the block ends, "
                + "though only within its hours"
        ),
        (
            "limit_usd: 400, per: [project, user], window: { month: { starts_on: 15 } }, "
                + "at: { 100%: { pause: until_reset } }",
            "each combination of project and user may spend $400.00 a month from the 15th on, Warsaw time; at 100% "
                + "pause it until the 15th"
        ),
        (
            "limit_usd: 400, per: user, window: { month: { starts_on: 31 } }, at: { 100%: { pause: until_reset } }",
            "each user may spend $400.00 a month from the 31st on (the last day of a shorter month), Warsaw time; at "
                + "100% pause it until the 31st"
        ),
        (
            "limit_usd: 400, per: user, window: { week: { starts_on: sunday } }, at: { 100%: { pause: until_reset } }",
            "each user may spend $400.00 a week from Sunday on, Warsaw time; at 100% pause it until Sunday"
        ),
        (
            "limit_usd: 400, per: user, window: { quarter: { starts_on: 2 } }, at: { 100%: { pause: until_reset } }",
            "each user may spend $400.00 a quarter from the 2nd of its first month on, Warsaw time; at 100% pause it "
                + "until the next quarter"
        ),
        (
            "limit_usd: 40, per: fleet, window: day, during: night, at: { 100%: { pause: until_reset } }",
            "the fleet together may spend $40.00 a day, Warsaw time, counting only mon to fri from 22:00 to 06:00, so "
                + "that a shift has $40.00 before midnight and $40.00 after it; at 100% pause the fleet until "
                + "midnight, though only within its hours"
        ),
        (
            "limit_usd: 40, per: fleet, window: { day: { starts_at: \"12:00\" } }, during: night, "
                + "at: { 100%: { pause: until_resumed }, 120%: { stop: true } }",
            "the fleet together may spend $40.00 a day from 12:00 on, Warsaw time, counting only mon to fri from 22:00 "
                + "to 06:00; at 100% pause the fleet until an operator resumes it, after which work may go on above 100% "
                + "until 120%; at 120% stop the fleet until 12:00, though only within its hours, running work included"
        ),
        (
            "limit_usd: 40, per: fleet, window: rolling 1h, during: night, match: { model: \"claude-*\" }, "
                + "at: { 100%: { stop: true } }",
            "the fleet together may spend $40.00 in any 1h, counting only model claude-*, and only mon to fri from "
                + "22:00 to 06:00, Warsaw time; at 100% stop the fleet until enough of that is more than 1h ago, though "
                + "only within its hours, running work included"
        ),
        (
            "limit_usd: 2000, per: fleet, window: month, at: { 80%: { notify: ops, for: 10m }, "
                + "95%: { downgrade: cheaper }, forecast 110%: { notify: ops, for: 30m }, "
                + "forecast 120%: { notify: audit }, forecast 150%: { pause: 1h } }",
            "the fleet together may spend $2,000.00 a month, Warsaw time; once 80% has been reached for 10m, tell ops; "
                + "at 95% move the fleet to cheaper models (cheaper: claude-opus-* to claude-sonnet-5); when the month "
                + "has been heading for 110% or more for 30m, tell ops; when the month is heading for 120% or more, tell "
                + "audit; when the odds are at least one in ten that the month ends at 150% or more, pause the fleet for "
                + "1h, after which work may go on with nothing further to hold it back"
        ),
    ]

    @Test(arguments: sentences) func `a budget is said in one plain sentence`(budget: String, sentence: String) throws {
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            timezone: Europe/Warsaw
            budgets: [ { name: the-budget, \(budget) } ]
            receivers:
              ops: { log: {} }
              audit: { log: {} }
              quiet: { slack: { webhook_url: "" }, digest: "08:00" }
              daily: { log: {}, digest: "08:00" }
              weekly: { log: {}, digest: "fri 17:30" }
            models: { cheaper: { "claude-opus-*": claude-sonnet-5 } }
            schedules: { night: { days: [mon, tue, wed, thu, fri], from: "22:00", to: "06:00" } }
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

    @Test func `an override says its limit, its days and its reason`() throws {
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            timezone: Europe/Warsaw
            budgets:
              - { name: b, limit_usd: 2000, per: fleet, window: month, at: { 100%: { pause: until_reset } } }
              - { name: c, limit_tokens: 5, per: user, window: rolling 1h, at: { 100%: { pause: 15m } } }
            overrides:
              - { budget: b, limit_usd: 3000, from: 2026-11-23, until: 2026-12-01, reason: release week,
                  by: ada@example.com }
              - { budget: c, limit_tokens: 10_000, until: "2026-12-01T12:30:00Z", reason: load test }
            """)
        let policy = try #require(loading.policy, "\(loading.text)")
        #expect(
            PolicySentence.sentences(for: policy) == [
                "b: the fleet together may spend $2,000.00 a month, Warsaw time; $3,000.00 instead from 2026-11-23 at "
                    + "00:00 until 2026-12-01 at 00:00 for release week, by ada@example.com; at 100% pause the fleet "
                    + "until the next month",
                "c: each user may use 5 tokens in any 1h; 10,000 tokens instead until 2026-12-01 at 13:30, Warsaw time, "
                    + "for load test; at 100% pause it for 15m, after which work may go on above 100% with nothing "
                    + "further to hold it back",
            ])
    }
}
