import GovernorCore
import GovernorLedger

/// Short spellings of values that tests need all the time.

/// 2026-03-02T09:00:00Z, a Monday.
let monday = Timestamp(milliseconds: 1_772_442_000_000)

/// An instant that must be readable: `2026-03-02T09:00:00Z`.
func instant(_ text: String) -> Timestamp {
    guard case .instant(let time)? = RFC3339.read(text.utf8) else { return .distantPast }
    return time
}

func zone(_ identifier: String) -> Zone { Zone(identifier: identifier) ?? .utc }

/// A record that names its own cost.
func spend(
    _ dollars: Int64, _ labels: Labels = Labels(), at time: Timestamp = monday, id: String, tokens: Int64 = 0
) -> UsageRecord {
    var record = UsageRecord(
        identity: CallIdentity(key: "push/\(id)"), growth: .later, time: time, labels: labels,
        tokens: TokenCounts(input: tokens), reportedCost: .dollars(dollars))
    record.cost = .dollars(dollars)
    record.costOrigin = .reported
    return record
}

/// A fleet budget in dollars with thresholds at so many percent, all of which `ops` is told of.
func budget(
    _ name: String, _ dollars: Int64, window: Window = .calendar(.day), at percents: [Int64] = [80, 100],
    per: [LabelKey] = []
) -> Budget {
    Budget(
        name: name, limit: .usd(.dollars(dollars)), per: per, window: window,
        thresholds: percents.map { Threshold(ratio: .percent($0), actions: Actions(notify: ["ops"])) })
}

func policy(_ budgets: Budget...) -> Policy {
    Policy(revision: "test", budgets: budgets, receivers: [Receiver(name: "ops", kind: .log)])
}

extension Ledger {
    /// Plans, commits, applies, as the daemon does.
    @discardableResult
    func carryOut(_ changes: [RecordChange], on book: inout Book, at now: Timestamp) throws -> Plan {
        var lookup = HoldLookup(book.admission.holds)
        for change in changes {
            switch change {
            case .insert(let record): lookup.need(for: record)
            case .revise(let stored, let record):
                lookup.need(for: stored)
                lookup.need(for: record)
            case .remove(let stored): lookup.need(for: stored)
            }
        }
        var planner = Planner(book: book, now: now, atHand: try holds(lookup))
        planner.add(changes)
        planner.evaluateTouched()
        return try commit(planner.finish(), on: &book)
    }

    /// A request on holds.
    func carryOut(
        _ request: HoldRequest, on book: inout Book, at now: Timestamp
    ) throws -> (outcome: HoldOutcome, plan: Plan) {
        var lookup = HoldLookup(book.admission.holds)
        lookup.need(for: request)
        var planner = Planner(book: book, now: now, atHand: try holds(lookup))
        let outcome = planner.carryOut(request)
        planner.evaluateTouched()
        return (outcome, try commit(planner.finish(), on: &book))
    }

    @discardableResult
    func carryOut(_ records: [UsageRecord], on book: inout Book, at now: Timestamp) throws -> Plan {
        try carryOut(records.map { .insert($0) }, on: &book, at: now)
    }

    @discardableResult
    func tick(_ book: inout Book, at now: Timestamp) throws -> Plan {
        var planner = Planner(book: book, now: now)
        planner.evaluateAll()
        return try commit(planner.finish(), on: &book)
    }

    func commit(_ plan: Plan, on book: inout Book) throws -> Plan {
        try commit(LedgerTransaction(plan: plan, book: book))
        book.apply(plan)
        return plan
    }

    /// Only these changes, under a policy without budgets.
    func store(_ changes: [RecordChange]) throws {
        var book = Book(policy: policy(), now: monday)
        try carryOut(changes, on: &book, at: monday)
    }

    func store(_ records: [UsageRecord]) throws { try store(records.map { .insert($0) }) }

    func stored(_ key: String) throws -> StoredRecord? { try records(withKeys: [key]).first }

    /// Every record, by key.
    func allRecords() throws -> [String: UsageRecord] {
        let all = try records(since: .distantPast, until: .distantFuture, limit: .max)
        return Dictionary(all.map { ($0.identity.key, $0) }) { first, _ in first }
    }
}

extension Plan {
    var fired: [Alert] { alerts.filter { $0.state == .firing } }
    var resolved: [Alert] { alerts.filter { $0.state == .resolved } }
}

extension Account {
    /// What was spent in the slots that count at `now`.
    func dollars(at now: Timestamp, _ window: Window) -> Money { spent(at: now, window: window).cost }
}

extension Ledger {
    /// The newest alerts, newest first.
    func alerts(limit: Int) throws -> [Alert] { try alerts(AlertFilter(limit: limit)).map(\.alert) }
}
