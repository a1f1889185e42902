import GovernorCore

/// A rule with accounts of its own, filled record by record as the book fills them, but without a planner: nothing is
/// dropped, held back or sent, so what a finding says is the rule kind's alone.
struct RuleBench {
    let rule: Rule
    let meters: [Meter]
    private var accounts: [[Split: Account]]
    /// The limits of budgets by name.
    var limits: [String: Limit] = [:]

    init(_ condition: RuleCondition, per: [LabelKey] = [], schedule: Schedule? = nil, zone: Zone = .utc) {
        rule = Rule(name: "rule", condition: condition, per: per, schedule: schedule, zone: zone)
        meters = condition.kind.meters(of: rule)
        accounts = meters.map { _ in [:] }
    }

    var view: RuleView {
        RuleView(
            rule: rule, meters: meters, account: { accounts[$0][$1] },
            splits: { accounts[$0].keys.sorted { $0.raw < $1.raw } },
            budget: { name in
                limits[name].map { ($0, Interval(start: .distantPast, end: .distantFuture)) }
            })
    }

    func finding(of split: Split = .fleet, at now: Timestamp) -> Finding {
        rule.condition.kind.finding(of: split, in: view, now: now)
    }

    func holds(of split: Split = .fleet, at now: Timestamp) -> Bool { finding(of: split, at: now).holds }

    mutating func add(_ record: UsageRecord) {
        for (place, meter) in meters.enumerated()
        where meter.isOpen(at: record.time) && meter.matcher.matches(record.labels) {
            let split = Split(booking: record.labels, per: meter.per)
            var account = accounts[place][split] ?? Account()
            if let amount = meter.amount(of: record) {
                account.add(amount, to: meter.slot(containing: record.time, in: account))
            } else {
                account.note(record, meter)
            }
            if !account.isEmpty { accounts[place][split] = account }
        }
    }

    mutating func add(_ records: [UsageRecord]) {
        for record in records { add(record) }
    }

    /// Adds a call of this cost.
    mutating func spend(_ cost: Money, _ labels: Labels = Labels(), at time: Timestamp) {
        add(GovernorCoreTests.spend(cost, labels, at: time))
    }

    /// Drops what the meters no longer keep, as the planner does.
    mutating func prune(at now: Timestamp) {
        for (place, meter) in meters.enumerated() {
            for split in accounts[place].keys { accounts[place][split]?.prune(before: now, meter: meter) }
        }
    }
}

/// The split of one label's value.
func split(_ value: String) -> Split { Split(values: [value]) }

/// One nano-dollar.
let grain = Money(nanodollars: 1)

/// One millisecond.
let tick = Span(milliseconds: 1)
