/// When what decisions are made of changed last: tells whether one that was made a moment ago would be made again.
///
/// Changes are counted. Those of an account are noted by the labels it is split by, once for all budgets with the same
/// split, so that asking costs a look-up for each kind of split and not for each budget.
package struct Freshness: Sendable {
    /// The changes so far.
    package private(set) var count: UInt64 = 0
    /// The last change that may concern everybody.
    private var everybody: UInt64 = 0
    /// By kind of split, the last change of each.
    private var splits: [[Split: UInt64]]
    private let kinds: [[LabelKey]]
    /// By budget, its kind.
    private let kindOfBudget: [Int]

    /// What a decision was made of.
    package struct Stamp: Sendable {
        /// The changes when it was made.
        fileprivate var count: UInt64
        /// Of each kind of split that the labels name.
        fileprivate var splits: [(kind: Int, split: Split)]
    }

    init(_ policy: Policy) {
        var kinds: [[LabelKey]] = []
        kindOfBudget = policy.budgets.map { budget in
            if let known = kinds.firstIndex(of: budget.per) { return known }
            kinds.append(budget.per)
            return kinds.endIndex - 1
        }
        self.kinds = kinds
        splits = kinds.map { _ in [:] }
    }

    /// A stamp for a decision that is made now.
    package func stamp(for labels: Labels) -> Stamp {
        let named = kinds.indices.compactMap { kind in
            Split(of: labels, per: kinds[kind]).map { (kind: kind, split: $0) }
        }
        return Stamp(count: count, splits: named)
    }

    /// Whether nothing of what such a decision was made of has changed.
    package func isFresh(_ stamp: Stamp) -> Bool {
        everybody <= stamp.count && stamp.splits.allSatisfy { splits[$0.kind][$0.split] ?? 0 <= stamp.count }
    }

    mutating func take(_ plan: Plan) {
        count += 1
        // An operator's pause and a rule's state may be about anybody.
        if !plan.rules.isEmpty || !plan.limits.isEmpty || !plan.pauses.isEmpty { everybody = count }
        for key in plan.accounts.keys where key.meter < kindOfBudget.count {
            let kind = kindOfBudget[key.meter]
            splits[kind][key.split] = count
            // Sessions come and go for ever; once in a while all is taken for changed.
            if splits[kind].count > Self.limit {
                splits[kind] = [:]
                everybody = count
            }
        }
    }

    private static let limit = 50_000
}

extension Book {
    /// Until when time alone changes no decision that lets work go on, at most a minute: windows end, spend leaves rolling
    /// ones, shifts and overrides begin and end.
    package func steadyUntil(_ now: Timestamp) -> Timestamp {
        var next = now + .minutes(1)
        for (place, budget) in policy.budgets.enumerated() {
            switch budget.window {
            case .calendar: next = min(next, slot(of: place, containing: now, in: nil).end)
            case .rolling(let span):
                next = min(next, budget.window.slot(containing: now - span, in: budget.zone).end + span)
            // A block begins with a use, also with one that becomes known in the meantime.
            case .block: return now
            case .lifetime: break
            }
            if let schedule = budget.schedule {
                let end =
                    schedule.shift(containing: now, in: budget.zone)?.end
                    ?? schedule.nextShift(after: now, in: budget.zone)?.start
                next = min(next, end ?? .distantFuture)
            }
            for edge in budget.overrides.flatMap({ [$0.interval.start, $0.interval.end] }) where edge > now {
                next = min(next, edge)
            }
        }
        return next
    }
}
