import GovernorCore

/// What matters of a book at one instant, in a form that can be compared: without what has expired but was not looked at
/// yet, without slots corrected to zero, crossings in a fixed order.
struct BookPicture: Equatable {
    struct AccountPicture: Equatable {
        var slots: [Interval: Amount]
        var calls: [Account.Call]
        var alerts: [Alert]
        var timers: [String: Timestamp]
        var held: Amount
    }

    /// Without when the condition held last, which is known to the minute only after a restart.
    struct RulePicture: Equatable {
        var since: Timestamp?
        var alert: Alert?
    }

    var limits: [Book.InForce]
    var accounts: [String: [Split: AccountPicture]]
    var rules: [String: [Split: RulePicture]]
    var loose: Set<Alert>
    var outbox: [String: Notification]
    var silences: [String: OperatorSilence]
    var disabled: [String: Messaging.Disabled]
    var live: [Int64: Reservation]
    var ended: [Int64: Reservation]
    var overrun: Money
    var pauses: [String: OperatorPause]
    var moods: [Mood.Place: Mood]
    var told: Int64

    init(_ book: Book, now: Timestamp) {
        limits = book.limits
        accounts = [:]
        for (place, (meter, splits)) in zip(book.metering.meters, book.accounts).enumerated() {
            let budget = book.policy.budgets.indices.contains(place) ? book.policy.budgets[place] : nil
            let pictures = splits.mapValues { AccountPicture($0, meter, budget, now: now) }.filter { !$0.value.isEmpty }
            accounts[meter.name] = pictures
        }
        rules = [:]
        for (rule, states) in zip(book.policy.rules, book.rules) {
            rules[rule.name] = states.mapValues { RulePicture(since: $0.since, alert: $0.alert) }
        }
        loose = Set(book.loose)
        outbox = book.outbox
        silences = book.messaging.silences.filter { $0.value.silence.interval.end > now }
        disabled = book.messaging.disabled
        live = book.admission.holds.live
        ended = book.admission.holds.ended.filter { $0.value.endedAt.map { $0 + Holds.endedFor > now } ?? false }
        overrun = book.admission.holds.overrun
        pauses = book.admission.pauses
        moods = book.watch.moods
        told = book.watch.sequence
    }

    /// Only the sums and calls.
    var amounts: [String: [Split: AccountPicture]] {
        accounts.mapValues { splits in
            splits.mapValues { account in
                AccountPicture(slots: account.slots, calls: account.calls, alerts: [], timers: [:], held: .zero)
            }.filter { !$0.value.isEmpty }
        }
    }

    /// The same without blocks, which depend on the order in which calls became known.
    func amountsWithoutBlocks(of book: Book) -> [String: [Split: AccountPicture]] {
        let blocks = book.metering.meters.filter(\.isBlock).map(\.name)
        return amounts.filter { !blocks.contains($0.key) }
    }
}

extension [String: [Split: BookPicture.AccountPicture]] {
    /// The accounts that differ, for a failure's message: all of both would fill pages.
    func differences(from other: Self) -> [String] {
        Set(keys).union(other.keys).sorted().flatMap { meter in
            let (mine, its) = (self[meter] ?? [:], other[meter] ?? [:])
            return Set(mine.keys).union(its.keys).filter { mine[$0] != its[$0] }.map { split in
                let sides = [mine[split], its[split]].map { $0.map { "\($0)" } ?? "nothing" }
                return "\(meter) \(split.raw): \(sides[0]) instead of \(sides[1])"
            }
        }
    }
}

extension BookPicture.AccountPicture {
    init(_ account: Account, _ meter: Meter, _ budget: Budget?, now: Timestamp) {
        var account = account
        let horizon =
            switch meter.slots {
            case .window(.rolling), .steps, .days, .calls: now
            case .window(.calendar), .window(.block), .window(.lifetime): now - Book.lateness
            }
        account.prune(before: horizon, meter: meter) { budget?.heeds($0).map { $0 > now } ?? false }
        slots = Dictionary(uniqueKeysWithValues: account.slots.map { ($0.interval, $0.amount) })
            .filter { $0.value != .zero }
        calls = account.calls
        alerts = account.crossings.map(\.alert).sorted { $0.id < $1.id }
        timers = account.timers
        held = account.held
    }

    var isEmpty: Bool { slots.isEmpty && calls.isEmpty && alerts.isEmpty && timers.isEmpty && held == .zero }
}

extension Meter {
    var isBlock: Bool { if case .window(.block) = slots { true } else { false } }
}

extension Book {
    /// The sums that these records make under a policy when nothing was stored before: each is booked once.
    static func fresh(_ records: some Sequence<UsageRecord>, _ policy: Policy, now: Timestamp) -> BookPicture {
        BookPicture(kept(records, policy, now: now), now: now)
    }

    static func kept(_ records: some Sequence<UsageRecord>, _ policy: Policy, now: Timestamp) -> Book {
        var book = Book(policy: policy, now: now)
        var planner = Planner(book: book, now: now)
        planner.add(records.map { .insert($0) })
        book.apply(planner.finish())
        return book
    }
}
