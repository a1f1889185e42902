import GovernorCore
import Seeds
import Testing

/// One session's calls, told by several sources.
@Suite struct WitnessTests {
    private static func labels(_ source: SourceKind, session: String? = "s-1") -> Labels {
        var labels = Labels([.source: source.rawValue, .model: "claude-opus-5"])
        labels.session = session
        return labels
    }

    private static func transcript(
        _ call: Int, output: Int64 = 100, request: Bool = true, session: String = "s-1", time: Timestamp = monday
    ) -> UsageRecord {
        var labels = labels(.transcript, session: session)
        labels.project = "web"
        labels.worker = session
        return priced(
            UsageRecord(
                identity: .message("msg_\(call)", request: request ? "req_\(call)" : nil), growth: .larger, time: time,
                labels: labels, tokens: TokenCounts(input: 10, output: output),
                raw: .init(file: "a.jsonl", offset: Int64(call))))
    }

    private static func event(_ call: Int, output: Int64 = 100, cost: Int64 = 7, session: String = "s-1") -> UsageRecord
    {
        var labels = labels(.telemetry, session: session)
        labels.worker = "w-7"
        var record = UsageRecord(
            identity: .request("req_\(call)"), growth: .larger, time: monday + .seconds(3), labels: labels,
            tokens: TokenCounts(input: 10, output: output), reportedCost: Money(nanodollars: cost),
            durationMilliseconds: 900)
        (record.cost, record.costOrigin) = (Money(nanodollars: cost), .reported)
        return record
    }

    private static func line(_ source: SourceKind, _ id: String, output: Int64, session: String? = "s-1") -> UsageRecord
    {
        priced(
            UsageRecord(
                identity: CallIdentity(key: "\(source.rawValue)/\(id)"), growth: .later, time: monday + .minutes(1),
                labels: labels(source, session: session), tokens: TokenCounts(input: 10, output: output)))
    }

    private static func priced(_ record: UsageRecord) -> UsageRecord {
        var record = record
        (record.cost, record.costOrigin) = (Money(nanodollars: record.tokens.total * 1000), .priced)
        return record
    }

    // MARK: United call by call

    @Test(arguments: [false, true]) func `a call told by transcript and telemetry is one`(_ eventFirst: Bool) throws {
        var shelf = RecordShelf()
        let copies = [Self.transcript(1), Self.event(1)]
        let fates = (eventFirst ? copies.reversed() : copies).map { shelf.take([$0]).fates[0] }
        #expect(fates == [.accepted, .united])
        let call = try #require(shelf.records.values.first)
        #expect(shelf.records.count == 1)
        #expect(call.witnesses.kinds == [.transcript, .telemetry])
        #expect(call.identity == .message("msg_1", request: "req_1"))
        // The transcript's line, with what only telemetry knows.
        #expect(call.labels.source == "transcript" && call.labels.project == "web" && call.labels.worker == "w-7")
        #expect(call.cost == Money(nanodollars: 7) && call.costOrigin == .reported)
        #expect(call.durationMilliseconds == 900 && call.time == monday)
        #expect(shelf.take(copies).fates == [.duplicate, .duplicate])
    }

    @Test func `a call that only one of them saw counts too`() {
        var shelf = RecordShelf()
        shelf.take([Self.transcript(1), Self.transcript(2), Self.event(2), Self.event(3)])
        #expect(shelf.counted.count == 3)
    }

    @Test func `a placeholder takes its cost from no finished call`() throws {
        var shelf = RecordShelf()
        shelf.take([Self.transcript(1, output: 1)])
        shelf.take([Self.event(1, output: 100)])
        #expect(try #require(shelf.counted.first).cost == Money(nanodollars: 7))
        shelf.take([Self.transcript(1, output: 120)])
        let call = try #require(shelf.counted.first)
        #expect(call.tokens.output == 120 && call.cost == Money(nanodollars: 130_000))
    }

    @Test func `a call that is told again keeps the request and the place that another source named`() throws {
        var told = Self.transcript(1, request: false)
        told.identity.joinsByKey = true
        told.raw = nil
        var other = Self.priced(
            UsageRecord(
                identity: CallIdentity(key: told.identity.key, request: "req_1"), growth: .larger, time: monday,
                labels: Self.labels(.push), tokens: TokenCounts(input: 10, output: 90),
                raw: .init(file: "b.jsonl", offset: 1)))
        other.identity.joinsByKey = true
        var shelf = RecordShelf()
        shelf.take([other, told])
        let kept = try #require(shelf.counted.first)
        #expect(kept.identity.request == "req_1" && kept.tokens.output == 100)
        #expect(shelf.take([told]).fates == [.duplicate] && shelf.counted == [kept])
    }

    @Test func `two stored records become one when a line names the request of both`() {
        var shelf = RecordShelf()
        shelf.take([Self.transcript(1, request: false), Self.event(1)])
        #expect(shelf.counted.count == 2)
        // The line is written again, now with its request: the message without one is another call by the contract.
        shelf.take([Self.transcript(1)])
        #expect(shelf.records.values.filter { $0.identity.request == "req_1" }.count == 1)
    }

