import Foundation
import GovernorCore
import GovernorPolicy
import Testing

@Suite struct PolicyTestTests {
    static let policy = """
        version: 1
        timezone: Europe/Warsaw
        budgets:
          - { name: worker-day, limit_usd: 25, per: worker, window: day, at: { 80%: { notify: ops }, 100%: { pause: until_reset } } }
          - { name: pair, limit_calls: 3, per: [project, user], window: hour, at: { 100%: { throttle: { delay: 60s, max_workers: 2 } } } }
        rules:
          - { name: streak, when: errors, per: worker, count: 2, within: 10m, then: { notify: ops, pause: until_resumed } }
        receivers: { ops: { log: {} } }
        """

    static func run(_ test: String, policy: String = policy) -> PolicyTestResult {
        PolicyTest.run(test, name: "t_test.yaml", policy: policy)
    }

    static func text(_ result: PolicyTestResult) -> [String] { result.diagnostics.map(\.description) }

    @Test func `the contract's example holds`() {
        let result = Self.run(
            """
            policy: .                          # or one file
            start: 2026-11-20T09:00:00+01:00
            records:
              - { at: 0m,  worker: w-07, session: s1, model: claude-opus-5, cost_usd: 20 }
              - { at: 30m, worker: w-07, session: s1, model: claude-opus-5, cost_usd: 6 }
            expect:
              - { at: 10m, check: { worker: w-07 }, decision: allow, alerts: [worker-day@80%] }
              - { at: 31m, check: { worker: w-07 }, decision: pause, budget: worker-day, resume_at: 2026-11-21T00:00:00+01:00 }
            """)
        #expect(Self.text(result) == [])
        #expect(result.outcome == .passed && result.expectations == 2)
    }

    @Test func `everything that can be expected holds where it is so`() {
        let result = Self.run(
            """
            start: 2026-11-20
            records:
              - { at: 9h, worker: w-1, project: web, user: ada, model: m, cost_usd: 20, tags: { squad: red } }
              - { at: 2026-11-20T09:00:00+01:00, every: 1m, times: 2, worker: w-2, project: web, user: ada, model: m, cost_usd: 0, outcome: error, error_kind: rate_limit }
            expect:
              - { at: 9h, check: { worker: w-1, project: web, user: bo, estimate_usd: 4.5 }, decision: allow, would: allow, remaining_usd: 5, stop: false, caveats: [] }
              - { at: 9h, check: { worker: w-1, project: web, user: bo, estimate_usd: 5.5 }, decision: pause, budget: worker-day, reason: "$5.50 more does not fit", resume_at: 24h }
              - at: 9h1m
                check: { worker: w-1, project: web, user: ada }
                decision: throttle
                budget: pair
                delay: 1m
                max_workers: 2
                alerts: ["pair@100%{project=web, user=ada}", "streak{worker=w-2}"]
                firing: [streak, pair@100%, "worker-day@80.0%{worker=w-1}"]
              - { at: 9h2m, check: { worker: w-2, project: web }, decision: pause, rule: streak, caveats: ["pair is per"], alerts: [] }
              - { at: 9h3m, resume: { worker: w-2 }, check: { worker: w-2 }, decision: allow, firing: [worker-day@80%, pair@100%] }
            """)
        #expect(Self.text(result) == [])
        #expect(result.expectations == 5)
    }

