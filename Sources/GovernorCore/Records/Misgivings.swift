/// What is booked but not known for sure, over all time; shown so that unknown is never zero.
package struct Misgivings: Hashable, Sendable {
    /// Calls of models without a price, booked at a stand-in's.
    package var unpricedCalls: Int64
    /// Spend from a coordinator's log that names no session: a transcript may tell of the same calls.
    package var unbound: Money

    package init(unpricedCalls: Int64 = 0, unbound: Money = .zero) {
        self.unpricedCalls = unpricedCalls
        self.unbound = unbound
    }

    /// Follows changes of the ledger.
    package mutating func take(_ changes: [RecordChange]) {
        for change in changes {
            switch change {
            case .insert(let record): add(record, sign: 1)
            case .revise(let stored, let record):
                add(stored.record, sign: -1)
                add(record, sign: 1)
            case .remove(let stored): add(stored.record, sign: -1)
            }
        }
    }

    private mutating func add(_ record: UsageRecord, sign: Int64) {
        guard !record.isShadowed else { return }
        if record.costOrigin == .unpriced { unpricedCalls += sign }
        if record.labels.source == "coordinator", record.labels.session == nil {
            unbound += sign < 0 ? -record.cost : record.cost
        }
    }
}
