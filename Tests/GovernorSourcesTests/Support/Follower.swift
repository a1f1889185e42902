import GovernorCore
import GovernorSources

/// Stands in for the daemon: stores records and cursor of a batch together, and goes on from what it stored.
struct Follower {
    var cursors: [String: FileCursor] = [:]
    var records: [UsageRecord] = []
    var rejected: [RejectedLine] = []
    var notes: [String] = []
    var reader = FileReader(zone: .utc)
    var limit = 512

    /// Reads a file until there is nothing new.
    mutating func follow(_ path: String, batches: Int = .max) throws {
        let kind = FileKind(path: path) ?? .transcript
        for _ in 0..<batches {
            guard let batch = try reader.read(path: path, kind: kind, from: cursors[path], limit: limit) else { return }
            cursors[path] = batch.cursor
            records += batch.records
            rejected += batch.rejected
            if let note = batch.note { notes.append(note) }
        }
    }

    /// Reads everything under the roots, and what lies under the names it remembers.
    mutating func followAll(_ roots: SourceRoots) throws {
        let found = roots.discover().files.map(\.path)
        for path in Set(cursors.keys).subtracting(found).sorted() + found {
            do { try follow(path) } catch let error as SourceError {
                // Deleted for good: nothing is left to read.
                guard error.code == .gone else { throw error }
            }
        }
    }

    /// Message ids in order of delivery, repetitions included.
    var ids: [String] { records.map { String($0.identity.key.dropFirst("transcript/".count)) } }

    /// What counts after deduplication.
    var counted: [UsageRecord] {
        var deduplication = Deduplication(stored: [])
        for record in records { _ = deduplication.add(record) }
        return deduplication.changes.compactMap { if case .insert(let record) = $0 { record } else { nil } }
    }
}
