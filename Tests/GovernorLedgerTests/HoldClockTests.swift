import GovernorCore
import GovernorLedger
import Testing

/// Holds and a clock that is not what it was.
@Suite struct HoldClockTests {
    private static let one = policy(budget("day", 10))

    private static func reserve(_ key: String) -> HoldRequest {
        .reserve(.init(key: key, labels: Labels(), estimate: .dollars(4), ttl: .hours(1)))
    }

    @Test func `a hold made while the clock was ahead lives as long as it was meant to, from now on`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: Self.one, now: monday + .days(3))
        _ = try ledger.carryOut(Self.reserve("a"), on: &book, at: monday + .days(3))
        book = try ledger.book(for: Self.one, now: monday)
        #expect(book.admission.holds.live.values.map(\.expiresAt) == [monday + .hours(1)])
        try ledger.tick(&book, at: monday + .hours(1))
        #expect(book.admission.holds.live.isEmpty && book.admission.holds.held == .zero)
        #expect(try ledger.book(for: Self.one, now: monday + .hours(1)).admission.holds.live.isEmpty)
    }

    @Test func `a hold that ran out while the clock was ahead has ended for good`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: Self.one, now: monday)
        _ = try ledger.carryOut(Self.reserve("a"), on: &book, at: monday)
        try ledger.tick(&book, at: monday + .days(2))
        book = try ledger.book(for: Self.one, now: monday + .minutes(5))
        #expect(book.admission.holds.live.isEmpty)
        let (outcome, _) = try ledger.carryOut(
            .settle(.key("a"), cost: .dollars(1)), on: &book, at: monday + .minutes(6))
        guard case .endedBefore(let hold) = outcome else {
            Issue.record("it came out as \(outcome)")
            return
        }
        #expect(hold.state == .expired && hold.overrun == .dollars(1))
    }

    @Test func `what ended a month ago is forgotten, its number is given to nobody else`() throws {
        let folder = try DataFolder()
        let ledger = try Ledger(folder: folder.path)
        var book = try ledger.book(for: Self.one, now: monday)
        _ = try ledger.carryOut(Self.reserve("a"), on: &book, at: monday)
        _ = try ledger.carryOut(.release(.key("a")), on: &book, at: monday)
        let later = monday + .days(40)
        book = try ledger.book(for: Self.one, now: later)
        try ledger.carryOut([spend(1, at: later, id: "r")], on: &book, at: later)
        let (outcome, _) = try ledger.carryOut(Self.reserve("b"), on: &book, at: later)
        guard case .reserved(let hold, _, _) = outcome else {
            Issue.record("it came out as \(outcome)")
            return
        }
        #expect(hold.id == 2)
    }
}
