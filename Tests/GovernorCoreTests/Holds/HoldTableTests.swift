import GovernorCore
import Testing

/// One table: every outcome of every operation in every state a hold can be in.
@Suite struct HoldTableTests {
    /// What there was before.
    enum Before: String, CaseIterable, Sendable {
        case nothing, live, drawnDown, settled, settledWithCost, released, expired, expiredAndTold
    }

    enum Operation: String, CaseIterable, Sendable {
        case reserveAgain, reserveOther, extend, extendUp, extendTooFar, extendDown, settle, settleCost, settleMore
        case release
    }

    /// `repeated`, `reused`, `extended 3 allow`, `settled spent 2 back 1 over 0`; what is held then, and in all spent.
    struct Row: Sendable, CustomStringConvertible {
        var before: Before
        var operation: Operation
        var outcome: String
        var held: String
        var spent: String

        init(_ before: Before, _ operation: Operation, _ outcome: String, held: String = "0", spent: String = "0") {
            self.before = before
            self.operation = operation
            self.outcome = outcome
            self.held = held
            self.spent = spent
        }

        var description: String { "\(before.rawValue), \(operation.rawValue)" }
    }

    /// A limit of $10; the hold is of $3; where it was drawn down or is told a cost, that is $2.
    static let rows: [Row] = [
        Row(.nothing, .reserveAgain, "reserved 3 allow", held: "3"),
        Row(.nothing, .reserveOther, "reserved 4 allow", held: "4"),
        Row(.nothing, .extend, "not found"), Row(.nothing, .extendUp, "not found"),
        Row(.nothing, .extendTooFar, "not found"), Row(.nothing, .extendDown, "not found"),
        Row(.nothing, .settle, "not found"), Row(.nothing, .settleCost, "not found"),
        Row(.nothing, .settleMore, "not found"), Row(.nothing, .release, "not found"),

        Row(.live, .reserveAgain, "repeated", held: "3"), Row(.live, .reserveOther, "reused", held: "3"),
        Row(.live, .extend, "extended 3 allow", held: "3"), Row(.live, .extendUp, "extended 6 allow", held: "6"),
        Row(.live, .extendTooFar, "extended 3 pause", held: "3"),
        Row(.live, .extendDown, "extended 1 allow", held: "1"),
        Row(.live, .settle, "settled spent 0 back 3 over 0"),
        Row(.live, .settleCost, "settled spent 2 back 1 over 0", spent: "2"),
        Row(.live, .settleMore, "settled spent 5 back 0 over 2", spent: "5"),
        Row(.live, .release, "released spent 0 back 3 over 0"),

        Row(.drawnDown, .reserveAgain, "repeated", held: "1", spent: "2"),
        Row(.drawnDown, .reserveOther, "reused", held: "1", spent: "2"),
        Row(.drawnDown, .extend, "extended 1 allow", held: "1", spent: "2"),
        Row(.drawnDown, .extendUp, "extended 4 allow", held: "4", spent: "2"),
        Row(.drawnDown, .extendTooFar, "extended 1 pause", held: "1", spent: "2"),
        Row(.drawnDown, .extendDown, "extended 0 allow", spent: "2"),
        Row(.drawnDown, .settle, "settled spent 2 back 1 over 0", spent: "2"),
        Row(.drawnDown, .settleCost, "settled spent 2 back 1 over 0", spent: "2"),
        Row(.drawnDown, .settleMore, "settled spent 5 back 0 over 2", spent: "5"),
        Row(.drawnDown, .release, "released spent 2 back 1 over 0", spent: "2"),

        Row(.settled, .reserveAgain, "repeated"), Row(.settled, .reserveOther, "reused"),
        Row(.settled, .extend, "was settled"), Row(.settled, .extendUp, "was settled"),
        Row(.settled, .extendTooFar, "was settled"), Row(.settled, .extendDown, "was settled"),
        Row(.settled, .settle, "was settled"), Row(.settled, .settleCost, "was settled"),
        Row(.settled, .settleMore, "was settled"), Row(.settled, .release, "was settled"),

        Row(.settledWithCost, .reserveAgain, "repeated", spent: "2"),
        Row(.settledWithCost, .reserveOther, "reused", spent: "2"),
        Row(.settledWithCost, .extend, "was settled", spent: "2"),
        Row(.settledWithCost, .extendUp, "was settled", spent: "2"),
        Row(.settledWithCost, .extendTooFar, "was settled", spent: "2"),
        Row(.settledWithCost, .extendDown, "was settled", spent: "2"),
        Row(.settledWithCost, .settle, "was settled", spent: "2"),
        Row(.settledWithCost, .settleCost, "was settled", spent: "2"),
        Row(.settledWithCost, .settleMore, "was settled", spent: "2"),
        Row(.settledWithCost, .release, "was settled", spent: "2"),

        Row(.released, .reserveAgain, "repeated"), Row(.released, .reserveOther, "reused"),
        Row(.released, .extend, "was released"), Row(.released, .extendUp, "was released"),
        Row(.released, .extendTooFar, "was released"), Row(.released, .extendDown, "was released"),
        Row(.released, .settle, "was released"), Row(.released, .settleCost, "was released"),
        Row(.released, .settleMore, "was released"), Row(.released, .release, "was released"),

        Row(.expired, .reserveAgain, "repeated"), Row(.expired, .reserveOther, "reused"),
        Row(.expired, .extend, "was expired"), Row(.expired, .extendUp, "was expired"),
        Row(.expired, .extendTooFar, "was expired"), Row(.expired, .extendDown, "was expired"),
        Row(.expired, .settle, "was expired"),
        // What it cost is booked all the same, all of it beyond the hold.
        Row(.expired, .settleCost, "was expired over 2", spent: "2"),
        Row(.expired, .settleMore, "was expired over 5", spent: "5"),
        Row(.expired, .release, "was expired"),

        Row(.expiredAndTold, .reserveAgain, "repeated", spent: "2"),
        Row(.expiredAndTold, .reserveOther, "reused", spent: "2"),
        Row(.expiredAndTold, .extend, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .extendUp, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .extendTooFar, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .extendDown, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .settle, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .settleCost, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .settleMore, "was expired over 2", spent: "2"),
        Row(.expiredAndTold, .release, "was expired over 2", spent: "2"),
    ]

