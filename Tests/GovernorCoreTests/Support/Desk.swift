import GovernorCore

/// All that a ledger keeps, and nothing else: what a restart, a reload or a clock that was set back finds.
struct MemoryLedger {
    private struct Place: Hashable {
        var meter: String
        var split: Split
    }

    private var slots: [Place: [Interval: Amount]] = [:]
    private(set) var alerts: [String: Alert] = [:]
    private(set) var timers: [Plan.TimerKey: Timestamp] = [:]
    private var limits: [String: Book.InForce] = [:]
    /// Every message, sent and dead ones too.
    private(set) var messages: [String: Notification] = [:]
    private(set) var tellings: [Telling] = []
    private(set) var attempts: [DeliveryAttempt] = []
    private var silences: [String: OperatorSilence] = [:]
    private var disabled: [String: Messaging.Disabled] = [:]
    private var records: [UsageRecord] = []
    private(set) var holds: [Int64: Reservation] = [:]
    private var pauses: [String: OperatorPause] = [:]
    private(set) var events: [WatchEvent] = []
    private var moods: [Mood.Place: Mood] = [:]
    /// By identity key: what the ledger hands out to correct a record by.
    private(set) var stored: [String: StoredRecord] = [:]
    private var sequence: Int64 = 0

    mutating func commit(_ plan: Plan, of book: Book) {
        for (delta, amount) in plan.deltas {
            let place = Place(meter: book.metering.meters[delta.key.meter].fingerprint, split: delta.key.split)
            slots[place, default: [:]][delta.slot, default: .zero] += amount
        }
        for alert in plan.alerts + plan.acknowledged { alerts[alert.id] = alert }
        for (key, since) in plan.timers { timers[key] = since }
        for (budget, limit) in plan.limits { limits[book.policy.budgets[budget].name] = limit }
        for message in plan.notifications { messages[message.id] = message }
        tellings += plan.tellings
        attempts += plan.attempts
        for (id, silence) in plan.silences { silences[id] = silence }
        for (name, disabled) in plan.disabled { self.disabled[name] = disabled }
        for (id, hold) in plan.holds { holds[id] = hold }
        for (id, pause) in plan.pauses { pauses[id] = pause }
        for (place, mood) in plan.moods { moods[place] = mood }
        events += plan.events
        for (place, change) in plan.changes.enumerated() { store(change, charges: plan.charges[place]) }
        for change in plan.changes {
            switch change {
            case .insert(let record): records.append(record)
            case .revise(let old, let record):
                records.removeAll { $0 == old.record }
                records.append(record)
            case .remove(let old): records.removeAll { $0 == old.record }
            }
        }
    }

    /// The book of a policy: stored accounts, alerts and timers; a changed limit counts its revision up.
    mutating func book(_ policy: Policy, now: Timestamp) -> Book {
        for budget in policy.budgets {
            let limit = budget.limit(at: now)
            guard let stored = limits[budget.name] else {
                limits[budget.name] = Book.InForce(limit: limit, revision: 0)
                continue
            }
            if stored.limit != limit {
                limits[budget.name] = Book.InForce(limit: limit, revision: stored.revision + 1)
            }
        }
        let metering = Metering(policy)
        var accounts = metering.meters.map { spend(of: $0, now: now) }
        for (place, budget) in policy.budgets.enumerated() {
            for alert in alerts.values.sorted(by: { ($0.firedAt, $0.id) < ($1.firedAt, $1.id) })
            where alert.item == budget.name {
                accounts[place][alert.split, default: Account()].cross(alert)
            }
            for (key, since) in timers where key.item == budget.name {
                accounts[place][key.split, default: Account()].timers[key.threshold] = since
            }
        }
        return Book(
            policy: policy,
            limits: policy.budgets.map { limits[$0.name] ?? Book.InForce(limit: $0.limit, revision: 0) },
            accounts: accounts, rules: policy.rules.map { states(of: $0, now: now) },
            loose: alerts.values.filter { isLoose($0, policy) }.sorted { $0.id < $1.id },
            outbox: messages.filter { $0.value.state == .pending }, messaging: messaging(now: now),
            admission: Admission(
                holds: Holds(
                    Array(holds.values), lastID: holds.keys.max() ?? 0,
                    overrun: holds.values.reduce(.zero) { $0 + $1.overrun }),
                pauses: Array(pauses.values)),
            watch: Watch(sequence: events.last?.sequence ?? 0, moods: moods), now: now)
    }

    private func isLoose(_ alert: Alert, _ policy: Policy) -> Bool {
        guard alert.state == .firing else { return false }
        switch alert.kind {
        case .policy, .delivery, .source: return true
        case .threshold, .forecast: return !policy.budgets.contains { $0.name == alert.item }
        case .rule: return !policy.rules.contains { $0.name == alert.item }
        }
    }

