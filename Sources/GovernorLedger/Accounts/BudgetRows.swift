import GRDB
import GovernorCore

/// Reads and writes rows of `budget`: limits in force and how often they changed. A budget that left the policy keeps its
/// row, so that its revision goes on when it returns.
enum BudgetRows {
    /// Makes the rows those of the policy's budgets.
    /// - Returns: in their order, the limits, and whether the definition is the one that the stored timers were kept under.
    static func adopt(
        _ policy: Policy, _ metering: Metering, now: Timestamp, _ database: Database
    ) throws -> [(limit: Book.InForce, isSame: Bool)] {
        var stored: [String: Row] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM budget") { stored[row["name"]] = row }
        let limits = try policy.budgets.enumerated().map { place, budget in
            let (row, definition) = (stored.removeValue(forKey: budget.name), metering.definitions[place])
            let limit = budget.limit(at: now)
            // Ledgers of before there were meters name no definition, and had the policy of then.
            let isSame = row?["fingerprint"] == definition || row?["fingerprint"] == "" && row?["limit_value"] != nil
            let isSameLimit = row?["limit_unit"] == limit.unit.rawValue && row?["limit_value"] == limit.value
            var revision: Int64 = row?["limit_revision"] ?? 0
            if row != nil, !isSame || !isSameLimit { revision += 1 }
            if !isSameLimit || row?["fingerprint"] != definition {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO budget VALUES (?, ?, ?, ?, ?)",
                    arguments: [budget.name, definition, limit.unit.rawValue, limit.value, revision])
            }
            return (Book.InForce(limit: limit, revision: revision), isSame)
        }
        for name in stored.keys {
            try database.execute(
                sql: "UPDATE budget SET limit_value = NULL, fingerprint = '' WHERE name = ?", arguments: [name])
        }
        return limits
    }

    /// A limit that changed while the policy stayed.
    static func write(_ limit: Book.InForce, of budget: String, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE budget SET limit_unit = ?, limit_value = ?, limit_revision = ? WHERE name = ?",
            arguments: [limit.limit.unit.rawValue, limit.limit.value, limit.revision, budget])
    }
}
