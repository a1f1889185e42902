import GovernorCore
import Testing

/// What a rule does with its condition over time; the conditions themselves have their own tests.
@Suite struct RuleStateTests {
    private static let one = Labels([.worker: "w-1"])
    private static let two = Labels([.worker: "w-2"])

    /// More than $4 an hour over a quarter of one: $1.01 is enough.
    private static func hot(
        hold: Span = .zero, keep: Span = .minutes(5), pause: Pause? = nil, per: [LabelKey] = perWorker,
        mode: Mode = .enforce, match: Matcher = .all
    ) -> Rule {
        Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .minutes(15), above: .dollars(4))), per: per,
            matcher: match,
            hold: hold, keepFiringFor: keep,
            actions: Actions(notify: ["ops"], throttle: Throttle(maxWorkers: 2), pause: pause), mode: mode)
    }

    private static func streak(pause: Pause) -> Rule {
        Rule(
            name: "streak", condition: .errors(ErrorStreak(count: 3, within: .minutes(10))), per: perWorker,
            actions: Actions(notify: ["ops"], pause: pause))
    }

    private static func failed(_ labels: Labels = one, at now: Timestamp) -> UsageRecord {
        var record = spend(.zero, labels, at: now, id: "e\(now.milliseconds)")
        record.outcome = .error
        record.errorKind = "rate_limit"
        return record
    }

    private static let left = Span.seconds(903)

    @Test func `it fires when its condition held long enough, once, and resolves when it was over long enough`() {
        var desk = Desk(rules: [Self.hot(hold: .minutes(5))])
        #expect(desk.spent("2", Self.one, at: monday).alerts.isEmpty)
        #expect(desk.ticks(from: monday, to: monday + .minutes(4)).isEmpty)
        #expect(desk.decide(Self.one, at: monday + .minutes(4)).kind == .allow)
        let fired = desk.tick(at: monday + .minutes(5)).fired
        #expect(fired.map(\.window.start) == [monday] && fired.map(\.firedAt) == [monday + .minutes(5)])
        #expect(desk.decide(Self.one, at: monday + .minutes(5)).maxWorkers == 2)
        #expect(desk.decide(Self.two, at: monday + .minutes(5)).kind == .allow)
        // It leaves the quarter of an hour at most one slot of three seconds late.
        #expect(desk.ticks(from: monday + .minutes(6), to: monday + Self.left, every: .seconds(3)).isEmpty)
        let over = monday + Self.left
        #expect(desk.ticks(from: over, to: over + .seconds(299), every: .seconds(1)).isEmpty)
        #expect(desk.tick(at: over + .minutes(5)).resolved.map(\.end) == [.cleared])
        #expect(desk.ledger.timers.isEmpty && desk.book.rules[0].isEmpty && desk.isSound)
    }

    @Test func `what was over for a moment while it waited begins anew`() {
        var desk = Desk(rules: [Self.hot(hold: .minutes(10))])
        let record = spend(usd("2"), Self.one, id: "a")
        desk.commit([.insert(record)], at: monday)
        desk.commit(corrected(record, to: "0"), at: monday + .minutes(5))
        #expect(desk.book.rules[0].isEmpty && desk.ledger.timers.isEmpty)
        desk.spent("2", Self.one, at: monday + .minutes(6))
        #expect(desk.ticks(from: monday + .minutes(6), to: monday + .minutes(15)).isEmpty)
        #expect(desk.tick(at: monday + .minutes(16)).fired.count == 1)
    }

    @Test func `at the line it does not flap`() {
        var desk = Desk(rules: [Self.hot()])
        var alerts: [Alert] = []
        // A dollar and a cent every 17 minutes: above the line for a quarter of an hour, below it for two.
        for round in Int64(0)..<20 {
            let now = monday + .minutes(17 * round)
            alerts += desk.spent("1.01", Self.one, at: now).alerts
            alerts += desk.ticks(from: now + .minutes(1), to: now + .minutes(16))
        }
        #expect(alerts.count == 1 && desk.isSound)
    }

    @Test func `a pause for a while is extended while the condition holds, as the same alert`() {
        var desk = Desk(rules: [Self.streak(pause: .lasting(.minutes(15)))])
        var fired: [Alert] = []
        for minute in Int64(0)..<20 {
            fired += desk.commit([Self.failed(at: monday + .minutes(minute))], at: monday + .minutes(minute)).fired
        }
        #expect(fired.count == 1)
        let last = monday + .minutes(19)
        let end = last + .minutes(15)
        #expect(desk.decide(Self.one, at: last).resumeAt == end)
        #expect(desk.ticks(from: last, to: end - .seconds(1), every: .seconds(1)).isEmpty)
        #expect(desk.decide(Self.one, at: end - Span(milliseconds: 1)).kind == .pause)
        #expect(desk.decide(Self.one, at: end).kind == .allow, "from the call, not from when it was looked at")
        // The streak was over ten minutes after its last error, and that five minutes ago.
        #expect(desk.tick(at: end + .seconds(1)).resolved.count == 1 && desk.isSound)
    }

    @Test func `a restart keeps the pause that was promised`() {
        var desk = Desk(rules: [Self.streak(pause: .lasting(.minutes(15)))])
        for minute in Int64(0)..<5 {
            desk.commit([Self.failed(at: monday + .minutes(minute))], at: monday + .minutes(minute))
        }
        let end = monday + .minutes(19)
        for minute in [Int64(5), 9, 13, 16, 18] {
            let now = monday + .minutes(minute)
            desk.restart(at: now)
            #expect(desk.tick(at: now).alerts.isEmpty)
            #expect(desk.decide(Self.one, at: now).resumeAt == end, "after \(minute) m")
            desk.tick(at: now + .seconds(50))
        }
        desk.tick(at: end)
        #expect(desk.decide(Self.one, at: end).kind == .allow)
        #expect(desk.tick(at: end + .minutes(1)).fired.isEmpty && desk.isSound)
    }

    @Test(arguments: [0, 3, 7, 10, 14, 16, 19, 24] as [Int64])
    func `a restart at any moment changes nothing`(minute: Int64) {
        func run(restart: Bool) -> [String] {
            var desk = Desk(rules: [Self.hot(hold: .minutes(5), pause: .lasting(.minutes(6)))])
            var told: [String] = []
            desk.spent("2", Self.one, at: monday)
            for now in (0..<60).map({ monday + .minutes($0) }) {
                told += desk.tick(at: now).alerts.map { "\($0.id) \($0.state) \(RFC3339.utc(now))" }
                if restart, now == monday + .minutes(minute) { desk.restart(at: now) }
                told.append(desk.decide(Self.one, at: now).kind.rawValue)
            }
            #expect(desk.isSound)
            return told
        }
        #expect(run(restart: true) == run(restart: false))
    }

    @Test func `an operator ends a pause that waits for one, and what goes on pauses nobody again`() {
        var desk = Desk(rules: [Self.streak(pause: .untilResumed)])
        for minute in Int64(0)..<3 {
            desk.commit([Self.failed(at: monday + .minutes(minute))], at: monday + .minutes(minute))
        }
        let day = monday + .days(1)
        var late = desk
        late.ticks(from: monday + .minutes(3), to: day, every: .minutes(10))
        #expect(late.decide(Self.one, at: day).kind == .pause, "the streak is over for long, the pause is not")
        #expect(late.resume(Self.two, at: day).isEmpty && late.resume(Self.one, at: day).map(\.end) == [.resumed])
        #expect(late.book.rules[0].isEmpty && late.decide(Self.one, at: day).kind == .allow && late.isSound)

        let now = monday + .minutes(3)
        #expect(desk.resume(at: now).count == 1)
        #expect(desk.tick(at: now).alerts.isEmpty && desk.decide(Self.one, at: now).kind == .allow)
        desk.restart(at: now + .seconds(1))
        #expect(desk.tick(at: now + .seconds(1)).alerts.isEmpty)
        // One call that succeeds ends the streak; three more errors are another.
        desk.spent("0", Self.one, at: monday + .minutes(4))
        #expect(desk.ledger.timers.isEmpty)
        var fired: [Alert] = []
        for minute in Int64(5)..<8 {
            fired += desk.commit([Self.failed(at: monday + .minutes(minute))], at: monday + .minutes(minute)).fired
        }
        #expect(fired.count == 1 && desk.decide(Self.one, at: monday + .minutes(7)).kind == .pause && desk.isSound)
    }

    @Test func `what goes on after a resumption is told again once all of it came after`() {
        var desk = Desk(rules: [Self.hot(pause: .untilResumed)])
        desk.spent("2", Self.one, at: monday)
        #expect(desk.resume(at: monday + .minutes(1)).count == 1)
        var fired: [Alert] = []
        for minute in Int64(2)..<20 {
            let now = monday + .minutes(minute)
            fired += desk.spent("2", Self.one, at: now).fired
            #expect(fired.isEmpty == (minute < 17), "after \(minute) m")
        }
        #expect(fired.count == 1 && desk.isSound)
    }

    @Test func `one that only observes fires and holds nobody back`() {
        var desk = Desk(rules: [Self.hot(pause: .lasting(.minutes(5)), mode: .observe)])
        let plan = desk.spent("2", Self.one, at: monday)
        #expect(plan.fired.count == 1 && plan.notifications.count == 1)
        #expect(plan.fired[0].action.hasPrefix("nothing, it only observes; it would have paused it for 5m"))
        let decision = desk.decide(Self.one, at: monday)
        #expect(decision.kind == .allow && decision.would == .pause && decision.wouldReasons.count == 1)
        #expect(desk.book.pausingRules(now: monday).isEmpty)
    }

    @Test func `spend that names nobody is nobody's`() {
        var desk = Desk(rules: [Self.hot(), Self.hot(per: [.label(.worker), .label(.user)]).named("both")])
        #expect(desk.spent("9", at: monday).alerts.isEmpty)
        #expect(desk.spent("9", Labels([.user: "ada"]), at: monday, id: "u").alerts.isEmpty)
        #expect(desk.ticks(from: monday, to: monday + .minutes(3)).isEmpty)
        #expect(
            desk.spent("9", Labels([.worker: "w", .user: "ada"]), at: monday, id: "b").fired.map(\.who) == [
                "w", "w, ada",
            ])
    }

    @Test func `what a rule says of a source holds for everyone it is about`() {
        let quiet = Rule(
            name: "quiet", condition: .noData(NoData(after: .minutes(20))), per: [.label(.source)],
            matcher: matching(.source, "transcript"), actions: Actions(pause: .lasting(.minutes(10))))
        let each = Rule(
            name: "each", condition: .noData(NoData(after: .minutes(20))), per: [.label(.source), .label(.worker)],
            matcher: matching(.project, "web"), actions: Actions(throttle: Throttle(maxWorkers: 1)))
        var desk = Desk(rules: [quiet, each])
        desk.spent("1", Labels([.source: "transcript", .worker: "w-1", .project: "web"]), at: monday)
        #expect(desk.tick(at: monday + .minutes(20)).fired.map(\.name) == ["quiet", "each"])
        let now = monday + .minutes(20)
        let web = Labels([.worker: "w-1", .project: "web"])
        #expect(desk.decide(web, at: now).reasons.map(\.item) == ["quiet", "each"])
        #expect(desk.decide(Labels([.worker: "w-2", .project: "web"]), at: now).reasons.map(\.item) == ["quiet"])
        #expect(desk.decide(Labels([.worker: "w-1", .project: "docs"]), at: now).reasons.map(\.item) == ["quiet"])
        let explained = desk.book.explain(web, now: now)
        #expect(explained.items.map(\.otherwise) == [nil, nil] && explained.items.allSatisfy { $0.steps[0].isFiring })
    }
}

extension Rule {
    /// The same under another name.
    fileprivate func named(_ name: String) -> Rule {
        var rule = self
        rule.name = name
        return rule
    }
}
