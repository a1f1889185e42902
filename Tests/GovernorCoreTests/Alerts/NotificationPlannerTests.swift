import GovernorCore
import Testing

@Suite struct NotificationPlannerTests {
    private static let policy = Policy(
        revision: "r",
        receivers: [
            Receiver(name: "ops", kind: .log), Receiver(name: "oncall", kind: .log, groupWait: .zero),
            Receiver(name: "quiet", kind: .log, sendsResolved: false), Receiver(name: "unset", kind: .off),
        ])

    private static func alert(
        _ percent: Int64, budget: String = "day", split: String = "", to receivers: [String] = ["ops"],
        start: Timestamp = monday
    ) -> Alert {
        Alert(
            budget: Budget(name: budget, limit: .usd(.dollars(10)), window: .calendar(.day)), split: Split(raw: split),
            window: Interval(start: start, end: start + .days(1)), threshold: Threshold(ratio: .percent(percent)),
            limitRevision: 0, firedAt: monday, spent: 0, action: "nothing", notified: receivers)
    }

    private static func resolved(_ alert: Alert) -> Alert {
        var alert = alert
        alert.resolve(at: monday + .hours(1), because: .spendFell)
        return alert
    }

    private static func plan(
        _ alerts: [Alert], pending: [Notification] = [], now: Timestamp = monday
    ) -> [Notification] {
        NotificationPlanner.plan(
            alerts, pending: Dictionary(uniqueKeysWithValues: pending.map { ($0.id, $0) }), policy: policy, now: now)
    }

    /// `ops day: 50 w-1 firing`.
    private static func shown(_ notifications: [Notification]) -> [String] {
        notifications.map { message in
            "\(message.receiver) \(message.group): "
                + message.items.map { "\($0.alert.threshold) \($0.alert.split.raw) \($0.event)" }.joined(
                    separator: ", ")
        }
    }

    @Test func `alerts of one item go to a receiver as one message, others apart`() {
        let plan = Self.plan([
            Self.alert(50, split: "w-1", to: ["ops", "oncall"]), Self.alert(50, split: "w-2"),
            Self.alert(50, budget: "week"),
        ])
        #expect(
            Self.shown(plan) == [
                "ops day: 50% w-1 firing, 50% w-2 firing", "oncall day: 50% w-1 firing", "ops week: 50%  firing",
            ])
        #expect(plan.map(\.nextAt) == [monday + .seconds(5), monday, monday + .seconds(5)])
        #expect(plan.allSatisfy { $0.state == .pending && $0.attempts == 0 && $0.createdAt == monday })
    }

    @Test(arguments: [[50, 80, 100], [100, 80, 50], [80, 100, 50]])
    func `of several thresholds crossed at once only the highest is told`(order: [Int64]) {
        #expect(Self.shown(Self.plan(order.map { Self.alert($0, split: "w") })) == ["ops day: 100% w firing"])
        let apart = [
            Self.alert(50, split: "w"), Self.alert(80, split: "v"),
            Self.alert(50, split: "w", start: monday - .days(1)),
        ]
        #expect(Self.plan(apart).first?.items.count == 3, "splits and windows are apart")
    }

    @Test func `a later alert joins the message that still waits, and no other`() throws {
        let first = try #require(Self.plan([Self.alert(50, split: "w")]).first)
        let joined = Self.plan([Self.alert(80, split: "w")], pending: [first], now: monday + .seconds(4))
        #expect(
            joined.map(\.id) == [first.id] && joined[0].nextAt == first.nextAt, "joining does not push the message back"
        )
        #expect(Self.shown(joined) == ["ops day: 80% w firing"])

        let late = Self.plan([Self.alert(80, split: "w")], pending: [first], now: monday + .seconds(5))
        #expect(late.count == 1 && late[0].id != first.id, "its time has come: it may be on its way")
        var tried = first
        tried.attempts = 1
        tried.nextAt = monday + .hours(1)
        #expect(Self.plan([Self.alert(80, split: "w")], pending: [tried])[0].id != first.id, "an attempt was made")
        for state in [Notification.State.sent, .dead] {
            var done = first
            done.state = state
            #expect(Self.plan([Self.alert(80, split: "w")], pending: [done])[0].id != first.id)
        }
    }

    @Test func `without a wait the alerts of one group of changes still share a message`() {
        let plan = Self.plan([Self.alert(50, split: "a", to: ["oncall"]), Self.alert(50, split: "b", to: ["oncall"])])
        #expect(Self.shown(plan) == ["oncall day: 50% a firing, 50% b firing"])
        #expect(Self.plan([Self.alert(50, split: "c", to: ["oncall"])], pending: plan)[0].id != plan[0].id)
    }

    @Test func `a receiver that is off, gone, or not told of resolving hears nothing`() {
        let alert = Self.alert(80, to: ["unset", "gone", "quiet", "ops"])
        #expect(Self.plan([alert]).map(\.receiver) == ["quiet", "ops"])
        #expect(Self.plan([Self.resolved(alert)]).map(\.receiver) == ["ops"])
        #expect(Self.plan([Self.alert(80, to: [])]).isEmpty)
    }

    @Test func `ids are the same whenever planned, and differ by receiver, alert and event`() {
        let alert = Self.alert(80, to: ["ops", "oncall"])
        let ids = Self.plan([alert]).map(\.id) + Self.plan([Self.resolved(alert)]).map(\.id)
        #expect(Set(ids).count == 4)
        #expect(Self.plan([alert], now: monday + .hours(3)).map(\.id) == Array(ids[..<2]))
    }

    @Test func `firing and resolving of one alert both stay in a message`() {
        let alert = Self.alert(80, split: "w")
        #expect(Self.shown(Self.plan([alert, Self.resolved(alert)])) == ["ops day: 80% w firing, 80% w resolved"])
    }
}

@Suite struct BackoffTests {
    @Test(
        arguments: [
            (-1, 5), (0, 5), (1, 5), (2, 30), (3, 120), (4, 600), (5, 1800), (6, 3600), (7, 7200), (8, 14_400),
            (9, 14_400),
            (.max, 14_400),
        ] as [(Int64, Int64)])
    func `each failure waits longer, within a fifth either way`(attempts: Int64, seconds: Int64) {
        #expect(Backoff.wait(attempts: attempts, jitter: 0.5) == .seconds(seconds))
        #expect(Backoff.wait(attempts: attempts, jitter: 0).milliseconds == seconds * 800)
        #expect(Backoff.wait(attempts: attempts, jitter: 1).milliseconds == seconds * 1200)
        #expect(Backoff.wait(attempts: attempts, jitter: 7) == Backoff.wait(attempts: attempts, jitter: 1))
        #expect(Backoff.wait(attempts: attempts, jitter: -.infinity) == Backoff.wait(attempts: attempts, jitter: 0))
    }
}