    private func messaging(now: Timestamp) -> Messaging {
        var log = NotificationLog()
        for message in messages.values.sorted(by: { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }) { log.take(message) }
        return Messaging(
            log: log, silences: silences.values.filter { $0.silence.interval.end > now }, disabled: disabled)
    }

    private mutating func store(_ change: RecordChange, charges: [Charge]?) {
        switch change {
        case .insert(let record):
            sequence += 1
            stored[record.identity.key] = StoredRecord(sequence: sequence, record: record, charges: charges ?? [])
        case .revise(let old, let record):
            stored[old.record.identity.key] = nil
            stored[record.identity.key] = StoredRecord(
                sequence: old.sequence, record: record, charges: charges ?? old.charges)
        case .remove(let old): stored[old.record.identity.key] = nil
        }
    }

    /// What is looked up before a group is planned.
    func atHand(_ lookup: HoldLookup, undated: Set<String> = []) -> HoldsAtHand {
        var found = HoldsAtHand()
        for id in lookup.ids { found.reservations[id] = holds[id] }
        for key in lookup.keys {
            guard let hold = holds.values.first(where: { $0.key == key }) else { continue }
            found.keys[key] = hold.id
            found.reservations[hold.id] = hold
        }
        for id in lookup.ownRecords { found.records[id] = stored[Reservation.recordKey(id)] }
        found.undated = undated
        return found
    }

    private func spend(of meter: Meter, now: Timestamp) -> [Split: Account] {
        var accounts: [Split: Account] = [:]
        if meter.isStored {
            for (place, slots) in slots where place.meter == meter.fingerprint {
                for (slot, amount) in slots where meter.memory(of: slot) > now - Book.lateness {
                    accounts[place.split, default: Account()].add(amount, to: slot)
                }
            }
        } else {
            for record in records where meter.matcher.matches(record.labels) && meter.isOpen(at: record.time) {
                let split = Split(booking: record.labels, per: meter.per)
                accounts[split, default: Account()].note(record, meter)
            }
        }
        return accounts
    }

    private func states(of rule: Rule, now: Timestamp) -> [Split: RuleState] {
        var timers: [Split: [String: Timestamp]] = [:]
        for (key, since) in self.timers where key.item == rule.name {
            timers[key.split, default: [:]][key.threshold] = since
        }
        let firing = alerts.values.filter { $0.item == rule.name && $0.state == .firing }
        let splits = Set(firing.map(\.split)).union(timers.keys)
        return Dictionary(
            uniqueKeysWithValues: splits.map { split in
                (
                    split,
                    RuleState(
                        alert: firing.first { $0.split == split }, timers: timers[split] ?? [:], now: now)
                )
            })
    }
}

/// A book and the ledger under it, committed in step.
struct Desk {
    private(set) var book: Book
    private(set) var ledger = MemoryLedger()
    private(set) var fired: [String] = []
    private(set) var resolved: [String] = []
    /// Those that were muted when they fired, and told later.
    private(set) var lifted: [String] = []

    init(_ policy: Policy, now: Timestamp = monday) { book = ledger.book(policy, now: now) }

    init(
        _ budgets: [Budget] = [], rules: [Rule] = [], mode: Mode = .enforce, silences: [Silence] = [],
        now: Timestamp = monday
    ) {
        let receivers = ["ops", "oncall"].map { Receiver(name: $0, kind: .log, groupWait: .zero) }
        self.init(
            Policy(
                revision: "r", mode: mode, budgets: budgets, rules: rules, receivers: receivers, silences: silences),
            now: now)
    }

    /// Plans, commits and applies what `body` adds.
    @discardableResult
    mutating func plan(
        at now: Timestamp, atHand: HoldsAtHand = HoldsAtHand(), _ body: (inout Planner) -> Void
    ) -> Plan {
        var planner = Planner(book: book, now: now, atHand: atHand)
        body(&planner)
        let plan = planner.finish()
        for alert in plan.fired {
            let wasMuted = ledger.alerts[alert.id].map { $0.state == .firing && $0.silenced } ?? false
            if wasMuted { lifted.append(alert.id) } else { fired.append(alert.id) }
        }
        if !plan.isEmpty { ledger.commit(plan, of: book) }
        book.apply(plan)
        resolved += plan.resolved.map(\.id)
        return plan
    }

    @discardableResult
    mutating func commit(_ changes: [RecordChange], at now: Timestamp) -> Plan {
        plan(at: now) {
            $0.add(changes)
            $0.evaluateTouched()
        }
    }

