import GovernorCore
import GovernorSources
import Seeds
import Testing

/// What holds of any request, and of anything that once was one.
@Suite struct TelemetryPropertyTests {
    private static func value(_ chance: inout SeededGenerator) -> TelemetryValue {
        switch chance.number(0..<7) {
        case 0: .text(chance.pick(["", "a", "7", "1200", "é\u{1F600}", "\"\\\n\u{1}", "claude-opus-5"]))
        case 1: .flag(chance.once(in: 2))
        case 2: .integer(Int64(bitPattern: chance.next()))
        case 3: .integer(chance.number(Int64(0)...Int64(5000)))
        case 4: .double(Double(chance.number(-1_000_000...1_000_000)) / 64)
        case 5: .double(chance.pick([0, 1e300, 0.020839999999999997, -0.5, 2400]))
        default: .other
        }
    }

    private static let keys = [
        "event.name", "event.kind", "input_tokens", "output_tokens", "cache_read_tokens", "request_id", "model",
        "session.id", "worker", "user.email", "cost_usd", "cost_usd_micros", "input_token_count", "output_token_count",
        "cached_token_count", "conversation.id", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
        "gen_ai.request.model", "gen_ai.token.type", "token_type", "type", "event.sequence", "error", "unknown",
    ]
    private static let words: [String: [String]] = [
        "event.name": [
            "api_request", "api_error", "claude_code.api_request", "codex.sse_event", "codex.api_request",
            "gemini_cli.api_response", "gemini_cli.api_error", "other",
        ],
        "event.kind": ["response.completed", "response.failed"],
        "type": ["input", "output", "cacheRead", "cacheCreation", "thought", "cache", "tool"],
        "token_type": ["input", "output", "cached_input", "total"], "gen_ai.token.type": ["input", "output"],
        "model": ["claude-opus-5", "gpt-5.2"], "gen_ai.request.model": ["gemini-2.5-pro", "my-model"],
    ]

    private static func attributes(_ chance: inout SeededGenerator) -> TelemetryAttributes {
        TelemetryAttributes(
            (0..<chance.number(0..<30)).map { _ in
                let key = chance.pick(keys)
                // Mostly what makes sense, since sense is seldom met by chance.
                if chance.once(in: 8) { return .init(key, value(&chance)) }
                if let known = words[key] { return .init(key, .text(chance.pick(known))) }
                if key.contains("token") { return .init(key, .integer(chance.number(Int64(0)...Int64(5000)))) }
                return .init(key, value(&chance))
            })
    }

    private static func item(_ signal: TelemetrySignal, _ chance: inout SeededGenerator) -> TelemetryItem {
        switch signal {
        case .logs:
            var log = TelemetryLog()
            log.time = chance.once(in: 3) ? 0 : chance.next() >> UInt64(chance.number(0..<64))
            log.observed = chance.next() >> UInt64(chance.number(0..<64))
            log.eventName = chance.pick(["", "", "gen_ai.client.inference.operation.details"])
            log.body = chance.pick(["", "claude_code.api_request", "API response"])
            log.attributes = attributes(&chance)
            return .log(log)
        case .traces:
            var span = TelemetrySpan()
            span.trace = chance.pick(["", "4bf92f3577b34da6a3ce929d0e0e4736"])
            span.id = chance.pick(["", "00f067aa0ba902b7"])
            span.name = chance.pick(["chat", "", "é"])
            span.start = chance.next() >> UInt64(chance.number(0..<64))
            span.end = chance.next() >> UInt64(chance.number(0..<64))
            span.attributes = attributes(&chance)
            span.isError = chance.once(in: 3)
            span.message = chance.pick(["", "rate limit"])
            return .span(span)
        case .metrics:
            var point = TelemetryPoint()
            point.metric = chance.pick([
                "claude_code.token.usage", "claude_code.cost.usage", "codex.turn.token_usage", "gemini_cli.token.usage",
                "gen_ai.client.token.usage", "other",
            ])
            point.temporality = chance.pick([nil, .delta, .cumulative])
            point.start = chance.next() >> UInt64(chance.number(0..<64))
            point.time = chance.next() >> UInt64(chance.number(0..<64))
            switch value(&chance) {
            case .integer(let number): point.value = .integer(number)
            case .double(let number): point.value = .double(number)
            case .other: point.value = nil
            default: point.value = .integer(chance.number(Int64(0)...Int64(5000)))
            }
            point.attributes = attributes(&chance)
            return .point(point)
        }
    }

