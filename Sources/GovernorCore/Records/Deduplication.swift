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
    indirect case revise(StoredRecord, to: UsageRecord)
    /// Two stored calls turned out to be one.
    indirect case remove(StoredRecord)
}

/// Whether a copy added something.
package enum RecordFate: String, Sendable {
    case accepted, duplicate, revised
    /// The call was known from another source, and has one witness more.
    case united
}

/// Decides which of the records of a batch are new, which correct one that is stored, and which were seen before.
///
/// Identity is `key` and `request`; as soon as one copy under a key is a sidechain's replay, the key alone. A copy that
/// knows nothing but the request (`CallIdentity.request`, what telemetry writes) is the same call as a message with that
/// request. The result does not depend on the order or the batches in which copies under `GrowthRule.larger` arrive.
package struct Deduplication {
    private let authority: Authority
    /// What the ledger has, in the order of keys.
    private let stored: [StoredRecord]
    /// In order of first sight.
    private var groups: [Group] = []
    private var places: [ExactText: Int] = [:]
    /// The group of each request's message, in the order in which they were told; `messages` is made of it, where anything
    /// names a request alone.
    private var told: [(request: String, place: Int)] = []
    private var messages: [ExactText: Int]?
    private var hasRequestsAlone = false

    /// - Parameters:
    ///   - stored: every stored record that `needs` asks for.
    ///   - authority: which source's copy of a call is kept where several tell of it.
    package init(stored: [StoredRecord], authority: Authority = .usual) {
        self.authority = authority
        let inOrder = stored.indices.sorted {
            (stored[$0].record.identity.key, $0) < (stored[$1].record.identity.key, $1)
        }
        self.stored = inOrder.map { stored[$0] }
        for (number, each) in self.stored.enumerated() {
            groups[place(of: each.record.identity)].load(each.record, number: number)
        }
    }

    /// What must be looked up before records are added: stored records under these keys, and those with these requests
    /// around these times.
    package struct Needs: Hashable, Sendable {
        package var keys: Set<String> = []
        package var requests: [String: Timestamp] = [:]

        package init(keys: Set<String>) { self.keys = keys }

        /// - Parameter requestsAlone: whether any stored record may name nothing but its request.
        package init(_ records: some Sequence<UsageRecord>, requestsAlone: Bool) {
            for record in records {
                keys.insert(record.identity.key)
                guard let request = record.identity.request else { continue }
                if record.identity.isRequestAlone {
                    requests[request] = record.time
                } else if requestsAlone {
                    keys.insert(CallIdentity.request(request).key)
                }
            }
        }
    }

    /// Takes one priced and labelled record in.
    ///
    /// - Parameter isExport: whether a ledger held it some time ago. It is nobody's latest word then: of a source that
    ///   restates, what is there stays.
    package mutating func add(_ record: consuming UsageRecord, isExport: Bool = false) -> RecordFate {
        let timeIsArrival = record.timeIsArrival
        record.timeIsArrival = false
        if record.identity.isRequestAlone, let request = record.identity.request,
            let message = message(of: ExactText(request))
        {
            return groups[message].add(record, timeIsArrival: timeIsArrival, isExport: isExport, authority)
        }
        let alone = takeRequestAlone(of: record.identity)
        let place = place(of: record.identity)
        let fate = groups[place].add(record, timeIsArrival: timeIsArrival, isExport: isExport, authority)
        guard let alone else { return fate }
        groups[place].absorb(alone, authority)
        return .united
    }

    /// The changes the batch makes, keys in order of first sight; under each key what goes is named first, so that a
    /// revision may take its identity.
    package var changes: [RecordChange] {
        var all: [RecordChange] = []
        all.reserveCapacity(groups.count)
        for place in groups.indices {
            guard groups[place].entries.count > 1 else {
                if !groups[place].entries.isEmpty, let change = groups[place].entries[0].change(of: stored) {
                    all.append(change)
                }
                continue
            }
            let changes = groups[place].entries.compactMap { $0.change(of: stored) }
            all += changes.filter(\.isRemoval) + changes.filter { !$0.isRemoval }
        }
        return all
    }

    /// Where the group of a key is, noting its first sight.
    private mutating func place(of identity: CallIdentity) -> Int {
        let place = Self.value(of: &places[ExactText(identity.key)], else: groups.endIndex)
        if place == groups.endIndex { groups.append(Group()) }
        guard let request = identity.request else { return place }
        if identity.isRequestAlone {
            hasRequestsAlone = true
        } else if messages == nil {
            told.append((request, place))
        } else {
            messages?[ExactText(request)] = place
        }
        return place
    }

    /// What is there, or what is put there now.
    private static func value(of place: inout Int?, else new: Int) -> Int {
        if let place { return place }
        place = new
        return new
    }

    /// The group of the message with that request.
    private mutating func message(of request: ExactText) -> Int? {
        if messages == nil {
            messages = Dictionary(told.map { (ExactText($0.request), $0.place) }) { _, last in last }
            told = []
        }
        return messages?[request]
    }

    /// Takes out what was told of a message by its request alone.
    private mutating func takeRequestAlone(of identity: CallIdentity) -> Entry? {
        guard hasRequestsAlone, let request = identity.request, !identity.isRequestAlone,
            let place = places[ExactText(CallIdentity.request(request).key)]
        else { return nil }
        return groups[place].release()
    }
}

