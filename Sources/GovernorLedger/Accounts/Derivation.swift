import GRDB
import GovernorCore

/// Sums meters anew from what the ledger holds of every call: all of them while it is read once.
///
/// Rollups serve wherever all of a quarter of an hour falls into one slot of a meter; the records themselves where a slot
/// or a shift begins inside it, which in a window of the calendar is almost never and in a short rolling one always.
struct Derivation {
    /// A meter to sum, and the row that was made for it.
    struct Subject {
        /// In `Metering.meters`.
        var place: Int
        var meter: Meter
        var row: StoredMeter
    }

    static func derive(
        _ subjects: [Subject], _ metering: Metering, horizon: Timestamp, _ database: Database
    ) throws {
        var (spend, apart, blocks): ([Subject], [Subject], [Subject]) = ([], [], [])
        for subject in subjects {
            if case .window(.block) = subject.meter.slots {
                blocks.append(subject)
            } else if subject.meter.value == .spend {
                spend.append(subject)
            } else {
                apart.append(subject)
            }
        }
        if !spend.isEmpty {
            var derivation = Derivation(spend, metering)
            let quarters = try derivation.addRollups(database)
            for range in quarters { try derivation.addRecords(in: range, database) }
            try derivation.tally.finish(derivation.pots, database)
        }
        if !apart.isEmpty {
            var derivation = Derivation(apart, metering)
            try derivation.addApart(database)
            try derivation.tally.finish(derivation.pots, database)
        }
        if !blocks.isEmpty { try BlockDerivation.derive(blocks, metering, horizon: horizon, database) }
    }

    private let subjects: [Subject]
    private var tracks: [SlotTrack]
    private var pots: Pots
    private var tally: Tally

    private init(_ subjects: [Subject], _ metering: Metering) {
        self.subjects = subjects
        tracks = subjects.map { SlotTrack($0.meter, first: $0.row.since) }
        pots = Pots(of: subjects.map(\.place), in: metering)
        tally = Tally(subjects)
    }

    private var first: Timestamp { subjects.map(\.row.since).min() ?? .distantFuture }

    // MARK: Spend

    /// Adds what rollups can tell.
    /// - Returns: the stretches of time of which only the records can.
    private mutating func addRollups(_ database: Database) throws -> [Interval] {
        var mixed: [Interval] = []
        var isActive = tracks.map { _ in false }
        var anyActive = false
        var current: Int64?
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT bucket, label_set, cost, \(Self.tokens), calls FROM rollup WHERE bucket >= ? ORDER BY bucket
                """,
            arguments: [Self.quarter(of: first).start.milliseconds])
        while let row = try rows.next() {
            let bucket: Int64 = row[0]
            if bucket != current {
                current = bucket
                let quarter = Self.quarter(of: Timestamp(milliseconds: bucket))
                anyActive = false
                var isMixed = false
                for meter in tracks.indices {
                    isActive[meter] = false
                    switch tracks[meter].place(of: quarter) {
                    case .outside: continue
                    case .mixed: isMixed = true
                    case .slot(let slot):
                        try tally.turn(meter, to: slot, pots, database)
                        isActive[meter] = true
                        anyActive = true
                    }
                }
                if isMixed {
                    if let last = mixed.last, last.end == quarter.start {
                        mixed[mixed.count - 1].end = quarter.end
                    } else {
                        mixed.append(quarter)
                    }
                }
            }
            guard anyActive else { continue }
            let amount = Amount(cost: Money(nanodollars: row[2]), tokens: row[3], calls: row[4])
            for member in try pots.members(of: row[1], database) {
                let pot = pots.members[member]
                let meter = pots.meters[pot]
                if isActive[meter] { tally.add(amount, to: pot, of: meter) }
            }
        }
        return mixed
    }

    /// Adds the records of a stretch to those meters to which it is mixed.
    private mutating func addRecords(in range: Interval, _ database: Database) throws {
        var isMixed = tracks.map { _ in false }
        var quarter = Interval(start: .distantPast, end: .distantPast)
        let select = try database.cachedStatement(
            sql: """
                SELECT time, label_set, cost, \(Self.tokens) FROM record
                WHERE time >= ? AND time < ? AND \(RecordRows.isCounted) ORDER BY time
                """)
        let rows = try Row.fetchCursor(
            select, arguments: [range.start.milliseconds, range.end.milliseconds])
        while let row = try rows.next() {
            let time = Timestamp(milliseconds: row[0])
            if !quarter.contains(time) {
                quarter = Self.quarter(of: time)
                for meter in tracks.indices { isMixed[meter] = tracks[meter].place(of: quarter) == .mixed }
            }
            let amount = Amount(cost: Money(nanodollars: row[2]), tokens: row[3], calls: 1)
            for member in try pots.members(of: row[1], database) {
                let pot = pots.members[member]
                let meter = pots.meters[pot]
                guard isMixed[meter], let slot = tracks[meter].slot(at: time) else { continue }
                try tally.turn(meter, to: slot, pots, database)
                tally.add(amount, to: pot, of: meter)
            }
        }
    }

    // MARK: What rollups can't tell

    /// Adds calls without a price and calls that cost nothing, which lie apart in an index of their own.
    private mutating func addApart(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT time, label_set, cost, cost_origin, input, output, cache_read, cache_write_5m, cache_write_1h,
                    cache_write_12h, reasoning, terms, web_searches
                FROM record INDEXED BY record_apart
                WHERE time >= ? AND (cost_origin = 2 OR (cost_origin = 1 AND cost = 0))
                    AND \(RecordRows.isCounted)
                ORDER BY time
                """, arguments: [first.milliseconds])
        while let row = try rows.next() {
            let record = Self.billed(row)
            for member in try pots.members(of: row[1], database) {
                let pot = pots.members[member]
                let meter = pots.meters[pot]
                guard let amount = subjects[meter].meter.amount(of: record),
                    let slot = tracks[meter].slot(at: record.time)
                else { continue }
                try tally.turn(meter, to: slot, pots, database)
                tally.add(amount, to: pot, of: meter)
            }
        }
    }

    /// As much of a record as its amount depends on.
    private static func billed(_ row: Row) -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(key: ""), growth: .later, time: Timestamp(milliseconds: row[0]), labels: Labels(),
            tokens: TokenCounts(
                input: row[4], output: row[5], cacheRead: row[6], cacheWrite5m: row[7], cacheWrite1h: row[8],
                cacheWrite12h: row[9], reasoning: row[10]),
            terms: Codes.terms(row[11], webSearches: row[12]))
        record.cost = Money(nanodollars: row[2])
        record.costOrigin = Codes.origin(row[3])
        return record
    }

    /// `TokenCounts.total`: reasoning is part of the output.
    static let tokens = """
        CAST(input + output + cache_read + cache_write_5m + cache_write_1h + cache_write_12h AS INTEGER)
        """

    /// The rollup's bucket that holds `time`.
    static func quarter(of time: Timestamp) -> Interval {
        let start = time.milliseconds.saturatingAdding(-time.milliseconds.modulo(RecordRows.bucket))
        return Interval(
            start: Timestamp(milliseconds: start),
            end: Timestamp(milliseconds: start.saturatingAdding(RecordRows.bucket)))
    }
}
