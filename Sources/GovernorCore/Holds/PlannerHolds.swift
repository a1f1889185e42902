/// Holds: set aside, drawn down, ended. Each request is answered from the book and what this plan has already done, so
/// that two of one group never fit into the same dollar.
extension Planner {
    /// Plans one request.
    ///
    /// - Parameter mentions: what the decision must mention.
    package mutating func carryOut(_ request: HoldRequest, mentioning mentions: Mentions = Mentions()) -> HoldOutcome {
        let outcome = outcome(of: request, mentions)
        // At once: the next request of the group must not find its money neither held nor spent.
        bookOwnRecords()
        return outcome
    }

    private mutating func outcome(of request: HoldRequest, _ mentions: Mentions) -> HoldOutcome {
        switch request {
        case .reserve(let reserve): return self.reserve(reserve, mentions)
        case .extend(let name, let ttl, let estimate):
            guard let hold = reservation(name) else { return .notFound }
            guard hold.isLive else { return .endedBefore(hold) }
            return extend(hold, ttl: ttl, estimate: estimate, mentions)
        case .settle(let name, let cost):
            guard let hold = reservation(name) else { return .notFound }
            return settle(hold, cost: cost)
        case .release(let name):
            guard let hold = reservation(name) else { return .notFound }
            return hold.isLive ? .ended(end(hold, as: .released, at: now)) : .endedBefore(hold)
        }
    }

    /// Ends every hold whose time is over. Called before anything else is planned at an instant, so that a hold never
    /// ends late in the eyes of a request, and by a tick where there is none.
    package mutating func expireHolds() {
        for id in book.admission.holds.expired(by: now) {
            guard let hold = reservation(id), hold.isLive, hold.expiresAt <= now else { continue }
            end(hold, as: .expired, at: hold.expiresAt)
        }
    }

    // MARK: The requests

    private mutating func reserve(_ request: HoldRequest.Reserve, _ mentions: Mentions) -> HoldOutcome {
        if let known = reservation(.key(request.key)) {
            return known.fingerprint == request.fingerprint ? .repeated(known) : .keyReused
        }
        let (size, origin) = size(for: request)
        let decision = decide(request.labels, Asking(estimate: size), mentions)
        guard decision.kind != .pause else { return .refused(decision) }
        lastHold = max(lastHold, book.admission.holds.lastID) + 1
        let hold = Reservation(
            id: lastHold, key: request.key, fingerprint: request.fingerprint,
            labels: request.labels, size: size, createdAt: now, expiresAt: now + (request.ttl ?? policy.holds.ttl))
        keep(hold)
        atHand.keys[request.key] = hold.id
        // What is left is told with this hold counted, as the next caller will see it.
        var answer = decision
        answer.remaining = decision.remaining.map { max(.zero, $0 - size.cost) }
        return .reserved(hold, answer, origin)
    }

    private func size(for request: HoldRequest.Reserve) -> (amount: Amount, origin: Estimates.Origin) {
        var (size, origin) = book.admission.holds.estimates.estimate(request.labels, policy.holds)
        if let estimate = request.estimate { (size.cost, origin) = (estimate, .caller) }
        if let tokens = request.tokens { size.tokens = tokens }
        return (size, origin)
    }

    private mutating func extend(
        _ hold: Reservation, ttl: Span?, estimate: Money?, _ mentions: Mentions
    ) -> HoldOutcome {
        var later = hold
        later.expiresAt = max(hold.expiresAt, now + (ttl ?? policy.holds.ttl))
        if let estimate {
            later.size.cost = estimate
            let more = later.remaining.cost - hold.remaining.cost
            if more > .zero {
                // Its own hold stays counted: only what is added must fit.
                let decision = decide(
                    hold.labels, Asking(estimate: Amount(cost: more, tokens: 0, calls: 0)), mentions)
                guard decision.kind != .pause else { return .extended(hold, decision) }
            }
        }
        keep(later)
        return .extended(later, decide(hold.labels, .running, mentions))
    }

    private mutating func settle(_ hold: Reservation, cost: Money?) -> HoldOutcome {
        switch hold.state {
        case .live: return .ended(end(hold, as: .settled, at: now, cost: cost))
        case .expired where hold.reported == nil && cost != nil:
            // Its money was given back, so all of this is beyond it; but it was spent.
            var late = hold
            late.reported = cost
            keep(late)
            return .endedBefore(late)
        case .settled, .released, .expired: return .endedBefore(hold)
        }
    }

    @discardableResult
    private mutating func end(
        _ hold: Reservation, as state: Reservation.State, at time: Timestamp, cost: Money? = nil
    ) -> Reservation {
        var ended = hold
        ended.state = state
        ended.endedAt = time
        ended.reported = cost
        keep(ended)
        return ended
    }

    // MARK: What is planned of holds

    private func decide(_ labels: Labels, _ asking: Asking, _ mentions: Mentions) -> Decision {
        book.decide(labels, asking, over: plan.planned, mentioning: mentions, now: now)
    }

    /// A hold as this plan leaves it.
    func reservation(_ id: Int64) -> Reservation? {
        plan.holds[id] ?? book.admission.holds[id] ?? atHand.reservations[id]
    }

    private func reservation(_ name: HoldName) -> Reservation? {
        switch name {
        case .reservation(let text):
            // A hold of another ledger may have the same number.
            return Reservation.id(in: text).flatMap { reservation($0) }.flatMap { $0.name == text ? $0 : nil }
        case .key(let key): return atHand.keys[key].flatMap { reservation($0) }
        }
    }

    /// Takes a hold in as it will be, and with it what the budgets it weighs on hold, and its own record.
    mutating func keep(_ hold: Reservation) {
        let before = reservation(hold.id)
        plan.holds[hold.id] = hold
        plan.overrun += hold.overrun - (before?.overrun ?? .zero)
        let difference = hold.remaining - (before?.remaining ?? .zero)
        if difference != .zero {
            for key in pots(of: hold.labels) {
                plan.accounts[key, default: book.account(key) ?? Account()].held += difference
            }
        }
        if hold.reported != nil { unsettled.insert(hold.id) }
    }

    // MARK: Its own record

    /// Books, for every hold that was told its cost, what no record covers yet: as the hold's own record, which shrinks as
    /// records come late.
    mutating func bookOwnRecords() {
        guard !unsettled.isEmpty else { return }
        let holds = unsettled.sorted().compactMap { reservation($0) }
        unsettled = []
        add(holds.compactMap { $0.ownRecordChange(from: atHand.records[$0.id], now: now) })
        // A second time would add it twice.
        for hold in holds { atHand.records[hold.id] = nil }
    }
}

extension Reservation {
    /// The key of the hold's own record.
    package static func recordKey(_ id: Int64) -> String { "hold/\(id)" }

    /// The source of such records.
    package static let source = "hold"

    /// What has to happen to the own record that is stored.
    fileprivate func ownRecordChange(from stored: StoredRecord?, now: Timestamp) -> RecordChange? {
        guard uncovered > .zero else { return stored.map { .remove($0) } }
        var record = stored?.record ?? ownRecord(at: now)
        guard record.cost != uncovered else { return nil }
        record.reportedCost = uncovered
        record.cost = uncovered
        return stored.map { .revise($0, to: record) } ?? .insert(record)
    }

    private func ownRecord(at now: Timestamp) -> UsageRecord {
        var labels = labels
        labels.source = Self.source
        var record = UsageRecord(
            identity: CallIdentity(key: Self.recordKey(id)), growth: .later, time: now, labels: labels,
            tokens: TokenCounts())
        record.costOrigin = .reported
        return record
    }
}
