import Foundation
import Glibc
import GovernorCore
import GovernorLedger
import Testing

/// Loading and reloading a large ledger, timed; a benchmark beside the tests, run by hand:
/// `GOVERNOR_LARGE_LEDGER=<folder> swift test -c release --filter LargeLedgerBench`. The folder is made and left.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GOVERNOR_LARGE_LEDGER"] != nil))
struct LargeLedgerBench {
    private let folder = ProcessInfo.processInfo.environment["GOVERNOR_LARGE_LEDGER"] ?? ""
    private let now = Timestamp(
        milliseconds: Int64(ProcessInfo.processInfo.environment["GOVERNOR_LARGE_LEDGER_NOW"] ?? "") ?? 0)

    @Test func `make`() throws { try Ledger(folder: folder).close() }

    @Test func `load`() throws {
        let ledger = try timed("open") { try Ledger(folder: folder) }
        var policy = Self.policy(zone("Europe/Warsaw"))
        _ = try timed("first load") { try ledger.book(for: policy, now: now) }
        _ = try timed("load again") { try ledger.book(for: policy, now: now) }
        _ = try timed("misgivings") { try ledger.misgivings() }
        _ = try timed("sourceTallies") { try ledger.sourceTallies() }
        _ = try timed("namedSessions") { try ledger.namedSessions() }
        _ = try timed("spend 90d") { try ledger.spend(since: now - .days(90)) }

        policy.budgets.append(Self.budget("added-month", window: .calendar(.month)))
        _ = try timed("add a month") { try ledger.book(for: policy, now: now) }
        policy.budgets.append(Self.budget("added-hour", window: .rolling(.hours(1))))
        _ = try timed("add a rolling hour") { try ledger.book(for: policy, now: now) }
        policy.budgets.append(Self.budget("added-week", window: .calendar(.week), per: [.label(.worker)]))
        _ = try timed("add a worker's week") { try ledger.book(for: policy, now: now) }
        policy.budgets[0].matcher = Matcher(terms: [.init(key: .label(.model), globs: [Glob("claude-s*")])])
        _ = try timed("change a match") { try ledger.book(for: policy, now: now) }
        policy.budgets[1].name = "renamed"
        _ = try timed("rename one") { try ledger.book(for: policy, now: now) }
        for (name, window, per) in Self.dear {
            policy.budgets.append(Self.budget(name, window: window, per: per))
            _ = try timed("add \(name)") { try ledger.book(for: policy, now: now) }
        }
        for index in policy.budgets.indices { policy.budgets[index].zone = zone("America/New_York") }
        _ = try timed("another zone") { try ledger.book(for: policy, now: now) }
        for index in policy.budgets.indices {
            policy.budgets[index].matcher = Matcher(terms: [.init(key: .label(.provider), globs: [Glob("a*")])])
        }
        _ = try timed("another match of all \(policy.budgets.count)") { try ledger.book(for: policy, now: now) }
        for rule in Self.rules {
            policy.rules.append(rule)
            _ = try timed("add rule \(rule.name)") { try ledger.book(for: policy, now: now) }
        }
        let book = try timed("load it all again") { try ledger.book(for: policy, now: now) }
        print("accounts", book.accounts.reduce(0) { $0 + $1.count })
        try ledger.close()
    }

    private static func policy(_ zone: Zone) -> Policy {
        var budgets: [Budget] = []
        let windows: [Window] = [
            .calendar(.hour), .calendar(.day), .calendar(.week), .calendar(.month), .calendar(.quarter),
        ]
        let pers: [[LabelKey]] = [[], [.label(.worker)], [.label(.project)], [.label(.project), .label(.user)]]
        for per in pers {
            for (number, window) in windows.enumerated() {
                budgets.append(budget("b-\(per.map(\.text))-\(number)", window: window, per: per))
            }
        }
        budgets.append(budget("session", window: .lifetime, per: [.label(.session)]))
        for index in budgets.indices { budgets[index].zone = zone }
        return Policy(revision: "1", budgets: budgets)
    }

    private static let dear: [(String, Window, [LabelKey])] = [
        ("rolling day", .rolling(.days(1)), []), ("rolling month", .rolling(.days(30)), []),
        ("block", .block(.hours(5)), []), ("worker block", .block(.hours(5)), [.label(.worker)]),
    ]

    private static let rules: [Rule] = [
        Rule(
            name: "burn", condition: .burnRate(BurnRate(over: .minutes(15), above: .dollars(12))),
            per: [.label(.worker)]),
        Rule(
            name: "anomaly",
            condition: .anomaly(
                Anomaly(over: .hours(1), baseline: .days(14), above: .percent(300), minimum: .dollars(1))),
            per: [.label(.project)]),
        Rule(name: "errors", condition: .errors(ErrorStreak(count: 5, within: .hours(1))), per: [.label(.worker)]),
        Rule(name: "silent", condition: .noData(NoData(after: .minutes(30))), per: [.label(.worker)]),
        Rule(name: "unpriced", condition: .unpricedModel(UnpricedModel())),
    ]

    private static func budget(_ name: String, window: Window, per: [LabelKey] = []) -> Budget {
        Budget(name: name, limit: .usd(.dollars(1_000_000)), per: per, window: window)
    }

    private func timed<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
        let (wall, processor) = (ContinuousClock().now, Self.processor)
        let value = try body()
        let took = (ContinuousClock().now - wall) / .milliseconds(1)
        print("\(what): \(Int64(took)) ms, \(Self.processor - processor) ms of processor time")
        return value
    }

    /// Of this thread, in milliseconds: what others do on the machine does not count.
    private static var processor: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
