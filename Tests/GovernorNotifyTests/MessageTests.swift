import GovernorCore
import GovernorNotify
import Testing

@Suite struct MessageTests {
    @Test func `what is told again says so, and its subject is what is left without the label`() throws {
        let budget = try Examples.budget()
        let alert = Examples.alert(budget)
        let made = { (items: [Notification.Item]) in
            Message(
                Examples.notification(items), policy: try Examples.policy(budget), forecast: nil,
                now: Examples.firedAt)
        }
        let repeated = try made([Notification.Item(alert: alert, event: .firing, isRepeat: true)])
        #expect(repeated.title == "Still warning: w-1 reached 80% of worker-day")
        #expect(
            repeated.entries.map(\.headline) == ["w-1 reached 80% of worker-day at 2026-11-21 14:48, and it goes on"])
        let first = try made([Notification.Item(alert: alert, event: .firing)])
        #expect(first.title == "Warning: w-1 reached 80% of worker-day")
        let over = try made([Notification.Item(alert: alert, event: .resolved)])
        #expect(over.title.hasPrefix("Resolved: "))
        #expect(repeated.subject == first.subject && first.subject == "w-1 reached 80% of worker-day")
        #expect(!over.subject.hasPrefix("Resolved"))
    }

    @Test func `one crossing reads in the order of the contract`() throws {
        let message = try Examples.message(
            dashboardURL: "https://governor.example.com/", forecast: "$41.20 by midnight at this rate")
        #expect(
            message.text == """
                Warning: w-1 reached 80% of worker-day

                w-1 reached 80% of worker-day at 2026-11-21 14:48
                Spent: $20.10 of $25.00 today, 80.4%
                Governor: nothing yet; this is a warning
                Until: 2026-11-22 00:00, in 9h 12m

                Forecast: $41.20 by midnight at this rate
                See more: governor alerts explain al_5558884f7d4f6f16, https://governor.example.com/
                Times are in Europe/Warsaw.
                """)
        #expect(message.severity == .warning)
        #expect(
            message.line
                == "Warning: w-1 reached 80% of worker-day | w-1 reached 80% of worker-day at 2026-11-21 14:48; "
                + "$20.10 of $25.00 today, 80.4%; nothing yet; this is a warning; until 2026-11-22 00:00, in 9h 12m | "
                + "$41.20 by midnight at this rate")
    }

    @Test func `a resolved alert says why, how long it fired and what it had spent`() throws {
        let budget = try Examples.budget()
        var alert = Examples.alert(budget, percent: 100, spentCents: 2600, action: "paused it until midnight")
        alert.resolve(at: Examples.firedAt + .minutes(90), because: .limitChanged)
        let message = Message(
            try Examples.notification([alert], event: .resolved), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt + .minutes(91))
        #expect(message.title == "Resolved: w-1 is no longer at 100% of worker-day, the limit changed")
        #expect(message.severity == .info)
        let entry = try #require(message.entries.first)
        #expect(entry.headline.hasSuffix("at 2026-11-21 16:18"))
        #expect(entry.spent == "$26.00 of $25.00 today, 104% when it fired")
        #expect(entry.until == "2026-11-21 16:18; it fired for 1h 30m")
    }

    @Test func `a message that waited past its window names the dates instead of today`() throws {
        let budget = try Examples.budget()
        let message = Message(
            try Examples.notification([Examples.alert(budget)]), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt + .hours(12))
        let entry = try #require(message.entries.first)
        #expect(entry.spent == "$20.10 of $25.00 from 2026-11-21 00:00 to 2026-11-22 00:00, 80.4%")
        #expect(entry.until == "2026-11-22 00:00, which has passed")
    }

    @Test(arguments: [
        (Window.rolling(.hours(1)), "enough of it is more than 1h old", " in the last 1h"),
        (.lifetime, "the limit is raised; this budget never starts anew", " in all"),
    ])
    func `windows without an end say what ends them`(window: Window, until: String, period: String) throws {
        let budget = try Examples.budget(window: window)
        let message = Message(
            try Examples.notification([Examples.alert(budget)]), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt)
        #expect(message.entries.first?.until == until)
        #expect(message.entries.first?.spent == "$20.10 of $25.00\(period), 80.4%")
    }

    @Test func `a pause of some minutes ends then, not with the window`() throws {
        let thresholds = [Threshold(ratio: .percent(100), pause: .lasting(.minutes(15)))]
        let budget = try Examples.budget(thresholds: thresholds)
        let message = Message(
            try Examples.notification([Examples.alert(budget, percent: 100)]), policy: try Examples.policy(budget),
            forecast: nil, now: Examples.firedAt)
        #expect(message.entries.first?.until == "2026-11-21 15:03, in 15m")
    }

    @Test func `an alert of a budget that is gone from the policy is still told`() throws {
        let budget = try Examples.budget()
        let other = try Examples.policy(try Examples.budget("another"))
        let message = Message(
            try Examples.notification([Examples.alert(budget)]), policy: other, forecast: nil, now: Examples.firedAt)
        #expect(message.entries.first?.spent == "$20.10 of $25.00, 80.4%")
    }

    @Test func `a limit that is almost reached never reads as reached`() throws {
        let budget = try Examples.budget()
        var alert = Examples.alert(budget)
        alert.spent = 24_999_999_999
        let message = Message(
            try Examples.notification([alert]), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt)
        #expect(message.entries.first?.spent.hasSuffix("99.9%") == true)
    }

    @Test func `token budgets name their unit once`() throws {
        var budget = try Examples.budget()
        budget.limit = Limit(unit: .tokens, value: 5_000_000)
        var alert = Examples.alert(budget)
        alert.spent = 4_100_000
        let message = Message(
            try Examples.notification([alert]), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt)
        #expect(message.entries.first?.spent == "4100000 of 5000000 tokens today, 82%")
    }

    @Test func `a thousand crossings make one readable message, the worst first`() throws {
        let budget = try Examples.budget()
        var alerts = (1...999).map { Examples.alert(budget, worker: "w-\($0)") }
        alerts.append(Examples.alert(budget, worker: "w-last", percent: 100, action: "paused it until midnight"))
        var resolved = Examples.alert(budget, worker: "w-done")
        resolved.resolve(at: Examples.firedAt, because: .spendFell)
        var notification = try Examples.notification(alerts)
        notification.items.append(Notification.Item(alert: resolved, event: .resolved))
        let message = Message(
            notification, policy: try Examples.policy(budget), forecast: nil, now: Examples.firedAt)
        #expect(message.title == "Critical: 1001 alerts of worker-day, 1 of them resolved")
        #expect(message.entries.count == 10)
        #expect(message.entries.first?.headline.hasPrefix("w-last reached 100%") == true)
        #expect(message.moreText == "and 991 more")
        #expect(message.text.contains("and 991 more"))
        #expect(message.text.utf8.count < 4000)
    }

    @Test func `the order of the items does not change the message`() throws {
        let budget = try Examples.budget()
        let alerts = (1...20).map {
            Examples.alert(budget, worker: "w-\($0)", percent: $0.isMultiple(of: 3) ? 100 : 80)
        }
        let policy = try Examples.policy(budget)
        let forward = Message(
            try Examples.notification(alerts), policy: policy, forecast: nil, now: Examples.firedAt)
        let backward = Message(
            try Examples.notification(alerts.reversed()), policy: policy, forecast: nil, now: Examples.firedAt)
        #expect(forward == backward)
    }

    @Test(arguments: [
        ("w-1\r\nBcc: all@example.com", "w-1 Bcc: all@example.com"),
        ("\u{1B}[31mred\u{1B}[0m", "[31mred[0m"),
        ("a\u{0}b\u{7}c\u{7F}d\u{9B}e", "abcde"),
        ("left\u{202E}thgir", "leftthgir"),
        ("one\u{2028}two\ttab", "one two tab"),
        ("zażółć 工 🤖", "zażółć 工 🤖"),
    ])
    func `data loses what could drive a terminal, a header or the eye`(data: String, shown: String) {
        #expect(Message.clean(data) == shown)
    }

    @Test func `long data is cut, however it is built`() {
        #expect(Message.clean(String(repeating: "x", count: 10_000), limit: 120).unicodeScalars.count == 120)
        #expect(
            Message.clean("e" + String(repeating: "\u{301}", count: 10_000), limit: 120).unicodeScalars.count == 120)
        #expect(Message.clean("short", limit: 5) == "short")
        #expect(Message.clean("short", limit: 0) == "…")
    }

    @Test func `the log gets one line`() async throws {
        let message = try Examples.message(worker: "w-1\r\nFAKE LINE\u{1B}[2J")
        let lines = Lines()
        let notifier = LogNotifier(receiver: "ops") { lines.add($0) }
        #expect(await notifier.send(message, id: "nt_1") == .delivered)
        #expect(lines.all.count == 1)
        let line = try #require(lines.all.first)
        #expect(line.hasPrefix("alert to ops, nt_1: Warning: w-1 FAKE LINE[2J reached 80% of worker-day | "))
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func `a test message says that it is one`() throws {
        let message = Message.test(
            receiver: "ops", policy: try Examples.policy(try Examples.budget()), now: Examples.firedAt)
        #expect(message.title == "Test: messages to ops arrive")
        #expect(message.text.contains("Governor sent a test to ops at 2026-11-21 14:48"))
    }
}
