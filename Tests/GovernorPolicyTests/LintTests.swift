import Foundation
import GovernorCore
import GovernorPolicy
import Seeds
import Testing

/// What each lint says is in the fixtures called `lint-…`; here is where they keep silent, and whether they are right.
@Suite struct LintTests {
    /// Every part of the policy language at once, as an operator would write it.
    static let full = """
        version: 1
        timezone: Europe/Warsaw
        mode: enforce
        budgets:
          - name: fleet-month
            limit_usd: 2000
            per: fleet
            window: month
            at:
              50%:           { notify: [ops] }
              80%:           { notify: [ops], throttle: { max_workers: 4 } }
              95%:           { notify: [ops, finance], downgrade: cheaper }
              100%:          { notify: [oncall], pause: until_reset }
              forecast 110%: { notify: [finance], for: 30m }
          - { name: worker-day, limit_usd: 25, per: worker, window: day, at: { 80%: { notify: [ops] }, 100%: { pause: until_reset } } }
          - { name: session-life, limit_usd: 10, per: session, window: lifetime, at: { 100%: { stop: true, notify: [ops] } } }
          - { name: opus-week, limit_usd: 150, per: fleet, window: week, match: { model: "claude-opus-*" }, at: { 100%: { pause: until_reset } } }
          - { name: team-month, limit_usd: 400, per: [project, user], window: { month: { starts_on: 15 } }, at: { 100%: { pause: until_reset } } }
          - { name: night-shift, limit_usd: 40, per: fleet, window: day, during: night, at: { 100%: { pause: until_reset } } }
        rules:
          - { name: hot-worker,  when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 12, for: 5m, then: { notify: [ops], throttle: { delay: 60s } } }
          - { name: burn-month,  when: budget_burn, budget: fleet-month, then: { notify: [oncall] } }
          - { name: odd-hour,    when: anomaly, per: fleet, over: 1h, baseline: 14d, above: 3x, min_usd: 5, then: { notify: [ops] } }
          - { name: streak,      when: errors, per: worker, count: 5, within: 10m, then: { notify: [ops], pause: 15m } }
          - { name: quiet,       when: no_data, per: source, for: 20m, then: { notify: [ops] } }
          - { name: unknown,     when: unpriced_model, then: { notify: [ops], price_as: claude-opus-5 } }
          - { name: one-vendor,  when: concentration, by: provider, of: cost, above: 70%, min_calls: 5, over: 30d, then: { notify: [finance] } }
          - { name: saved,       when: savings, above_usd: 100, over: month, then: { notify: [finance] } }
        receivers:
          ops:     { slack: { webhook_url: "${SLACK_OPS:-}" } }
          oncall:  { webhook: { url: "${PAGER_URL:-}", secret: "${PAGER_SECRET:-}" }, repeat_every: 30m }
          finance: { email: { to: [finance@example.com], from: governor@example.com, smtp: "${SMTP:-}", username: u, password: "${SMTP_PASSWORD:-}" }, digest: "08:00" }
        models:    { cheaper: { "claude-opus-*": claude-sonnet-5, "claude-sonnet-*": claude-haiku-4-5 } }
        schedules: { night: { days: [mon, tue, wed, thu, fri], from: "22:00", to: "06:00" } }
        labels:
          - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
        overrides:
          - { budget: fleet-month, limit_usd: 3000, from: 2026-11-23, until: 2026-12-01, reason: release week, by: ada@example.com }
        silences:
          - { match: { rule: hot-worker, worker: "loadtest-*" }, until: "2026-12-01T18:00:00+01:00", reason: load test, by: ada@example.com }
        """