    @Test func `a provider's own id names the same call in an import`() {
        let message = "msg_01ABCDEFGHIJKLMNOPQRSTU"
        #expect(CallIdentity.foreign(message, scope: "import/anthropic").key == CallIdentity.message(message).key)
        #expect(CallIdentity.foreign("req_011CQxyzABCDEFGHIJ", scope: "litellm") == .request("req_011CQxyzABCDEFGHIJ"))
        #expect(CallIdentity.foreign("req_1", scope: "litellm").key == "litellm/req_1")
    }

    // MARK: One authoritative group a session

    @Test func `a better source takes a session over, and what was counted is corrected`() throws {
        var shelf = RecordShelf()
        shelf.take([Self.line(.coordinator, "a", output: 50), Self.line(.coordinator, "b", output: 60)])
        #expect(shelf.counted.count == 2)
        let changes = shelf.take([Self.transcript(1)]).changes
        #expect(changes.count == 3)
        #expect(shelf.counted.map(\.labels.source) == ["transcript"])
        shelf.take([Self.line(.coordinator, "c", output: 70)])
        #expect(shelf.counted.count == 1 && shelf.records.count == 4)
        // A line that is restated stays shadowed and is no change of what counts.
        #expect(shelf.take([Self.line(.coordinator, "a", output: 50)]).changes.isEmpty)
        #expect(shelf.take([Self.line(.coordinator, "a", output: 51)]).changes.count == 1)
        #expect(shelf.counted.count == 1)
    }

    @Test func `what another ledger shadowed counts where nothing better tells of it`() {
        var line = Self.line(.coordinator, "a", output: 50)
        line.isShadowed = true
        var shelf = RecordShelf()
        shelf.take([line])
        #expect(shelf.counted.count == 1)
        shelf.take([Self.transcript(1)])
        #expect(shelf.counted.map(\.labels.source) == ["transcript"])
    }

    @Test func `lines of other sessions and of none go on counting`() {
        var shelf = RecordShelf()
        shelf.take([
            Self.transcript(1), Self.line(.coordinator, "a", output: 1, session: "s-2"),
            Self.line(.coordinator, "b", output: 1, session: nil),
        ])
        #expect(shelf.counted.count == 3)
    }

    @Test func `the policy's order decides`() {
        var shelf = RecordShelf(authority: Authority([.coordinator]))
        shelf.take([Self.transcript(1), Self.line(.coordinator, "a", output: 1)])
        #expect(shelf.counted.map(\.labels.source) == ["coordinator"])
        #expect(Authority([.litellm, .telemetry]).order.prefix(3) == [.litellm, .agents, .events])
        #expect(Authority.usual.order.first == .agents && Authority.usual.order.last == .provider)
    }

    @Test func `telemetry without request ids gives way to the transcript`() {
        var loose = Self.line(.telemetry, "codex-1", output: 90)
        loose.growth = .larger
        var shelf = RecordShelf()
        shelf.take([loose])
        #expect(shelf.counted.count == 1)
        shelf.take([Self.transcript(1)])
        #expect(shelf.counted.map(\.labels.source) == ["transcript"])
    }

    @Test(arguments: Seed.some(60))
    func `in whatever order and batches sources tell, the same calls count once`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        var told: [UsageRecord] = []
        let sessions = ["s-1", "s-2", "s-3"]
        for call in 0..<40 {
            let session = random.pick(sessions)
            let output = random.number(100...200)
            let isTold = (transcript: !random.once(in: 4), event: random.once(in: 2))
            if isTold.transcript {
                told.append(Self.transcript(call, output: 1, session: session))
                told.append(Self.transcript(call, output: output, session: session))
            }
            if isTold.event { told.append(Self.event(call, output: output, cost: output, session: session)) }
            if random.once(in: 3) {
                let source = random.pick([SourceKind.coordinator, .litellm, .push])
                told.append(
                    Self.line(source, "\(call)", output: output, session: random.pick(sessions + ["s-4", "s-5"])))
            }
        }
        var pictures: [Set<UsageRecord>] = []
        for _ in 0..<4 {
            var shelf = RecordShelf()
            let copies = (told + told.filter { _ in random.once(in: 5) }).shuffled(using: &random)
            for batch in random.batches(copies, most: 12) { shelf.take(batch) }
            pictures.append(shelf.kept)
            try Self.verify(shelf, told)
        }
        #expect(Set(pictures).count == 1)
    }

    /// Against a plain account of what was told.
    private static func verify(_ shelf: RecordShelf, _ told: [UsageRecord]) throws {
        let order: [[String]] = [["transcript", "telemetry"], ["litellm"], ["coordinator"], ["push"]]
        var expected = Money.zero
        for (_, mine) in Dictionary(grouping: told, by: { $0.labels.session }) {
            let best = try #require(order.first { group in mine.contains { group.contains($0.labels.source ?? "") } })
            let calls = Dictionary(grouping: mine.filter { best.contains($0.labels.source ?? "") }) { record in
                record.identity.request ?? record.identity.key
            }
            for copies in calls.values {
                let whole = copies.filter { $0.tokens.total == copies.map(\.tokens.total).max() }
                expected += (whole.first { $0.costOrigin == .reported } ?? whole[0]).cost
            }
        }
        #expect(shelf.total.cost == expected)
    }
}
