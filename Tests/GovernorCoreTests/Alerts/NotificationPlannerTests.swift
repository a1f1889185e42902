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
        _ alerts: [Alert], pending: [Notification] = [], log: NotificationLog = NotificationLog(),
        sealed: Set<String> = [], policy: Policy = policy, now: Timestamp = monday
    ) -> [Notification] {
        planner(alerts, pending: pending, log: log, sealed: sealed, policy: policy, now: now).notifications
    }

    private static func planner(
        _ alerts: [Alert], pending: [Notification] = [], log: NotificationLog = NotificationLog(),
        sealed: Set<String> = [], policy: Policy = policy, now: Timestamp = monday
    ) -> NotificationPlanner {
        let outbox = Dictionary(uniqueKeysWithValues: pending.map { ($0.id, $0) })
        var planner = NotificationPlanner(policy: policy, log: log, pending: outbox, sealed: sealed, now: now)
        for alert in alerts { planner.tell(alert) }
        return planner
    }

    /// `ops: day 50 w-1 firing`.
    private static func shown(_ notifications: [Notification]) -> [String] {
        notifications.map { message in
            "\(message.receiver): "
                + message.items.map { item in
                    "\(item.alert.item) \(item.alert.threshold) \(item.alert.split.raw) \(item.telling)"
                }.joined(separator: ", ")
        }
    }

    @Test func `a receiver's alerts go as one message, whatever items they are of`() {
        let plan = Self.plan([
            Self.alert(50, split: "w-1", to: ["ops", "oncall"]), Self.alert(50, split: "w-2"),
            Self.alert(50, budget: "week"),
        ])
        #expect(
            Self.shown(plan) == [
                "ops: day 50% w-1 firing, day 50% w-2 firing, week 50%  firing", "oncall: day 50% w-1 firing",
            ])
        #expect(plan.map(\.nextAt) == [monday + .seconds(5), monday] && plan.map(\.dueAt) == plan.map(\.nextAt))
        #expect(plan.allSatisfy { $0.state == .pending && $0.attempts == 0 && $0.createdAt == monday })
        #expect(plan[0].groups == ["day", "week"])
    }

    @Test func `a thousand budgets that cross together are one message`() {
        let plan = Self.planner((0..<1000).map { Self.alert(100, budget: "b-\($0)") })
        #expect(plan.notifications.count == 1 && plan.notifications[0].items.count == 1000)
        #expect(plan.tellings.count == 1000 && plan.tellings.allSatisfy { $0.reason == .firstOfGroup })
    }

    @Test func `what must not wait brings forward what does, in its order`() throws {
        var log = NotificationLog()
        for message in Self.plan([Self.alert(50, split: "w")]) { log.take(message) }
        let later = monday + .seconds(10)
        var second = Self.alert(80, split: "w")
        second.firedAt = later
        let waiting = Self.plan([second], log: log, now: later)
        #expect(waiting.map(\.dueAt) == [monday + .seconds(65)], "the first message was due five seconds after monday")
        var urgent = Self.alert(80, split: "v")
        urgent.firedAt = later + .seconds(1)
        let joined = Self.plan([urgent], pending: waiting, log: log, now: later + .seconds(1))
        #expect(Self.shown(joined) == ["ops: day 80% w firing, day 80% v firing"])
        #expect(joined.map(\.id) == waiting.map(\.id) && joined.map(\.dueAt) == [later + .seconds(6)])
    }

    @Test func `nothing joins a message that is on its way`() throws {
        let first = try #require(Self.plan([Self.alert(50, split: "w")]).first)
        let plan = Self.plan([Self.alert(80, split: "v")], pending: [first], sealed: [first.id])
        #expect(plan.count == 1 && plan[0].id != first.id && plan[0].items.count == 1)
    }

    @Test func `who is told and who is not is written down, with the reason`() {
        var silenced = Self.alert(80, budget: "quiet", to: ["ops"])
        silenced.silenced = true
        let planner = Self.planner([
            Self.alert(50, split: "w", to: ["ops", "unset", "gone"]), Self.alert(80, split: "w"), silenced,
        ])
        let shown = planner.tellings.map { "\($0.receiver) \($0.reason.rawValue) \($0.notification != nil)" }
        #expect(
            shown == [
                "ops first_of_group true", "unset receiver_off false", "gone receiver_off false",
                "ops outranked false", "ops first_of_group true", "ops silenced false",
            ])
    }

    @Test func `what goes on is told again in one message, but not what an operator knows of`() {
        var log = NotificationLog()
        let policy = Policy(revision: "r", receivers: [Receiver(name: "ops", kind: .log, repeatEvery: .minutes(30))])
        let alerts = ["a", "b", "c"].map { Self.alert(80, split: $0) }
        for message in Self.plan(alerts, policy: policy) { log.take(message) }
        let now = monday + .minutes(31)
        var known = alerts
        known[1].acknowledgement = Alert.Acknowledgement(by: "ada", at: now)
        var planner = Self.planner([], log: log, policy: policy, now: now)
        planner.tellAgain { _ in
            known
        } isMuted: {
            $0.split.raw == "c"
        }
        #expect(Self.shown(planner.notifications) == ["ops: day 80% a repeated"])
        #expect(planner.notifications.map(\.dueAt) == [monday + .seconds(5) + .minutes(30)], "repeats don't drift")
        #expect(planner.tellings.map(\.reason) == [.repeatDue])
        let again = planner.notifications
        for message in again { log.take(message) }
        var next = Self.planner([], pending: again, log: log, policy: policy, now: now + .minutes(31))
        next.tellAgain { _ in
            known
        } isMuted: { _ in
            false
        }
        #expect(next.notifications.isEmpty, "the last has not arrived yet")
        next = Self.planner([], log: log, policy: policy, now: now + .minutes(31))
        next.tellAgain { _ in
            alerts
        } isMuted: { _ in
            false
        }
        #expect(next.notifications[0].items.count == 3 && next.notifications[0].id != again[0].id)
    }

    @Test func `a digest gathers to its hour, is there without alerts, and follows its hour when that is changed`() {
        let at = { (hours: Int64) in
            Policy(
                revision: "r", receivers: [Receiver(name: "ops", kind: .log, digest: DigestSchedule(at: .hours(hours)))]
            )
        }
        let hour = zoneHour(of: monday)
        var planner = Self.planner([Self.alert(80, split: "a")], policy: at(hour + 2))
        planner.keepDigests()
        let first = planner.notifications
        #expect(Self.shown(first) == ["ops: day 80% a firing"] && first.map(\.dueAt) == [monday + .hours(2)])
        #expect(first[0].period == Interval(start: monday - .hours(22), end: monday + .hours(2)))
        planner = Self.planner(
            [Self.alert(100, split: "b")], pending: first, policy: at(hour + 2), now: monday + .hours(1))
        planner.keepDigests()
        #expect(planner.notifications.map(\.id) == first.map(\.id) && planner.notifications[0].items.count == 2)
        planner = Self.planner([], pending: first, policy: at(hour + 3), now: monday + .hours(1))
        planner.keepDigests()
        #expect(planner.notifications.map(\.id) == first.map(\.id))
        #expect(planner.notifications.map(\.nextAt) == [monday + .hours(3)])
        planner = Self.planner([], pending: first, policy: Self.policy, now: monday + .hours(1))
        planner.keepDigests()
        #expect(planner.notifications.map(\.nextAt) == [monday + .hours(1)], "it wants no digests any more")
        planner = Self.planner([], pending: first, policy: at(hour + 2), now: monday + .hours(2))
        planner.keepDigests()
        #expect(planner.notifications.count == 1 && planner.notifications[0].items.isEmpty, "the next day's")
        #expect(planner.notifications.map(\.dueAt) == [monday + .hours(26)])
    }

    @Test func `after a week of absence the last day is reported, once, and the days before are not`() {
        let receiver = Receiver(name: "ops", kind: .log, digest: DigestSchedule(at: .hours(zoneHour(of: monday) + 2)))
        let policy = Policy(revision: "r", receivers: [receiver])
        var log = NotificationLog()
        log.note(digestOf: monday + .hours(2), to: "ops")
        let now = monday + .days(7)
        var planner = Self.planner([Self.alert(80, split: "a")], log: log, policy: policy, now: now)
        planner.keepDigests()
        let made = planner.notifications.sorted { $0.dueAt < $1.dueAt }
        #expect(made.map(\.dueAt) == [now - .hours(22), now + .hours(2)] && made.map(\.items.count) == [0, 1])
        planner = Self.planner([], pending: made, log: log, policy: policy, now: now + .seconds(1))
        planner.keepDigests()
        #expect(planner.notifications.isEmpty)
        log.note(digestOf: now - .hours(22), to: "ops")
        planner = Self.planner([], pending: [made[1]], log: log, policy: policy, now: now + .seconds(2))
        planner.keepDigests()
        #expect(planner.notifications.isEmpty)
    }

    private func zoneHour(of time: Timestamp) -> Int64 { Zone.utc.civil(at: time).millisecondOfDay / 3_600_000 }

    @Test func `a week's digest is due on its day`() {
        let schedule = DigestSchedule(weekday: 3, at: .hours(8))
        let warsaw = zone("Europe/Warsaw")
        let period = schedule.period(containing: instant("2026-10-25T12:00:00Z"), in: warsaw)
        #expect(period == Interval(start: instant("2026-10-21T06:00:00Z"), end: instant("2026-10-28T07:00:00Z")))
        #expect(schedule.period(containing: period.end, in: warsaw).start == period.end)
        #expect(schedule.text == "Wednesday 08:00")
    }

    @Test(arguments: [[50, 80, 100], [100, 80, 50], [80, 100, 50]])
    func `of several thresholds crossed at once only the highest is told`(order: [Int64]) {
        #expect(Self.shown(Self.plan(order.map { Self.alert($0, split: "w") })) == ["ops: day 100% w firing"])
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
        #expect(Self.shown(joined) == ["ops: day 80% w firing"])

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
        #expect(Self.shown(plan) == ["oncall: day 50% a firing, day 50% b firing"])
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
        #expect(Self.shown(Self.plan([alert, Self.resolved(alert)])) == ["ops: day 80% w firing, day 80% w resolved"])
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
