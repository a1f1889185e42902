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

    /// - Parameter changes: a `.rescan` first, then what changes.
    func run(changes: some AsyncSequence<[Change], Never> & Sendable) async {
        var cursors: [String: FileCursor] = [:]
        do { cursors = try governor.ledger.cursors() } catch {
            // Reading from the start adds nothing twice; it only takes longer.
            logger.error("cursors can't be read, files are read from their start", metadata: ["error": "\(error)"])
        }
        for await batch in changes {
            for change in batch {
                switch change {
                case .rescan(let reason): await readAll(&cursors, reason: reason)
                case .changed(let path):
                    if let kind = FileKind(path: path) { await read(path, kind, &cursors) }
                }
            }
            if Task.isCancelled { return }
        }
    }

    private func readAll(_ cursors: inout [String: FileCursor], reason: String) async {
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
            await read(file.path, file.kind, &cursors)
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
    private func read(_ path: String, _ kind: FileKind, _ cursors: inout [String: FileCursor]) async {
        while !Task.isCancelled {
            let batch: SourceBatch
            do {
                guard
                    let read = try reader.read(path: path, kind: kind, from: cursors[path], limit: Governor.groupLimit)
                else { return }
                batch = read
            } catch {
                // A file that was deleted is no problem: what it held is in the ledger.
                guard error.code != .gone else { return }
                sources.note(kind: kind.rawValue, error: "\(error)")
                logger.warning("a source can't be read", metadata: ["error": "\(error)"])
                return
            }
            do {
                let outcome = try await governor.submit(.ingest(batch.records, cursor: batch.cursor))
                if case .ingested(let fates) = outcome { note(batch, accepted: fates.count { $0 == .accepted }) }
            } catch {
                // The cursor stays where it was: the same lines come again with the next change or rescan.
                sources.note(kind: kind.rawValue, error: "its records could not be stored: \(error)")
                return
            }
            cursors[path] = batch.cursor
            if batch.isAtEnd { return }
        }
    }

    private func note(_ batch: SourceBatch, accepted: Int) {
        sources.note(
            kind: batch.kind, records: accepted, rejected: batch.rejected.count,
            newest: batch.records.map(\.time).max())
        sources.note(kind: batch.kind, error: nil)
        for line in batch.rejected.prefix(5) { logger.warning("a line was refused", metadata: ["line": "\(line)"]) }
        if let note = batch.note {
            logger.notice("a file changed", metadata: ["file": "\(batch.path)", "note": "\(note)"])
        }
    }
}
