/// All accounts of a policy, and the messages that are still to be sent: the state that decisions are made from.
///
/// A value. It changes only by `apply(_:)` with a plan that the ledger has committed.
package struct Book: Sendable {
    /// A budget's limit in force, and how often it has changed.
    package struct InForce: Hashable, Sendable {
        package var limit: Limit
        /// Counts up whenever the limit changes, so that its thresholds are armed again.
        package var revision: Int64

        package init(limit: Limit, revision: Int64) {
            self.limit = limit
            self.revision = revision
        }
    }

    package private(set) var policy: Policy
    package let metering: Metering
    /// In the order of the policy's budgets.
    package private(set) var limits: [InForce]
    /// In the order of the meters.
    package private(set) var accounts: [[Split: Account]]
    /// Rules whose condition holds or held a moment ago; in the order of the policy's rules.
    package private(set) var rules: [[Split: RuleState]]
    /// Alerts that fire though nothing in the policy stands behind them any more, and those of the policy itself.
    package private(set) var loose: [Alert]
    /// Messages that are pending, by id.
    package private(set) var outbox: [String: Notification]
    /// What is remembered of messages beside the outbox.
    package private(set) var messaging: Messaging
    /// Who was let in, and whom operators keep out.
    package private(set) var admission: Admission
    /// What watchers know.
    package private(set) var watch: Watch
    /// What has changed when.
    package private(set) var freshness: Freshness
    /// When all accounts were looked at last.
    package private(set) var lookedAt: Timestamp
    /// Each meter's calendar slot when it was last looked up; looking it up again is what calendars make dear.
    private var slots: [Interval?]
    /// Each meter's shift (or the time between two) when it was last looked up, for the same reason; nil without one.
    private var shifts: [Shift?]

    /// A stretch of time in which a schedule is on, or off.
    private struct Shift: Sendable {
        var interval: Interval
        var isOn: Bool
    }

    /// How long after its end a window is still watched, so that the last write before a boundary is not lost.
    package static let lateness = Span.hours(1)
    /// How long a threshold of a rolling window or a forecast must not be reached any more before its alert resolves.
    package static let keepFiringFor = Span.minutes(5)

    package init(
        policy: Policy, limits: [InForce], accounts: [[Split: Account]], rules: [[Split: RuleState]] = [],
        loose: [Alert] = [], outbox: [String: Notification], messaging: Messaging = Messaging(),
        admission: Admission = Admission(), watch: Watch = Watch(), now: Timestamp
    ) {
        self.policy = policy
        metering = Metering(policy)
        self.limits = limits
        self.accounts = accounts
        self.rules = rules.isEmpty ? policy.rules.map { _ in [:] } : rules
        self.loose = loose
        self.outbox = outbox
        self.messaging = messaging
        self.admission = admission
        self.watch = watch
        freshness = Freshness(policy)
        lookedAt = .distantPast
        slots = metering.meters.map { _ in nil }
        shifts = metering.meters.map { _ in nil }
        refreshSlots(now)
        weighHolds()
    }

    /// A book without spend.
    package init(policy: Policy, now: Timestamp) {
        let count = Metering(policy).meters.count
        self.init(
            policy: policy, limits: policy.budgets.map { InForce(limit: $0.limit(at: now), revision: 0) },
            accounts: Array(repeating: [:], count: count), outbox: [:], now: now)
    }

    /// What accounts hold is never stored: it follows from the holds that live.
    private mutating func weighHolds() {
        for place in policy.budgets.indices {
            for (split, account) in accounts[place] where account.held != .zero {
                accounts[place][split]?.held = .zero
            }
        }
        for hold in admission.holds.live.values {
            for key in pots(of: hold.labels) {
                accounts[key.meter][key.split, default: Account()].held += hold.remaining
            }
        }
    }

    package func account(_ key: AccountKey) -> Account? { accounts[key.meter][key.split] }

    /// The accounts of budgets that work with these labels is known to draw on.
    package func pots(of labels: Labels) -> [AccountKey] {
        metering.matching(labels).compactMap { place in
            guard place < policy.budgets.count else { return nil }
            return Split(of: labels, per: policy.budgets[place].per).map { AccountKey(meter: place, split: $0) }
        }
    }

    /// Every alert that fires: of accounts, rules, and the policy itself.
    package var firing: [Alert] {
        let crossed = accounts.flatMap { $0.values.flatMap(\.crossings) }.map(\.alert).filter { $0.state == .firing }
        return crossed + rules.flatMap { $0.values.compactMap(\.alert) } + loose
    }

    /// The window of a budget's account that is current at `now`.
    package func window(of key: AccountKey, at now: Timestamp) -> Interval {
        let budget = policy.budgets[key.meter]
        switch budget.window {
        case .calendar: return slot(of: key.meter, containing: now, in: nil)
        case .block: return metering.meters[key.meter].slot(containing: now, in: account(key))
        case .rolling, .lifetime: return budget.window.current(at: now, in: budget.zone)
        }
    }

    /// The slot of a meter that holds `time`; of a block, given those the account has.
    func slot(of meter: Int, containing time: Timestamp, in account: @autoclosure () -> Account?) -> Interval {
        if let slot = slots[meter], slot.contains(time) { return slot }
        return metering.meters[meter].slot(containing: time, in: account())
    }

    /// Takes in what was committed.
    package mutating func apply(_ plan: Plan) {
        for (key, account) in plan.accounts {
            accounts[key.meter][key.split] = account.isEmpty ? nil : account
        }
        for (place, limit) in plan.limits { limits[place] = limit }
        admission.take(plan)
        watch.take(plan)
        freshness.take(plan)
        for (key, state) in plan.rules { rules[key.rule][key.split] = state.isEmpty ? nil : state }
        if let loose = plan.loose { self.loose = loose }
        messaging.take(plan, policy)
        for notification in plan.notifications {
            outbox[notification.id] = notification.state == .pending ? notification : nil
        }
        if plan.looksAtAll {
            lookedAt = plan.now
            refreshSlots(plan.now)
        }
    }

    /// Whether a meter counts at `time`, and a budget decides.
    func isOpen(_ meter: Int, at time: Timestamp) -> Bool {
        guard metering.meters[meter].schedule != nil else { return true }
        if let shift = shifts[meter], shift.interval.contains(time) { return shift.isOn }
        return metering.meters[meter].isOpen(at: time)
    }

    /// When the meter's hours begin or end next, as seen at `lookedAt`; `distantFuture` without any.
    func shiftEnd(of meter: Int) -> Timestamp { shifts[meter]?.interval.end ?? .distantFuture }

    private mutating func refreshSlots(_ now: Timestamp) {
        for (place, meter) in metering.meters.enumerated() {
            if let schedule = meter.schedule, shifts[place]?.interval.contains(now) != true {
                let on = schedule.shift(containing: now, in: meter.zone)
                let next = schedule.nextShift(after: now, in: meter.zone)?.start ?? .distantFuture
                shifts[place] = Shift(interval: on ?? Interval(start: now, end: next), isOn: on != nil)
            }
            guard slots[place]?.contains(now) != true else { continue }
            switch meter.slots {
            case .window(.calendar), .window(.lifetime), .days:
                slots[place] = meter.slot(containing: now, in: nil)
            case .window, .steps, .calls: break
            }
        }
    }
}

