import GovernorCore
import Testing

/// Budgets over blocks: so long from the first use on.
@Suite struct BlockBudgetTests {
    private static let length = Span.hours(5)

    private static func desk(_ thresholds: [Threshold]? = nil) -> Desk {
        Desk([
            pot(
                window: .block(length),
                at: thresholds ?? [
                    Threshold(ratio: .percent(50), notify: ["ops"]),
                    Threshold(ratio: .percent(100), pause: .untilReset),
                ])
        ])
    }

    private static func slots(_ desk: Desk) -> [Interval] { desk.book.accounts[0][.fleet]?.slots.map(\.interval) ?? [] }

    @Test func `the first use begins one, and a use after its end the next`() {
        var desk = Self.desk()
        #expect(desk.decide(at: monday).kind == .allow && desk.decide(at: monday).remaining == .dollars(10))
        #expect(desk.book.window(of: AccountKey(meter: 0, split: .fleet), at: monday).start == monday)
        desk.spent("6", at: monday)
        let end = monday + Self.length
        desk.spent("1", at: end - Span(milliseconds: 1))
        #expect(Self.slots(desk) == [Interval(start: monday, end: end)])
        #expect(desk.decide(at: end - Span(milliseconds: 1)).remaining == .dollars(3))
        #expect(desk.decide(at: end).remaining == .dollars(10), "between blocks everything is left")
        let next = end + .minutes(90)
        #expect(desk.decide(estimate: .dollars(10), at: next).kind == .allow)
        desk.spent("2", at: next)
        #expect(Self.slots(desk).last == Interval(start: next, end: next + Self.length))
        #expect(desk.decide(at: next).remaining == .dollars(8))
    }

    @Test func `each block has its own alerts`() {
        var desk = Self.desk()
        let first = desk.spent("10", at: monday).fired
        #expect(
            first.map(\.name) == ["b@50%", "b@100%"]
                && first[0].window == Interval(start: monday, end: monday + Self.length))
        #expect(desk.decide(at: monday).resumeAt == monday + Self.length)
        #expect(desk.tick(at: monday + Self.length).resolved.map(\.end) == [.windowEnded, .windowEnded])
        let second = desk.spent("10", at: monday + .hours(6)).fired
        #expect(second.count == 2 && Set(second.map(\.id)).isDisjoint(with: first.map(\.id)) && desk.isSound)
    }

    @Test func `a late use before a known block gets one of its own, which ends where that begins`() {
        var desk = Self.desk()
        desk.spent("1", at: monday)
        let early = monday - .hours(2)
        let plan = desk.commit([spend(usd("9"), at: early, id: "late")], at: monday + .minutes(1))
        #expect(
            Self.slots(desk) == [
                Interval(start: early, end: monday), Interval(start: monday, end: monday + Self.length),
            ])
        #expect(plan.fired.map(\.action) == ["nothing, the window had ended before this spend was known"])
        #expect(plan.resolved.map(\.end) == [.windowEnded])
        #expect(desk.decide(at: monday + .minutes(1)).remaining == .dollars(9))
        // What was over for more than an hour is nobody's block any more.
        #expect(
            desk.commit([spend(usd("9"), at: early - .days(1), id: "older")], at: monday + .minutes(2)).deltas.isEmpty)
    }

    @Test func `a block corrected to nothing stays where it is, and its alerts resolve`() {
        var desk = Self.desk()
        let record = spend(usd("10"), id: "a")
        desk.commit([.insert(record)], at: monday)
        let plan = desk.commit([.remove(StoredRecord(sequence: 1, record: record))], at: monday + .hours(1))
        #expect(plan.resolved.map(\.end) == [.spendFell, .spendFell])
        desk.spent("3", at: monday + .hours(2))
        #expect(Self.slots(desk) == [Interval(start: monday, end: monday + Self.length)])
        #expect(desk.decide(at: monday + .hours(2)).remaining == .dollars(7))
        #expect(desk.spent("7", at: monday + .hours(3)).fired.isEmpty, "that block was told of")
        #expect(desk.decide(at: monday + .hours(3)).kind == .pause && desk.isSound)
    }

    @Test func `a block that is over is forgotten after the grace, restarts or not`() {
        var desk = Self.desk()
        desk.spent("10", at: monday)
        desk.restart(at: monday + .hours(1))
        #expect(desk.tick(at: monday + .hours(1)).alerts.isEmpty && desk.decide(at: monday + .hours(1)).kind == .pause)
        let end = monday + Self.length
        desk.restart(at: end + .minutes(30))
        #expect(desk.tick(at: end + .minutes(30)).resolved.count == 2 && Self.slots(desk).count == 1)
        desk.tick(at: end + .hours(5))
        #expect(Self.slots(desk).count == 1, "a late use must not begin one in its place")
        desk.tick(at: end + .hours(6))
        #expect(desk.book.accounts[0].isEmpty && desk.isSound)
    }

    @Test(arguments: [false, true]) func `a use of a block that is over for long begins none in its place`(
        restarts: Bool
    ) {
        var desk = Self.desk()
        desk.spent("1", at: monday)
        let now = monday + Self.length + .hours(2)
        desk.tick(at: now)
        if restarts { desk.restart(at: now) }
        // It was made half an hour before the block's end.
        let late = desk.commit([spend(usd("9"), at: monday + .minutes(270), id: "late")], at: now)
        #expect(late.deltas.isEmpty && late.alerts.isEmpty)
        #expect(desk.decide(at: now).remaining == .dollars(10))
        desk.spent("2", at: now + .minutes(5))
        #expect(desk.decide(at: now + .minutes(5)).remaining == .dollars(8))
        #expect(Self.slots(desk).last?.start == now + .minutes(5))
    }

    @Test func `blocks of each worker are their own`() {
        var desk = Desk([
            pot(per: perWorker, window: .block(Self.length), at: [Threshold(ratio: .percent(100), pause: .untilReset)])
        ])
        desk.spent("10", Labels([.worker: "w-1"]), at: monday)
        desk.spent("10", Labels([.worker: "w-2"]), at: monday + .hours(2))
        #expect(desk.decide(Labels([.worker: "w-1"]), at: monday + .hours(3)).resumeAt == monday + Self.length)
        #expect(desk.decide(Labels([.worker: "w-2"]), at: monday + .hours(3)).resumeAt == monday + .hours(7))
    }
}
