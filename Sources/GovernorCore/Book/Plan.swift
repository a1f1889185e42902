/// What a group of changes does: computed from values alone, then committed, then applied.
package struct Plan: Hashable, Sendable {
    /// What is added to one slot of one account, on disk.
    package struct Delta: Hashable, Sendable {
        package var key: AccountKey
        package var slot: Interval
    }

    /// Since when something is so: a threshold or rule that is reached and doesn't fire yet, or fires and is no longer;
    /// or when something of a rule was.
    package struct TimerKey: Hashable, Sendable {
        /// The budget's or rule's name.
        package var item: String
        package var split: Split
        /// The threshold's label, with its window's start where it has one; of a rule see `RuleState.timers`.
        package var threshold: String

        package init(item: String, split: Split, threshold: String) {
            self.item = item
            self.split = split
            self.threshold = threshold
        }
    }

    /// The instant it was planned at.
    package var now: Timestamp
    /// Changed records, in order.
    package var changes: [RecordChange] = []
    /// By the place of a change, what its record is charged to which hold; changes of uncharged records have none.
    package var charges: [Int: [Charge]] = [:]
    /// Holds as they will be, by id.
    package var holds: [Int64: Reservation] = [:]
    /// By how much all holds together are overrun more than before.
    package var overrun = Money.zero
    /// Operators' pauses as they will be, by id; nil when one ends.
    package var pauses: [String: OperatorPause?] = [:]
    /// What `watch` tells, in order.
    package var events: [WatchEvent] = []
    /// Who is held back from now on, by what; nil when nobody is any more.
    package var moods: [Mood.Place: Mood?] = [:]
    /// Differences per slot, of live windows and past ones.
    package var deltas: [Delta: Amount] = [:]
    /// Accounts as they will be.
    package var accounts: [AccountKey: Account] = [:]
    /// Limits that changed, by the budget's place.
    package var limits: [Int: Book.InForce] = [:]
    /// Rules' states as they will be.
    package var rules: [RuleKey: RuleState] = [:]
    /// Timers that began (or, nil, ended).
    package var timers: [TimerKey: Timestamp?] = [:]
    /// Alerts that fired or resolved, or of which a silence was lifted.
    package var alerts: [Alert] = []
    /// `Book.loose` as it will be; nil when it stays.
    package var loose: [Alert]?
    /// Outbox rows that are new or changed.
    package var notifications: [Notification] = []
    /// Who is told of what, and why or why not.
    package var tellings: [Telling] = []
    /// Attempts at messages that ended.
    package var attempts: [DeliveryAttempt] = []
    /// Messages that nothing may join any more; not stored.
    package var sealed: Set<String> = []
    /// Alerts that an operator acknowledged.
    package var acknowledged: [Alert] = []
    /// Operators' silences as they will be, by id.
    package var silences: [String: OperatorSilence] = [:]
    /// Receivers that want nothing more; nil when one does again.
    package var disabled: [String: Messaging.Disabled?] = [:]
    /// Whether every account was looked at.
    package var looksAtAll = false

    package init(now: Timestamp) { self.now = now }

    /// What decisions in the middle of it are made from, over the book.
    var planned: Planned { Planned(accounts: accounts, limits: limits) }

    /// Whether there is nothing to commit.
    package var isEmpty: Bool {
        changes.isEmpty && deltas.isEmpty && limits.isEmpty && timers.isEmpty && alerts.isEmpty
            && notifications.isEmpty && tellings.isEmpty && attempts.isEmpty && acknowledged.isEmpty
            && silences.isEmpty && disabled.isEmpty && holds.isEmpty && pauses.isEmpty && events.isEmpty
    }
}

/// What a plan changes of where budgets stand: their accounts and limits as it leaves them.
package struct Planned: Sendable {
    package var accounts: [AccountKey: Account]
    /// By the budget's place.
    package var limits: [Int: Book.InForce]

    package init(accounts: [AccountKey: Account] = [:], limits: [Int: Book.InForce] = [:]) {
        self.accounts = accounts
        self.limits = limits
    }
}