/// One call as the ledger has it and as it will be.
private struct Entry {
    /// Its number among the stored ones.
    var stored: Int?
    var kept: UsageRecord?

    func change(of all: [StoredRecord]) -> RecordChange? {
        guard let stored else { return kept.map(RecordChange.insert) }
        guard let kept else { return .remove(all[stored]) }
        return all[stored].record == kept ? nil : .revise(all[stored], to: kept)
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
    /// The request of the first entry; nil within when it names none.
    private var first: ExactText??
    /// By request; filled from the second entry on, which few groups have.
    private var places: [ExactText?: Int] = [:]
    private var joinsByKey = false
    private var isJoined = false

    /// - Parameter number: among the stored ones.
    mutating func load(_ record: UsageRecord, number: Int) {
        joinsByKey = joinsByKey || record.identity.joinsByKey
        append(Entry(stored: number, kept: record), under: record.identity.exactRequest)
    }

    mutating func add(
        _ record: consuming UsageRecord, timeIsArrival: Bool, isExport: Bool, _ authority: Authority
    ) -> RecordFate {
        joinsByKey = joinsByKey || record.identity.joinsByKey
        let wasSeveral = joinsByKey && join(authority)
        let request = record.identity.exactRequest
        guard let place = place(of: request), let before = entries[place].kept else {
            append(Entry(stored: nil, kept: record), under: request)
            return .accepted
        }
        if timeIsArrival { record.time = before.time }
        // What an export restates was told before what is there, whenever it arrives.
        let isEarlier = isExport && record.growth == .later
        var winner = isEarlier ? record.united(with: before, authority) : before.united(with: record, authority)
        (winner.isShadowed, winner.isTwin) = (before.isShadowed, before.isTwin)
        if joinsByKey { winner.identity.joinsByKey = true }
        entries[place].kept = winner
        if winner.witnesses != before.witnesses { return .united }
        return !wasSeveral && winner.hasSameContent(as: before) ? .duplicate : .revised
    }

    /// Gives up its one call, which turned out to be a message's.
    mutating func release() -> Entry? {
        defer { self = Group() }
        return entries.first
    }

    /// Takes in what was told of its newest message by the request alone.
    mutating func absorb(_ alone: Entry, _ authority: Authority) {
        guard let told = alone.kept, let place = place(of: told.identity.exactRequest), let mine = entries[place].kept
        else {
            entries.append(alone)
            return
        }
        entries[place].kept = mine.united(with: told, authority)
        if entries[place].stored == nil {
            entries[place].stored = alone.stored
        } else if alone.stored != nil {
            entries.append(Entry(stored: alone.stored, kept: nil))
        }
    }

    /// Where the call with this request is; of a joined group the one that stands for all.
    private func place(of request: ExactText?) -> Int? {
        if joinsByKey { return entries.indices.first }
        return places.isEmpty ? (first == .some(request) ? 0 : nil) : places[request]
    }

    private mutating func append(_ entry: consuming Entry, under request: ExactText?) {
        if entries.isEmpty {
            first = .some(request)
        } else {
            if places.isEmpty, let first { places[first] = 0 }
            places[request] = entries.endIndex
        }
        entries.append(entry)
    }

    /// Makes the first entry stand for all.
    /// - Returns: whether there were several until now.
    private mutating func join(_ authority: Authority) -> Bool {
        guard !isJoined else { return false }
        isJoined = true
        guard entries.count > 1 else { return false }
        let all = entries.compactMap(\.kept)
        entries[0].kept = all.dropFirst().reduce(all.first) { $0?.united(with: $1, authority) }
        for index in entries.indices.dropFirst() { entries[index].kept = nil }
        return true
    }
}

extension UsageRecord {
    /// What is known of the call once `other` has arrived too.
    ///
    /// Within one source a copy counts whole, never field by field. A copy from another source fills what the winner does
    /// not say: telemetry knows what a transcript's call cost and how long it took, the transcript which project it was for.
    fileprivate func united(with other: UsageRecord, _ authority: Authority) -> UsageRecord {
        let isOther = other.replaces(self, authority)
        var winner = isOther ? other : self
        let loser = isOther ? self : other
        let all = witnesses.union(other.witnesses)
        // Also when the winner is read again: what is stored of it may have been filled from another source.
        let isTold = all != winner.witnesses
        if isTold { winner.fill(from: loser) }
        if isTold || winner.labels.source != loser.labels.source, winner.identity.knowsLess(than: loser.identity) {
            winner.identity = loser.identity
        }
        winner.witnesses = all
        (winner.isShadowed, winner.isTwin) = (isShadowed, isTwin)
        return winner
    }