/// Where a rule stands with one split: its condition is held against time here.
package struct RuleState: Hashable, Sendable {
    /// Since when the condition holds while no alert fires yet; since when it no longer holds while one does.
    package var since: Timestamp?
    /// The alert that fires.
    package var alert: Alert?
    /// When the condition was seen to hold last; a pause lasts from here.
    package var heldAt: Timestamp
    /// When an operator ended a pause although the condition held on: nothing fires until it is over, or until all that
    /// the rule looks at came later.
    package var resumedAt: Timestamp?
    /// `heldAt` as it is kept: once it lies behind. Of a condition that is a state it moves on with every look.
    package private(set) var keptHeldAt: Timestamp?

    package init(
        since: Timestamp? = nil, alert: Alert? = nil, heldAt: Timestamp, resumedAt: Timestamp? = nil
    ) {
        self.since = since
        self.alert = alert
        self.heldAt = heldAt
        self.resumedAt = resumedAt
    }

    /// A state as the ledger knows it.
    ///
    /// While a state held on, nothing was written of when it was seen last; `now` makes a pause rather too long than too
    /// short.
    /// - Parameters:
    ///   - alert: the one that fires.
    ///   - timers: by `Plan.TimerKey.threshold`; other names are passed over.
    package init(alert: Alert?, timers: [String: Timestamp], now: Timestamp) {
        self.init(
            since: timers[""], alert: alert, heldAt: min(now, timers["held"] ?? now), resumedAt: timers["resumed"])
        keptHeldAt = timers["held"]
    }

    /// Notes at `now` what is to be kept.
    mutating func keep(at now: Timestamp) { keptHeldAt = alert != nil && heldAt < now ? heldAt : nil }

    package var isEmpty: Bool { since == nil && alert == nil && resumedAt == nil }

    /// What of it is kept beside the alert, by `Plan.TimerKey.threshold`.
    package var timers: [String: Timestamp] {
        var timers: [String: Timestamp] = [:]
        timers[""] = since
        timers["held"] = keptHeldAt
        timers["resumed"] = resumedAt
        return timers
    }
}

/// Names a rule's state within a policy.
package struct RuleKey: Hashable, Sendable {
    /// The rule's place in `Policy.rules`.
    package var rule: Int
    package var split: Split

    package init(rule: Int, split: Split) {
        self.rule = rule
        self.split = split
    }

    static func inOrder(_ left: RuleKey, _ right: RuleKey) -> Bool {
        (left.rule, left.split.raw) < (right.rule, right.split.raw)
    }
}
