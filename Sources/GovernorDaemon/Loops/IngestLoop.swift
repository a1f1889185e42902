import GovernorCore
import GovernorLedger
import GovernorSources
import Logging

/// Reads every source file as it grows, and has what it read committed together with how far it came.
struct IngestLoop: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let roots: SourceRoots
    let reader: FileReader
    let logger: Logger

    /// - Parameter changes: a `.rescan` first, then what changes; an empty list is a moment to try again what failed.
    func run(changes: some AsyncSequence<[Change], Never> & Sendable) async {
        var cursors: [String: FileCursor] = [:]
        do { cursors = try governor.ledger.cursors() } catch {
            // Reading from the start adds nothing twice; it only takes longer.
            logger.error("cursors can't be read, files are read from their start", metadata: ["error": "\(error)"])
        }
        var failed: [String: FileKind] = [:]
        for await batch in changes {
            for change in batch {
                switch change {
                case .rescan(let reason): await readAll(&cursors, &failed, reason: reason)
                case .changed(let path):
                    if let kind = FileKind(path: path) { await read(path, kind, &cursors, &failed) }
                }
            }
            // A file that does not change any more would otherwise keep its spend to itself for ever.
            if batch.isEmpty {
                for (path, kind) in failed { await read(path, kind, &cursors, &failed) }
            }
            if Task.isCancelled { return }
        }
    }

    private func readAll(
        _ cursors: inout [String: FileCursor], _ failed: inout [String: FileKind], reason: String
    ) async {
        let discovery = roots.discover()
        let isFirst = governor.read { $0.isCatchingUp }
        logger.info("reading all sources", metadata: ["files": "\(discovery.files.count)", "because": "\(reason)"])
        for kind in FileKind.allCases {
            let count = discovery.files.count { $0.kind == kind }
            if count > 0 { sources.note(kind: kind.rawValue, files: count) }
        }
        for problem in discovery.problems {
            logger.warning("a folder can't be read", metadata: ["error": "\(problem)"])
        }
        for (index, file) in discovery.files.enumerated() {
            await read(file.path, file.kind, &cursors, &failed)
            if Task.isCancelled { return }
            if isFirst, (index + 1) % 500 == 0 {
                logger.info("reading history", metadata: ["files": "\(index + 1) of \(discovery.files.count)"])
            }
        }
        guard isFirst else { return }
        governor.update { $0.isCatchingUp = false }
        do { try await governor.submit(.tick) } catch {
            logger.error("thresholds could not be looked at", metadata: ["error": "\(error)"])
        }
        logger.info("history is read", metadata: ["files": "\(discovery.files.count)"])
    }

    /// Reads one file to its end, batch by batch; the next batch is read when the last is durable.
    private func read(
        _ path: String, _ kind: FileKind, _ cursors: inout [String: FileCursor], _ failed: inout [String: FileKind]
    ) async {
        while !Task.isCancelled {
            let batch: SourceBatch
            do {
                guard
                    let read = try reader.read(path: path, kind: kind, from: cursors[path], limit: Governor.groupLimit)
                else { return settle(path, kind, &failed) }
                batch = read
            } catch {
                // A file that was deleted is no problem: what it held is in the ledger.
                guard error.code != .gone else { return settle(path, kind, &failed) }
                failed[path] = kind
                sources.note(kind: kind.rawValue, path: path, error: "\(error)")
                logger.warning("a source can't be read", metadata: ["error": "\(error)"])
                return
            }
            do {
                let outcome = try await governor.submit(.ingest(batch.records, cursor: batch.cursor))
                if case .ingested(let fates) = outcome { note(batch, accepted: fates.count { $0 == .accepted }) }
            } catch {
                // The cursor stays where it was: the same lines are read again.
                failed[path] = kind
                sources.note(kind: kind.rawValue, path: path, error: "its records could not be stored: \(error)")
                return
            }
            cursors[path] = batch.cursor
            if batch.isAtEnd { return settle(path, kind, &failed) }
        }
    }

    /// All there was to read of a file is stored.
    private func settle(_ path: String, _ kind: FileKind, _ failed: inout [String: FileKind]) {
        guard failed.removeValue(forKey: path) != nil else { return }
        sources.note(kind: kind.rawValue, path: path, error: nil)
    }

    private func note(_ batch: SourceBatch, accepted: Int) {
        sources.note(
            kind: batch.kind, records: accepted, rejected: batch.rejected.count,
            newest: batch.records.map(\.time).max())
        for line in batch.rejected.prefix(5) { logger.warning("a line was refused", metadata: ["line": "\(line)"]) }
        if let note = batch.note {
            logger.notice("a file changed", metadata: ["file": "\(batch.path)", "note": "\(note)"])
        }
    }
}
