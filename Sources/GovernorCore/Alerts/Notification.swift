/// One message to one receiver: a row of the outbox, written in the transaction that changed its alerts.
package struct Notification: Hashable, Sendable {
    /// An alert and which of its two events is told.
    package struct Item: Hashable, Sendable {
        package var alert: Alert
        package var event: Alert.State
        /// Whether it was told before and still fires.
        package var isRepeat: Bool

        package init(alert: Alert, event: Alert.State, isRepeat: Bool = false) {
            self.alert = alert
            self.event = event
            self.isRepeat = isRepeat
        }

        /// What is told, as `Telling` names it.
        package var telling: Telling.Event {
            switch event {
            case .firing: isRepeat ? .repeated : .firing
            case .resolved: .resolved
            }
        }
    }

    package enum State: String, Sendable { case pending, sent, dead }

    /// The same on every attempt; derived from the receiver and what it is made for, so that planning again after a crash
    /// can't make a second one.
    package let id: String
    package var receiver: String
    package var items: [Item]
    package var createdAt: Timestamp
    /// When the first attempt is due; until then further alerts may join.
    package var dueAt: Timestamp
    package var state: State
    /// Attempts made so far.
    package var attempts: Int64
    /// When the next attempt is due.
    package var nextAt: Timestamp
    /// When the last attempt ended.
    package var attemptedAt: Timestamp?
    package var lastError: String?
    /// Parts that need no further attempt; see `DeliveryResult`.
    package var settled: Set<String>
    /// Of a digest, the stretch of time it reports.
    package var period: Interval?

    /// A message for one event.
    package init(receiver: String, item: Item, createdAt: Timestamp, dueAt: Timestamp) {
        let made = item.isRepeat ? "\(item.telling.rawValue)|\(dueAt.milliseconds)" : item.event.rawValue
        self.init(
            id: "nt_" + StableHash.hex("\(receiver)|\(item.alert.id)|\(made)"), receiver: receiver, items: [item],
            createdAt: createdAt, dueAt: dueAt, nextAt: dueAt)
    }

    /// A digest, which gathers until the end of its period.
    package init(digestFor receiver: String, period: Interval, createdAt: Timestamp) {
        // By the time it was made too: its hour may be changed, and changed back.
        let made = "digest|\(period.end.milliseconds)|\(createdAt.milliseconds)"
        self.init(
            id: "nt_" + StableHash.hex("\(receiver)|\(made)"), receiver: receiver, items: [], createdAt: createdAt,
            dueAt: period.end, nextAt: period.end, period: period)
    }

    /// A notification as it was stored.
    package init(
        id: String, receiver: String, items: [Item], createdAt: Timestamp, dueAt: Timestamp, state: State = .pending,
        attempts: Int64 = 0, nextAt: Timestamp, attemptedAt: Timestamp? = nil, lastError: String? = nil,
        settled: Set<String> = [], period: Interval? = nil
    ) {
        self.id = id
        self.receiver = receiver
        self.items = items
        self.createdAt = createdAt
        self.dueAt = dueAt
        self.state = state
        self.attempts = attempts
        self.nextAt = nextAt
        self.attemptedAt = attemptedAt
        self.lastError = lastError
        self.settled = settled
        self.period = period
    }

    /// Whether further alerts may join at `now`.
    package func isOpen(at now: Timestamp) -> Bool { state == .pending && attempts == 0 && !hasGathered(at: now) }

    /// Whether the time to its first attempt is over. What was made in the future was made by a clock that ran ahead, and
    /// waits no longer; but a digest is for its hour by any clock.
    package func hasGathered(at now: Timestamp) -> Bool { dueAt <= now || period == nil && createdAt > now }

    /// Whether its next attempt may be made. A clock that was set back behind its last one must not hold it up.
    package func isDue(at now: Timestamp) -> Bool {
        guard let attemptedAt else {
            return hasGathered(at: now) && (nextAt <= now || period == nil && createdAt > now)
        }
        return nextAt <= now || attemptedAt > now
    }

    /// The policy items its alerts belong to, in the order in which they are first told.
    package var groups: [String] {
        var seen: Set<String> = []
        return items.map(\.alert.item).filter { seen.insert($0).inserted }
    }

    /// Brings the first attempt forward.
    mutating func hasten(to due: Timestamp) {
        dueAt = min(dueAt, due)
        nextAt = dueAt
    }

    /// Takes one more event in; of several thresholds crossed by one split in one window only the highest is told.
    /// - Returns: the events that are not told because of a higher one: the new one, or some that were in it.
    package mutating func add(_ item: Item) -> [Item] {
        let isSameCrossing = { (other: Item) in
            other.event == .firing && item.event == .firing && other.alert.item == item.alert.item
                && other.alert.kind == .threshold && item.alert.kind == .threshold
                && other.alert.split == item.alert.split && other.alert.window.start == item.alert.window.start
        }
        let ratio = { (item: Item) in item.alert.ratio?.partsPerMillion ?? 0 }
        if items.contains(where: { isSameCrossing($0) && ratio($0) >= ratio(item) }) { return [item] }
        let outranked = items.filter(isSameCrossing)
        items.removeAll(where: isSameCrossing)
        items.append(item)
        return outranked
    }
}