    @Test func `a full policy is warned of nothing but receivers that are off`() {
        let loading = PolicyLoader(environment: [:]).load(Self.full)
        #expect(
            loading.text == """
                policy.yaml:30:36: warning: the receiver "ops" is off, since its webhook_url is empty; set SLACK_OPS to \
                turn it on
                policy.yaml:31:30: warning: the receiver "oncall" is off, since its url is empty; set PAGER_URL to \
                turn it on
                policy.yaml:32:84: warning: the receiver "finance" is off, since its smtp is empty; set SMTP to turn \
                it on
                """)
    }

    @Test func `a full policy says all it means`() throws {
        let hook = "https://hooks.example.com/x"
        let loading = PolicyLoader(environment: [
            "SLACK_OPS": hook, "PAGER_URL": hook, "PAGER_SECRET": "some text that nobody guesses",
            "SMTP": "smtps://mail.example.com:465", "SMTP_PASSWORD": "p",
        ]).load(Self.full)
        #expect(loading.text == "")
        let sentences = PolicySentence.sentences(for: try #require(loading.policy))
        #expect(
            sentences.joined(separator: "\n") == """
                fleet-month: the fleet together may spend $2,000.00 a month, Warsaw time; $3,000.00 instead from \
                2026-11-23 at 00:00 until 2026-12-01 at 00:00 for release week, by ada@example.com; at 50% tell ops; at \
                80% tell ops, and throttle the fleet to 4 workers; at 95% tell ops and finance (digest at 08:00), and \
                move the fleet to \
                cheaper models (cheaper: claude-opus-* to claude-sonnet-5, claude-sonnet-* to claude-haiku-4-5); at 100% \
                tell oncall, and pause the fleet until the next month; when the month has been heading for 110% or more \
                for 30m, tell finance (digest at 08:00)
                worker-day: each worker may spend $25.00 a day, Warsaw time; at 80% tell ops; at 100% pause it until \
                midnight
                session-life: each session may spend $10.00 in all; at 100% tell ops, and stop it for good, running work \
                included
                opus-week: the fleet together may spend $150.00 a week, Warsaw time, counting only model claude-opus-*; \
                at 100% pause the fleet until Monday
                team-month: each combination of project and user may spend $400.00 a month from the 15th on, Warsaw \
                time; at 100% pause it until the 15th
                night-shift: the fleet together may spend $40.00 a day, Warsaw time, counting only mon to fri from 22:00 \
                to 06:00, so that a shift has $40.00 before midnight and $40.00 after it; at 100% pause the fleet until \
                midnight, though only within its hours
                hot-worker: when a worker spends more than $12.00 an hour, averaged over 15m, for at least 5m, tell ops, \
                and throttle it by a delay of 1m while this lasts
                burn-month: when the fleet spends fleet-month at more than 14.4 times its even pace over both 1h and 5m \
                (2% of it in 1h), or at more than 6 times its even pace over both 6h and 30m (5% of it in 6h), tell \
                oncall
                odd-hour: when the fleet spends within 1h 3 times or more what the last 14d make usual for that time, \
                and at least $5.00, tell ops
                streak: when 5 calls in a row of a worker fail within 10m, tell ops, and pause it for 15m, longer while \
                this lasts
                quiet: when a source that was heard of in the last 7d is silent for 20m, tell ops
                unknown: when a model without a price is used, tell ops, and book its calls at the price of claude-opus-5
                one-vendor: when one provider has more than 70% of the cost of the last 30d, out of at least 5 calls, \
                tell finance (digest at 08:00)
                saved: when calls of free models have saved $100.00 or more in a month, Warsaw time, at claude-opus-5 \
                prices, tell finance (digest at 08:00)
                messages of hot-worker for worker loadtest-* are muted until 2026-12-01 at 18:00, Warsaw time: load \
                test, by ada@example.com; limits still hold
                """)
    }

    static let shipped: [String] = {
        let folder = Repository.root.appending(path: "policies").resolvingSymlinksInPath().path
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }.sorted()
    }()

    @Test func `no shipped policy is warned of`() throws {
        #expect(Self.shipped.count >= 2)
        for name in Self.shipped {
            let file = Repository.root.appending(path: "policies/\(name)")
            let text = try String(contentsOf: file, encoding: .utf8)
            let loading = PolicyLoader(environment: [:]).load(files: [(name: name, text: text)])
            let others = loading.diagnostics.filter { !$0.message.contains("is off") }
            #expect(others.isEmpty, "\(loading.text)")
        }
    }

    @Test func `no example of a rule is warned of`() {
        for example in RuleCondition.kinds.flatMap({ $0.examples }) {
            let loading = PolicyLoader(environment: [:]).load(example.policy)
            // What is an error there, its own test tells.
            let others = loading.diagnostics.filter {
                $0.severity == .warning && !$0.message.hasPrefix("there is no budget")
            }
            #expect(others.isEmpty, "\(example.title): \(loading.text)")
        }
    }

    /// A window as a policy writes it.
    private static func window(_ generator: inout SeededGenerator) -> (text: String, period: Window.Period) {
        let day = generator.pick([Int64(1), 2, 15, 28, 29, 30, 31])
        switch generator.number(0..<6) {
        case 0: return ("hour", .hour)
        case 1:
            let hour = generator.pick([Int64(0), 3, 12, 23])
            let text = hour == 0 ? "day" : "{ day: { starts_at: \"\(hour < 10 ? "0" : "")\(hour):00\" } }"
            return (text, Window.Period(.day, startsAt: .hours(hour)))
        case 2:
            let day = generator.number(Int64(1)...7)
            return ("{ week: { starts_on: \(Weekday.short(day)) } }", Window.Period(.week, startsOn: day))
        case 3: return ("{ month: { starts_on: \(day) } }", Window.Period(.month, startsOn: day))
        case 4: return ("{ quarter: { starts_on: \(day) } }", Window.Period(.quarter, startsOn: day))
        default: return ("{ year: { starts_on: \(day) } }", Window.Period(.year, startsOn: day))
        }
    }

    @Test(arguments: Seed.same(300))
    func `as many windows as it says, or fewer, meet in one of another`(seed: Seed) throws {
        var generator = SeededGenerator(seed)
        let zone = try #require(
            Zone(
                identifier: generator.pick([
                    "Europe/Warsaw", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll",
                ])))
        let (inner, outer) = (Self.window(&generator), Self.window(&generator))
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            timezone: \(zone.identifier)
            budgets:
              - { name: inner, limit_usd: 1, per: fleet, window: \(inner.text), at: { 100%: { pause: until_reset } } }
              - { name: outer, limit_usd: 10000000, per: fleet, window: \(outer.text), at: { 100%: { pause: until_reset } } }
            """)
        let said = try #require(loading.diagnostics.first?.message, "\(seed) \(loading.text)")
        // `so at most $92.00 pass in a quarter`; where one window holds the other, nothing of the kind.
        let most =
            said.firstMatch(of: /at most \$([0-9,]+)\.00 pass/).flatMap { Int64($0.1.filter { $0 != "," }) } ?? 1

        var met: Int64 = 0
        var time = Timestamp(milliseconds: generator.number(1_735_689_600_000...2_114_380_800_000))
        let rounds = inner.period.unit == .hour && outer.period.unit != .day ? 2 : 25
        for _ in 0..<rounds {
            let whole = outer.period.interval(containing: time, in: zone)
            var count: Int64 = 0
            var at = whole.start
            while at < whole.end {
                at = inner.period.interval(containing: at, in: zone).end
                count += 1
            }
            met = max(met, count)
            time = whole.end
        }
        #expect(met <= most, "\(seed) \(inner.text) within \(outer.text)")
        // Not so careful that nothing would ever be said.
        #expect(most <= met + 4 + met / 40, "\(seed) \(inner.text) within \(outer.text)")
    }
}
