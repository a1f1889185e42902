import GovernorCore
import GovernorLedger
import GovernorSources
import Synchronization

/// Batches that were read and are stored in one go, each with its cursor, in the order in which they were read.
struct Lot {
    private var read: [(turn: ReadQueue.Turn, batch: SourceBatch)] = []
    /// Device and inode.
    private var files: Set<[UInt64]> = []
    private var answers: Answers?

    var count: Int { read.count }

    /// Whether it has a batch of the same file, under whichever name.
    func holds(_ batch: SourceBatch) -> Bool { files.contains(Self.file(of: batch)) }

    mutating func add(_ batch: SourceBatch, _ turn: ReadQueue.Turn) {
        read.append((turn, batch))
        files.insert(Self.file(of: batch))
    }

    /// Hands all of it to the writer, without waiting.
    mutating func store(_ governor: Governor) {
        let answers = Answers(count: read.count)
        self.answers = answers
        for (place, (_, batch)) in read.enumerated() {
            governor.submit(.ingest(Told(batch))) { answers.take($0, at: place) }
        }
    }

    /// What became of each batch, once all are durable or have failed.
    func settled() async -> [(ReadQueue.Turn, SourceBatch, Result<CommandOutcome, LedgerError>)] {
        guard let answers else { return [] }
        return zip(read, await answers.all()).map { ($0.turn, $0.batch, $1) }
    }

    private static func file(of batch: SourceBatch) -> [UInt64] { [batch.cursor.device, batch.cursor.inode] }
}

extension Told {
    init(_ batch: SourceBatch) {
        self.init(
            kind: batch.source, records: batch.records, rejected: batch.rejected.count, cursor: batch.cursor)
    }
}

/// Gathers what becomes of several changes. It is waited for even by a loop that is to end: what was handed to the writer
/// must be over before the ledger is closed.
private final class Answers: Sendable {
    typealias Answer = Result<CommandOutcome, LedgerError>

    private struct State {
        var answers: [Answer?]
        var left: Int
        var waiting: CheckedContinuation<[Answer], Never>?

        var all: [Answer]? { left == 0 ? answers.compactMap { $0 } : nil }
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(answers: Array(repeating: nil, count: count), left: count)) }

    func take(_ answer: Answer, at place: Int) {
        let done = state.withLock { state -> (CheckedContinuation<[Answer], Never>, [Answer])? in
            state.answers[place] = answer
            state.left -= 1
            guard let all = state.all, let waiting = state.waiting else { return nil }
            state.waiting = nil
            return (waiting, all)
        }
        if let (waiting, all) = done { waiting.resume(returning: all) }
    }

    func all() async -> [Answer] {
        await withCheckedContinuation { continuation in
            let all = state.withLock { state -> [Answer]? in
                if state.all == nil { state.waiting = continuation }
                return state.all
            }
            if let all { continuation.resume(returning: all) }
        }
    }
}
