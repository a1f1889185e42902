import GovernorCore
import Seeds
import Testing

/// Calls that a transcript's line without a request id and an event of telemetry both tell of.
@Suite struct TwinTests {
    private static func labels(_ source: SourceKind, _ session: String, _ model: String) -> Labels {
        var labels = Labels([.source: source.rawValue, .model: model])
        labels.session = session
        return labels
    }

    private static func line(
        _ call: Int, request: String? = nil, output: Int64 = 100, at time: Span = .zero, session: String = "s-1",
        model: String = "claude-opus-5", cacheRead: Int64 = 0
    ) -> UsageRecord {
        var record = UsageRecord(
            identity: .message("msg_\(call)", request: request), growth: .larger, time: monday + time,
            labels: labels(.transcript, session, model),
            tokens: TokenCounts(input: 10, output: output, cacheRead: cacheRead, cacheWrite1h: 40))
        (record.cost, record.costOrigin) = (Money(nanodollars: output), .priced)
        return record
    }

    /// An event of a call that ran for four seconds, and ended 20 ms after its line was written.
    private static func event(
        _ call: Int, output: Int64 = 100, at time: Span = .zero, seconds: Int64? = 4, session: String = "s-1"
    ) -> UsageRecord {
        var record = UsageRecord(
            identity: .request("req_\(call)"), growth: .larger, time: monday + time + Span(milliseconds: 20),
            labels: labels(.telemetry, session, "claude-opus-5"),
            // Older versions don't say for how long the cache was written.
            tokens: TokenCounts(input: 10, output: output, cacheWrite5m: 40),
            durationMilliseconds: seconds.map { $0 * 1000 })
        (record.cost, record.costOrigin) = (Money(nanodollars: output), .reported)
        return record
    }

    @Test(arguments: [false, true]) func `a line without a request id and the event of its call count once`(
        _ eventFirst: Bool
    ) throws {
        var shelf = RecordShelf()
        let copies = [Self.line(1), Self.event(1)]
        for copy in eventFirst ? copies.reversed() : copies { shelf.take([copy]) }
        #expect(shelf.counted.map(\.labels.source) == ["transcript"])
        #expect(shelf.records.count == 2)
        // Neither is news a second time.
        #expect(shelf.take(copies).changes.isEmpty)
    }

    @Test func `a line that grows after the event is the event's from then on`() {
        var shelf = RecordShelf()
        shelf.take([Self.line(1, output: 1)])
        shelf.take([Self.event(1)])
        #expect(shelf.counted.count == 2)
        shelf.take([Self.line(1)])
        #expect(shelf.counted.map(\.labels.source) == ["transcript"])
        // It was another call: both count again.
        shelf.take([Self.line(1, output: 101)])
        #expect(shelf.counted.count == 2)
    }

    @Test(arguments: [
        line(2, session: "s-2"), line(2, output: 99), line(2, model: "claude-haiku-4-5"), line(2, cacheRead: 1),
        line(2, request: "req_2"), line(2, at: .seconds(3)), line(2, at: .seconds(-7)),
    ]) func `what another call says counts as well`(_ other: UsageRecord) {
        for copies in [[Self.event(1), other], [other, Self.event(1)]] {
            var shelf = RecordShelf()
            for copy in copies { shelf.take([copy]) }
            #expect(shelf.counted.count == 2)
        }
    }

    @Test(arguments: [
        line(1, model: "us.anthropic.claude-opus-5-20260801"), line(1, at: .seconds(-5)), line(1, at: .seconds(2)),
    ]) func `the model's build, and when in its call a line was written, make no other call`(_ line: UsageRecord) {
        var shelf = RecordShelf()
        shelf.take([Self.event(1)])
        shelf.take([line])
        #expect(shelf.counted.count == 1)
    }

    @Test func `an event that says nothing of how long its call ran is about the line just before it`() {
        var shelf = RecordShelf()
        shelf.take([Self.event(1, seconds: nil), Self.line(1, at: .seconds(-1)), Self.line(2, at: .seconds(-4))])
        #expect(shelf.counted.count == 2)
    }

    @Test func `a second call that says the same counts, told by either`() {
        var lines = RecordShelf()
        for copy in [Self.line(1), Self.event(1), Self.line(2, at: .seconds(-1))] { lines.take([copy]) }
        #expect(lines.counted.count == 2)
        var events = RecordShelf()
        for copy in [Self.event(1), Self.line(1), Self.event(2, at: .seconds(1))] { events.take([copy]) }
        #expect(events.counted.count == 2)
    }

