/// How much a kind of source told.
package struct SourceTally: Hashable, Sendable {
    /// Calls it told of, each once, whether they count or not.
    package var records: Int64
    /// Those of them that another source had told of already.
    package var united: Int64
    /// Lines, rows and events that could not be booked.
    package var rejected: Int64
    /// When the newest call was made.
    package var newest: Timestamp?
    /// Calls that are kept and not counted, since a better source reports their sessions or a transcript's line tells of
    /// them, and what they would cost.
    package var shadowed: Int64 = 0
    package var shadowedCost = Money.zero

    package init(records: Int64 = 0, united: Int64 = 0, rejected: Int64 = 0, newest: Timestamp? = nil) {
        self.records = records
        self.united = united
        self.rejected = rejected
        self.newest = newest
    }

    package mutating func add(_ other: SourceTally) {
        records = records.saturatingAdding(other.records)
        united = united.saturatingAdding(other.united)
        rejected = rejected.saturatingAdding(other.rejected)
        newest = [newest, other.newest].compactMap { $0 }.max()
        shadowed = shadowed.saturatingAdding(other.shadowed)
        shadowedCost += other.shadowedCost
    }

    /// Follows what a group of changes shadows, by the kinds of source that the records name.
    package static func shadowed(by changes: [RecordChange]) -> [String: SourceTally] {
        var tallies: [String: SourceTally] = [:]
        func add(_ record: UsageRecord, sign: Int64) {
            guard record.isShadowed, let source = record.labels.source else { return }
            tallies[source, default: SourceTally()].shadowed += sign
            tallies[source, default: SourceTally()].shadowedCost += sign < 0 ? -record.cost : record.cost
        }
        for change in changes {
            switch change {
            case .insert(let record): add(record, sign: 1)
            case .revise(let stored, let record):
                add(stored.record, sign: -1)
                add(record, sign: 1)
            case .remove(let stored): add(stored.record, sign: -1)
            }
        }
        return tallies
    }
}
