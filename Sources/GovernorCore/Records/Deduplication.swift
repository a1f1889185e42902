/// A record as the ledger holds it, under its sequence number.
package struct StoredRecord: Hashable, Sendable {
    package var sequence: Int64
    package var record: UsageRecord
    /// What of it was charged to which hold.
    package var charges: [Charge]

    package init(sequence: Int64, record: UsageRecord, charges: [Charge] = []) {
        self.sequence = sequence
        self.record = record
        self.charges = charges
    }
}

/// What a batch does to the ledger's records.
package enum RecordChange: Hashable, Sendable {
    case insert(UsageRecord)
    /// In place: the accounts of both windows receive the difference.
    case revise(StoredRecord, to: UsageRecord)
    /// Two stored calls turned out to be one.
    case remove(StoredRecord)
}

/// Whether a copy added something.
package enum RecordFate: String, Sendable { case accepted, duplicate, revised }

/// Decides which of the records of a batch are new, which correct one that is stored, and which were seen before.
///
/// Identity is `key` and `request`; as soon as one copy under a key is a sidechain's replay, the key alone. The result
/// does not depend on the order or the batches in which copies under `GrowthRule.larger` arrive.
package struct Deduplication {
    private var groups: [ExactText: Group] = [:]
    private var order: [ExactText] = []

    /// - Parameter stored: every stored record whose identity has a key of the batch.
    package init(stored: [StoredRecord]) {
        for stored in stored { inGroup(of: stored.record) { $0.load(stored) } }
        order.sort { $0.text < $1.text }
    }

    /// Takes one priced and labelled record in.
    package mutating func add(_ record: UsageRecord) -> RecordFate {
        var record = record
        let timeIsArrival = record.timeIsArrival
        record.timeIsArrival = false
        return inGroup(of: record) { $0.add(record, timeIsArrival: timeIsArrival) }
    }

    /// The changes the batch makes, keys in order of first sight; under each key what goes is named first, so that a
    /// revision may take its identity.
    package var changes: [RecordChange] {
        order.flatMap { key in
            let changes = (groups[key]?.entries ?? []).compactMap(\.change)
            return changes.filter(\.isRemoval) + changes.filter { !$0.isRemoval }
        }
    }

    /// Hands a key's group out in place, noting its first sight.
    private mutating func inGroup<Result>(of record: UsageRecord, _ body: (inout Group) -> Result) -> Result {
        let key = ExactText(record.identity.key)
        if groups[key] == nil { order.append(key) }
        return body(&groups[key, default: Group()])
    }
}

/// One call as the ledger has it and as it will be.
private struct Entry {
    var stored: StoredRecord?
    var kept: UsageRecord?

    var change: RecordChange? {
        switch (stored, kept) {
        case (nil, let kept?): .insert(kept)
        case (let stored?, nil): .remove(stored)
        case (let stored?, let kept?): stored.record == kept ? nil : .revise(stored, to: kept)
        case (nil, nil): nil
        }
    }
}

extension RecordChange {
    fileprivate var isRemoval: Bool { if case .remove = self { true } else { false } }

    /// Whether the record as it is stored was charged to a hold.
    var hasCharges: Bool {
        switch self {
        case .insert: false
        case .revise(let stored, _), .remove(let stored): !stored.charges.isEmpty
        }
    }
}

/// All calls under one key: one per request, found by it so that a key shared by many costs no square; one in all as soon
/// as a sidechain's copy was among them.
private struct Group {
    private(set) var entries: [Entry] = []
    private var places: [ExactText?: Int] = [:]
    private var joinsByKey = false
    private var isJoined = false

    mutating func load(_ stored: StoredRecord) {
        joinsByKey = joinsByKey || stored.record.identity.joinsByKey
        append(Entry(stored: stored, kept: stored.record), under: stored.record.identity)
    }

    mutating func add(_ record: UsageRecord, timeIsArrival: Bool) -> RecordFate {
        var record = record
        joinsByKey = joinsByKey || record.identity.joinsByKey
        let wasSeveral = joinsByKey && join()
        let place = joinsByKey ? entries.indices.first : places[record.identity.request.map(ExactText.init)]
        guard let place, let before = entries[place].kept else {
            append(Entry(stored: nil, kept: record), under: record.identity)
            return .accepted
        }
        if timeIsArrival { record.time = before.time }
        var winner = record.replaces(before) ? record : before
        if joinsByKey { winner.identity.joinsByKey = true }
        entries[place].kept = winner
        return !wasSeveral && winner.hasSameContent(as: before) ? .duplicate : .revised
    }

    private mutating func append(_ entry: Entry, under identity: CallIdentity) {
        places[identity.request.map(ExactText.init)] = entries.endIndex
        entries.append(entry)
    }

    /// Makes the first entry stand for all.
    /// - Returns: whether there were several until now.
    private mutating func join() -> Bool {
        guard !isJoined else { return false }
        isJoined = true
        guard entries.count > 1 else { return false }
        let all = entries.compactMap(\.kept)
        entries[0].kept = all.dropFirst().reduce(all.first) { winner, next in
            winner.map { next.replaces($0) ? next : $0 }
        }
        for index in entries.indices.dropFirst() { entries[index].kept = nil }
        return true
    }
}

extension UsageRecord {
    /// Whether this copy, which arrived after `other`, is the one that counts.
    fileprivate func replaces(_ other: UsageRecord) -> Bool {
        switch growth {
        case .later: !hasSameContent(as: other)
        case .larger: outranks(other)
        }
    }

    /// The larger token total; between equals the one that is no replay, then the one that names its speed, then the
    /// earlier, then the lesser session and file: a total order, so that the order of arrival can't matter.
    private func outranks(_ other: UsageRecord) -> Bool {
        if tokens.total != other.tokens.total { return tokens.total > other.tokens.total }
        if identity.isSidechain != other.identity.isSidechain { return !identity.isSidechain }
        if terms.fast != other.terms.fast { return terms.fast }
        if time != other.time { return time < other.time }
        return place < other.place
    }

    private var place: (String, String, Int64) { (labels.session ?? "", raw?.file ?? "", raw?.offset ?? 0) }

    /// Equal in everything but where it was read.
    fileprivate func hasSameContent(as other: UsageRecord) -> Bool {
        var mine = self
        mine.raw = other.raw
        return mine == other
    }
}
