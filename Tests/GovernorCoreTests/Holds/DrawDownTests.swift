import GovernorCore
import Testing

/// Records draw down the holds they belong to.
@Suite struct DrawDownTests {
    private static let worker = Labels([.worker: "w-1"])

    private static var desk: Desk {
        Desk([pot("fleet", .usd(.dollars(100)), at: [Threshold(ratio: .percent(100), pause: .untilReset)])])
    }

    private static func reserve(
        _ desk: inout Desk, _ key: String, _ estimate: String, _ labels: Labels = worker, at now: Timestamp = monday
    ) -> String {
        let request = HoldRequest.Reserve(key: key, labels: labels, estimate: usd(estimate), ttl: .hours(1))
        guard case .reserved(let hold, _, _) = desk.hold(.reserve(request), at: now) else { return "" }
        return hold.name
    }

    /// What is left of each hold, in their order.
    private static func left(_ desk: Desk) -> [String] {
        desk.ledger.holds.values.sorted { $0.id < $1.id }.map(\.remaining.cost.text)
    }

    /// Spent and held in the fleet's pot.
    private static func taken(_ desk: Desk) -> [String] {
        let standing = desk.book.standing(of: AccountKey(meter: 0, split: .fleet), now: monday)
        return [standing.spent, standing.held].map { Money(nanodollars: $0).text }
    }

    @Test func `the oldest hold first, then the next, and the rest is the last one's overrun`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "1")
        _ = Self.reserve(&desk, "b", "2")
        desk.arrive([spend(usd("1.5"), Self.worker, id: "r1")], at: monday)
        #expect(Self.left(desk) == ["0", "1.5"] && Self.taken(desk) == ["1.5", "1.5"])
        desk.arrive([spend(usd("2"), Self.worker, id: "r2")], at: monday)
        #expect(Self.left(desk) == ["0", "0"] && Self.taken(desk) == ["3.5", "0"])
        #expect(desk.ledger.holds.values.map(\.overrun.text).sorted() == ["0", "0.5"])
        #expect(desk.book.admission.holds.overrun.text == "0.5")
    }

    @Test func `a record that names its hold draws that one down, whoever wrote it`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "1")
        let second = Self.reserve(&desk, "b", "2")
        var labels = Labels([.worker: "somebody-else"])
        labels.tags[Reservation.tag] = second
        desk.arrive([spend(usd("0.5"), labels)], at: monday)
        #expect(Self.left(desk) == ["1", "1.5"])
        // A name from another ledger draws nothing down, though the number is known here.
        labels.tags[Reservation.tag] = "r-1-00000000"
        desk.arrive([spend(usd("0.5"), labels, id: "r2")], at: monday)
        #expect(Self.left(desk) == ["1", "1.5"])
    }

    @Test func `what a hold named has to be the record's, and no more`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "1", Labels([.worker: "w-1", .session: "s-1"]))
        _ = Self.reserve(&desk, "b", "1", Labels([.session: "s-2"]))
        _ = Self.reserve(&desk, "c", "1", Labels([.project: "web"]))
        for (place, labels) in [
            Labels([.worker: "w-1", .session: "s-1", .model: "m"]), Labels([.worker: "w-9", .session: "s-2"]),
            Labels([.worker: "w-1"]), Labels([.project: "web"]),
        ].enumerated() {
            desk.arrive([spend(usd("0.25"), labels, id: "r\(place)")], at: monday)
        }
        #expect(Self.left(desk) == ["0.75", "0.75", "1"])
    }

    @Test func `a corrected record corrects its hold, the newest charge first`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "1")
        _ = Self.reserve(&desk, "b", "2")
        let record = { (cost: String) in spend(usd(cost), Self.worker, id: "r1") }
        desk.arrive([record("1.5")], at: monday)
        desk.arrive([record("1.2")], at: monday)
        #expect(Self.left(desk) == ["0", "1.8"])
        desk.restart(at: monday)
        desk.arrive([record("0.4")], at: monday)
        #expect(Self.left(desk) == ["0.6", "2"] && Self.taken(desk) == ["0.4", "2.6"])
        desk.arrive([record("2.4")], at: monday)
        #expect(Self.left(desk) == ["0", "0.6"])
    }

    @Test func `history that is read late draws down no hold of today`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "1")
        desk.arrive([spend(usd("5"), Self.worker, at: monday - .minutes(5))], at: monday)
        #expect(Self.left(desk) == ["1"] && Self.taken(desk) == ["5", "1"])
    }

    @Test func `what is settled and what is recorded late is the larger of the two, never their sum`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "3")
        desk.arrive([spend(usd("0.5"), Self.worker, at: monday, id: "r1")], at: monday)
        let end = monday + .minutes(1)
        _ = desk.hold(.settle(.key("a"), cost: usd("2")), at: end)
        #expect(Self.taken(desk) == ["2", "0"])
        #expect(desk.ledger.stored["hold/1"]?.record.cost.text == "1.5")
        desk.arrive([spend(usd("1"), Self.worker, at: end - .seconds(5), id: "r2")], at: end + .minutes(1))
        #expect(Self.taken(desk) == ["2", "0"])
        desk.restart(at: end + .minutes(2))
        desk.arrive([spend(usd("0.9"), Self.worker, at: end - .seconds(2), id: "r3")], at: end + .minutes(3))
        #expect(Self.taken(desk) == ["2.4", "0"] && desk.ledger.stored["hold/1"] == nil)
        // And back again, when a record turns out to have been less.
        desk.arrive([spend(usd("0"), Self.worker, at: end - .seconds(2), id: "r3")], at: end + .minutes(4))
        #expect(Self.taken(desk) == ["2", "0"])
    }

    @Test func `a record without a time of its own is late for work that has just ended, not early for the next`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "3")
        _ = desk.hold(.settle(.key("a"), cost: usd("2")), at: monday)
        desk.arrive([spend(usd("1"), Self.worker, at: monday + .minutes(5), id: "r1")], at: monday, undated: true)
        #expect(Self.taken(desk) == ["2", "0"])
        _ = Self.reserve(&desk, "b", "3", at: monday + .minutes(6))
        desk.arrive([spend(usd("1"), Self.worker, at: monday + .minutes(7), id: "r2")], at: monday, undated: true)
        #expect(Self.left(desk) == ["0", "2"])
    }

    @Test func `work that goes on after its hold's time is its overrun`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "3")
        let late = monday + .hours(2)
        desk.tick(at: late)
        desk.arrive([spend(usd("1"), Self.worker, at: late, id: "r1")], at: late)
        #expect(desk.ledger.holds[1]?.overrun.text == "1" && desk.ledger.holds[1]?.state == .expired)
    }

    /// LiteLLM 27639: a caller that was cancelled must not keep its hold for ever.
    @Test func `a hold of a caller that vanished ends by its time, to the millisecond, and once`() {
        var desk = Self.desk
        _ = Self.reserve(&desk, "a", "3")
        let end = monday + .hours(1)
        desk.tick(at: end - Span(milliseconds: 1))
        #expect(Self.left(desk) == ["3"])
        let plan = desk.tick(at: end)
        #expect(plan.holds.count == 1 && Self.left(desk) == ["0"])
        #expect(desk.tick(at: end + .seconds(1)).holds.isEmpty)
    }
}
