import GRDB
import GovernorCore

/// Reads the meters that keep single calls and no sums: from the newest records, at every start and reload.
enum NewestCalls {
    /// - Parameter places: of such meters in `Metering.meters`.
    /// - Returns: their accounts, in the order of `places`.
    static func read(
        _ places: [Int], _ metering: Metering, now: Timestamp, _ database: Database
    ) throws -> [[Split: Account]] {
        var accounts: [[Split: Account]] = places.map { _ in [:] }
        for value in [Meter.Value.presence, .outcomes] {
            let numbers = places.indices.filter { metering.meters[places[$0]].value == value }
            guard !numbers.isEmpty else { continue }
            var reading = Reading(numbers.map { places[$0] }, metering, now: now)
            if value == .presence { try reading.readTimes(database) } else { try reading.readCalls(database) }
            for (number, found) in zip(numbers, reading.accounts) { accounts[number] = found }
        }
        return accounts
    }

    private struct Reading {
        let meters: [Meter]
        let reaches: [Timestamp]
        var pots: Pots
        var accounts: [[Split: Account]]

        init(_ places: [Int], _ metering: Metering, now: Timestamp) {
            meters = places.map { metering.meters[$0] }
            reaches = meters.map { $0.reach(at: now) }
            pots = Pots(of: places, in: metering)
            accounts = meters.map { _ in [:] }
        }

        private var first: Timestamp { reaches.min() ?? .distantFuture }

        /// When there was a call last: for each combination of labels that was used of late, found by its index.
        mutating func readTimes(_ database: Database) throws {
            let sets = try Int64.fetchAll(
                database, sql: "SELECT DISTINCT label_set FROM rollup WHERE bucket >= ?",
                arguments: [Derivation.quarter(of: first).start.milliseconds])
            let select = try database.cachedStatement(
                sql: "SELECT time FROM record WHERE label_set = ? AND time > ? ORDER BY time DESC")
            for set in sets {
                for member in try pots.members(of: set, database) {
                    let pot = pots.members[member]
                    let meter = pots.meters[pot]
                    let seen = accounts[meter][pots.splits[pot]]?.lastSeen ?? reaches[meter]
                    let times = try Int64.fetchCursor(select, arguments: [set, seen.milliseconds])
                    while let time = try times.next().map({ Timestamp(milliseconds: $0) }) {
                        guard meters[meter].isOpen(at: time) else { continue }
                        accounts[meter][pots.splits[pot], default: Account()].lastSeen = time
                        break
                    }
                }
            }
        }

        /// How the newest calls ended.
        mutating func readCalls(_ database: Database) throws {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT time, label_set, key, request, outcome, error_kind FROM record
                    WHERE time > ? AND \(RecordRows.isCounted) ORDER BY time, sequence
                    """, arguments: [first.milliseconds])
            while let row = try rows.next() {
                var record = UsageRecord(
                    identity: CallIdentity(key: row[2], request: row[3]), growth: .later,
                    time: Timestamp(milliseconds: row[0]), labels: Labels(), tokens: TokenCounts(),
                    outcome: Codes.outcome(row[4]))
                record.errorKind = row[5]
                for member in try pots.members(of: row[1], database) {
                    let pot = pots.members[member]
                    let meter = pots.meters[pot]
                    guard record.time > reaches[meter], meters[meter].isOpen(at: record.time) else { continue }
                    accounts[meter][pots.splits[pot], default: Account()].note(record, meters[meter])
                }
            }
        }
    }
}
