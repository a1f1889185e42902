import GovernorCore
import Testing

/// What clocks do to alerts; what they do to windows alone is in `ClockFaultTests`.
@Suite struct PlannerClockTests {
    private static let budgets: [Budget] = {
        let thresholds = [
            Threshold(ratio: .percent(50), notify: ["ops"]),
            Threshold(ratio: .percent(80), notify: ["ops"], pause: .lasting(.minutes(30))),
            Threshold(ratio: .percent(100), notify: ["ops"], pause: .untilReset),
        ]
        let operated = [Threshold(ratio: .percent(100), notify: ["ops"], pause: .untilResumed)]
        let rolling = Array(thresholds.dropLast())
        return [
            pot("hour", window: .calendar(.hour), at: thresholds), pot("day", at: thresholds),
            pot("held", at: [Threshold(ratio: .percent(80), actions: Actions(notify: ["ops"]), hold: .minutes(10))]),
            pot("operated", at: operated), pot("rolling", window: .rolling(.hours(6)), at: rolling),
            pot("block", window: .block(.hours(5)), at: thresholds), pot("life", window: .lifetime, at: rolling),
        ]
    }()

    private static let rules = [
        Rule(
            name: "hot", condition: .burnRate(BurnRate(over: .hours(1), above: .dollars(5))),
            actions: Actions(notify: ["ops"], pause: .lasting(.minutes(20))))
    ]

    private static func desk() -> Desk {
        var desk = Desk(budgets, rules: rules)
        desk.spent("10", at: monday)
        desk.ticks(from: monday, to: monday + .minutes(15))
        return desk
    }

    private static func names(_ alerts: some Sequence<Alert>) -> [String] { alerts.map(\.name).sorted() }

    private static let all = [
        "block@100%", "block@50%", "block@80%", "day@100%", "day@50%", "day@80%", "held@80%", "hot", "hour@100%",
        "hour@50%", "hour@80%", "life@50%", "life@80%", "operated@100%", "rolling@50%", "rolling@80%",
    ]

    @Test func `an hour back fires nothing again and loses nothing`() {
        var desk = Self.desk()
        #expect(Self.names(desk.book.firing) == Self.all)
        let back = monday - .minutes(45)
        desk.restart(at: back)
        #expect(desk.ticks(from: back, to: monday + .minutes(15)).isEmpty)
        #expect(Self.names(desk.book.firing) == Self.all && desk.isSound)
        #expect(desk.decide(at: monday + .minutes(16)).kind == .pause)
    }

    @Test func `a day ahead and back: what had seemed over is not, and nothing fires again`() {
        var desk = Self.desk()
        let ahead = monday + .days(1)
        desk.ticks(from: ahead, to: ahead + .hours(3), every: .minutes(10))
        #expect(Self.names(desk.book.firing) == ["life@50%", "life@80%", "operated@100%"])
        #expect(desk.decide(at: ahead).reasons.map(\.item) == ["operated"])
        let back = monday + .minutes(20)
        desk.restart(at: back)
        #expect(desk.ticks(from: back, to: back + .minutes(30)).allSatisfy { $0.item == "rolling" || $0.item == "hot" })
        let decision = desk.decide(at: back)
        #expect(Set(decision.reasons.map(\.item)).isSuperset(of: ["hour", "day", "operated", "block"]))
        #expect(decision.remaining == .zero && desk.isSound)
        // The windows' real ends come without another word, and the next ones are armed.
        desk.ticks(from: back, to: ahead - .hours(10), every: .minutes(10))
        #expect(desk.decide(at: ahead - .hours(8)).reasons.map(\.item) == ["operated"])
        #expect(desk.spent("10", at: ahead - .hours(8)).fired.contains { $0.name == "day@100%" } && desk.isSound)
    }

    @Test func `spend that was booked while the clock was ahead waits for its window`() {
        var desk = Desk([pot(at: [Threshold(ratio: .percent(80), pause: .untilReset)])])
        desk.spent("5", at: monday)
        let ahead = monday + .days(1)
        #expect(desk.spent("9", at: ahead).fired.count == 1)
        desk.restart(at: monday + .minutes(1))
        #expect(desk.tick(at: monday + .minutes(1)).alerts.isEmpty)
        #expect(desk.decide(at: monday + .minutes(1)).remaining == .dollars(5))
        #expect(desk.ticks(from: monday, to: ahead + .minutes(5), every: .minutes(10)).isEmpty)
        #expect(desk.decide(at: ahead).kind == .pause && desk.isSound)
    }

    @Test func `eight hours of sleep end what ended, once, and forget nothing`() {
        var desk = Self.desk()
        let awake = monday + .minutes(15) + .hours(8)
        let plan = desk.tick(at: awake)
        #expect(plan.fired.isEmpty)
        #expect(
            Self.names(plan.resolved) == [
                "block@100%", "block@50%", "block@80%", "hour@100%", "hour@50%", "hour@80%",
            ])
        #expect(Self.names(desk.tick(at: awake + .minutes(5)).resolved) == ["hot", "rolling@50%", "rolling@80%"])
        #expect(
            Self.names(desk.book.firing) == [
                "day@100%", "day@50%", "day@80%", "held@80%", "life@50%", "life@80%", "operated@100%",
            ])
        #expect(desk.decide(at: awake).resumeAt == nil && desk.isSound)
    }

    @Test func `it sleeps before an alert and wakes after it would have fired`() {
        var desk = Desk([
            pot(at: [Threshold(ratio: .percent(80), actions: Actions(notify: ["ops"]), hold: .minutes(10))])
        ])
        desk.spent("9", at: monday)
        #expect(desk.tick(at: monday + .hours(8)).fired.count == 1)
        var silent = Desk([pot()])
        // Read while it slept, known when it wakes.
        #expect(silent.commit([spend(usd("9"))], at: monday + .hours(8)).fired.count == 1)
    }

    @Test(arguments: ["Europe/Warsaw", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo"])
    func `over every change of the clock each day has its alerts once`(name: String) {
        let thresholds = [Threshold(ratio: .percent(80), notify: ["ops"], pause: .untilReset)]
        var desk = Desk(
            [
                pot("day", zone: zone(name), at: thresholds),
                pot("hour", window: .calendar(.hour), zone: zone(name), at: thresholds),
            ],
            now: instant("2018-10-01T00:00:00Z"))
        var now = instant("2018-10-01T00:00:00Z")
        var days: [String: Int] = [:]
        while now < instant("2018-11-20T00:00:00Z") {
            for alert in desk.spent("10", at: now).fired where alert.item == "day" {
                days[zone(name).civil(at: alert.firedAt).date.text, default: 0] += 1
            }
            desk.tick(at: now + .minutes(1))
            now = now + .minutes(30)
        }
        #expect(days.values.allSatisfy { $0 == 1 } && days.count >= 50 && desk.isSound)
    }
}
