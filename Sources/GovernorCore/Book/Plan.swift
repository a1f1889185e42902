/// What a group of changes does: computed from values alone, then committed, then applied.
package struct Plan: Hashable, Sendable {
    /// What is added to one slot of one account, on disk.
    package struct Delta: Hashable, Sendable {
        package var key: AccountKey
        package var slot: Interval
    }

    /// The instant it was planned at.
    package var now: Timestamp
    /// Changed records, in order.
    package var changes: [RecordChange] = []
    /// Differences per slot, of live windows and past ones.
    package var deltas: [Delta: Amount] = [:]
    /// Accounts as they will be.
    package var accounts: [AccountKey: Account] = [:]
    /// Alerts that fired or resolved.
    package var alerts: [Alert] = []
    /// Outbox rows that are new or changed.
    package var notifications: [Notification] = []

    package init(now: Timestamp) { self.now = now }

    /// Whether there is nothing to commit.
    package var isEmpty: Bool { changes.isEmpty && deltas.isEmpty && alerts.isEmpty && notifications.isEmpty }
}

/// Plans a group of changes one after the other over a book that stays as it is.
package struct Planner {
    private let book: Book
    private var plan: Plan
    private var touched: Set<AccountKey> = []

    package init(book: Book, now: Timestamp) {
        self.book = book
        plan = Plan(now: now)
    }

    private var now: Timestamp { plan.now }

    /// What ended before it is over for good; spend that left a rolling window never comes back, so it needs no grace.
    private func horizon(of window: Window) -> Timestamp {
        if case .rolling = window { now } else { now - Book.lateness }
    }

    /// Books records into every account they belong to.
    package mutating func add(_ changes: [RecordChange]) {
        plan.changes += changes
        for change in changes {
            switch change {
            case .insert(let record): book(record, record.amount)
            case .revise(let stored, let record):
                book(stored.record, -stored.record.amount)
                book(record, record.amount)
            case .remove(let stored): book(stored.record, -stored.record.amount)
            }
        }
    }

    /// Takes a delivery's outcome in.
    package mutating func add(_ notification: Notification) {
        plan.notifications.removeAll { $0.id == notification.id }
        plan.notifications.append(notification)
    }

    /// Looks at the accounts that were touched; to be called once, at the end of a group.
    package mutating func evaluateTouched() {
        for key in touched.sorted(by: Self.inOrder) { evaluate(key) }
    }

    /// Looks at every account: windows that ended, spend that expired, thresholds of a changed policy.
    package mutating func evaluateAll() {
        for index in book.policy.budgets.indices {
            for split in book.accounts[index].keys.sorted(by: { $0.raw < $1.raw }) {
                evaluate(AccountKey(budget: index, split: split))
            }
        }
        for key in touched.sorted(by: Self.inOrder) where book.account(key) == nil { evaluate(key) }
    }

    /// The plan, with the messages its alerts make.
    package consuming func finish() -> Plan {
        var pending = book.outbox
        for notification in plan.notifications { pending[notification.id] = notification }
        plan.notifications += NotificationPlanner.plan(plan.alerts, pending: pending, policy: book.policy, now: now)
        return plan
    }

    private static func inOrder(_ left: AccountKey, _ right: AccountKey) -> Bool {
        (left.budget, left.split.raw) < (right.budget, right.split.raw)
    }

    private mutating func book(_ record: UsageRecord, _ amount: Amount) {
        for (index, budget) in book.policy.budgets.enumerated() where budget.matcher.matches(record.labels) {
            let key = AccountKey(budget: index, split: budget.recordSplit(of: record.labels))
            let slot = book.slot(of: index, containing: record.time)
            plan.deltas[Plan.Delta(key: key, slot: slot), default: .zero] += amount
            // Windows long past are the ledger's alone.
            guard budget.window.expiry(of: slot) > horizon(of: budget.window) else { continue }
            plan.accounts[key, default: book.account(key) ?? Account()].add(amount, to: slot)
            touched.insert(key)
        }
    }

    private func account(_ key: AccountKey) -> Account { plan.accounts[key] ?? book.account(key) ?? Account() }

    /// Fires and resolves what the account's spend calls for at `now`.
    private mutating func evaluate(_ key: AccountKey) {
        let budget = book.policy.budgets[key.budget]
        let before = account(key)
        var account = before
        switch budget.window {
        case .calendar:
            for slot in account.slots where slot.interval.start <= now && isOpen(slot.interval, of: key) {
                let spent = budget.limit.measure(slot.amount)
                cross(budget, key, &account, window: slot.interval, spent: spent)
            }
        case .lifetime, .rolling:
            let spent = budget.limit.measure(account.spent(at: now, window: budget.window))
            let slot = budget.window.slot(containing: now, in: budget.zone)
            let window = Interval(start: slot.start, end: .distantFuture)
            cross(budget, key, &account, window: window, spent: spent)
        }
        resolveEnded(budget, key, &account)
        account.prune(before: horizon(of: budget.window), window: budget.window)
        if account != before { plan.accounts[key] = account }
    }

    /// Whether a calendar window's thresholds may still be crossed: the current one's at any time; one that ended within
    /// the grace only by a record of this group, not because a limit changed after it.
    private func isOpen(_ window: Interval, of key: AccountKey) -> Bool {
        window.end > now
            || window.end > now - Book.lateness && plan.deltas[Plan.Delta(key: key, slot: window)] != nil
    }

    private mutating func cross(
        _ budget: Budget, _ key: AccountKey, _ account: inout Account, window: Interval, spent: Int64
    ) {
        let revision = book.limitRevisions[key.budget]
        for threshold in budget.thresholds(for: key.split) {
            let isReached = threshold.ratio.isReached(by: spent, of: budget.limit.value)
            let existing = account.crossing(
                of: threshold.ratio, limitRevision: revision, from: window.start, window: budget.window)
            guard let existing else {
                // A window that is over was told of under the limit it had.
                let wasTold = window.end <= now && account.hasCrossed(threshold.ratio, in: window)
                if isReached, !wasTold {
                    fire(threshold, budget, key, &account, window: window, spent: spent, revision: revision)
                }
                continue
            }
            guard account.crossings[existing].alert.state == .firing else { continue }
            if isReached {
                account.crossings[existing].belowSince = nil
            } else if case .rolling = budget.window {
                let since = account.crossings[existing].belowSince ?? now
                account.crossings[existing].belowSince = since
                if now - since >= Book.keepFiringFor { resolve(existing, .spendFell, &account) }
            } else {
                resolve(existing, .spendFell, &account)
            }
        }
    }

    private mutating func fire(
        _ threshold: Threshold, _ budget: Budget, _ key: AccountKey, _ account: inout Account, window: Interval,
        spent: Int64, revision: Int64
    ) {
        let observed = budget.mode == .observe || book.policy.mode == .observe
        let action =
            window.end <= now
            ? "nothing, the window had ended before this spend was known"
            : ActionText.action(of: threshold, budget: budget, window: window, firedAt: now, observed: observed)
        let alert = Alert(
            budget: budget, split: key.split, window: window, threshold: threshold, limitRevision: revision,
            firedAt: now, spent: spent, action: action,
            notified: told(of: threshold, budget, account, window: window, spent: spent, revision: revision))
        account.crossings.append(Crossing(alert: alert))
        plan.alerts.append(alert)
    }

    /// Whom this alert is for: not those who, by the same spend, are told of a higher threshold for the first time.
    private func told(
        of threshold: Threshold, _ budget: Budget, _ account: Account, window: Interval, spent: Int64, revision: Int64
    ) -> [String] {
        let higher = budget.thresholds.filter {
            $0.ratio > threshold.ratio && $0.ratio.isReached(by: spent, of: budget.limit.value)
                && account.crossing(
                    of: $0.ratio, limitRevision: revision, from: window.start, window: budget.window) == nil
        }
        let toldOfHigher = Set(higher.flatMap(\.notify))
        return threshold.notify.filter { !toldOfHigher.contains($0) }
    }

    private mutating func resolve(_ index: Int, _ end: Alert.End, _ account: inout Account) {
        account.crossings[index].alert.resolve(at: now, because: end)
        plan.alerts.append(account.crossings[index].alert)
    }

    /// Resolves alerts whose window, limit or threshold is gone.
    private mutating func resolveEnded(_ budget: Budget, _ key: AccountKey, _ account: inout Account) {
        let revision = book.limitRevisions[key.budget]
        for index in account.crossings.indices where account.crossings[index].alert.state == .firing {
            let alert = account.crossings[index].alert
            if alert.window.end <= now {
                resolve(index, .windowEnded, &account)
            } else if alert.limitRevision != revision {
                resolve(index, .limitChanged, &account)
            } else if !budget.thresholds.contains(where: { $0.ratio == alert.ratio }) {
                resolve(index, .budgetRemoved, &account)
            }
        }
    }
}
