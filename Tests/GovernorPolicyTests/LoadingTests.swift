import Foundation
import GovernorCore
import GovernorPolicy
import Testing

@Suite struct LoadingTests {
    @Test func `a full policy is read as it was meant`() throws {
        let secret = try TemporaryFolder()
        let file = try secret.write("hook", "https://hooks.example.com/from-a-file\r\n")
        let loading = PolicyLoader(environment: [
            "SLACK_OPS": "https://hooks.example.com/a", "HOST": "hooks.example.com",
        ])
        .load(
            """
            version: 1
            timezone: Europe/Warsaw
            mode: observe
            budgets:
              - name: fleet-month
                limit_usd: 2000.50
                per: fleet
                window: month
                at:
                  100%: { notify: [oncall, ops], stop: true }
                  12.5%: { notify: ops }
                  80%: { throttle: { max_workers: 4, delay: 60s }, pause: 1h30m }
              - { name: t, limit_tokens: 5_000_000, per: [project, tags.squad], window: rolling 5h, mode: observe,
                  match: { model: ["claude-opus-*", gpt-5], tags.tier: gold },
                  at: { 100%: { notify: [file, fallback, audit], pause: 15m } } }
              - { name: c, limit_calls: "10000", per: session, window: lifetime, at: { 100%: { stop: true } } }
            receivers:
              ops: { slack: { webhook_url: "${SLACK_OPS}" }, group_wait: 0s, resolved: false, allow_private: true,
                     ca_file: "/etc/ssl/${HOST}.pem" }
              oncall: { slack: { webhook_url: "https://${HOST}/b${EMPTY:-}" } }
              file: { slack: { webhook_url: "${file:\(file)}" } }
              fallback: { slack: { webhook_url: "${NONE:-https://hooks.example.com/c}" } }
              audit: { log: {} }
            notifications: { group_wait: 10s, dashboard_url: "http://localhost:8787" }
            labels:
              - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
            free: ["ollama/*", <synthetic>]
            sources: { stale_after: { transcript: 30m, litellm: 2h } }
            """)
        #expect(loading.text == "")
        let policy = try #require(loading.policy)
        #expect(policy.zone.identifier == "Europe/Warsaw")
        #expect(policy.mode == .observe)

        let warsaw = try #require(Zone(identifier: "Europe/Warsaw"))
        #expect(
            policy.budgets == [
                Budget(
                    name: "fleet-month", limit: .usd(Money(nanodollars: 2_000_500_000_000)), window: .calendar(.month),
                    zone: warsaw,
                    thresholds: [
                        Threshold(ratio: Ratio(partsPerMillion: 125_000), actions: Actions(notify: ["ops"])),
                        Threshold(
                            ratio: .percent(80),
                            actions: Actions(
                                throttle: Throttle(maxWorkers: 4, delay: .seconds(60)), pause: .lasting(.minutes(90)))),
                        Threshold(ratio: .percent(100), actions: Actions(notify: ["oncall", "ops"], stop: true)),
                    ]),
                Budget(
                    name: "t", limit: Limit(unit: .tokens, value: 5_000_000), per: [.label(.project), .tag("squad")],
                    window: .rolling(.hours(5)), zone: warsaw,
                    matcher: Matcher(terms: [
                        Matcher.Term(key: .label(.model), globs: [Glob("claude-opus-*"), Glob("gpt-5")]),
                        Matcher.Term(key: .tag("tier"), globs: [Glob("gold")]),
                    ]),
                    thresholds: [
                        Threshold(
                            ratio: .percent(100),
                            actions: Actions(notify: ["file", "fallback", "audit"], pause: .lasting(.minutes(15))))
                    ],
                    mode: .observe),
                Budget(
                    name: "c", limit: Limit(unit: .calls, value: 10_000), per: [.label(.session)], window: .lifetime,
                    zone: warsaw, thresholds: [Threshold(ratio: .percent(100), actions: Actions(stop: true))]),
            ])
        #expect(
            policy.receivers == [
                Receiver(
                    name: "ops", kind: .slack(webhook: Secret("https://hooks.example.com/a")), groupWait: .zero,
                    sendsResolved: false, allowsPrivate: true, caFile: "/etc/ssl/hooks.example.com.pem"),
                Receiver(name: "oncall", kind: .slack(webhook: Secret("https://hooks.example.com/b"))),
                Receiver(name: "file", kind: .slack(webhook: Secret("https://hooks.example.com/from-a-file"))),
                Receiver(name: "fallback", kind: .slack(webhook: Secret("https://hooks.example.com/c"))),
                Receiver(name: "audit", kind: .log),
            ])
        #expect(
            policy.notifications
                == NotificationSettings(groupWait: .seconds(10), dashboardURL: "http://localhost:8787"))
        #expect(policy.labelRules.map(\.source) == ["transcript"])
        #expect(policy.labelRules.map(\.workingFolder.text) == [".*/worktrees/(?<worker>[^/]+)"])
        #expect(policy.free == [Glob("ollama/*"), Glob("<synthetic>")])
        #expect(policy.staleAfter == ["transcript": .minutes(30), "litellm": .hours(2)])
    }

    @Test(arguments: ["policies/default.yaml", "policies/starter/policy.yaml"])
    func `a shipped policy loads, with no hook and with one`(path: String) throws {
        let text = try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
        let files = [(name: path, text: text)]
        let without = PolicyLoader(environment: [:]).load(files: files)
        #expect(!without.diagnostics.contains { $0.severity == .error }, "\(without.text)")
        let policy = try #require(without.policy)
        #expect(!policy.budgets.isEmpty)

        let with = PolicyLoader(environment: ["GOVERNOR_SLACK_WEBHOOK": "https://hooks.example.com/x"]).load(
            files: files)
        #expect(with.text == "")
    }

    @Test func `the default policy's receiver is off until its hook is there`() throws {
        let loading = PolicyLoader(environment: [:]).load(folder: Repository.root.appending(path: "policies").path)
        #expect(loading.policy?.receiver("ops")?.kind == .off)
        #expect(loading.diagnostics.count == 1)
        #expect(loading.diagnostics.first?.hint == "set GOVERNOR_SLACK_WEBHOOK to turn it on")
    }

    @Test func `the starter is six lines`() throws {
        let text = try String(
            contentsOf: Repository.root.appending(path: "policies/starter/policy.yaml"), encoding: .utf8)
        #expect(text.split(separator: "\n").count { !$0.hasPrefix("#") } == 6)
    }

    @Test func `the revision follows texts and names, and nothing else`() throws {
        let loader = PolicyLoader(environment: [:])
        let text = "version: 1\n"
        let revision = loader.load(files: [(name: "a/x.yaml", text: text)]).policy?.revision
        #expect(revision?.count == 16)
        #expect(
            PolicyLoader(environment: ["A": "b"]).load(files: [(name: "b/x.yaml", text: text)]).policy?.revision
                == revision)
        #expect(loader.load(files: [(name: "a/y.yaml", text: text)]).policy?.revision != revision)
        #expect(loader.load(files: [(name: "a/x.yaml", text: text + "\n")]).policy?.revision != revision)
    }

    @Test func `line ends of Windows and a byte-order mark are no mistakes`() {
        let loading = PolicyLoader(environment: [:]).load("\u{FEFF}version: 1\r\nfree: []\r\nmodee: observe\r\n")
        #expect(loading.text == "policy.yaml:3:1: error: unknown key \"modee\"; did you mean \"mode\"?")
    }

    @Test func `no files are an error`() {
        let loading = PolicyLoader(environment: [:]).load(files: [])
        #expect(loading.policy == nil)
        #expect(loading.text == "policy: error: there is no policy file")
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["[", "{", "- ", "? ", "a: ", "&a ", "*a ", "\"", "{a: &a [", "!", "%"])
    func `a megabyte of one thing ends in an error, not in a crash`(piece: String) {
        let text = "version: 1\nfree: " + String(repeating: piece, count: (1 << 20) / piece.utf8.count - 20)
        let loading = PolicyLoader(environment: [:]).load(text)
        #expect(loading.policy == nil)
        #expect(!loading.diagnostics.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func `thousands of duplicate keys are told at most once each`() {
        let text = "version: 1\n" + String(repeating: "mode: observe\n", count: 5000)
        let loading = PolicyLoader(environment: [:]).load(text)
        #expect(loading.policy == nil)
        #expect(loading.diagnostics.count < 5000)
    }
}
