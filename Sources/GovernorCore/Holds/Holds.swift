/// All holds that matter at a moment: those that live, and ended ones whose late records may still come.
///
/// A value, changed only with the `Book` it belongs to.
package struct Holds: Sendable {
    /// By id.
    package private(set) var live: [Int64: Reservation] = [:]
    /// The newest that ended, by id; see `endedLimit`.
    package private(set) var ended: [Int64: Reservation] = [:]
    /// What was spent beyond all holds, since the ledger began.
    package private(set) var overrun: Money
    /// What all that live still hold.
    package private(set) var held: Money = .zero
    package private(set) var estimates = Estimates()
    /// The highest id given out.
    package private(set) var lastID: Int64

    /// Ids in the order of their end, for letting go of the oldest.
    private var endings: [Int64] = []
    /// Ids by the worker and session they were made for, rising.
    private var owners: [Owner: [Int64]] = [:]
    /// When each live one expires, the earliest first; one that was extended or ended leaves its old entry behind.
    private var expiries: [Expiry] = []
    /// How many of them are over.
    private var expiredCount = 0

    /// The worker and session a hold was made for; one that names neither is drawn down only by records that name it.
    private struct Owner: Hashable, Sendable {
        var worker: String?
        var session: String?
    }

    private struct Expiry: Sendable {
        var at: Timestamp
        var id: Int64
    }

    /// So many ended ones are kept at hand, and for so long; a later record has to name its hold to be charged to it.
    package static let endedLimit = 10_000
    package static let endedFor = Span.hours(24)

    /// - Parameters:
    ///   - reservations: those that live and the newest that ended, in any order.
    ///   - lastID: the highest id ever given out.
    ///   - overrun: of all there ever were.
    package init(_ reservations: [Reservation] = [], lastID: Int64 = 0, overrun: Money = .zero) {
        self.lastID = lastID
        self.overrun = overrun
        let inOrder = reservations.sorted {
            ($0.endedAt ?? .distantFuture, $0.id) < ($1.endedAt ?? .distantFuture, $1.id)
        }
        for reservation in inOrder { take(reservation) }
    }

    package subscript(id: Int64) -> Reservation? { live[id] ?? ended[id] }

    /// Whether no hold can be drawn down.
    package var isEmpty: Bool { live.isEmpty && ended.isEmpty }

    /// Takes in what a plan does to them.
    mutating func take(_ plan: Plan) {
        for id in plan.holds.keys.sorted() { if let reservation = plan.holds[id] { take(reservation) } }
        overrun += plan.overrun
    }

    private mutating func take(_ reservation: Reservation) {
        let before = self[reservation.id]
        held = held + reservation.remaining.cost - (before?.remaining.cost ?? .zero)
        lastID = max(lastID, reservation.id)
        if before == nil { file(reservation) }
        guard !reservation.isLive else {
            live[reservation.id] = reservation
            if before?.expiresAt != reservation.expiresAt { expect(reservation) }
            return
        }
        if live.removeValue(forKey: reservation.id) != nil { forgetExpiries() }
        if ended.updateValue(reservation, forKey: reservation.id) == nil { endings.append(reservation.id) }
        estimates.note(reservation)
        letGo(at: reservation.endedAt ?? reservation.expiresAt)
    }

    /// Live ones that have expired by `now`, in the order of their expiry.
    func expired(by now: Timestamp) -> [Int64] {
        expiries[expiredCount...].prefix { $0.at <= now }.filter(isExpected).map(\.id)
    }

    /// Ids of holds made for whoever these labels name, the oldest first.
    func owned(by labels: Labels) -> [Int64] {
        let (worker, session) = (labels.worker, labels.session)
        var found = worker == nil && session == nil ? [] : owners[Owner(worker: worker, session: session)] ?? []
        if worker != nil, session != nil {
            found += owners[Owner(worker: worker, session: nil)] ?? []
            found += owners[Owner(worker: nil, session: session)] ?? []
            found.sort()
        }
        return found
    }

    // MARK: Keeping order

    private mutating func file(_ reservation: Reservation) {
        guard let owner = Self.owner(of: reservation) else { return }
        var ids = owners[owner] ?? []
        let place = ids.lastIndex { $0 < reservation.id }.map { $0 + 1 } ?? 0
        ids.insert(reservation.id, at: place)
        owners[owner] = ids
    }

    private mutating func unfile(_ reservation: Reservation) {
        guard let owner = Self.owner(of: reservation) else { return }
        owners[owner]?.removeAll { $0 == reservation.id }
        if owners[owner]?.isEmpty == true { owners[owner] = nil }
    }

    private static func owner(of reservation: Reservation) -> Owner? {
        let labels = reservation.labels
        return labels.worker == nil && labels.session == nil
            ? nil : Owner(worker: labels.worker, session: labels.session)
    }

    private mutating func expect(_ reservation: Reservation) {
        var (low, high) = (expiredCount, expiries.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if expiries[middle].at <= reservation.expiresAt { low = middle + 1 } else { high = middle }
        }
        expiries.insert(Expiry(at: reservation.expiresAt, id: reservation.id), at: low)
        forgetExpiries()
    }

    /// What was extended or has ended would otherwise pile up.
    private mutating func forgetExpiries() {
        while expiredCount < expiries.endIndex, !isExpected(expiries[expiredCount]) { expiredCount += 1 }
        guard expiries.count > 64, expiries.count - expiredCount > 2 * live.count || expiredCount > live.count else {
            return
        }
        expiries = expiries[expiredCount...].filter(isExpected)
        expiredCount = 0
    }

    private func isExpected(_ expiry: Expiry) -> Bool { live[expiry.id]?.expiresAt == expiry.at }

    private mutating func letGo(at now: Timestamp) {
        var gone = 0
        for id in endings {
            guard let old = ended[id] else {
                gone += 1
                continue
            }
            let isOver = (old.endedAt ?? old.expiresAt) + Self.endedFor <= now
            guard isOver || endings.count - gone > Self.endedLimit else { break }
            ended[id] = nil
            unfile(old)
            gone += 1
        }
        if gone > 0 { endings.removeFirst(gone) }
    }
}
