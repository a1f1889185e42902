import GovernorCore

/// What matters of a book at one instant, in a form that can be compared: without what has expired but was not looked at
/// yet, without slots corrected to zero, crossings in a fixed order.
struct BookPicture: Equatable {
    struct AccountPicture: Equatable {
        var slots: [Interval: Amount]
        var alerts: [Alert]
        var held: Amount
    }

    var limitRevisions: [Int64]
    var accounts: [String: [Split: AccountPicture]]
    var outbox: [String: Notification]

    init(_ book: Book, now: Timestamp) {
        limitRevisions = book.limitRevisions
        accounts = [:]
        for (budget, splits) in zip(book.policy.budgets, book.accounts) {
            let pictures = splits.mapValues { AccountPicture($0, budget, now: now) }
            accounts[budget.name] = pictures.filter { !$0.value.isEmpty }
        }
        outbox = book.outbox
    }

    /// Only the sums.
    var amounts: [String: [Split: [Interval: Amount]]] {
        accounts.mapValues { $0.mapValues(\.slots).filter { !$0.value.isEmpty } }
    }
}

extension BookPicture.AccountPicture {
    init(_ account: Account, _ budget: Budget, now: Timestamp) {
        var account = account
        let horizon = if case .rolling = budget.window { now } else { now - Book.lateness }
        account.prune(before: horizon, window: budget.window)
        slots = Dictionary(uniqueKeysWithValues: account.slots.map { ($0.interval, $0.amount) })
            .filter { $0.value != .zero }
        // Since when a rolling window's spend has been below a threshold is not stored: a restart waits anew.
        alerts = account.crossings.map(\.alert).sorted { $0.id < $1.id }
        held = account.held
    }

    var isEmpty: Bool { slots.isEmpty && alerts.isEmpty && held == .zero }
}

extension Book {
    /// The sums that these records make under a policy when nothing was stored before: each is booked once.
    static func fresh(_ records: some Sequence<UsageRecord>, _ policy: Policy, now: Timestamp) -> BookPicture {
        var book = Book(policy: policy, now: now)
        var planner = Planner(book: book, now: now)
        planner.add(records.map { .insert($0) })
        book.apply(planner.finish())
        return BookPicture(book, now: now)
    }
}
