/// All accounts of a policy, and the messages that are still to be sent: the state that decisions are made from.
///
/// A value. It changes only by `apply(_:)` with a plan that the ledger has committed.
package struct Book: Sendable {
    package private(set) var policy: Policy
    /// Counts up whenever a budget's limit changes, so that its thresholds are armed again; in the order of the budgets.
    package private(set) var limitRevisions: [Int64]
    /// In the order of the policy's budgets.
    package private(set) var accounts: [[Split: Account]]
    /// Messages that are pending, by id.
    package private(set) var outbox: [String: Notification]
    /// Each budget's window when it was last looked at; looking it up again is what calendars make dear.
    private var windows: [Interval]

    /// How long after its end a window is still watched, so that the last write before a boundary is not lost.
    package static let lateness = Span.hours(1)
    /// How long a rolling window must stay below a threshold before its alert resolves.
    package static let keepFiringFor = Span.minutes(5)

    package init(
        policy: Policy, limitRevisions: [Int64], accounts: [[Split: Account]], outbox: [String: Notification],
        now: Timestamp
    ) {
        self.policy = policy
        self.limitRevisions = limitRevisions
        self.accounts = accounts
        self.outbox = outbox
        windows = policy.budgets.map { $0.window.current(at: now, in: $0.zone) }
    }

    /// A book without spend.
    package init(policy: Policy, now: Timestamp) {
        self.init(
            policy: policy, limitRevisions: policy.budgets.map { _ in 0 }, accounts: policy.budgets.map { _ in [:] },
            outbox: [:], now: now)
    }

    package func account(_ key: AccountKey) -> Account? { accounts[key.budget][key.split] }

    /// The window of a budget that is current at `now`.
    package func window(of budget: Int, at now: Timestamp) -> Interval {
        if case .calendar = policy.budgets[budget].window, windows[budget].contains(now) { return windows[budget] }
        return policy.budgets[budget].window.current(at: now, in: policy.budgets[budget].zone)
    }

    /// The slot of a budget that holds `time`.
    package func slot(of budget: Int, containing time: Timestamp) -> Interval {
        if case .calendar = policy.budgets[budget].window, windows[budget].contains(time) { return windows[budget] }
        return policy.budgets[budget].window.slot(containing: time, in: policy.budgets[budget].zone)
    }

    /// Takes in what was committed.
    package mutating func apply(_ plan: Plan) {
        for (key, account) in plan.accounts {
            accounts[key.budget][key.split] = account.isEmpty ? nil : account
        }
        for notification in plan.notifications {
            outbox[notification.id] = notification.state == .pending ? notification : nil
        }
        for index in windows.indices { windows[index] = window(of: index, at: plan.now) }
    }
}