    @Test func `the table has every operation in every state`() {
        let named = Set(Self.rows.map(\.description))
        #expect(named.count == Self.rows.count)
        #expect(named.count == Before.allCases.count * Operation.allCases.count)
    }

    @Test(arguments: rows, [false, true]) func `it comes out as the table says`(row: Row, afterRestart: Bool) {
        var desk = Desk([pot(at: [Threshold(ratio: .percent(100), pause: .untilReset)])])
        var now = monday
        Self.prepare(row.before, &desk, &now)
        if afterRestart { desk.restart(at: now) }
        let outcome = desk.hold(Self.request(row.operation), at: now)
        #expect(Self.text(outcome) == row.outcome)
        let standing = desk.book.standing(of: AccountKey(meter: 0, split: .fleet), now: now)
        #expect(Money(nanodollars: standing.held).text == row.held)
        #expect(Money(nanodollars: standing.spent).text == row.spent)
        // What the ledger would say is the same.
        desk.restart(at: now)
        #expect(desk.book.standing(of: AccountKey(meter: 0, split: .fleet), now: now) == standing)
    }

    private static let worker = Labels([.worker: "w-1"])

    private static func prepare(_ before: Before, _ desk: inout Desk, _ now: inout Timestamp) {
        if before == .nothing { return }
        _ = desk.hold(request(.reserveAgain), at: now)
        now = now + .seconds(10)
        switch before {
        case .nothing, .live: break
        case .drawnDown: desk.arrive([spend(usd("2"), worker, at: now)], at: now)
        case .settled: _ = desk.hold(.settle(.key("k"), cost: nil), at: now)
        case .settledWithCost: _ = desk.hold(.settle(.key("k"), cost: usd("2")), at: now)
        case .released: _ = desk.hold(.release(.key("k")), at: now)
        case .expired, .expiredAndTold:
            now = now + .minutes(10)
            desk.tick(at: now)
            if before == .expiredAndTold { _ = desk.hold(.settle(.key("k"), cost: usd("2")), at: now) }
        }
        now = now + .seconds(1)
    }

    private static func request(_ operation: Operation) -> HoldRequest {
        let reserve = { (estimate: String) in
            HoldRequest.reserve(.init(key: "k", labels: worker, estimate: usd(estimate), ttl: .minutes(5)))
        }
        let key = HoldName.key("k")
        return switch operation {
        case .reserveAgain: reserve("3")
        case .reserveOther: reserve("4")
        case .extend: .extend(key, ttl: .minutes(9), estimate: nil)
        case .extendUp: .extend(key, ttl: nil, estimate: usd("6"))
        case .extendTooFar: .extend(key, ttl: nil, estimate: usd("11"))
        case .extendDown: .extend(key, ttl: nil, estimate: usd("1"))
        case .settle: .settle(key, cost: nil)
        case .settleCost: .settle(key, cost: usd("2"))
        case .settleMore: .settle(key, cost: usd("5"))
        case .release: .release(key)
        }
    }

    private static func text(_ outcome: HoldOutcome) -> String {
        switch outcome {
        case .reserved(let hold, let decision, _): "reserved \(hold.remaining.cost.text) \(decision.kind.rawValue)"
        case .refused(let decision): "refused \(decision.kind.rawValue)"
        case .repeated: "repeated"
        case .keyReused: "reused"
        case .extended(let hold, let decision): "extended \(hold.remaining.cost.text) \(decision.kind.rawValue)"
        case .ended(let hold):
            "\(hold.state.rawValue) spent \(hold.spent.text) back \(hold.returned.text) over \(hold.overrun.text)"
        case .endedBefore(let hold):
            "was \(hold.state.rawValue)" + (hold.overrun == .zero ? "" : " over \(hold.overrun.text)")
        case .notFound: "not found"
        }
    }
}
