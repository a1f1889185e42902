/// Money set aside for work that was admitted and is not billed yet: the first phase of a two-phase transfer.
///
/// It lives until it is settled, released or expired, exactly one of them, and never lives again. While it lives, what is
/// left of it (`remaining`) weighs on every budget that matches its labels; records that belong to it draw it down, so
/// that no dollar counts both as held and as spent.
package struct Reservation: Hashable, Sendable {
    package enum State: String, Sendable { case live, settled, released, expired }

    /// Counts up from 1 in a ledger: the order of creation.
    package let id: Int64
    /// The caller's own name for it, unique among all that are kept.
    package let key: String
    /// A hash of what was asked for, so that a key that comes again with another request is told apart.
    package let fingerprint: UInt64
    /// Whose work it is for.
    package let labels: Labels
    /// What was set aside in all; a later, higher estimate adds to it.
    package internal(set) var size: Amount
    /// What records charged to it, whenever they came.
    package internal(set) var charged: Amount
    /// Of `charged`, what became known after its end, beyond what was told then.
    package internal(set) var late: Money
    /// What the caller said at the end it had cost; nil when nothing was said.
    package internal(set) var reported: Money?
    package internal(set) var state: State
    package let createdAt: Timestamp
    package internal(set) var expiresAt: Timestamp
    package internal(set) var endedAt: Timestamp?

    package init(
        id: Int64, key: String, fingerprint: UInt64, labels: Labels, size: Amount, charged: Amount = .zero,
        late: Money = .zero, reported: Money? = nil, state: State = .live, createdAt: Timestamp, expiresAt: Timestamp,
        endedAt: Timestamp? = nil
    ) {
        self.id = id
        self.key = key
        self.fingerprint = fingerprint
        self.labels = labels
        self.size = size
        self.charged = charged
        self.late = late
        self.reported = reported
        self.state = state
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
    }

    /// `r-12-9f2c4a01`: its number, and a hash by which one from another ledger is told apart.
    package var name: String {
        let hash = UInt32(truncatingIfNeeded: StableHash.value("\(key)\u{1F}\(createdAt.milliseconds)"))
        let digits = String(hash, radix: 16)
        return "r-\(id)-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The number in a name; nil for a text that is none.
    package static func id(in name: String) -> Int64? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "r", parts[2].utf8.count == 8, let id = Int64(parts[1]), id > 0 else {
            return nil
        }
        return id
    }

    package var isLive: Bool { state == .live }

    /// What still weighs on budgets; nothing once it has ended.
    package var remaining: Amount { isLive ? size.exceeding(charged) : .zero }

    /// What it is known to have cost: the larger of what was billed and what the caller said, never their sum.
    package var spent: Money { max(charged.cost, reported ?? .zero) }

    /// What the caller said it cost and no record covers yet; booked as the hold's own record, which shrinks as records
    /// come late.
    package var uncovered: Money { max(.zero, (reported ?? .zero) - charged.cost) }

    /// What was given back at its end, or would be now.
    package var returned: Money { max(.zero, size.cost - spent) }

    /// What was spent beyond it: above its size while it lived, and everything after its end. What is said of an expired
    /// one came after its end.
    package var overrun: Money {
        let afterEnd = state == .expired ? late + uncovered : late
        return max(.zero, spent - afterEnd - size.cost) + afterEnd
    }

    /// Whether it has ended, and not before `time`.
    package func hasEnded(after time: Timestamp) -> Bool { endedAt.map { time <= $0 } ?? false }

    /// By how much a source's clock may differ from ours.
    package static let clockSlack = Span.seconds(5)
    /// For how long after the end a record that names no time is taken for one of the work that ended.
    package static let undatedSlack = Span.minutes(10)

    /// The tag by which a record names the hold that it draws down.
    package static let tag = "reservation"
}

extension Amount {
    /// How much of each is beyond `other`; zero where it is not.
    func exceeding(_ other: Amount) -> Amount {
        Amount(
            cost: max(.zero, cost - other.cost), tokens: max(0, tokens.saturatingAdding(-other.tokens)),
            calls: max(0, calls.saturatingAdding(-other.calls)))
    }

    /// The smaller of each.
    func capped(at other: Amount) -> Amount {
        Amount(cost: min(cost, other.cost), tokens: min(tokens, other.tokens), calls: min(calls, other.calls))
    }

    static func - (left: Amount, right: Amount) -> Amount { left + -right }
}

/// How much of a record was charged to which reservation; kept, so that a corrected record corrects it.
package struct Charge: Hashable, Sendable {
    package var reservation: Int64
    package var amount: Amount

    package init(reservation: Int64, amount: Amount) {
        self.reservation = reservation
        self.amount = amount
    }
}

/// How much is set aside when the caller gives no estimate, and for how long.
package struct HoldSettings: Hashable, Sendable {
    /// Whether past work is asked at all.
    package var usesHistory: Bool
    /// Which quantile of what past work cost.
    package var quantile: Ratio
    /// What is set aside while too little is known.
    package var fallback: Money
    /// The least that history may say.
    package var least: Money
    package var ttl: Span

    package init(
        usesHistory: Bool = true, quantile: Ratio = .percent(90), fallback: Money = .dollars(1),
        least: Money = Money(nanodollars: 50_000_000), ttl: Span = .hours(2)
    ) {
        self.usesHistory = usesHistory
        self.quantile = quantile
        self.fallback = fallback
        self.least = least
        self.ttl = ttl
    }
}