    @Test func `what is not as expected is told with its place and with what was there`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00+01:00
            records:
              - { at: 0m, worker: w-1, project: web, user: ada, model: m, cost_usd: 26 }
            expect:
              - { at: 10m, check: { worker: w-1, model: m }, decision: allow, would: throttle, rule: streak, resume_at: 2h, delay: 5s,
                  max_workers: 3, model: other, stop: true, remaining_usd: 2, reason: tomorrow, caveats: [],
                  alerts: [worker-day@100%], firing: [worker-day@80%, streak] }
              - { at: 20m, check: { worker: w-2 }, decision: pause, budget: worker-day, alerts: [worker-day@80%] }
            """)
        #expect(result.outcome == .failed && result.expectations == 2)
        let why =
            "worker-day: w-1 has spent $26.00 of $25.00 today; it may go on at midnight; "
            + "caveat: pair is per project and user, which the request does not name; "
            + "caveat: m has no price; its calls are booked at gpt-5.5-pro's price"
        let nothing = "nothing holds it back; caveat: pair is per project and user, which the request does not name"
        #expect(
            Self.text(result) == [
                "t_test.yaml:5:60: error: at 10m: expected decision allow, got pause; \(why)",
                "t_test.yaml:5:74: error: at 10m: expected would throttle, got pause; \(why)",
                "t_test.yaml:5:90: error: at 10m: expected rule streak, got none; \(why)",
                "t_test.yaml:5:109: error: at 10m: expected resume_at 2026-11-20T11:00:00+01:00, got 2026-11-21T00:00:00+01:00; \(why)",
                "t_test.yaml:5:120: error: at 10m: expected delay 5s, got none; \(why)",
                "t_test.yaml:6:20: error: at 10m: expected max_workers 3, got none; \(why)",
                "t_test.yaml:6:30: error: at 10m: expected model other, got none; \(why)",
                "t_test.yaml:6:43: error: at 10m: expected stop true, got false; \(why)",
                "t_test.yaml:6:64: error: at 10m: expected remaining_usd 2, got 0; \(why)",
                "t_test.yaml:6:75: error: at 10m: expected a reason with \"tomorrow\", got none; \(why)",
                "t_test.yaml:6:94: error: at 10m: expected caveats [], got [pair is per project and user, which the request does not name, m has no price; its calls are booked at gpt-5.5-pro's price]",
                "t_test.yaml:7:15: error: at 10m: expected alerts [worker-day@100%], got [worker-day@80%{worker=w-1}, worker-day@100%{worker=w-1}]",
                "t_test.yaml:7:42: error: at 10m: expected firing [worker-day@80%, streak], got [worker-day@80%{worker=w-1}, worker-day@100%{worker=w-1}]",
                "t_test.yaml:8:50: error: at 20m: expected decision pause, got allow; \(nothing)",
                "t_test.yaml:8:65: error: at 20m: expected budget worker-day, got none; \(nothing)",
                "t_test.yaml:8:85: error: at 20m: expected alerts [worker-day@80%], got []",
            ])
    }

    @Test func `every mistake is told at once, with its place`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00
            recods: []
            records:
              - { at: soon, worker: w-1, model: m, cost_usd: -1 }
              - { at: 5m, every: 1m, model: m, inptu_tokens: 5 }
              - { at: 5m, every: 1m, times: 2, id: a, worker: w-1 }
              - { at: 5m, model: m, outcome: failed, tags: [a], output_tokens: 1e3 }
            expect:
              - { at: 5m, check: { worker: w-1, workr: w-2 } }
              - { at: 5m, decision: allow }
              - { check: {}, decision: maybe, alerts: [worker-day@80, "x{worker}", two words] }
            """)
        #expect(result.outcome == .invalid && result.expectations == 0 && result.events.isEmpty)
        #expect(
            Self.text(result) == [
                "t_test.yaml:1:8: error: \"2026-11-20T09:00:00\" does not say its offset from UTC; add it, such as 2026-11-20T09:00:00+01:00, or Z for UTC",
                "t_test.yaml:2:1: error: unknown key \"recods\"; did you mean \"records\"?",
                "t_test.yaml:4:11: error: \"soon\" is not a time; write it as a duration since the start, such as 31m or 1d2h, or as 2026-11-21T00:00:00+01:00",
                "t_test.yaml:4:50: error: \"-1\" is not a dollar amount; write it in plain digits, such as 0, 25 or 12.50",
                "t_test.yaml:5:5: error: this record has \"every\" without \"times\"; every: 5m, times: 12 is twelve calls, five minutes apart",
                "t_test.yaml:5:36: error: unknown key \"inptu_tokens\"; did you mean \"input_tokens\"?",
                "t_test.yaml:6:5: error: a record needs a model, or its cost_usd",
                "t_test.yaml:6:40: error: an id is one call, and this entry is several; remove the id, or every and times",
                "t_test.yaml:7:34: error: unknown outcome \"failed\"; it is success, error or cancelled",
                "t_test.yaml:7:48: error: expected a map of tags, found a list",
                "t_test.yaml:7:68: error: \"1e3\" is not a whole number from 0 to 10000000000; write it in digits, such as 6_000_000",
                "t_test.yaml:9:5: error: this expects nothing; add a decision, or the alerts that fired",
                "t_test.yaml:9:37: error: unknown key \"workr\"; did you mean \"worker\"?",
                "t_test.yaml:10:15: error: \"decision\" is about a decision, and nothing is asked here; add whom it is about, such as check: { worker: w-1 }",
                "t_test.yaml:11:5: error: an expectation needs \"at\"",
                "t_test.yaml:11:28: error: unknown decision \"maybe\"; it is allow, throttle or pause",
                "t_test.yaml:11:44: error: \"worker-day@80\" is not an alert's name; a threshold is written as 80% or forecast110%",
                "t_test.yaml:11:59: error: \"worker\" is not a label and its value; write it as worker=w-1",
                "t_test.yaml:11:72: error: \"two words\" is not an alert's name; it is budget@80%, budget@forecast110% or a rule's name, with {worker=w-1} where it matters",
            ])
    }

    @Test func `a name that the policy does not have can't make a test hold`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00Z
            expect:
              - { at: 1m, check: { worker: w-1 }, budget: worker-dya, rule: worker-day }
              - { at: 1m, alerts: [worker-day@81%, worker-day, streak@80%, strek, "streak{user=ada}", "pair@100%{worker=w-1}"] }
              - { at: 401d, alerts: [] }
              - { at: 2026-11-20, alerts: [] }
            """)
        #expect(
            Self.text(result) == [
                "t_test.yaml:3:47: error: the policy has no budget \"worker-dya\"; did you mean \"worker-day\"?",
                "t_test.yaml:3:65: error: the policy has no rule \"worker-day\"; it has streak",
                "t_test.yaml:4:24: error: the budget \"worker-day\" has no threshold 81%; it has worker-day@80% and worker-day@100%",
                "t_test.yaml:4:40: error: \"worker-day\" is a budget, and this names none of its thresholds; it has worker-day@80% and worker-day@100%",
                "t_test.yaml:4:52: error: the rule \"streak\" has no thresholds; write streak",
                "t_test.yaml:4:64: error: the policy has no budget or rule \"strek\"; did you mean \"streak\"?",
                "t_test.yaml:4:71: error: \"streak\" is not split by user; it is per worker",
                "t_test.yaml:4:91: error: \"pair\" is not split by worker; it is per project and user",
                "t_test.yaml:5:11: error: this is more than 400d after the test's start",
                "t_test.yaml:6:11: error: this is before the test's start; it begins at 2026-11-20T10:00:00+01:00",
            ])
    }

    @Test func `so many records are too many`() {
        let test = """
            start: 2026-11-20T09:00:00Z
            records:
              - { at: 0m, every: 1ms, times: 60_000, worker: w-1, model: m, cost_usd: 0 }
              - { at: 0m, every: 1ms, times: TIMES, worker: w-2, model: m, cost_usd: 0.0001 }
            expect:
              - { at: 2m, check: { worker: w-2 }, remaining_usd: 21 }
            """
        #expect(Self.text(Self.run(test.replacing("TIMES", with: "40_000"))) == [])
        #expect(
            Self.text(Self.run(test.replacing("TIMES", with: "40_001"))) == [
                "t_test.yaml:4:34: error: these are more than 100000 records; a test has at most so many in all"
            ])
        #expect(
            Self.text(Self.run(test.replacing("1ms, times: TIMES", with: "9000w, times: 40"))) == [
                "t_test.yaml:4:11: error: this is more than 400d after the test's start"
            ])
    }

    @Test func `entries are taken in order of time, records before questions`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00Z
            records:
              - { at: 30m, worker: w-1, model: m, cost_usd: 5 }
              - { at: 10m, worker: w-1, model: m, cost_usd: 20 }
            expect:
              - { at: 30m, check: { worker: w-1 }, decision: pause, alerts: [worker-day@100%] }
              - { at: 10m, check: { worker: w-1 }, decision: allow, alerts: [worker-day@80%] }
              - { at: 5m, check: { worker: w-1 }, decision: allow, alerts: [], firing: [] }
            """)
        #expect(Self.text(result) == [])
    }

    @Test func `one id is one call, corrected by what is said of it later`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00Z
            records:
              - { at: 1m, id: a, worker: w-1, model: m, cost_usd: 12 }
              - { at: 2m, id: a, worker: w-1, model: m, cost_usd: 12 }
              - { at: 3m, id: a, worker: w-1, model: m, cost_usd: 5 }
              - { at: 3m, id: a, source: other, worker: w-1, model: m, cost_usd: 1 }
              - { at: 4m, worker: w-1, model: claude-opus-5, input_tokens: 1_000_000 }
            expect:
              - { at: 2m, check: { worker: w-1 }, remaining_usd: 13 }
              - { at: 3m, check: { worker: w-1 }, remaining_usd: 19 }
              - { at: 4m, check: { worker: w-1 }, remaining_usd: 14 }
            """)
        #expect(Self.text(result) == [])
    }

    @Test func `nobody's secrets are needed, and a policy that only observes says what it would do`() {
        let result = Self.run(
            """
            start: 2026-11-20T09:00:00Z
            records:
              - { at: 0m, worker: w-1, model: m, cost_usd: 6 }
            expect:
              - { at: 1m, check: { worker: w-1 }, decision: allow, would: pause, budget: b, reason: has spent $6.00 }
            """,
            policy: """
                version: 1
                mode: observe
                budgets:
                  - { name: b, limit_usd: 5, per: worker, window: day, at: { 100%: { notify: [a, c], pause: until_reset } } }
                receivers:
                  a: { slack: { webhook_url: "${NOT_SET_ANYWHERE}" } }
                  c: { slack: { webhook_url: "https://${file:/not/there/at/all}/x" }, ca_file: "${NOT_SET_EITHER}" }
                """)
        #expect(Self.text(result) == [])
    }
}

/// Tests and policies as files.
@Suite struct PolicyTestFileTests {
    static let test = """
        policy: POLICY
        start: 2026-11-20T09:00:00Z
        records:
          - { at: 0m, worker: w-1, model: m, cost_usd: 26 }
        expect:
          - { at: 1m, check: { worker: w-1 }, decision: pause }

        """

    @Test(arguments: [".", "team.yaml", "../FOLDER", "FULL/team.yaml", "FULL", "./"])
    func `a policy is found from where its test is`(path: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("team.yaml", PolicyTestTests.policy)
        let name = String(folder.path.split(separator: "/").last ?? "")
        let policy = path.replacing("FOLDER", with: name).replacing("FULL", with: folder.path)
        let file = try folder.write("team_test.yaml", Self.test.replacing("POLICY", with: policy))
        let result = PolicyTest.run(file: file)
        #expect(result.diagnostics.map(\.description) == [])
        #expect(result.file == file && result.outcome == .passed)
    }

    @Test func `what is wrong with the policy is told with its own place`() throws {
        let folder = try TemporaryFolder()
        try folder.write("team.yaml", "version: 1\nbudgts: []\n")
        let file = try folder.write("team_test.yaml", Self.test.replacing("POLICY", with: ".") + "more: 1\n")
        let result = PolicyTest.run(file: file)
        #expect(result.outcome == .invalid)
        #expect(
            result.diagnostics.map(\.description) == [
                "\(file):7:1: error: unknown key \"more\"; a test has policy, start, records and expect",
                "\(folder.path)/team.yaml:2:1: error: unknown key \"budgts\"; did you mean \"budgets\"?",
            ])
    }

    @Test func `what is not there is told`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a_test.yaml", Self.test.replacing("POLICY", with: "gone.yaml"))
        #expect(
            PolicyTest.run(file: file).diagnostics.map(\.description) == [
                "\(folder.path)/gone.yaml: error: the file can't be read; it does not exist"
            ])
        #expect(
            PolicyTest.run(file: folder.path + "/b_test.yaml").diagnostics.map(\.description) == [
                "\(folder.path)/b_test.yaml: error: the file can't be read; it does not exist"
            ])
        let bare = try folder.write("c_test.yaml", "expect: []\n")
        #expect(
            PolicyTest.run(file: bare).diagnostics.map(\.description) == [
                "\(bare):1:1: error: a test needs \"policy\"", "\(bare):1:1: error: a test needs \"start\"",
            ])
    }

    @Test func `a folder stands for its tests`() throws {
        let folder = try TemporaryFolder()
        for name in ["b_test.yaml", "a_test.yml", "policy.yaml", ".c_test.yaml", "d_test.txt"] {
            try folder.write(name, "x: 1")
        }
        #expect(
            try PolicyTest.files(at: folder.path + "/") == ["a_test.yml", "b_test.yaml"].map { "\(folder.path)/\($0)" })
        #expect(try PolicyTest.files(at: folder.path + "/policy.yaml") == [folder.path + "/policy.yaml"])
        let empty = try TemporaryFolder()
        do {
            let files = try PolicyTest.files(at: empty.path)
            Issue.record("found \(files)")
        } catch {
            #expect(
                error.diagnostic.description
                    == "\(empty.path): error: there is no test in this folder; add a file that ends in _test.yaml")
        }
    }

    @Test func `every shipped policy's tests hold`() throws {
        let policies = Repository.root.appending(path: "policies").resolvingSymlinksInPath().path
        let names = try FileManager.default.subpathsOfDirectory(atPath: policies).filter { $0.hasSuffix("_test.yaml") }
        #expect(names.count >= 2)
        for name in names.sorted() {
            let result = PolicyTest.run(file: "\(policies)/\(name)")
            #expect(result.diagnostics.map(\.description) == [], "\(name)")
            #expect(result.outcome == .passed && result.expectations > 0)
        }
    }
}
