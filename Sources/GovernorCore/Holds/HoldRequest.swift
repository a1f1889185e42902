/// What a caller asks of its holds.
package enum HoldRequest: Hashable, Sendable {
    case reserve(Reserve)
    case extend(HoldName, ttl: Span?, estimate: Money?)
    /// - cost: what the work is known to have cost; nil to let stand what records charged.
    case settle(HoldName, cost: Money?)
    /// The whole hold is given back.
    case release(HoldName)

    /// A request to set money aside.
    package struct Reserve: Hashable, Sendable {
        /// Makes a retry safe: the same key with the same request holds once.
        package var key: String
        package var labels: Labels
        /// nil to have it estimated from past work.
        package var estimate: Money?
        package var tokens: Int64?
        /// nil for the policy's.
        package var ttl: Span?

        package init(key: String, labels: Labels, estimate: Money? = nil, tokens: Int64? = nil, ttl: Span? = nil) {
            self.key = key
            self.labels = labels
            self.estimate = estimate
            self.tokens = tokens
            self.ttl = ttl
        }

        /// What tells it from another request under the same key.
        package var fingerprint: UInt64 {
            var hash = StableHash()
            for (key, value) in labels.pairs {
                hash.combine(key.text)
                hash.combine(value)
            }
            for number in [estimate?.nanodollars, tokens, ttl?.milliseconds] {
                hash.combine(number.map(String.init) ?? "-")
            }
            return hash.value
        }
    }

    /// Which hold is meant; nil when it asks for a new one.
    package var name: HoldName? {
        switch self {
        case .reserve: nil
        case .extend(let name, _, _), .settle(let name, _), .release(let name): name
        }
    }
}

/// How a caller names a hold: as it was answered, or by the key it was asked for under.
package enum HoldName: Hashable, Sendable {
    case reservation(String)
    case key(String)
}

/// What became of a request, in every state a hold can be in.
package enum HoldOutcome: Hashable, Sendable {
    /// Set aside; `decision` is allow or throttle.
    case reserved(Reservation, Decision, Estimates.Origin)
    /// It does not fit, or work is paused: nothing was set aside, and the same key may ask again.
    case refused(Decision)
    /// The same request came again: the answer of then stands.
    case repeated(Reservation)
    /// The key stands for another request.
    case keyReused
    /// The hold as it is now; with `pause` a higher estimate did not fit, and nothing was changed.
    case extended(Reservation, Decision)
    /// It ended by this request.
    case ended(Reservation)
    /// It had ended before: by a settle, a release or its time. Nothing changed, but that a first settle after its time
    /// has had its cost booked.
    case endedBefore(Reservation)
    case notFound
}

/// What the ledger knows of the holds a group of changes is about, looked up before it is planned.
package struct HoldsAtHand: Sendable {
    /// By id: those that are no longer in memory.
    package var reservations: [Int64: Reservation] = [:]
    /// By key, the id; of all keys the group names.
    package var keys: [String: Int64] = [:]
    /// By id, the hold's own record as it is stored.
    package var records: [Int64: StoredRecord] = [:]
    /// Identity keys of the group's records that name no time of their own.
    package var undated: Set<String> = []

    package init() {}
}
