import GovernorCore
import Testing

/// A record without a time of its own is dated when it arrives, once.
@Suite struct ArrivalTimeTests {
    private func record(at seconds: Int64, isArrival: Bool) -> UsageRecord {
        var record = UsageRecord(
            identity: CallIdentity(key: "push/1"), growth: .later, time: Timestamp(seconds: seconds), labels: Labels(),
            tokens: TokenCounts(output: 1))
        record.timeIsArrival = isArrival
        return record
    }

    @Test func sentAgainItIsADuplicate() {
        var first = Deduplication(stored: [])
        #expect(first.add(record(at: 100, isArrival: true)) == .accepted)
        guard case .insert(let stored)? = first.changes.first else {
            Issue.record("nothing was inserted")
            return
        }
        #expect(!stored.timeIsArrival)
        var second = Deduplication(stored: [StoredRecord(sequence: 1, record: stored)])
        #expect(second.add(record(at: 200, isArrival: true)) == .duplicate)
        #expect(second.changes.isEmpty)
    }

    @Test func withATimeOfItsOwnALaterVersionMovesIt() {
        var deduplication = Deduplication(stored: [StoredRecord(sequence: 1, record: record(at: 100, isArrival: false))]
        )
        #expect(deduplication.add(record(at: 200, isArrival: false)) == .revised)
        guard case .revise(_, let to)? = deduplication.changes.first else {
            Issue.record("nothing was revised")
            return
        }
        #expect(to.time == Timestamp(seconds: 200))
    }
}
