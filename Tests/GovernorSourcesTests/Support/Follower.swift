import GovernorCore
import GovernorSources

/// Stands in for the daemon: stores records and cursor of a batch together, and goes on from what it stored.
struct Follower {
    private(set) var tail = Tail(reader: FileReader(zone: .utc))
    private var stored: [String: FileCursor] = [:]
    var records: [UsageRecord] = []
    var rejected: [RejectedLine] = []
    var notes: [String] = []
    var reader = FileReader(zone: .utc) { didSet { restart() } }
    var limit = 512
    /// Where the batches said their records come from, each source once.
    var sources: [SourceKind] = []

    init(reader: FileReader = FileReader(zone: .utc), cursors: [String: FileCursor] = [:]) {
        self.reader = reader
        self.cursors = cursors
    }

    /// What is stored of positions; setting it is a restart over another store.
    var cursors: [String: FileCursor] {
        get { stored }
        set {
            stored = newValue
            restart()
        }
    }

    /// Only what is stored is left.
    mutating func restart() { tail = Tail(reader: reader, cursors: stored) }

    /// Reads one batch of a file, and stores it.
    mutating func step(_ path: String, _ kind: FileKind, isLive: Bool = true) throws(SourceError) -> SourceBatch? {
        guard let batch = try tail.read(path, kind, limit: limit) else { return nil }
        tail.take(batch, isLive: isLive)
        stored[batch.path] = batch.cursor
        records += batch.records
        rejected += batch.rejected
        if let note = batch.note { notes.append(note) }
        if !sources.contains(batch.source) { sources.append(batch.source) }
        return batch
    }

    /// Reads a file until there is nothing new.
    mutating func follow(_ path: String, as kind: FileKind? = nil, batches: Int = .max) throws {
        let kind = kind ?? FileKind(path: path) ?? .transcript
        for _ in 0..<batches { if try step(path, kind) == nil { return } }
    }

    /// Reads everything under the roots, and what is left of files that were renamed.
    mutating func followAll(_ roots: SourceRoots) throws {
        let found = roots.discover().files.map(\.path)
        for path in tail.renamed(besides: Set(found)) + found {
            do { try follow(path) } catch let error as SourceError {
                // Deleted for good, or read to the end under its other name.
                guard error.code == .gone else { throw error }
            }
        }
    }

    /// Message ids in order of delivery, repetitions included; without those of markers.
    var ids: [String] { records.map(\.message).filter { !$0.hasPrefix("marker") } }

    /// What counts after deduplication.
    var counted: [UsageRecord] {
        var deduplication = Deduplication(stored: [])
        for record in records where !record.message.hasPrefix("marker") { _ = deduplication.add(record) }
        return deduplication.changes.compactMap { if case .insert(let record) = $0 { record } else { nil } }
    }
}

extension UsageRecord {
    /// The id of its message.
    var message: String { String((identity.id.split(separator: ":").first ?? "")) }
}
