import Foundation
import GovernorCore
import GovernorSources
import Testing

/// A tree of transcripts read, parsed and deduplicated on one thread, nothing stored; a benchmark beside the tests that
/// `Tests/Benchmarks/ingest.py` runs: `GOVERNOR_BENCH_TREE=<folder> swift test -c release --filter IngestBench`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GOVERNOR_BENCH_TREE"] != nil))
struct IngestBench {
    private let root = ProcessInfo.processInfo.environment["GOVERNOR_BENCH_TREE"] ?? ""

    @Test func `a tree is parsed and deduplicated`() throws {
        let reader = FileReader()
        for _ in 0..<5 {
            let start = ContinuousClock().now
            var deduplication = Deduplication(stored: [])
            var bytes: Int64 = 0
            for file in SourceRoots(paths: [root]).discover().files {
                var cursor: FileCursor?
                bytes += file.size
                while let batch = try reader.read(path: file.path, kind: file.kind, from: cursor, limit: 1024) {
                    for record in batch.records { _ = deduplication.add(record) }
                    cursor = batch.cursor
                    if batch.isAtEnd { break }
                }
            }
            let seconds = (ContinuousClock().now - start) / .seconds(1)
            let records = deduplication.changes.compactMap(\.result)
            let output = records.reduce(0) { $0 + $1.tokens.output }
            print("bench: parsed \(bytes) bytes, \(records.count) calls, \(output) output in \(seconds) s")
        }
    }
}
