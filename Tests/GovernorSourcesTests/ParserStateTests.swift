import GovernorCore
import GovernorSources
import Seeds
import Testing

/// What a parser keeps between reads: enough to go on, and never too much.
@Suite struct ParserStateTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Bytes a cursor's state may have, `ParserState.limit`.
    private static let limit = 32 << 10

    /// Lines of one kind of file, drawn from a seed: of several sessions, processes or forms, with nonsense in between.
    private func lines(_ kind: FileKind, _ generator: inout SeededGenerator) -> [String] {
        var total = (input: 0, output: 0)
        return (0..<Int.random(in: 1...40, using: &generator)).map { index in
            let dice = Int.random(in: 0..<10, using: &generator)
            let time = "2026-11-20T15:\(10 + index):00.000Z"
            if dice == 0 { return ["not json", "", "{\"half\":", "{}"].randomElement(using: &generator) ?? "" }
            switch kind {
            case .rollout:
                switch dice {
                case 1:
                    let id = Int.random(in: 0..<3, using: &generator)
                    return """
                        {"timestamp":"\(time)","type":"session_meta","payload":{"id":"s-\(id)","cwd":"/w/p\(id)",\
                        "timestamp":"2026-11-20T15:\(10 + dice):00Z"\(id == 1 ? ",\"forked_from_id\":\"s-0\"" : "")}}
                        """
                case 2:
                    return
                        "{\"timestamp\":\"\(time)\",\"type\":\"turn_context\",\"payload\":{\"model\":\"m-\(index)\"}}"
                case 3:
                    return
                        "{\"timestamp\":\"\(time)\",\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\",\"turn_id\":\"t-\(index)\"}}"
                default:
                    let last = (Int.random(in: 0..<100, using: &generator), Int.random(in: 0..<100, using: &generator))
                    if dice == 4 { total = (0, 0) }
                    if dice > 5 { total = (total.input + last.0, total.output + last.1) }
                    func usage(_ use: (Int, Int)) -> String { "{\"input_tokens\":\(use.0),\"output_tokens\":\(use.1)}" }
                    return """
                        {"timestamp":"\(time)","type":"event_msg","payload":{"type":"token_count","info":{\
                        "total_token_usage":\(usage(total)),"last_token_usage":\(usage(last))}}}
                        """
                }
            case .transcript:
                let session = Int.random(in: 0..<2, using: &generator)
                if dice < 3 {
                    return """
                        {"type":"system","subtype":"init","session_id":"s-\(session)","cwd":"/w/p\(session)","uuid":"u-\(index)"}
                        """
                }
                if dice < 7 {
                    return """
                        {"type":"assistant","session_id":"s-\(session)","uuid":"u-\(index)","timestamp":"\(time)","message":\
                        {"id":"m-\(index / 2)","model":"x","usage":{"input_tokens":\(index),"output_tokens":1}}}
                        """
                }
                total.input += Int.random(in: 0..<100, using: &generator)
                if dice == 9 { total = (1, 1) }
                return """
                    {"type":"result","session_id":"s-\(session)","uuid":"u-\(index)","total_cost_usd":0.0\(total.input),\
                    "modelUsage":{"x":{"inputTokens":\(total.input),"outputTokens":3,"costUSD":0.0\(total.input)}}}
                    """
            case .coordinator: return String(Fixture.call(["tokens_input": "\(index)"]).dropLast())
            case .voice:
                return """
                    {"uuid":"\(index)","timestamp":"\(time)","model":"x","input_tokens":\(dice),"output_tokens":1}
                    """
            case .litellm:
                return dice < 3
                    ? "15:18:\(10 + index) - LiteLLM:INFO: utils.py:1 - "
                    : dice < 6
                        ? "15:18:\(10 + index) litellm.acompletion(model=gpt-5) 200 OK"
                        : "LiteLLM completion() model= gpt-5; provider = openai"
            }
        }
    }

    private static let names: [FileKind: String] = [
        .transcript: "w.jsonl", .coordinator: "api-calls-1.jsonl", .rollout: "rollout-1.jsonl",
        .voice: "voice-agent.jsonl", .litellm: "litellm.log",
    ]

    @Test(arguments: FileKind.allCases)
    func `wherever a read ends, the next one goes on as if it had not`(kind: FileKind) throws {
        let name = try #require(Self.names[kind])
        let path = folder.file(name)
        for seed in Seed.some(25) {
            var generator = SeededGenerator(seed)
            let lines = lines(kind, &generator)
            try folder.write(name, lines.map { $0 + "\n" }.joined())
            var whole = Follower()
            try whole.follow(path)
            // The same bytes, which are not there from the start, and a reader that forgets all but its cursor.
            try folder.remove(name)
            var parts = Follower()
            parts.limit = 1
            for line in lines {
                try folder.append(name, line + "\n")
                parts.reader = FileReader(zone: .utc, chunk: 64, batchBytes: 64)
                try parts.follow(path)
                #expect(parts.cursors[path]?.state?.utf8.count ?? 0 <= Self.limit)
            }
            if kind != .transcript, kind != .litellm { #expect(parts.records == whole.records, "\(seed)") }
            // Times that no line names are when the file last changed.
            #expect(parts.records.map(\.identity) == whole.records.map(\.identity), "\(seed)")
            #expect(parts.records.map(\.tokens) == whole.records.map(\.tokens), "\(seed)")
            #expect(parts.records.map(\.labels) == whole.records.map(\.labels), "\(seed)")
            #expect(parts.rejected == whole.rejected, "\(seed)")
            #expect(parts.cursors[path]?.state == whole.cursors[path]?.state, "\(seed)")
            // Read again from the start it adds nothing.
            let once = whole.counted
            whole.cursors = [:]
            try whole.follow(path)
            #expect(whole.counted.map(\.identity) == once.map(\.identity), "\(seed)")
            #expect(whole.counted.map(\.tokens) == once.map(\.tokens), "\(seed)")
            try folder.remove(name)
        }
    }

    @Test(arguments: FileKind.allCases)
    func `no bytes in a file or a state stop the reader, and nothing it gives is out of range`(kind: FileKind) throws {
        let name = try #require(Self.names[kind])
        let path = folder.file(name)
        for seed in Seed.some(25) {
            var generator = SeededGenerator(seed)
            var bytes = Array(lines(kind, &generator).map { $0 + "\n" }.joined().utf8)
            for _ in 0..<generator.number(0..<20) where !bytes.isEmpty {
                let at = generator.number(0..<bytes.count)
                switch generator.number(0..<4) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: "\(generator.anyInteger())".utf8, at: at)
                default: bytes.insert(contentsOf: bytes[at...].prefix(generator.number(1..<80)), at: at)
                }
            }
            try folder.write(name, bytes)
            var follower = Follower()
            follower.limit = 2
            try follower.follow(path, batches: 3)
            if var state = follower.cursors[path]?.state?.utf8.map({ $0 }), !state.isEmpty {
                let number = "\(generator.anyInteger())".utf8
                let digits = state.indices.filter { (0x30...0x39).contains(state[$0]) }
                let at =
                    digits.isEmpty || generator.once(in: 3) ? generator.number(0..<state.count) : generator.pick(digits)
                state.replaceSubrange(at...at, with: number)
                follower.cursors[path]?.state = String(decoding: state, as: UTF8.self)
            }
            try follower.follow(path)
            #expect(follower.records.allSatisfy { $0.tokens.outOfRange == nil }, "\(seed)")
            #expect(follower.cursors[path]?.state?.utf8.count ?? 0 <= Self.limit, "\(seed)")
            try folder.remove(name)
        }
    }

    @Test func `names of any length and any characters are kept short`() throws {
        for piece in ["x", "\u{85}", "\\\"", "\\u0001", "é", "\\\\"] {
            let long = String(repeating: piece, count: 6000)
            try folder.write(
                "rollout-1.jsonl",
                """
                {"timestamp":"2026-11-20T15:00:00Z","type":"session_meta","payload":{"id":"\(long)","cwd":"/\(long)",\
                "model_provider":"\(long)","forked_from_id":"\(long)"}}
                {"timestamp":"2026-11-20T15:00:00Z","type":"event_msg","payload":{"type":"task_started","turn_id":"\(long)"}}

                """)
            try folder.write(
                "w.jsonl",
                """
                {"type":"system","subtype":"init","session_id":"\(long)","cwd":"/\(long)","model":"\(long)","uuid":"\(long)"}
                {"type":"result","session_id":"\(long)","total_cost_usd":1,"modelUsage":{}}
                {"type":"system","subtype":"init","session_id":"\(long)","cwd":"/\(long)","model":"\(long)","uuid":"\(long)"}

                """)
            for name in ["rollout-1.jsonl", "w.jsonl"] {
                var follower = Follower()
                try follower.follow(folder.file(name))
                let state = try #require(follower.cursors[folder.file(name)]?.state)
                #expect(state.utf8.count <= Self.limit)
                try folder.append(name, "{}\n")
                try follower.follow(folder.file(name))
                #expect(follower.notes.isEmpty)
            }
        }
    }

    @Test func `a file that another took the place of is read without the state of the first`() throws {
        try folder.write(
            "rollout-1.jsonl",
            "{\"timestamp\":\"2026-11-20T15:00:00Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"old\",\"cwd\":\"/w/old\"}}\n"
        )
        var follower = Follower()
        try follower.follow(folder.file("rollout-1.jsonl"))
        #expect(follower.cursors.values.first?.state?.contains("old") == true)
        try folder.remove("rollout-1.jsonl")
        try folder.write(
            "rollout-1.jsonl",
            """
            {"timestamp":"2026-11-20T15:00:00Z","type":"event_msg","payload":{"type":"token_count","info":\
            {"total_token_usage":{"input_tokens":5,"output_tokens":5}}}}

            """)
        try follower.follow(folder.file("rollout-1.jsonl"))
        #expect(follower.records.map(\.labels.session) == [nil])
        #expect(follower.records.map(\.identity.key) == ["transcript/rollout-1.jsonl/5.0.0.5.0"])
    }
}
