import Foundation
import GovernorCore
import GovernorLedger
import Testing

/// New records appended to a ledger, accounts and rollups kept, each group durable; a benchmark beside the tests that
/// `Tests/Benchmarks/ingest.py` runs: `GOVERNOR_BENCH_LEDGER=<folder> swift test -c release --filter AppendBench`. The
/// folder is made and left; `GOVERNOR_BENCH_RECORDS` says how many.
///
/// Records are made ahead, labelled and priced: what is timed is looking each up, planning and the commit.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GOVERNOR_BENCH_LEDGER"] != nil))
struct AppendBench {
    private let folder = ProcessInfo.processInfo.environment["GOVERNOR_BENCH_LEDGER"] ?? ""
    private let count = Int(ProcessInfo.processInfo.environment["GOVERNOR_BENCH_RECORDS"] ?? "") ?? 200_000
    private static let group = 1024

    @Test func `records are appended`() throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let ledger = try Ledger(folder: folder)
        var book = try ledger.book(for: Self.policy, now: now)
        let prices = try PriceBook.embedded(for: Self.policy)
        var (lookup, plan, commit) = (Duration.zero, Duration.zero, Duration.zero)
        let clock = ContinuousClock()
        for first in stride(from: 0, to: count, by: Self.group) {
            let records = (first..<min(count, first + Self.group)).map { number in
                record(number, now).arriving(at: now, LabelResolver(), prices)
            }
            let start = clock.now
            var deduplication = Deduplication(
                stored: try ledger.records(for: Deduplication.Needs(records, requestsAlone: false)))
            for record in records { _ = deduplication.add(record) }
            let changes = deduplication.changes
            let known = clock.now
            var planner = Planner(book: book, now: now)
            planner.add(changes)
            let transaction = LedgerTransaction(plan: planner.finish(), book: book)
            let planned = clock.now
            try ledger.commit(transaction)
            lookup += known - start
            plan += planned - known
            commit += clock.now - planned
            book.apply(transaction.plan)
        }
        let seconds = { (duration: Duration) in duration / .seconds(1) }
        print(
            "bench: appended \(count) records: looked up in \(seconds(lookup)) s, planned in \(seconds(plan)) s, "
                + "committed in \(seconds(commit)) s")
        try ledger.close()
    }

    /// In the order of time over the last twenty days, as sessions of a hundred workers make them.
    private func record(_ number: Int, _ now: Timestamp) -> UsageRecord {
        let span = Span.days(20).milliseconds
        let time = now - Span(milliseconds: span - span / Int64(count) * Int64(number))
        let session = number / 500 * 4 + number % 4
        let labels = Labels([
            .worker: "w-\(session % 100)", .session: "0f6d2c1e-\(session)", .project: "web",
            .model: ["claude-opus-5", "claude-sonnet-5"][number / 7 % 2], .source: SourceKind.transcript.rawValue,
        ])
        // Ids as random as a provider's.
        let (message, request) = (StableHash.hex("message \(number)"), StableHash.hex("request \(number)"))
        return UsageRecord(
            identity: .message("msg_01\(message)\(number)", request: "req_011\(request)\(number)"), growth: .larger,
            time: time, labels: labels,
            tokens: TokenCounts(
                input: 4, output: Int64(number % 3000), cacheRead: Int64(number % 150_000),
                cacheWrite5m: Int64(number % 8000)),
            raw: UsageRecord.RawReference(file: "/home/dev/.claude/projects/web/\(session).jsonl", offset: 700))
    }

    private static let policy = Policy(
        revision: "1",
        budgets: [
            Budget(name: "fleet-month", limit: .usd(.dollars(1_000_000)), per: [], window: .calendar(.month)),
            Budget(name: "worker-day", limit: .usd(.dollars(9000)), per: [.label(.worker)], window: .calendar(.day)),
            Budget(name: "session", limit: .usd(.dollars(9000)), per: [.label(.session)], window: .lifetime),
        ])
}
