import GRDB
import Synchronization
package import GovernorCore

/// One transaction: a plan, and what must become durable with it.
package struct LedgerTransaction: Sendable {
    package var plan: Plan
    /// The policy the plan was made under; names the accounts.
    package var policy: Policy
    package var cursors: [FileCursor] = []
    /// Labels registered for sessions.
    package var registrations: [String: Labels] = [:]
    /// A display's picture, kept for its history.
    package var snapshot: DisplaySnapshot?

    package init(plan: Plan, policy: Policy) {
        self.plan = plan
        self.policy = policy
    }

    package var isEmpty: Bool { plan.isEmpty && cursors.isEmpty && registrations.isEmpty && snapshot == nil }
}

extension Ledger {
    /// Writes everything or nothing; durable when it returns.
    package func commit(_ transaction: LedgerTransaction) throws(LedgerError) {
        let known = labelSets.withLock { $0 }
        let found = try write("committing") { database in
            var batch = RecordRows.Batch()
            for change in transaction.plan.changes {
                try RecordRows.write(change, into: &batch, known: known, database)
            }
            for (key, rollup) in batch.rollups { try rollup.write(key, database) }
            // Once a budget and transaction: making one takes longer than writing its row.
            var fingerprints: [Int: String] = [:]
            for (delta, amount) in transaction.plan.deltas {
                let budget = delta.key.budget
                let fingerprint = fingerprints[budget] ?? transaction.policy.budgets[budget].fingerprint
                fingerprints[budget] = fingerprint
                try AccountRows.add(amount, to: delta.slot, of: delta.key.split, fingerprint: fingerprint, database)
            }
            for alert in transaction.plan.alerts { try AlertRows.write(alert, database) }
            for notification in transaction.plan.notifications { try NotificationRows.write(notification, database) }
            for cursor in transaction.cursors { try CursorRows.write(cursor, database) }
            for (session, labels) in transaction.registrations { try SessionRows.write(labels, of: session, database) }
            if let snapshot = transaction.snapshot { try SnapshotRows.write(snapshot, database) }
            return batch.labelSets
        }
        // Only now: a transaction that was rolled back took its new ids with it.
        labelSets.withLock { $0.remember(found) }
    }
}
