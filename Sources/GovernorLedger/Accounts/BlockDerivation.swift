import GRDB
import GovernorCore

/// Sums meters whose windows are blocks: the first use begins one, the next use after its end the next.
///
/// Where a block begins depends on the block before it, back to a time in which nothing was used for a block's length:
/// whatever came before, the use after such a gap begins a block. So each account is followed back to its last gap before
/// the blocks that still count, by the rollup, and from there on record by record. An account that was in use all of the
/// last week without a gap begins a block with its first use in that week.
struct BlockDerivation {
    /// How far back a gap is looked for.
    static let longest = Span.days(7)

    private let subjects: [Derivation.Subject]
    private let horizon: Timestamp
    private let spans: [Span]
    private var tracks: [SlotTrack]
    private var pots: Pots
    /// By account: from when on records belong to blocks; nil for one that had no use of late.
    private var starts: [Timestamp?] = []
    /// By account, its blocks in order.
    private var blocks: [[Account.Slot]] = []

    static func derive(
        _ subjects: [Derivation.Subject], _ metering: Metering, horizon: Timestamp, _ database: Database
    ) throws {
        var derivation = BlockDerivation(subjects, metering, horizon)
        try derivation.findStarts(database)
        try derivation.follow(database)
        try derivation.write(database)
    }

    private init(_ subjects: [Derivation.Subject], _ metering: Metering, _ horizon: Timestamp) {
        self.subjects = subjects
        self.horizon = horizon
        let spans = subjects.map { if case .window(.block(let span)) = $0.meter.slots { span } else { Span.zero } }
        self.spans = spans
        tracks = subjects.map { SlotTrack($0.meter, first: .distantPast) }
        pots = Pots(of: subjects.map(\.place), in: metering)
    }

    /// Goes back in time until every account that was used of late has a gap behind it.
    private mutating func findStarts(_ database: Database) throws {
        var isSettled: [Bool] = []
        var isActive = tracks.map { _ in false }
        var current: Int64?
        let longest = spans.max(or: .zero)
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT bucket, label_set FROM rollup WHERE bucket >= ? AND calls > 0 ORDER BY bucket DESC",
            arguments: [Derivation.quarter(of: horizon - longest - longest - Self.longest).start.milliseconds])
        while let row = try rows.next() {
            let quarter = Derivation.quarter(of: Timestamp(milliseconds: row[0]))
            if quarter.start.milliseconds != current {
                current = quarter.start.milliseconds
                for meter in tracks.indices { isActive[meter] = tracks[meter].place(of: quarter) != .outside }
                let isPastAll = quarter.end <= horizon - longest - longest
                let earliest = zip(starts, isSettled).lazy.compactMap { $1 ? nil : $0 }.min()
                // Nobody who is still looked for can be used so shortly before.
                if isPastAll, earliest.map({ $0 - quarter.end >= longest }) ?? true { break }
            }
            for member in try pots.members(of: row[1], database) {
                let pot = pots.members[member]
                while starts.count <= pot {
                    starts.append(nil)
                    isSettled.append(false)
                }
                let meter = pots.meters[pot]
                guard isActive[meter], !isSettled[pot] else { continue }
                let isOver = quarter.end <= horizon - spans[meter] - spans[meter]
                if isOver, starts[pot].map({ $0 - quarter.end >= spans[meter] }) ?? true {
                    isSettled[pot] = true
                } else {
                    starts[pot] = quarter.start
                }
            }
        }
    }

    /// Goes forward, record by record.
    private mutating func follow(_ database: Database) throws {
        guard let first = starts.lazy.compactMap({ $0 }).min() else { return }
        blocks = starts.map { _ in [] }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT time, label_set, cost, \(Derivation.tokens) FROM record
                WHERE time >= ? AND \(RecordRows.isCounted) ORDER BY time, sequence
                """, arguments: [first.milliseconds])
        while let row = try rows.next() {
            let time = Timestamp(milliseconds: row[0])
            for member in try pots.members(of: row[1], database) {
                let pot = pots.members[member]
                guard pot < starts.count, let start = starts[pot], time >= start,
                    tracks[pots.meters[pot]].slot(at: time) != nil
                else { continue }
                let amount = Amount(cost: Money(nanodollars: row[2]), tokens: row[3], calls: 1)
                if let last = blocks[pot].last, last.interval.contains(time) {
                    blocks[pot][blocks[pot].count - 1].amount += amount
                } else {
                    let interval = Interval(start: time, end: time + spans[pots.meters[pot]])
                    blocks[pot].append(Account.Slot(interval: interval, amount: amount))
                }
            }
        }
    }

    private func write(_ database: Database) throws {
        let addition = try AccountRows.addition(database)
        for pot in blocks.indices {
            let (row, meter) = (subjects[pots.meters[pot]].row, subjects[pots.meters[pot]].meter)
            for block in blocks[pot] where meter.memory(of: block.interval) > horizon {
                try AccountRows.add(
                    block.amount, to: block.interval, of: pots.splits[pot], meter: row.id, by: addition)
            }
        }
    }
}

extension [Span] {
    fileprivate func max(or span: Span) -> Span { self.max() ?? span }
}
