import GovernorCore

/// Where a record is found by its key.
struct KeyEntry: Hashable, Comparable, Sendable {
    var hash: Int64
    var sequence: Int64

    init(hash: Int64, sequence: Int64) {
        self.hash = hash
        self.sequence = sequence
    }

    init(_ identity: CallIdentity, _ sequence: Int64) {
        self.init(hash: Self.hash(identity.key), sequence: sequence)
    }

    /// The hash of a key's text.
    static func hash(_ key: String) -> Int64 { Codes.bits(StableHash.value(key)) }

    static func < (left: KeyEntry, right: KeyEntry) -> Bool {
        (left.hash, left.sequence) < (right.hash, right.sequence)
    }
}

/// The keys of the newest records, which are not in `record_key` yet: that table follows, always a stretch of it at a time.
///
/// The hash of a key says nothing about when its record came. An index that took each in at once would have as many pages
/// changed by every transaction as it has records, each of them written whole, twice; at a million records that was the
/// larger part of storing them. So some tens of thousands are gathered in memory, put in order, and written while the next
/// are gathered, by each transaction twice as many as it has new ones: neighbours, which lie on few pages. (What a
/// log-structured merge tree does with its first level.) Twice, so that what a start finds gathered already can't add up.
///
/// Nothing here needs to be durable. `mark` is: records behind it are read again at the next start.
struct RecentKeys: Sendable {
    /// Every record up to this sequence is in the table.
    private(set) var mark: Int64
    private let capacity: Int
    /// Gathered last: mostly one sequence a hash; `others` has the second and later ones.
    private var gathered: [Int64: Int64] = [:]
    private var others: Set<KeyEntry> = []
    /// In order, and how many of them are in the table.
    private var run: [KeyEntry] = []
    private var written = 0
    /// The highest sequence of the run, `mark` once it is written.
    private var runEnd: Int64

    /// - Parameter capacity: how many are gathered before they are written.
    init(mark: Int64, capacity: Int) {
        self.mark = mark
        self.capacity = max(1, capacity)
        runEnd = mark
    }

    /// What is here under a hash; what the table holds may be among it.
    func sequences(_ hash: Int64) -> [Int64] {
        var found = gathered[hash].map { [$0] } ?? []
        if !others.isEmpty { found += others.lazy.filter { $0.hash == hash }.map(\.sequence) }
        var place = run.partitioned { $0.hash < hash }
        while place < run.count, run[place].hash == hash {
            found.append(run[place].sequence)
            place += 1
        }
        return found
    }

    /// What a transaction writes that brings new entries.
    struct Portion: Equatable {
        /// For the table.
        var entries: [KeyEntry]
        /// The mark to store, when the run is written to its end.
        var mark: Int64?
        fileprivate var ofRun: Int
    }

    /// What the transaction has to write beside its records.
    ///
    /// An entry at or below the run's end goes into the table at once: a start would not look for its record, since the mark
    /// passes it.
    func portion(for new: [KeyEntry]) -> Portion {
        let next = run[written..<min(run.count, written + 2 * new.count)]
        let isLast = written < run.count && written + next.count == run.count
        return Portion(
            entries: next + new.filter { $0.sequence <= runEnd }.sorted(), mark: isLast ? runEnd : nil,
            ofRun: next.count)
    }

    /// The transaction is durable.
    mutating func take(_ new: [KeyEntry], _ portion: Portion) {
        written += portion.ofRun
        if let mark = portion.mark {
            self.mark = mark
            (run, written) = ([], 0)
        }
        for entry in new where entry.sequence > runEnd { gather(entry) }
        if run.isEmpty, gathered.count >= capacity { beginRun() }
    }

    private mutating func gather(_ entry: KeyEntry) {
        if gathered[entry.hash] == nil {
            gathered[entry.hash] = entry.sequence
        } else if gathered[entry.hash] != entry.sequence {
            others.insert(entry)
        }
    }

    private mutating func beginRun() {
        run = (gathered.map { KeyEntry(hash: $0, sequence: $1) } + others).sorted()
        written = 0
        runEnd = max(runEnd, run.lazy.map(\.sequence).max() ?? runEnd)
        gathered.removeAll(keepingCapacity: true)
        others = []
    }
}

extension [KeyEntry] {
    /// The first place where `isBefore` is false; the array is in that order.
    fileprivate func partitioned(by isBefore: (KeyEntry) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
