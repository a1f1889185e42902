import GRDB
import Synchronization
package import GovernorCore

/// One transaction: a plan, and what must become durable with it.
package struct LedgerTransaction: Sendable {
    package var plan: Plan
    /// Names the accounts and limits of the plan. Not the whole book: that is let go before the plan is applied to it.
    let policy: Policy
    let metering: Metering
    package var cursors: [FileCursor] = []
    /// Labels registered for sessions.
    package var registrations: [String: Labels] = [:]
    /// What was answered for new holds, by id, for a caller that asks again.
    package var answers: [Int64: String] = [:]
    /// A display's picture, kept for its history.
    package var snapshot: DisplaySnapshot?

    /// - Parameter book: the one the plan was made over.
    package init(plan: Plan, book: Book) {
        self.plan = plan
        policy = book.policy
        metering = book.metering
    }

    package var isEmpty: Bool { plan.isEmpty && cursors.isEmpty && registrations.isEmpty && snapshot == nil }
}

extension Ledger {
    /// Writes everything or nothing; durable when it returns.
    package func commit(_ transaction: LedgerTransaction) throws(LedgerError) {
        let plan = transaction.plan
        let known = labelSets.withLock { $0 }
        var cache = meters.withLock { $0 }
        let found = try write("committing") { database in
            var batch = RecordRows.Batch()
            for (place, change) in plan.changes.enumerated() {
                let record = try RecordRows.write(change, into: &batch, known: known, database)
                if let charges = plan.charges[place] {
                    try ChargeRows.write(charges, of: record, isNew: change.isInsert, database)
                }
            }
            for (id, hold) in plan.holds { try ReservationRows.write(hold, answer: transaction.answers[id], database) }
            for (id, pause) in plan.pauses { try PauseRows.write(pause, id: id, database) }
            for event in plan.events { try EventRows.write(event, database) }
            for (place, mood) in plan.moods { try MoodRows.write(mood, of: place, database) }
            for (key, rollup) in batch.rollups { try rollup.write(key, database) }
            try cache.write(plan, transaction.metering, database)
            for (place, limit) in plan.limits {
                try BudgetRows.write(limit, of: transaction.policy.budgets[place].name, database)
            }
            for (key, since) in plan.timers { try TimerRows.write(since, key, database) }
            for alert in plan.alerts + plan.acknowledged { try AlertRows.write(alert, database) }
            for notification in plan.notifications { try NotificationRows.write(notification, database) }
            for telling in plan.tellings { try TellingRows.write(telling, database) }
            for attempt in plan.attempts { try AttemptRows.write(attempt, database) }
            for silence in plan.silences.values { try SilenceRows.write(silence, database) }
            for (name, disabled) in plan.disabled {
                try DisabledRows.write(disabled, name, transaction.policy.revision, database)
            }
            for cursor in transaction.cursors { try CursorRows.write(cursor, database) }
            for (session, labels) in transaction.registrations { try SessionRows.write(labels, of: session, database) }
            if let snapshot = transaction.snapshot { try SnapshotRows.write(snapshot, database) }
            return batch.labelSets
        }
        // Only now: a transaction that was rolled back took its new ids with it.
        labelSets.withLock { $0.remember(found) }
        meters.withLock { $0 = cache }
    }
}

extension RecordChange {
    fileprivate var isInsert: Bool { if case .insert = self { true } else { false } }
}
