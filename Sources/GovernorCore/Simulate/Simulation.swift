/// A policy run over records and time in memory, as the daemon runs it: the same plan, applied without a ledger.
///
/// Time moves only by what is asked: `take` and `advance` tick at every whole minute they pass. What `policy test` and
/// `policy replay` say is what came out here.
package struct Simulation: Sendable {
    package private(set) var book: Book
    /// How far time has come.
    package private(set) var now: Timestamp
    /// What happened so far, in order; see `drain`.
    package private(set) var events: [Event] = []
    private let prices: PriceBook
    private let resolver: LabelResolver
    /// Records that were taken, by what identifies their call.
    private var stored: [ExactText: [StoredRecord]] = [:]
    private var sequence: Int64 = 0
    private var firingByID: [String: Alert] = [:]
    private var pauses = PauseWatch()

    private static let step = Span.minutes(1)

    /// - Parameter start: when it begins; nothing was spent before.
    package init(policy: Policy, prices: PriceBook, start: Timestamp) {
        book = Book(policy: policy, now: start)
        now = start
        self.prices = prices
        resolver = LabelResolver(rules: policy.labelRules)
    }

    /// The alerts that fire now, the earliest first; of one instant by item, threshold and split.
    package var firing: [Alert] {
        func order(_ alert: Alert) -> (Timestamp, String, Int64, String, String) {
            (alert.firedAt, alert.item, alert.ratio?.partsPerMillion ?? 0, alert.split.raw, alert.id)
        }
        return firingByID.values.sorted { order($0) < order($1) }
    }

    /// The items that refuse work now, in the order of the policy, then by split.
    package var paused: [PauseSpan] {
        pauses.open.sorted { PauseWatch.Place.inOrder($0.key, $1.key) }.map(\.value)
    }

    /// Takes records in as they come from a source: dated, labelled, priced, and each call once.
    ///
    /// - Parameter arrival: when they arrive; the past counts as now.
    /// - Returns: one fate a record, in order.
    @discardableResult
    package mutating func take(_ records: [UsageRecord], at arrival: Timestamp) -> [RecordFate] {
        pass(to: arrival)
        let incoming = records.map { $0.arriving(at: now, resolver, prices) }
        let keys = Set(incoming.map { ExactText($0.identity.key) })
        var deduplication = Deduplication(stored: keys.flatMap { stored[$0] ?? [] })
        let fates = incoming.map { deduplication.add($0) }
        let changes = deduplication.changes
        keep(changes)
        book(changes)
        return fates
    }

    /// Takes records in as a ledger holds them: labelled and priced already, each call once. None is remembered, so that
    /// any number of them needs no more memory than the accounts.
    package mutating func take(settled records: [UsageRecord], at arrival: Timestamp) {
        pass(to: arrival)
        book(records.map { .insert($0) })
    }

    /// Lets time pass: windows end, rules and forecasts are judged at every whole minute, and all once more at `time`.
    package mutating func advance(to time: Timestamp) {
        pass(to: time)
        if book.lookedAt != now { tick() }
    }

    /// What the labelled work may do now.
    package func decide(_ labels: Labels, estimate: Money? = nil) -> Decision {
        book.decide(labels.kept, estimate: estimate, mentioning: Mentions(prices: prices), now: now)
    }

    /// An operator lets go on what was paused until then.
    ///
    /// - Parameter labels: whose; none at all means every such pause.
    /// - Returns: the alerts that ended.
    @discardableResult
    package mutating func resume(_ labels: Labels) -> [Alert] {
        var ended: [Alert] = []
        apply(plan { ended = $0.resume(labels.kept) })
        return ended
    }

    /// The events since the last call, which are forgotten here.
    package mutating func drain() -> [Event] {
        defer { events = [] }
        return events
    }

    // MARK: Time

    /// Ticks at every whole minute up to `time` that was not ticked at, but at those only at which something can happen.
    private mutating func pass(to time: Timestamp) {
        let end = max(time, now)
        var next = Self.minute(atOrAfter: max(now, book.lookedAt + Span(milliseconds: 1)))
        while next <= end {
            let quiet = min(book.quietUntil(), end + Span(milliseconds: 1))
            guard quiet > next else {
                now = next
                tick()
                next = next + Self.step
                continue
            }
            // Up to the last whole minute before anything can happen, as if it had been ticked at each.
            let last = Self.minute(atOrAfter: quiet - Self.step)
            var nothing = Plan(now: last)
            nothing.looksAtAll = true
            book.apply(nothing)
            next = last + Self.step
        }
        now = end
        events += pauses.lapse(book, at: now)
    }

    private mutating func tick() { apply(plan { $0.evaluateAll() }) }

    private static func minute(atOrAfter time: Timestamp) -> Timestamp {
        let past = time.milliseconds.modulo(step.milliseconds)
        return past == 0 ? time : time + Span(milliseconds: step.milliseconds - past)
    }

    // MARK: Changes

    private mutating func book(_ changes: [RecordChange]) {
        let plan = plan { planner in
            planner.add(changes)
            planner.evaluateTouched()
        }
        apply(plan)
    }

    /// Plans over the present book. It is let go on return, so that applying the plan changes it in place.
    private func plan(_ body: (inout Planner) -> Void) -> Plan {
        var planner = Planner(book: book, now: now)
        body(&planner)
        return planner.finish()
    }

    private mutating func apply(_ plan: Plan) {
        events += pauses.lapse(book, at: plan.now)
        var plan = plan
        // Nobody delivers here, and messages that wait are looked through for every new one.
        plan.notifications = []
        book.apply(plan)
        for alert in plan.alerts { note(alert, at: plan.now) }
        events += pauses.look(book, after: plan, at: plan.now)
    }

    private mutating func note(_ alert: Alert, at time: Timestamp) {
        switch alert.state {
        case .firing:
            // One that fires already says that its silence was lifted.
            let isNew = firingByID.updateValue(alert, forKey: alert.id) == nil
            if isNew { events.append(Event(time: time, kind: .fired(alert))) }
        case .resolved:
            firingByID[alert.id] = nil
            events.append(Event(time: time, kind: .resolved(alert)))
        }
    }

    /// What the ledger would hold, to recognise later copies by.
    private mutating func keep(_ changes: [RecordChange]) {
        for change in changes {
            switch change {
            case .insert(let record):
                sequence += 1
                let new = StoredRecord(sequence: sequence, record: record)
                stored[ExactText(record.identity.key), default: []].append(new)
            case .revise(let old, let record):
                let key = ExactText(old.record.identity.key)
                if let place = stored[key]?.firstIndex(where: { $0.sequence == old.sequence }) {
                    stored[key]?[place].record = record
                }
            case .remove(let old): stored[ExactText(old.record.identity.key)]?.removeAll { $0.sequence == old.sequence }
            }
        }
    }
}
