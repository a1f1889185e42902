import GovernorCore
import GovernorSources
import Testing

/// What is read from Codex's sessions.
@Suite struct RolloutTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    // MARK: Lines as Codex writes them, a fork's parent first

    /// Ids of version 7, which begin with the millisecond they were made in: 15:00, 15:01, 15:10 and 15:11.
    private static let parent = "01a1f978-b580-7000-8000-000000000001"
    private static let parentTurn = "01a1f979-9fe0-7000-8000-000000000002"
    private static let child = "01a1f981-dd40-7000-8000-000000000003"
    private static let childTurn = "01a1f982-c7a0-7000-8000-000000000004"

    private struct Use {
        var input = 0
        var cached = 0
        var output = 0
        var reasoning = 0

        var text: String {
            """
            {"input_tokens":\(input),"cached_input_tokens":\(cached),"output_tokens":\(output),\
            "reasoning_output_tokens":\(reasoning),"total_tokens":\(input + output)}
            """
        }
    }

    private func line(_ type: String, _ payload: String, at time: String = "15:01:00", ordinal: Int? = nil) -> String {
        let ordinal = ordinal.map { "\"ordinal\":\($0)," } ?? ""
        return "{\"timestamp\":\"2026-11-20T\(time).000Z\",\(ordinal)\"type\":\"\(type)\",\"payload\":\(payload)}"
    }

    private func meta(_ id: String = parent, more: String = "", made: String = "15:00:00", at time: String = "15:00:00")
        -> String
    {
        line(
            "session_meta",
            """
            {"id":"\(id)","timestamp":"2026-11-20T\(made).000Z","cwd":"/home/dev/web","originator":"codex-tui",\
            "model_provider":"openai"\(more)}
            """, at: time)
    }

    private func started(_ turn: String = parentTurn, at time: String = "15:01:00", ordinal: Int? = nil) -> String {
        line("event_msg", "{\"type\":\"task_started\",\"turn_id\":\"\(turn)\"}", at: time, ordinal: ordinal)
    }

    private func turn(_ model: String = "gpt-5.5", folder: String = "/home/dev/web") -> String {
        line("turn_context", "{\"turn_id\":\"x\",\"cwd\":\"\(folder)\",\"model\":\"\(model)\",\"effort\":\"high\"}")
    }

    private func count(
        _ total: Use, _ last: Use? = nil, at time: String = "15:01:00", ordinal: Int? = nil
    ) -> String {
        let last = (last ?? total).text
        return line(
            "event_msg",
            """
            {"type":"token_count","info":{"total_token_usage":\(total.text),"last_token_usage":\(last),\
            "model_context_window":258400},"rate_limits":{"primary":{"used_percent":29.0}}}
            """, at: time, ordinal: ordinal)
    }

    private func write(_ name: String, _ lines: [String]) throws {
        try folder.write("rollout-\(name).jsonl", lines.map { $0 + "\n" }.joined())
    }

    private func read(_ lines: [String], name: String = "1") throws -> Follower {
        try write(name, lines)
        var follower = Follower()
        try follower.follow(folder.file("rollout-\(name).jsonl"))
        return follower
    }

    private var begin: [String] { [meta(), started(), turn()] }

    private let first = Use(input: 24_005, cached: 2432, output: 412, reasoning: 291)
    private let second = Use(input: 25_413, cached: 23_936, output: 73, reasoning: 37)
    private let both = Use(input: 49_418, cached: 26_368, output: 485, reasoning: 328)
    private let third = Use(input: 100, cached: 50, output: 5, reasoning: 1)
    private let all = Use(input: 49_518, cached: 26_418, output: 490, reasoning: 329)

    // MARK: One session

    @Test func `an event gives what the totals grew by, the cache out of the input, reasoning in the output`() throws {
        let follower = try read(
            begin + [
                line("response_item", "{\"type\":\"message\",\"content\":\"\\\"token_count\\\"\"}"), count(first),
                count(both, second, at: "15:02:00"),
            ])
        #expect(follower.rejected.isEmpty && follower.sources == [.transcript])
        let record = try #require(follower.records.first)
        #expect(record.identity == CallIdentity(key: "transcript/\(Self.parentTurn)/24005.2432.0.412.291"))
        #expect(record.growth == .larger)
        #expect(record.tokens == TokenCounts(input: 21_573, output: 412, cacheRead: 2432, reasoning: 291))
        #expect(
            record.labels
                == Labels([
                    .session: Self.parent, .project: "web", .provider: "openai", .model: "gpt-5.5",
                    .source: "transcript",
                ]))
        #expect(record.workingFolder == "/home/dev/web" && record.reportedCost == nil)
        #expect(
            follower.records.dropFirst().map(\.tokens)
                == [TokenCounts(input: 1477, output: 73, cacheRead: 23_936, reasoning: 37)])
        #expect(follower.records.map { RFC3339.utc($0.time) } == ["2026-11-20T15:01:00Z", "2026-11-20T15:02:00Z"])
    }

    @Test func `an event written again, with whatever last, adds nothing, and neither do limits alone`() throws {
        let follower = try read(
            begin + [
                line("event_msg", "{\"type\":\"token_count\",\"info\":null,\"rate_limits\":{}}"), count(first),
                count(first), count(first, second), count(first, Use()), count(both, second), count(both, first),
            ])
        #expect(follower.records.map(\.tokens.total) == [24_417, 25_486])
    }

    @Test func `what the events between left out is in the next difference`() throws {
        let follower = try read(begin + [count(first), count(all, third)])
        #expect(follower.records.map(\.tokens.total) == [24_417, 49_518 + 490 - 24_417])
    }

    @Test func `totals that go down give what the event calls its own, and never less than nothing`() throws {
        let next = Use(input: 49_518, cached: 26_418, output: 490, reasoning: 329)
        // The session's counter begins anew.
        let anew = try read(begin + [count(first), count(both, second), count(third), count(next, both)], name: "anew")
        #expect(anew.records.map(\.tokens.total) == [24_417, 25_486, 105, 49_903])
        // Emptied when the context was full, it goes on from nothing.
        let emptied = try read(begin + [count(both), count(Use()), count(third), count(next, both)], name: "emptied")
        #expect(emptied.records.map(\.tokens.total) == [49_903, 105, 49_903])
        // Written late: it is in the step of the event before.
        let late = try read(
            begin + [count(first), count(all, third), count(both, second), count(all, third)], name: "late")
        #expect(late.records.map(\.tokens.total) == [24_417, 50_008 - 24_417])
        // Two threads write into one file.
        let other = Use(input: 7000, output: 70)
        let otherNext = Use(input: 9000, output: 90)
        let two = try read(
            begin + [
                count(first), count(other), count(both, second), count(otherNext, Use(input: 2000, output: 20)),
                count(all, third),
            ], name: "two")
        #expect(two.records.map(\.tokens.total) == [24_417, 7070, 25_486, 2020, 105])
        #expect(
            (anew.records + emptied.records + late.records + two.records)
                .allSatisfy { $0.tokens.outOfRange == nil && $0.tokens.input >= 0 })
    }

    @Test func `an event without last counts by its total`() throws {
        func bare(_ use: Use) -> String {
            line("event_msg", "{\"type\":\"token_count\",\"info\":{\"total_token_usage\":\(use.text)}}")
        }
        let follower = try read(begin + [bare(first), bare(both)])
        #expect(follower.records.map(\.tokens.total) == [24_417, 25_486])
    }

    @Test func `writes to the cache are taken out of the input too`() throws {
        let usage =
            "{\"input_tokens\":100,\"cached_input_tokens\":30,\"cache_write_input_tokens\":50,\"output_tokens\":5}"
        let follower = try read(
            begin + [
                line(
                    "event_msg",
                    "{\"type\":\"token_count\",\"info\":{\"total_token_usage\":\(usage),\"last_token_usage\":\(usage)}}"
                )
            ])
        #expect(follower.records.map(\.tokens) == [TokenCounts(input: 20, output: 5, cacheRead: 30, cacheWrite5m: 50)])
    }

    @Test func `model and folder are those of the turn`() throws {
        let follower = try read(
            begin + [count(first), turn("gpt-5.5-mini", folder: "/home/dev/api/"), count(both, second)])
        #expect(follower.records.map(\.labels.model) == ["gpt-5.5", "gpt-5.5-mini"])
        #expect(follower.records.map(\.labels.project) == ["web", "api"])
    }

    @Test func `a call before any model is named has no price, a local server's is free`() throws {
        let early = try read([meta(), started(), count(first)], name: "early")
        #expect(early.records.map(\.labels.model) == ["codex-unknown"])
        let local = try read(
            [meta().replacing("\"openai\"", with: "\"oss\""), started(), turn("gpt-oss:20b"), count(first)],
            name: "local")
        #expect(local.records.map(\.labels.model) == ["ollama/gpt-oss:20b"])
        #expect(local.records.map(\.labels.provider) == ["oss"])
    }

    @Test func `counts that make no sense are reported, and the next event holds what was used`() throws {
        let negative = count(both, second).replacing("49418", with: "-3")
        let follower = try read(
            begin + [count(first), negative, "{\"type\":\"event_msg\",\"token_count\"", count(all, third)])
        #expect(
            follower.rejected.map(\.reason) == ["input_tokens must be a whole number from 0 on; got -3"]
                || follower.rejected.count == 2)
        #expect(follower.records.map(\.tokens.total) == [24_417, 50_008 - 24_417])
        let huge = try read(begin + [count(Use(input: 20_000_000_000))], name: "huge")
        #expect(huge.rejected.map(\.reason) == ["input_tokens grew by more than a call can use"])
    }

    // MARK: Compactions

    private func response(_ id: String, _ use: Use, thread: String = parent, at time: String = "15:01:00") -> String {
        line(
            "token_usage_record",
            """
            {"session_id":"\(thread)","thread_id":"\(thread)","turn_id":"\(Self.parentTurn)","response_id":"\(id)",\
            "usage":\(use.text),"turn_token_usage":\(all.text),"thread_token_usage":\(all.text)}
            """, at: time)
    }

    private func compacted(_ id: String, at time: String = "15:01:30") -> String {
        line(
            "compacted",
            """
            {"message":"","replacement_history":[{"type":"message","content":"\\"token_count\\""}],\
            "compaction_response_id":"\(id)","latest_token_usage_record":{"response_id":"\(id)","usage":\(all.text)}}
            """, at: time)
    }

    /// The totals stand still while the provider compacts; the event behind it tells how full the context is.
    private var compaction: [String] {
        begin + [
            response("resp_1", first), count(first), response("resp_2", third), compacted("resp_2"),
            count(first, Use()), count(first, Use()), response("resp_3", second), count(both, second),
        ]
    }

    @Test func `a call that compacts and is in no total counts by what is told of its response`() throws {
        let follower = try read(compaction)
        #expect(follower.rejected.isEmpty)
        #expect(follower.records.map(\.tokens.total) == [24_417, 105, 25_486])
        let record = try #require(follower.records.dropFirst().first)
        #expect(record.identity == CallIdentity(key: "transcript/resp_2"))
        #expect(record.tokens == TokenCounts(input: 50, output: 5, cacheRead: 50, reasoning: 1))
        #expect(record.labels.model == "gpt-5.5" && record.labels.session == Self.parent)
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:01:30Z")
    }

    @Test func `one that the totals hold counts by them alone`() throws {
        // Written by an ordinary call: the totals grow before the history is replaced.
        let lines =
            begin + [
                response("resp_1", first), count(first), response("resp_2", second), count(both, second),
                count(both, Use()), compacted("resp_2"), count(both, Use()), response("resp_3", third),
                count(all, third),
            ]
        #expect(try read(lines).records.map(\.tokens.total) == [24_417, 25_486, 105])
        // A session that is resumed may write all of it again.
        #expect(try read(lines + lines, name: "2").counted.map(\.tokens.total).sorted() == [105, 24_417, 25_486])
    }

    @Test func `without its own response a compaction adds nothing`() throws {
        let other = try read(
            begin + [response("resp_1", first), count(first), compacted("resp_1"), compacted("resp_9")], name: "other")
        #expect(other.records.map(\.tokens.total) == [24_417])
        let older = try read(
            begin + [count(first), line("compacted", "{\"message\":\"summary\"}"), count(both, second)], name: "older")
        #expect(older.records.map(\.tokens.total) == [24_417, 25_486])
        let foreign = try read(
            begin + [count(first), response("resp_2", third, thread: Self.child), compacted("resp_2")], name: "foreign")
        #expect(foreign.records.map(\.tokens.total) == [24_417])
    }

    @Test func `a compaction counts once wherever reading stops, and however often it stands there`() throws {
        var follower = Follower()
        for line in compaction {
            try folder.append("rollout-1.jsonl", line + "\n")
            try follower.follow(folder.file("rollout-1.jsonl"))
            follower.restart()
        }
        #expect(follower.records.map(\.tokens.total) == [24_417, 105, 25_486])
        try write("2", compaction + compaction)
        try follower.follow(folder.file("rollout-2.jsonl"))
        #expect(follower.counted.map(\.tokens.total).sorted() == [105, 24_417, 25_486])
    }

    // MARK: Forks

    private var parentLines: [String] {
        begin + [count(first, at: "15:02:00"), count(both, second, at: "15:03:00")]
    }

    /// What a fork copies: everything but, of a subagent, its parent's `turn_context`.
    private func copied(at time: String?) -> [String] {
        [
            meta(at: time ?? "15:00:00"), started(at: time ?? "15:01:00"), count(first, at: time ?? "15:02:00"),
            count(both, second, at: time ?? "15:03:00"),
        ]
    }

    private func childMeta(_ more: String = "") -> String {
        meta(Self.child, more: ",\"forked_from_id\":\"\(Self.parent)\"\(more)", made: "15:10:00", at: "15:10:00")
    }

    private func own(_ totals: [(Use, Use)]) -> [String] {
        [started(Self.childTurn, at: "15:11:00"), turn()]
            + totals.map { count($0.0, $0.1, at: "15:12:00") }
    }

    @Test(arguments: [nil, "15:10:00"] as [String?])
    func `a fork's copied prefix counts once, with its own times or the fork's`(time: String?) throws {
        try write("a-parent", parentLines)
        try write("b-child", [childMeta()] + copied(at: time) + own([(all, third)]))
        for order in [["a-parent", "b-child"], ["b-child", "a-parent"]] {
            var follower = Follower()
            for name in order { try follower.follow(folder.file("rollout-\(name).jsonl")) }
            #expect(follower.counted.map(\.tokens.total).sorted() == [105, 24_417, 25_486])
            #expect(Set(follower.counted.map(\.labels.session)) == [Self.parent, Self.child])
            #expect(follower.counted.filter { $0.labels.session == Self.child }.map(\.tokens.total) == [105])
        }
    }

    @Test func `a fork of a fork counts what each did`() throws {
        let grandchild = "01a1f98b-0500-7000-8000-000000000005"
        let turnOfIt = "01a1f98b-ef60-7000-8000-000000000006"
        let more = Use(input: 50_000, cached: 26_500, output: 500, reasoning: 330)
        let childLines = [childMeta()] + copied(at: "15:10:00") + own([(all, third)])
        try write("a", parentLines)
        try write("b", childLines)
        let metaOfIt = meta(
            grandchild, more: ",\"forked_from_id\":\"\(Self.child)\"", made: "15:20:00", at: "15:20:00")
        let rest = Use(input: 482, cached: 82, output: 10, reasoning: 1)
        try write(
            "c",
            [metaOfIt] + childLines + [started(turnOfIt, at: "15:21:00"), turn(), count(more, rest, at: "15:22:00")])
        var follower = Follower()
        for name in ["c", "b", "a"] { try follower.follow(folder.file("rollout-\(name).jsonl")) }
        #expect(follower.counted.map(\.tokens.total).sorted() == [105, 492, 24_417, 25_486])
    }

    @Test func `a subagent that begins from nothing, or from its parent's total, counts its own`() throws {
        let spawned = ",\"source\":{\"subagent\":{\"thread_spawn\":{\"parent_thread_id\":\"\(Self.parent)\"}}}"
        let fresh = try read(
            [
                meta(Self.child, more: spawned, made: "15:10:00", at: "15:10:00"),
                started(Self.childTurn, at: "15:11:00"), turn(), count(first, at: "15:12:00"),
            ], name: "fresh")
        #expect(fresh.records.map(\.tokens.total) == [24_417])
        let inherited = try read(
            [
                childMeta(), count(both, Use(), at: "15:10:00"), started(Self.childTurn, at: "15:11:00"), turn(),
                count(all, third, at: "15:12:00"),
            ], name: "inherited")
        #expect(inherited.records.map(\.tokens.total) == [105])
    }

    @Test func `ordinals tell what is the parent's`() throws {
        // The parent's turn goes on while the child is made, so that ids and times tell nothing.
        let lines = [
            childMeta(",\"subagent_history_start_ordinal\":4"), started(Self.childTurn, at: "15:11:00", ordinal: 1),
            count(first, at: "15:11:00", ordinal: 2), count(both, second, at: "15:11:00", ordinal: 3),
            count(all, third, at: "15:12:00", ordinal: 4),
        ]
        #expect(try read(lines).records.map(\.tokens.total) == [105])
    }

    @Test func `before turns had ids the eldest session and the totals tell who an event is`() throws {
        let oldParent = "0199-parent"
        let oldChild = "0199-child"
        let events = [turn(), count(first, at: "15:02:00"), count(both, second, at: "15:03:00")]
        try write("a", [meta(oldParent)] + events)
        try write(
            "b",
            [meta(oldChild, more: ",\"forked_from_id\":\"\(oldParent)\""), meta(oldParent)] + events
                + [count(all, third, at: "15:12:00")])
        for order in [["a", "b"], ["b", "a"]] {
            var follower = Follower()
            for name in order { try follower.follow(folder.file("rollout-\(name).jsonl")) }
            #expect(follower.counted.map(\.tokens.total).sorted() == [105, 24_417, 25_486])
            #expect(follower.counted.filter { $0.labels.session == oldParent }.count == 2)
        }
    }

    @Test func `a session that was resumed, put away or copied counts once`() throws {
        try write("a", parentLines)
        // Resumed: what was written before is written again, behind it or into another file.
        try write("b", parentLines + parentLines + [count(all, third, at: "15:30:00")])
        try folder.makeFolder("archived_sessions")
        try folder.copy("rollout-a.jsonl", to: "archived_sessions/rollout-a.jsonl")
        var follower = Follower()
        try follower.followAll(SourceRoots(paths: [folder.path]))
        #expect(follower.counted.map(\.tokens.total).sorted() == [105, 24_417, 25_486])
    }

    // MARK: State

    @Test func `a file whose state is lost is read from its start, once`() throws {
        try write("1", parentLines)
        let path = folder.file("rollout-1.jsonl")
        for state in [nil, "", "{}", "{\"totals\":[\"1\"]}", String(repeating: "x", count: 100_000)] {
            var follower = Follower()
            try follower.follow(path)
            follower.cursors[path]?.state = state
            try follower.follow(path)
            #expect(follower.notes == ["what was known of its lines is lost; read again from the start"])
            #expect(follower.records.count == 4 && follower.counted.count == 2)
        }
    }
}
