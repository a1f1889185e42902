import GRDB
package import GovernorCore

extension Ledger {
    /// The book of a policy as the ledger knows it at `now`: at start and at every reload the same way.
    ///
    /// A budget whose definition is unchanged takes its stored accounts; a new or edited one is summed from the ledger,
    /// so that no spend is forgotten. A changed limit (or definition) counts its revision up, which arms its thresholds
    /// again; alerts of budgets that are gone resolve.
    package func book(for policy: Policy, now: Timestamp) throws(LedgerError) -> Book {
        let horizon = now - Book.lateness
        return try write("loading the accounts") { database in
            var revisions: [Int64] = []
            var accounts: [[Split: Account]] = []
            for budget in policy.budgets {
                let fingerprint = budget.fingerprint
                revisions.append(try adopt(budget, horizon: horizon, database))
                try AccountRows.forgetExpired(budget, fingerprint: fingerprint, horizon: horizon, database)
                accounts.append(try AccountRows.live(budget, fingerprint: fingerprint, horizon: horizon, database))
            }
            try retire(keeping: Set(policy.budgets.map(\.name)), now: now, database)
            let places = Dictionary(uniqueKeysWithValues: policy.budgets.enumerated().map { ($1.name, $0) })
            let rollingSince = policy.budgets.compactMap { budget -> Timestamp? in
                guard case .rolling = budget.window else { return nil }
                return budget.window.slot(containing: horizon, in: budget.zone).start
            }.min()
            for alert in try AlertRows.live(
                horizon: horizon, rollingSince: rollingSince ?? .distantFuture, database)
            {
                guard let place = places[alert.budget] else { continue }
                accounts[place][alert.split, default: Account()].crossings.append(Crossing(alert: alert))
            }
            return Book(
                policy: policy, limitRevisions: revisions, accounts: accounts,
                outbox: try NotificationRows.pending(database), now: now)
        }
    }

    /// Makes the stored accounts fit the budget, and returns the revision of its limit.
    private func adopt(_ budget: Budget, horizon: Timestamp, _ database: Database) throws -> Int64 {
        let fingerprint = budget.fingerprint
        let stored = try Row.fetchOne(database, sql: "SELECT * FROM budget WHERE name = ?", arguments: [budget.name])
        let isSameDefinition = stored?["fingerprint"] == fingerprint
        let isSameLimit =
            stored?["limit_unit"] == budget.limit.unit.rawValue && stored?["limit_value"] == budget.limit.value
        var revision: Int64 = stored?["limit_revision"] ?? 0
        if stored != nil, !isSameDefinition || !isSameLimit { revision += 1 }
        if !isSameDefinition {
            if let old: String = stored?["fingerprint"] { try AccountRows.remove(fingerprint: old, database) }
            try AccountRows.derive(budget, fingerprint: fingerprint, horizon: horizon, database)
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO budget VALUES (?, ?, ?, ?, ?)",
            arguments: [budget.name, fingerprint, budget.limit.unit.rawValue, budget.limit.value, revision])
        return revision
    }

    /// Budgets that left the policy: their alerts resolve, their accounts go, their revision stays for their return.
    private func retire(keeping names: Set<String>, now: Timestamp, _ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT name, fingerprint FROM budget WHERE limit_value IS NOT NULL")
        where !names.contains(row["name"]) {
            let name: String = row["name"]
            try AccountRows.remove(fingerprint: row["fingerprint"], database)
            try database.execute(
                sql: "UPDATE budget SET limit_value = NULL, fingerprint = '' WHERE name = ?", arguments: [name])
            try database.execute(
                sql:
                    "UPDATE alert SET state = 'resolved', resolved_at = ?, ended_by = ? WHERE budget = ? AND state = 'firing'",
                arguments: [now.milliseconds, Alert.End.budgetRemoved.rawValue, name])
        }
    }
}
