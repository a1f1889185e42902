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
    /// What is known of sessions from now on.
    package var sessions: [String: SessionState] = [:]
    /// What is added to the counts of sources, by kind.
    package var tallies: [String: SourceTally] = [:]
    /// The order of authority that all records are marked by from now on.
    package var authority: Authority?
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

    package var isEmpty: Bool {
        plan.isEmpty && cursors.isEmpty && sessions.isEmpty && tallies.isEmpty && authority == nil && snapshot == nil
    }
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
            try UsageSums.write(batch.rollups, database)
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
            for (session, state) in transaction.sessions { try SessionRows.write(state, of: session, database) }
            for (kind, tally) in transaction.tallies { try TallyRows.add(tally, to: kind, database) }
            if let authority = transaction.authority { try AuthorityRows.write(authority, database) }
            if let snapshot = transaction.snapshot { try SnapshotRows.write(snapshot, database) }
            var portion: RecentKeys.Portion?
            if !batch.keys.isEmpty {
                let new = try recentKeys(database).portion(for: batch.keys)
                try KeyRows.write(new, database)
                portion = new
            }
            return (labelSets: batch.labelSets, keys: batch.keys, portion: portion)
        }
        // Only now: a transaction that was rolled back took its new ids with it.
        labelSets.withLock { $0.remember(found.labelSets) }
        took(found.keys, found.portion)
        sessionCache.withLock { $0.remember(transaction.sessions.mapValues { $0 }) }
        meters.withLock { $0 = cache }
    }
}

extension RecordChange {
    fileprivate var isInsert: Bool { if case .insert = self { true } else { false } }
}
