import GovernorCore

/// Short spellings of values that tests need all the time.

/// 2026-03-02T09:00:00Z, a Monday.
let monday = Timestamp(milliseconds: 1_772_442_000_000)

/// An instant that must be readable: `2026-03-02T09:00:00Z`.
func instant(_ text: String) -> Timestamp {
    guard case .instant(let time)? = RFC3339.read(text.utf8) else { return .distantPast }
    return time
}

func zone(_ identifier: String) -> Zone { Zone(identifier: identifier) ?? .utc }

func usd(_ text: String) -> Money { Money(dollars: text) ?? .zero }

/// A record that names its own cost, so that no price book is needed.
func spend(
    _ cost: Money, _ labels: Labels = Labels(), at time: Timestamp = monday, id: String = "r", request: String? = nil,
    tokens: Int64 = 0
) -> UsageRecord {
    var record = UsageRecord(
        identity: CallIdentity(key: id, request: request), growth: .later, time: time, labels: labels,
        tokens: TokenCounts(input: tokens), reportedCost: cost)
    record.cost = cost
    record.costOrigin = .reported
    return record
}

extension Book {
    /// Plans a group of changes, looks at what it touched, and takes it in.
    @discardableResult
    mutating func commit(_ changes: [RecordChange], at now: Timestamp) -> Plan {
        var planner = Planner(book: self, now: now)
        planner.add(changes)
        planner.evaluateTouched()
        let plan = planner.finish()
        apply(plan)
        return plan
    }

    @discardableResult
    mutating func commit(_ records: [UsageRecord], at now: Timestamp) -> Plan {
        commit(records.map { .insert($0) }, at: now)
    }

    @discardableResult
    mutating func tick(at now: Timestamp) -> Plan {
        var planner = Planner(book: self, now: now)
        planner.evaluateAll()
        let plan = planner.finish()
        apply(plan)
        return plan
    }

    /// The same accounts under another limit, as a reload makes them.
    func relimited(_ budget: Int, to limit: Limit, now: Timestamp) -> Book {
        var policy = policy
        policy.budgets[budget].limit = limit
        var limits = limits
        limits[budget] = InForce(limit: limit, revision: limits[budget].revision + 1)
        return reloaded(policy, limits: limits, now: now)
    }

    /// What a restart or a reload of the policy finds in the ledger.
    func reloaded(_ policy: Policy? = nil, limits: [InForce]? = nil, now: Timestamp) -> Book {
        Book(
            policy: policy ?? self.policy, limits: limits ?? self.limits, accounts: accounts, rules: rules,
            loose: loose, outbox: outbox, messaging: messaging, admission: admission, watch: watch, now: now)
    }
}

extension Plan {
    var fired: [Alert] { alerts.filter { $0.state == .firing } }
    var resolved: [Alert] { alerts.filter { $0.state == .resolved } }
}

extension Threshold {
    /// A share of what is spent, and what happens there.
    init(
        ratio: Ratio, notify: [String] = [], throttle: Throttle? = nil, pause: Pause? = nil, stop: Bool = false,
        hold: Span = .zero
    ) {
        self.init(
            ratio: ratio, actions: Actions(notify: notify, throttle: throttle, pause: pause, stop: stop), hold: hold)
    }
}
