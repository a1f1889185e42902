/// Records draw down the holds they belong to as they are booked, in the same plan: what is spent is no longer held.
extension Planner {
    /// Charges a record to its holds.
    ///
    /// - Parameters:
    ///   - record: as it will be, or as it was when it goes away.
    ///   - old: what it was charged as it was.
    /// - Returns: what it is charged now.
    mutating func charge(_ record: UsageRecord, isRemoval: Bool = false, old: [Charge] = []) -> [Charge] {
        guard !old.isEmpty || !book.admission.holds.isEmpty || !plan.holds.isEmpty || !atHand.reservations.isEmpty,
            record.labels.source != Reservation.source
        else { return old }
        let charged = old.reduce(Amount.zero) { $0 + $1.amount }
        let whole = isRemoval ? .zero : record.amount
        var charges = old
        takeBack(charged.exceeding(whole), from: &charges)
        let more = whole.exceeding(charged)
        if more != .zero { draw(more, record, &charges) }
        return charges.filter { $0.amount != .zero }
    }

    /// The newest charge first: the oldest hold was the first to be drawn down.
    private mutating func takeBack(_ amount: Amount, from charges: inout [Charge]) {
        var rest = amount
        for place in charges.indices.reversed() where rest != .zero {
            let part = charges[place].amount.capped(at: rest)
            rest = rest - part
            charges[place].amount = charges[place].amount - part
            charge(-part, to: charges[place].reservation)
        }
    }

    /// The oldest hold first, each as far as it goes, and what is beyond all of them to the last.
    private mutating func draw(_ amount: Amount, _ record: UsageRecord, _ charges: inout [Charge]) {
        let holds = holds(of: record)
        guard let last = holds.last else { return }
        var rest = amount
        for hold in holds {
            let room = hold.isLive ? hold.remaining : Amount(cost: hold.uncovered, tokens: .max, calls: .max)
            let part = hold.id == last.id ? rest : rest.capped(at: room)
            guard part != .zero else { continue }
            rest = rest - part
            charge(part, to: hold.id)
            if let place = charges.firstIndex(where: { $0.reservation == hold.id }) {
                charges[place].amount += part
            } else {
                charges.append(Charge(reservation: hold.id, amount: part))
            }
        }
    }

    private mutating func charge(_ amount: Amount, to id: Int64) {
        guard var hold = reservation(id) else { return }
        if !hold.isLive {
            // Its money was given back, and may be somebody else's by now. What only makes its own record smaller was
            // told when it was settled.
            let told = hold.state == .settled && amount.cost > .zero ? min(amount.cost, hold.uncovered) : .zero
            hold.late = max(.zero, hold.late + amount.cost - told)
        }
        hold.charged += amount
        keep(hold)
    }

    /// The holds a record belongs to, in the order in which it draws them down.
    ///
    /// The one it names; else those made for its worker and session: first an ended one that still waits for records of
    /// what it was said to cost, then those that live. When there are neither, it is the late record of one that has
    /// ended, or the spend of one that has expired while its work went on.
    private func holds(of record: UsageRecord) -> [Reservation] {
        if let name = record.labels.tags[Reservation.tag] {
            let named = Reservation.id(in: name).flatMap { reservation($0) }
            return named.flatMap { $0.name == name ? [$0] : nil } ?? []
        }
        // Holds made by this very plan come after it: records are booked first.
        let all = book.admission.holds.owned(by: record.labels).compactMap { reservation($0) }
            .filter { record.time >= $0.createdAt - Reservation.clockSlack }
        let present = all.filter { $0.uncovered > .zero && $0.hasEnded(after: record.time) } + all.filter(\.isLive)
        guard present.isEmpty else { return present }
        let isUndated = atHand.undated.contains(record.identity.key)
        let slack = isUndated ? Reservation.undatedSlack : Reservation.clockSlack
        let past = all.filter { $0.state == .expired || $0.hasEnded(after: record.time - slack) }
        let waiting = past.filter { $0.uncovered > .zero }
        return waiting.isEmpty ? past.suffix(1) : waiting
    }
}