    private static func request(_ chance: inout SeededGenerator) -> TelemetryRequest {
        let signal = chance.pick(TelemetrySignal.allCases)
        let parts = (0..<chance.number(0..<4)).map { _ in
            TelemetryRequest.Part(
                origin: TelemetryOrigin(
                    resource: attributes(&chance), scope: chance.pick(["", "com.anthropic.claude_code", "gemini-cli"])),
                items: (0..<chance.number(0..<6)).map { _ in item(signal, &chance) })
        }
        return TelemetryRequest(signal, parts)
    }

    private struct Read: Hashable {
        var item: TelemetryItem
        var origin: TelemetryOrigin
    }

    @Test(arguments: Seed.some(60)) func `a request reads the same from JSON and from protobuf`(seed: Seed) throws {
        var chance = SeededGenerator(seed)
        let request = Self.request(&chance)
        let (json, protobuf) = (Array(request.json(&chance).utf8), request.protobuf(&chance))
        var (fromJSON, fromProtobuf): ([Read], [Read]) = ([], [])
        try TelemetryBatch.read(json, request.signal, as: .json) { fromJSON.append(Read(item: $0, origin: $1)) }
        try TelemetryBatch.read(protobuf, request.signal, as: .protobuf) {
            fromProtobuf.append(Read(item: $0, origin: $1))
        }
        #expect(
            fromProtobuf == request.parts.flatMap { part in part.items.map { Read(item: $0, origin: part.origin) } })
        #expect(fromJSON == fromProtobuf)
        let (one, other) = (
            try TelemetryBatch.read(json, request.signal, as: .json),
            try TelemetryBatch.read(protobuf, request.signal, as: .protobuf)
        )
        #expect(one.records == other.records)
        #expect(one.attributes == other.attributes && one.eventSenders == other.eventSenders)
        #expect(one.rejected == other.rejected && one.complaint == other.complaint)
        for record in one.records {
            #expect(record.identity.key.utf8.count < 2000)
            #expect(record.tokens.total >= 0 && record.reportedCost ?? .zero >= .zero)
        }
    }

    @Test(arguments: Seed.some(12)) func `nothing that is made of a request can do harm`(seed: Seed) throws {
        var chance = SeededGenerator(seed)
        let request = Self.request(&chance)
        for encoding in [TelemetryEncoding.json, .protobuf] {
            let body = encoding == .json ? Array(request.json(&chance).utf8) : request.protobuf(&chance)
            // Every cut of a short body; some of a long one.
            for end in stride(from: 0, to: body.count, by: max(1, body.count / 200)) {
                Self.survive(Array(body[..<end]), request.signal, encoding)
            }
            guard !body.isEmpty else { continue }
            for _ in 0..<100 {
                var mutated = body
                for _ in 0..<chance.number(1..<6) {
                    let place = chance.number(0..<mutated.count)
                    switch chance.number(0..<4) {
                    case 0: mutated[place] = UInt8(truncatingIfNeeded: chance.next())
                    case 1: mutated[place] ^= 1 << UInt8(chance.number(0..<8))
                    case 2: mutated.insert(chance.pick(Array("{}[]\",:\\u0".utf8) + [0, 0xFF, 0x80]), at: place)
                    default: if mutated.count > 1 { mutated.remove(at: place) }
                    }
                }
                Self.survive(
                    mutated, chance.once(in: 8) ? chance.pick(TelemetrySignal.allCases) : request.signal, encoding)
            }
        }
        for _ in 0..<50 {
            let noise = (0..<chance.number(0..<300)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
            Self.survive(noise, request.signal, .protobuf)
            Self.survive(noise, request.signal, .json)
        }
    }

    /// It is read, or refused with a reason.
    private static func survive(_ body: [UInt8], _ signal: TelemetrySignal, _ encoding: TelemetryEncoding) {
        do throws(TelemetryProblem) {
            let batch = try TelemetryBatch.read(body, signal, as: encoding)
            #expect(TelemetryAnswer.accepted(batch, as: encoding).status == 200)
        } catch {
            #expect(error.status == 400 && error.description.contains("(byte "))
        }
    }
}
