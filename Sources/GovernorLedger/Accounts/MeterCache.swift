import GRDB
import GovernorCore

/// The stored meters as the last loading left them, so that a commit looks none of them up.
struct MeterCache: Sendable {
    /// By definition; nil before the first loading.
    var stored: [String: StoredMeter]?
    /// When slots that no longer count were deleted last.
    var forgottenAt = Timestamp.distantFuture

    /// How often that is done: seldom enough to cost nothing, often enough that it never takes long.
    private static let forgetting = Span.minutes(1)

    /// Writes a plan's differences. Those of a meter that was never loaded are left out: its next loading sums it anew.
    mutating func write(_ plan: Plan, _ metering: Metering, _ database: Database) throws {
        guard var stored else {
            // Nobody knows which accounts there are, so that those there are would be left behind.
            if !plan.changes.isEmpty { try database.execute(sql: "DELETE FROM account; DELETE FROM meter") }
            return
        }
        defer { self.stored = stored }
        // Once a meter and transaction; the meters of a plan are few, and a definition is a long key.
        var rows: [Int: StoredMeter?] = [:]
        let addition = plan.deltas.isEmpty ? nil : try AccountRows.addition(database)
        for (delta, amount) in plan.deltas {
            let place = delta.key.meter
            // The accounts of equal meters are the same rows, and so are their differences.
            guard metering.originals[place] == place else { continue }
            if rows[place] == nil { rows[place] = .some(stored[metering.definitions[place]]) }
            guard let addition, let row = rows[place] ?? nil, delta.slot.start >= row.since else { continue }
            try AccountRows.add(amount, to: delta.slot, of: delta.key.split, meter: row.id, by: addition)
        }
        try Self.noteLateUse(plan, metering, &stored, database)
        guard plan.now < forgottenAt || plan.now - forgottenAt >= Self.forgetting else { return }
        forgottenAt = plan.now
        try MeterRows.forget(metering, &stored, now: plan.now, database)
        try ReservationRows.forget(now: plan.now, database)
        try EventRows.forget(database)
    }

    /// A block that is over takes in no late use (see `Planner`). Should the clock turn out to have been ahead, so that
    /// such a block is not over after all, it has to be summed anew.
    private static func noteLateUse(
        _ plan: Plan, _ metering: Metering, _ stored: inout [String: StoredMeter], _ database: Database
    ) throws {
        for (place, meter) in metering.meters.enumerated() {
            guard case .window(.block) = meter.slots, let row = stored[metering.definitions[place]] else { continue }
            let late = plan.now - Book.lateness
            guard plan.changes.lazy.flatMap(\.times).contains(where: { row.since <= $0 && $0 < late }) else {
                continue
            }
            // The earliest that is asked for at this time of the clock or a later one.
            let first = meter.firstSlot(at: plan.now - Book.lateness)
            stored[metering.definitions[place]] = try MeterRows.moved(row, to: max(first, row.since), database)
        }
    }
}

extension RecordChange {
    /// When the calls were that it adds or takes away.
    fileprivate var times: [Timestamp] {
        switch self {
        case .insert(let record): [record.time]
        case .revise(let stored, let record): [stored.record.time, record.time]
        case .remove(let stored): [stored.record.time]
        }
    }
}
