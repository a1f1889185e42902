import GovernorCore
import GovernorLedger
import GovernorSources
import Logging

/// Reads every source file as it grows, and has what it read committed together with how far it came.
///
/// What changes now is read before history, a batch at a time, so that ten thousand files at a start delay nobody.
struct IngestLoop: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let roots: SourceRoots
    let reader: FileReader
    let logger: Logger

    /// Where reading is.
    private struct Reading {
        var tail: Tail
        var queue = ReadQueue()
        /// What is being stored while the next is read.
        var underway: Lot?
    }

    /// - Parameter changes: a `.rescan` first, then what changes, and moments to try again what failed.
    func run(changes: some AsyncSequence<[Change], Never> & Sendable) async {
        // What is told while a batch is read must not wait for the end of all that is to be read.
        let mailbox = Mailbox()
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await batch in changes { mailbox.post(batch) }
                mailbox.close()
            }
            await follow(mailbox)
            group.cancelAll()
        }
    }

    private func follow(_ mailbox: Mailbox) async {
        var cursors: [String: FileCursor] = [:]
        do { cursors = try governor.ledger.cursors() } catch {
            // Reading from the start adds nothing twice; it only takes longer.
            logger.error("cursors can't be read, files are read from their start", metadata: ["error": "\(error)"])
        }
        var reading = Reading(tail: Tail(reader: reader, cursors: cursors))
        while var changes = await mailbox.next() {
            while !Task.isCancelled {
                for change in changes { take(change, &reading) }
                let turn = reading.queue.next()
                if let turn { await read(turn, &reading) } else { await settle(&reading) }
                await tell(reading)
                guard turn != nil || !reading.queue.isEmpty else { break }
                // A file without anything new is read without waiting for anybody; others want to go on too.
                await Task.yield()
                changes = mailbox.take()
            }
            if Task.isCancelled { break }
        }
        // What was handed to the writer is over before the ledger may be closed.
        await settle(&reading)
    }

    private func take(_ change: Change, _ reading: inout Reading) {
        switch change {
        case .changed(let path): if let kind = FileKind(path: path) { reading.queue.changed(path, kind) }
        case .unreadable(let problems): note(problems)
        case .rescan(let reason): lookAtAll(&reading, because: reason)
        case .pass:
            // A file that does not change any more would otherwise keep its spend to itself for ever.
            reading.queue.pass()
            for path in reading.tail.pass() {
                if let kind = FileKind(path: path) { reading.queue.changed(path, kind) }
            }
        }
    }

    private func lookAtAll(_ reading: inout Reading, because reason: String) {
        let discovery = roots.discover()
        let tail = reading.tail
        logger.info("reading all sources", metadata: ["files": "\(discovery.files.count)", "because": "\(reason)"])
        note(discovery.problems)
        reading.queue.found(
            discovery.files, renamed: tail.renamed(besides: Set(discovery.files.lazy.map(\.path))),
            behind: tail.bytesBehind)
        sources.note(reading.queue.progress, isCatchingUp: reading.queue.isCatchingUp)
        judge()
    }

    /// Has decisions say what is known of sources now, without waiting for the next tick.
    private func judge() {
        let stale = sources.judge(governor)
        governor.update { $0.stale = stale }
    }

    private func note(_ problems: [SourceError]) {
        for problem in problems { logger.warning("a source can't be looked into", metadata: ["error": "\(problem)"]) }
        let unreadable = problems.map { problem in
            SourceTroubles.Unreadable(
                kind: FileKind(path: problem.path)?.source.rawValue ?? SourceTroubles.folder, path: problem.path,
                problem: "\(problem)")
        }
        sources.note(unreadable: unreadable, now: governor.clock())
    }

    /// Reads a batch of one file, or of many small ones of history, while the lot before is being stored; waits until that
    /// is durable, and has this one stored.
    ///
    /// Of one file only one batch is under way: one behind a batch that could not be stored would move the cursor past it.
    private func read(_ turn: ReadQueue.Turn, _ reading: inout Reading) async {
        // What changes now is judged by what is known of the file, and answered for before anything else is read.
        if turn.isLive { await settle(&reading) }
        var lot = Lot()
        var (tried, records) = (0, 0)
        var next: ReadQueue.Turn? = turn
        while let turn = next {
            tried += 1
            if let batch = batch(turn, &reading) {
                // Another name of a file that is under way goes on from where that one ends once it is stored.
                guard !lot.holds(batch), reading.underway?.holds(batch) != true else {
                    reading.queue.putBack(turn)
                    break
                }
                lot.add(batch, turn)
                records += batch.records.count
            }
            guard !turn.isLive, tried < Self.lot, records < Governor.groupLimit else { break }
            next = reading.queue.nextOfHistory()
        }
        await settle(&reading)
        guard lot.count > 0 else { return }
        lot.store(governor)
        reading.underway = lot
        if turn.isLive { await settle(&reading) }
    }

    /// Waits until what is under way is durable, or has failed.
    private func settle(_ reading: inout Reading) async {
        guard let lot = reading.underway else { return }
        reading.underway = nil
        for (turn, batch, outcome) in await lot.settled() { take(batch, of: turn, outcome, &reading) }
    }

    /// So many files of history are stored in one go: a commit for each would be the longest part of reading them.
    private static let lot = 64

    /// A batch of one file; nil when there is none, of which the queue is told then.
    private func batch(_ turn: ReadQueue.Turn, _ reading: inout Reading) -> SourceBatch? {
        do throws(SourceError) {
            if let batch = try reading.tail.read(turn.path, turn.kind, limit: Governor.groupLimit) { return batch }
            reading.queue.finished(turn)
            settle(turn)
        } catch {
            // A file that was deleted is no problem: what it held is in the ledger.
            if error.code == .gone {
                reading.queue.gone(turn)
                settle(turn)
            } else {
                reading.queue.failed(turn)
                logger.warning("a source can't be read", metadata: ["error": "\(error)"])
                fail(turn, "\(error)")
            }
        }
        return nil
    }

    private func take(
        _ batch: SourceBatch, of turn: ReadQueue.Turn, _ outcome: Result<CommandOutcome, LedgerError>,
        _ reading: inout Reading
    ) {
        switch outcome {
        case .failure(let error):
            // The cursor stays where it was: the same lines are read again.
            reading.queue.failed(turn, backsOff: false)
            return fail(turn, "its records could not be stored: \(error)")
        case .success: note(batch)
        }
        reading.tail.take(batch, isLive: turn.isLive)
        if batch.isAtEnd {
            reading.queue.finished(turn)
        } else {
            reading.queue.goesOn(turn, read: batch.cursor.offset)
        }
        settle(turn)
    }

    private func fail(_ turn: ReadQueue.Turn, _ problem: String) {
        sources.note(kind: turn.kind.source.rawValue, path: turn.path, problem: problem, now: governor.clock())
    }

    private func settle(_ turn: ReadQueue.Turn) {
        sources.note(kind: turn.kind.source.rawValue, path: turn.path, problem: nil, now: governor.clock())
    }

    /// Says how far reading is, and lets thresholds go once history is read.
    private func tell(_ reading: Reading) async {
        let progress = reading.queue.progress
        let isCatchingUp = reading.queue.isCatchingUp
        sources.note(progress, isCatchingUp: isCatchingUp)
        guard governor.read({ $0.isCatchingUp }) else { return }
        let files = progress.counts.values.reduce(0) { $0 + $1.files }
        guard !isCatchingUp else {
            let read = progress.counts.values.reduce(0) { $0 + $1.read }
            if read > 0, read.isMultiple(of: 500) {
                logger.info("reading history", metadata: ["files": "\(read) of \(files)"])
            }
            return
        }
        governor.update { $0.isCatchingUp = false }
        judge()
        do { try await governor.submit(.tick) } catch {
            logger.error("thresholds could not be looked at", metadata: ["error": "\(error)"])
        }
        logger.info("history is read", metadata: ["files": "\(files)"])
    }

    private func note(_ batch: SourceBatch) {
        for line in batch.rejected.prefix(5) { logger.warning("a line was refused", metadata: ["line": "\(line)"]) }
        if let note = batch.note {
            logger.notice("a file changed", metadata: ["file": "\(batch.path)", "note": "\(note)"])
        }
    }
}