    @discardableResult
    mutating func commit(_ records: [UsageRecord], at now: Timestamp) -> Plan {
        commit(records.map { .insert($0) }, at: now)
    }

    /// What the daemon does with requests on holds that come at once.
    mutating func hold(_ requests: [HoldRequest], at now: Timestamp) -> [HoldOutcome] {
        var lookup = HoldLookup(book.admission.holds)
        for request in requests { lookup.need(for: request) }
        var outcomes: [HoldOutcome] = []
        plan(at: now, atHand: ledger.atHand(lookup)) {
            for request in requests { outcomes.append($0.carryOut(request)) }
            $0.evaluateTouched()
        }
        return outcomes
    }

    mutating func hold(_ request: HoldRequest, at now: Timestamp) -> HoldOutcome { hold([request], at: now)[0] }

    /// What the daemon does with records that arrive: new ones are booked, those that are there corrected.
    @discardableResult
    mutating func arrive(_ records: [UsageRecord], at now: Timestamp, undated: Bool = false) -> Plan {
        let changes = records.compactMap { record -> RecordChange? in
            guard let stored = ledger.stored[record.identity.key] else { return .insert(record) }
            return stored.record == record ? nil : .revise(stored, to: record)
        }
        var lookup = HoldLookup(book.admission.holds)
        for change in changes {
            if case .revise(let stored, _) = change { lookup.need(for: stored) }
        }
        for record in records { lookup.need(for: record) }
        let keys = undated ? Set(records.map(\.identity.key)) : []
        return plan(at: now, atHand: ledger.atHand(lookup, undated: keys)) {
            $0.add(changes)
            $0.evaluateTouched()
        }
    }

    /// One record, now.
    @discardableResult
    mutating func spent(_ cost: String, _ labels: Labels = Labels(), at now: Timestamp, id: String = "") -> Plan {
        commit([spend(usd(cost), labels, at: now, id: id.isEmpty ? "\(now.milliseconds)" : id)], at: now)
    }

    @discardableResult
    mutating func tick(at now: Timestamp) -> Plan { plan(at: now) { $0.evaluateAll() } }

    /// Ticks so often, up to and including `end`.
    @discardableResult
    mutating func ticks(from start: Timestamp, to end: Timestamp, every step: Span = .minutes(1)) -> [Alert] {
        var alerts: [Alert] = []
        var now = start
        while now <= end {
            alerts += tick(at: now).alerts
            now = now + step
        }
        return alerts
    }

    mutating func resume(_ labels: Labels = Labels(), at now: Timestamp) -> [Alert] {
        var ended: [Alert] = []
        plan(at: now) { ended = $0.resume(labels) }
        return ended
    }

    /// A crash and a start: only the ledger is left. A new policy is a reload.
    mutating func restart(_ policy: Policy? = nil, at now: Timestamp) {
        book = ledger.book(policy ?? book.policy, now: now)
    }

    func decide(_ labels: Labels = Labels(), estimate: Money? = nil, at now: Timestamp) -> Decision {
        book.decide(labels, estimate: estimate, now: now)
    }

    /// Whether what is announced to the world fits together: nothing twice, nothing that ends before it began.
    var isSound: Bool {
        Set(fired).count == fired.count && Set(lifted).count == lifted.count && Set(resolved).count == resolved.count
            && Set(resolved).isSubset(of: fired)
            && Set(book.firing.map(\.id)) == Set(fired).subtracting(resolved)
    }
}

/// $10 for the fleet a day, with one threshold at 80%, unless told otherwise.
func pot(
    _ name: String = "b", _ limit: Limit = .usd(.dollars(10)), per: [LabelKey] = [], window: Window = .calendar(.day),
    match: Matcher = .all, during: Schedule? = nil, mode: Mode = .enforce, zone: Zone = .utc,
    overrides: [Override] = [], at thresholds: [Threshold] = [Threshold(ratio: .percent(80), notify: ["ops"])]
) -> Budget {
    Budget(
        name: name, limit: limit, per: per, window: window, zone: zone, matcher: match, schedule: during,
        thresholds: thresholds, mode: mode, overrides: overrides)
}

let perWorker = [LabelKey.label(.worker)]

func matching(_ name: LabelName, _ globs: String...) -> Matcher {
    Matcher(terms: [Matcher.Term(key: .label(name), globs: globs.map(Glob.init))])
}

/// A correction of one record.
func corrected(_ old: UsageRecord, to cost: String) -> [RecordChange] {
    var new = old
    new.cost = usd(cost)
    return [.revise(StoredRecord(sequence: 1, record: old), to: new)]
}
