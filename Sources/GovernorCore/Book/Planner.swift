/// Plans a group of changes one after the other over a book that stays as it is.
package struct Planner {
    let book: Book
    var plan: Plan
    /// What the ledger knows of the holds that the group is about.
    var atHand: HoldsAtHand
    /// Holds whose own record may have to change.
    var unsettled: Set<Int64> = []
    /// The accounts that holds with these labels weigh on.
    private var pots: [Labels: [AccountKey]] = [:]
    /// The highest id that this plan has given a hold.
    var lastHold: Int64 = 0
    private var touched: Set<AccountKey> = []
    /// Where records with certain labels count: many records of a group have the same ones, mostly those of the last.
    private var targets: [Labels: [Target]] = [:]
    private var lastTargets: (labels: Labels, targets: [Target])?
    /// By meter, the slot that was looked up last: history's are not those of now, and calendars make them dear.
    private var lastSlots: [LastSlot?] = []

    /// - Parameter atHand: of the holds that are not in memory, and the keys and own records of all that the group is
    ///   about.
    package init(book: Book, now: Timestamp, atHand: HoldsAtHand = HoldsAtHand()) {
        self.book = book
        self.atHand = atHand
        plan = Plan(now: now)
        expireHolds()
    }

    var now: Timestamp { plan.now }
    /// Whether another minute has begun since all was looked at.
    var isMinute: Bool { now.milliseconds / 60_000 != book.lookedAt.milliseconds / 60_000 }
    var policy: Policy { book.policy }

    /// What ended before it is over for good.
    func horizon(of meter: Meter) -> Timestamp { now - book.grace(of: meter) }

    /// Books records into every account they belong to.
    package mutating func add(_ changes: [RecordChange]) {
        let first = plan.changes.endIndex
        plan.changes += changes
        for (place, change) in changes.enumerated() {
            let charges = charge(change)
            if !charges.isEmpty || change.hasCharges { plan.charges[first + place] = charges }
            switch change {
            case .insert(let record): book(record, isRemoval: false)
            case .revise(let stored, let record):
                // A call that is told again in larger numbers keeps its place among those of its instant.
                let stays =
                    stored.record.time == record.time && stored.record.labels == record.labels
                    && stored.record.identity.id == record.identity.id
                book(stored.record, isRemoval: true, keepsPlace: stays)
                book(record, isRemoval: false)
            case .remove(let stored): book(stored.record, isRemoval: true)
            }
        }
        bookOwnRecords()
    }

    /// Looks at the accounts that were touched; to be called once, at the end of a group.
    package mutating func evaluateTouched() {
        var due = touched
        // What an override's first or last record crosses is held against the limit of its time.
        let changed = noteLimits()
        for place in changed { due.formUnion(accounts(of: place)) }
        var rules = evaluate(due)
        if !changed.isEmpty { rules.formUnion(rulesDue(all: false, limitsChanged: true)) }
        evaluate(rules)
    }

    /// Looks at every account: windows that ended, spend that expired, thresholds of a changed policy; and once a minute
    /// at forecasts and at rules that time alone may fire.
    ///
    /// What is looked at depends on what was touched and when all was looked at last, which a start doesn't know; the order
    /// never does: budgets, forecasts, rules, each as the policy has them, then by split.
    package mutating func evaluateAll() {
        plan.looksAtAll = true
        let changed = noteLimits()
        var due = touched
        for place in book.accounts.indices {
            let isForced = changed.contains(place) || book.lookedAt == .distantPast
            for (split, account) in book.accounts[place] where isForced || book.quietUntil(account, of: place) <= now {
                due.insert(AccountKey(meter: place, split: split))
            }
        }
        let isMinute = isMinute
        let rules = evaluate(due)
        if isMinute { evaluateForecasts() }
        evaluate(rules.union(rulesDue(all: isMinute, limitsChanged: !changed.isEmpty)))
        settleLoose()
        if isMinute || hasSilenceEnded { liftSilences() }
        endPauses()
    }

    /// The plan, with the messages its alerts make.
    package consuming func finish() -> Plan {
        noteEvents()
        tell()
        return plan
    }

    // MARK: Booking

    private mutating func charge(_ change: RecordChange) -> [Charge] {
        switch change {
        case .insert(let record): charge(record, isRemoval: record.isShadowed)
        case .revise(let stored, let record): charge(record, isRemoval: record.isShadowed, old: stored.charges)
        case .remove(let stored): charge(stored.record, isRemoval: true, old: stored.charges)
        }
    }

    /// An account that records with certain labels count in, and what its meter keeps of them.
    private struct Target {
        enum Kept { case spend, part, presence, outcomes }

        let key: AccountKey
        let kept: Kept
        let hasSchedule: Bool
    }

    private struct LastSlot {
        let interval: Interval
        /// Whether it still counts, so that memory knows of it.
        let isLive: Bool
    }

    private mutating func book(_ record: UsageRecord, isRemoval: Bool, keepsPlace: Bool = false) {
        var whole: Amount?
        for target in targets(of: record.labels) {
            let (key, place) = (target.key, target.key.meter)
            // A source whose word does not count has spoken all the same.
            if record.isShadowed, target.kept != .presence { continue }
            if target.hasSchedule, !book.isOpen(place, at: record.time) { continue }
            switch target.kept {
            case .presence, .outcomes:
                if !keepsPlace { note(record, in: key, book.metering.meters[place], isRemoval: isRemoval) }
                continue
            case .spend: whole = whole ?? record.amount
            case .part: break
            }
            let part = target.kept == .spend ? whole : book.metering.meters[place].amount(of: record)
            guard let part else { continue }
            let amount = isRemoval ? -part : part
            let slot = slot(of: key, at: record.time)
            // A block that is over begins nowhere: what is known of its neighbours is gone from memory.
            if !slot.isLive, isBlock(place) { continue }
            plan.deltas[Plan.Delta(key: key, slot: slot.interval), default: .zero] += amount
            // Windows long past are the ledger's alone.
            guard slot.isLive else { continue }
            plan.accounts[key, default: book.accounts[place][key.split] ?? Account()].add(amount, to: slot.interval)
            touched.insert(key)
        }
    }

    private mutating func targets(of labels: Labels) -> [Target] {
        if let lastTargets, lastTargets.labels == labels { return lastTargets.targets }
        var found = targets[labels]
        if found == nil {
            found = book.metering.matching(labels).map { place in
                let meter = book.metering.meters[place]
                let kept: Target.Kept =
                    switch meter.value {
                    case .spend: .spend
                    case .unpriced, .saved: .part
                    case .presence: .presence
                    case .outcomes: .outcomes
                    }
                return Target(
                    key: AccountKey(meter: place, split: Split(booking: labels, per: meter.per)), kept: kept,
                    hasSchedule: meter.schedule != nil)
            }
            targets[labels] = found
        }
        lastTargets = (labels, found ?? [])
        return found ?? []
    }

    private func isBlock(_ place: Int) -> Bool {
        if case .window(.block) = book.metering.meters[place].slots { true } else { false }
    }

    /// The slot that a record of an account falls into.
    private mutating func slot(of key: AccountKey, at time: Timestamp) -> LastSlot {
        let place = key.meter
        if lastSlots.isEmpty { lastSlots = Array(repeating: nil, count: book.metering.meters.count) }
        if let last = lastSlots[place], last.interval.contains(time) { return last }
        let interval = book.slot(of: place, containing: time, in: account(key))
        let meter = book.metering.meters[place]
        let slot = LastSlot(interval: interval, isLive: meter.expiry(of: interval) > horizon(of: meter))
        // A block begins with a use: where, each account says for itself.
        if !isBlock(place) { lastSlots[place] = slot }
        return slot
    }

    /// Keeps when there was a record, and how it ended.
    private mutating func note(_ record: UsageRecord, in key: AccountKey, _ meter: Meter, isRemoval: Bool) {
        guard meter.expiry(of: Interval(start: record.time, end: record.time)) > now else { return }
        plan.accounts[key, default: book.account(key) ?? Account()].note(record, meter, isRemoval: isRemoval)
        touched.insert(key)
    }

    /// The accounts that holds with these labels weigh on.
    mutating func pots(of labels: Labels) -> [AccountKey] {
        if let known = pots[labels] { return known }
        let found = book.pots(of: labels)
        pots[labels] = found
        return found
    }

    func account(_ key: AccountKey) -> Account { plan.accounts[key] ?? book.account(key) ?? Account() }

    // MARK: Looking

    /// Looks at accounts.
    /// - Returns: the rules that are to be judged since they look at any of them.
    private mutating func evaluate(_ keys: Set<AccountKey>) -> Set<RuleKey> {
        var due: Set<RuleKey> = []
        for key in keys.sorted(by: AccountKey.inOrder) {
            switch book.metering.owners[key.meter] {
            case .budget: evaluateBudget(key)
            case .forecast: prune(key)
            case .rule(let rule):
                prune(key)
                let kind = policy.rules[rule].condition.kind
                if kind.firesWithRecords { due.insert(RuleKey(rule: rule, split: kind.judged(key.split))) }
            }
        }
        return due
    }

    private mutating func evaluate(_ rules: Set<RuleKey>) {
        for key in rules.sorted(by: RuleKey.inOrder) { evaluate(key) }
    }

    private mutating func prune(_ key: AccountKey) {
        let before = account(key)
        var account = before
        let meter = book.metering.meters[key.meter]
        account.prune(before: horizon(of: meter), meter: meter)
        if account != before { plan.accounts[key] = account }
    }

    /// Limits that changed because an override began or ended; the places of their budgets.
    private mutating func noteLimits() -> Set<Int> {
        var changed: Set<Int> = []
        for (place, budget) in policy.budgets.enumerated() where !budget.overrides.isEmpty {
            let limit = budget.limit(at: now)
            guard limit != book.limits[place].limit else { continue }
            plan.limits[place] = Book.InForce(limit: limit, revision: book.limits[place].revision + 1)
            changed.insert(place)
        }
        return changed
    }

    private func accounts(of place: Int) -> [AccountKey] {
        book.accounts[place].keys.map { AccountKey(meter: place, split: $0) }
    }

    func limit(of budget: Int) -> Book.InForce { plan.limits[budget] ?? book.limits[budget] }

    /// The keys of a meter's accounts, with those of this plan.
    func splits(of place: Int) -> [Split] {
        let planned = plan.accounts.keys.lazy.filter { $0.meter == place }.map(\.split)
        return Set(book.accounts[place].keys).union(planned).sorted { $0.raw < $1.raw }
    }
}

extension Account {
    /// Notes a record in a meter that keeps single calls.
    package mutating func note(_ record: UsageRecord, _ meter: Meter, isRemoval: Bool = false) {
        switch meter.value {
        case .presence: if !isRemoval { lastSeen = max(lastSeen ?? record.time, record.time) }
        // Who gave up on a call says nothing of whether it would have failed.
        case .outcomes:
            let id = StableHash.value(record.identity.key + "\u{1F}" + (record.identity.request ?? ""))
            let kind = record.outcome == .success ? nil : record.errorKind ?? record.outcome.rawValue
            let call = Call(time: record.time, id: id, errorKind: kind)
            note(call, isRemoval: isRemoval || record.outcome == .cancelled)
        case .spend, .unpriced, .saved: break
        }
    }
}
