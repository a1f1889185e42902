/// What a group of changes has to know of holds before it is planned: what the book does not have in memory.
package struct HoldLookup: Sendable {
    package private(set) var ids: Set<Int64> = []
    package private(set) var keys: Set<String> = []
    /// Holds whose own record may change.
    package private(set) var ownRecords: Set<Int64> = []
    private let holds: Holds

    package init(_ holds: Holds) { self.holds = holds }

    package var isEmpty: Bool { ids.isEmpty && keys.isEmpty && ownRecords.isEmpty }

    package mutating func need(for request: HoldRequest) {
        switch (request, request.name) {
        case (.reserve(let reserve), _): keys.insert(reserve.key)
        case (_, .key(let key)?): keys.insert(key)
        case (_, .reservation(let name)?): need(name)
        case (_, nil): break
        }
    }

    /// - Parameter record: one that arrives.
    package mutating func need(for record: UsageRecord) {
        if let name = record.labels.tags[Reservation.tag] { return need(name) }
        for id in holds.owned(by: record.labels) where holds[id].map({ $0.uncovered > .zero }) ?? false {
            ownRecords.insert(id)
        }
    }

    /// - Parameter stored: one that may be corrected.
    package mutating func need(for stored: StoredRecord) {
        for charge in stored.charges { need(charge.reservation) }
    }

    private mutating func need(_ name: String) {
        if let id = Reservation.id(in: name) { need(id) }
    }

    private mutating func need(_ id: Int64) {
        guard let hold = holds[id] else {
            ids.insert(id)
            ownRecords.insert(id)
            return
        }
        if hold.uncovered > .zero { ownRecords.insert(id) }
    }
}