    private mutating func fill(from other: UsageRecord) {
        let names = { (labels: Labels) in labels.worker.map { $0 != labels.session } ?? false }
        if !names(labels), names(other.labels) { labels.worker = other.labels.worker }
        labels = labels.filling(from: other.labels)
        durationMilliseconds = durationMilliseconds ?? other.durationMilliseconds
        firstTokenMilliseconds = firstTokenMilliseconds ?? other.firstTokenMilliseconds
        raw = raw ?? other.raw
        // What the whole call cost; a placeholder's cost is not that of the line that grew out of it.
        guard costOrigin != .reported, other.costOrigin == .reported, tokens.total == other.tokens.total else { return }
        (cost, costOrigin, reportedCost) = (other.cost, .reported, other.reportedCost)
    }

    /// Whether this copy, which arrived after `other`, is the one that counts.
    private func replaces(_ other: UsageRecord, _ authority: Authority) -> Bool {
        if labels.source != other.labels.source, let mine = Authority.group(of: self),
            let its = Authority.group(of: other), mine != its
        {
            return authority.prefers(mine, to: its)
        }
        return switch growth {
        case .later: !hasSameContent(as: other)
        case .larger: outranks(other)
        }
    }

    /// The larger token total; between equals the agent's own line, then the one that is no replay, then the one that names
    /// its speed, then the earlier, then the lesser session and file: a total order, so that the order of arrival can't
    /// matter.
    func outranks(_ other: UsageRecord) -> Bool {
        if tokens.total != other.tokens.total { return tokens.total > other.tokens.total }
        if labels.source != other.labels.source, other.labels.source == SourceKind.telemetry.rawValue { return true }
        if labels.source != other.labels.source, labels.source == SourceKind.telemetry.rawValue { return false }
        if identity.isSidechain != other.identity.isSidechain { return !identity.isSidechain }
        if terms.fast != other.terms.fast { return terms.fast }
        if time != other.time { return time < other.time }
        return place < other.place
    }

    private var place: (String, String, Int64) { (labels.session ?? "", raw?.file ?? "", raw?.offset ?? 0) }

    /// Equal in everything but where it was read, and in what is decided of it afterwards.
    fileprivate func hasSameContent(as other: UsageRecord) -> Bool {
        var mine = self
        mine.raw = other.raw
        mine.witnesses = other.witnesses
        mine.isShadowed = other.isShadowed
        mine.isTwin = other.isTwin
        return mine == other
    }
}

extension CallIdentity {
    fileprivate var exactRequest: ExactText? { request.map(ExactText.init) }

    /// Whether `other` names the same call by its message, or by its request too, where this does not.
    fileprivate func knowsLess(than other: CallIdentity) -> Bool {
        isRequestAlone ? !other.isRequestAlone : request == nil && other.request != nil
    }
}
