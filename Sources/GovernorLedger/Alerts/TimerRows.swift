import GRDB
import GovernorCore

/// Reads and writes rows of `timer`: since when something is so that no alert tells of yet, or no longer is.
enum TimerRows {
    /// - Parameter since: nil to end it.
    static func write(_ since: Timestamp?, _ key: Plan.TimerKey, _ database: Database) throws {
        guard let since else {
            let delete = try database.cachedStatement(
                sql: "DELETE FROM timer WHERE item = ? AND split = ? AND threshold = ?")
            return try delete.execute(arguments: [key.item, key.split.raw, key.threshold])
        }
        let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO timer VALUES (?, ?, ?, ?)")
        try insert.execute(arguments: [key.item, key.split.raw, key.threshold, since.milliseconds])
    }

    /// Those that began by `now`: what begins in the future was seen by a clock that ran ahead, and is deleted; but not
    /// what an operator did then, or how long a pause lasts.
    static func all(now: Timestamp, _ database: Database) throws -> [(key: Plan.TimerKey, since: Timestamp)] {
        try database.execute(
            sql: "DELETE FROM timer WHERE since > ? AND threshold NOT IN ('held', 'resumed')",
            arguments: [(now + AlertRows.clockJitter).milliseconds])
        return try Row.fetchAll(database, sql: "SELECT * FROM timer").map { row in
            let key = Plan.TimerKey(item: row["item"], split: Split(raw: row["split"]), threshold: row["threshold"])
            return (key, Timestamp(milliseconds: row["since"]))
        }
    }
}

/// Reads and writes rows of `rule`: what the alerts and timers of rules were made under.
enum RuleRows {
    /// Makes the rows those of the policy's rules.
    /// - Returns: in their order, whether each is what it was.
    static func adopt(_ policy: Policy, _ database: Database) throws -> [Bool] {
        var stored: [String: String] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT name, fingerprint FROM rule") {
            stored[row["name"]] = row["fingerprint"]
        }
        let same = try policy.rules.map { rule in
            let fingerprint = rule.fingerprint
            let isSame = stored.removeValue(forKey: rule.name) == fingerprint
            if !isSame {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO rule VALUES (?, ?)", arguments: [rule.name, fingerprint])
            }
            return isSame
        }
        for name in stored.keys {
            try database.execute(sql: "DELETE FROM rule WHERE name = ?", arguments: [name])
        }
        return same
    }
}