    @Test func `a nearer line takes the event over, and the other call's own event is found`() {
        var shelf = RecordShelf()
        shelf.take([Self.line(1, at: .seconds(-3)), Self.event(2)])
        #expect(shelf.counted.count == 1)
        shelf.take([Self.line(2)])
        #expect(shelf.counted.count == 2)
        shelf.take([Self.event(1, at: .seconds(-3))])
        #expect(shelf.counted.map(\.labels.source) == ["transcript", "transcript"])
    }

    @Test func `an event whose request a line names is that line's`() {
        var shelf = RecordShelf()
        shelf.take([Self.line(1), Self.event(2)])
        #expect(shelf.counted.count == 1)
        shelf.take([Self.line(2, request: "req_2")])
        #expect(shelf.counted.count == 2 && shelf.records.count == 2)
    }

    @Test func `a thousand calls that say the same at once stay as they are told`() {
        var shelf = RecordShelf()
        shelf.take((0..<1001).map { Self.line($0) } + [Self.event(1)])
        #expect(shelf.counted.count == 1002)
    }

    @Test func `a better source of the session has the word over both`() {
        var shelf = RecordShelf(authority: Authority([.litellm]))
        shelf.take([Self.line(1), Self.event(1)])
        var better = Self.line(3)
        better.identity = CallIdentity(key: "litellm/a")
        better.labels.source = "litellm"
        better.witnesses = SourceKinds(.litellm)
        shelf.take([better])
        #expect(shelf.counted.map(\.labels.source) == ["litellm"])
    }

    @Test(arguments: Seed.some(80))
    func `in whatever order and batches they come, each call counts once`(_ seed: Seed) {
        var random = SeededGenerator(seed)
        var told: [UsageRecord] = []
        for call in 0..<40 {
            let (session, output) = (random.pick(["s-1", "s-2"]), Int64(random.number(100...101)))
            let time = Span(milliseconds: Int64(random.number(0...60_000)))
            let line = Self.line(
                call, request: random.once(in: 4) ? "req_\(call)" : nil, output: output, at: time, session: session)
            if !random.once(in: 4) {
                var placeholder = line
                placeholder.tokens.output = Int64(random.number(1...2))
                told += [placeholder, line]
            }
            if !random.once(in: 4) {
                told.append(
                    Self.event(
                        call, output: output, at: time + Span(milliseconds: Int64(random.number(0...3000))),
                        seconds: random.once(in: 6) ? nil : Int64(random.number(0...9)), session: session))
            }
        }
        var pictures: Set<Set<UsageRecord>> = []
        for _ in 0..<4 {
            var shelf = RecordShelf()
            let copies = (told + told.filter { _ in random.once(in: 5) }).shuffled(using: &random)
            for batch in random.batches(copies, most: 9) { shelf.take(batch) }
            pictures.insert(shelf.kept)
        }
        #expect(pictures.count == 1)
        #expect(pictures.first?.count { !$0.isShadowed } == Self.calls(told))
    }

    /// How many calls were told of, by taking the nearest pair away until there is none.
    private static func calls(_ told: [UsageRecord]) -> Int {
        let whole = told.filter { $0.tokens.output >= 100 }
        var lines = whole.filter { $0.identity.request == nil }
        let named = Set(whole.filter { !$0.identity.isRequestAlone }.compactMap(\.identity.request))
        var events = whole.filter { $0.identity.isRequestAlone && !named.contains($0.identity.request ?? "") }
        var calls = named.count
        while !lines.isEmpty, !events.isEmpty {
            let pairs = lines.indices.flatMap { line in events.indices.map { (line, $0) } }.filter { line, event in
                let (mine, its) = (lines[line], events[event])
                let ran = Span(milliseconds: its.durationMilliseconds ?? 0)
                return mine.labels.session == its.labels.session && mine.tokens.output == its.tokens.output
                    && its.time - mine.time <= ran + .seconds(2) && mine.time - its.time <= .seconds(2)
            }
            func order(_ pair: (Int, Int)) -> (Span, Timestamp, String, String) {
                let (line, event) = (lines[pair.0], events[pair.1])
                let apart = max(line.time - event.time, event.time - line.time)
                return (apart, line.time, line.identity.key, event.identity.key)
            }
            guard let nearest = pairs.min(by: { order($0) < order($1) }) else { break }
            lines.remove(at: nearest.0)
            events.remove(at: nearest.1)
            calls += 1
        }
        return calls + lines.count + events.count
    }
}
