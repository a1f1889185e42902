import GovernorCore
import GovernorSources
import Testing

/// Bodies as they come, and what is answered.
@Suite struct TelemetryDecodingTests {
    private func read(_ json: String, _ signal: TelemetrySignal = .logs) throws(TelemetryProblem) -> TelemetryBatch {
        try TelemetryBatch.read(Array(json.utf8), signal, as: .json)
    }

    private func log(_ attributes: String, more: String = "") -> String {
        """
        {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[\(attributes)],"timeUnixNano":1795215700913000000\(more)}],\
        "scope":{"name":"s"}}],"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}}]}}]}
        """
    }

    private func text(_ key: String, _ value: String) -> String {
        "{\"key\":\"\(key)\",\"value\":{\"stringValue\":\"\(value)\"}}"
    }

    private var call: String {
        [
            text("event.name", "api_request"), text("model", "m"), text("request_id", "r"),
            "{\"value\":{\"intValue\":\"7\"},\"key\":\"input_tokens\"}",
        ].joined(separator: ",")
    }

    // MARK: JSON

    @Test func `JSON in any order, with what is unknown in between`() throws {
        let batch = try read(log(call, more: ",\"new\":{\"deep\":[[{}]]},\"body\":null"))
        #expect(batch.records.map(\.tokens.input) == [7] && batch.records.map(\.labels.session) == ["claude-code"])
        #expect(try read("{}").records.isEmpty)
        #expect(try read("{\"resourceLogs\":[]}").records.isEmpty)
        #expect(try read("{\"resourceLogs\":null,\"partial\":1}").records.isEmpty)
        #expect(try read(" {\"resourceLogs\" : [ { } , {\"scopeLogs\":[{}]} ] } \n").records.isEmpty)
    }

    @Test func `texts that are none cost nobody the call beside them`() throws {
        for odd in [#"half \ud83d a pair"#, #"NUL \u0000"#, #"\q\u12"#, "tab\there", #"\ud83d\ude00"#, #"\\"#] {
            let batch = try read(log(text("prompt", odd) + "," + call + "," + text("session.id", odd)))
            #expect(batch.records.count == 1)
        }
        let batch = try read(log(text("session.id", #"a\ud83db\n\u0041\ud83d\ude00\u0000"#) + "," + call))
        #expect(batch.records.map(\.labels.session) == ["a\u{FFFD}b\nA\u{1F600}\u{FFFD}"])
    }

    @Test func `escaped names are names`() throws {
        let json = log(call).replacing(
            "\"attributes\":[{\"key\":\"event", with: "\"attr\\u0069butes\":[{\"k\\u0065y\":\"event")
        #expect(try read(json).records.count == 1)
    }

    @Test(arguments: [
        ("", "expected a value (byte 0)"), ("[]", "the request must be an object (byte 0)"),
        ("{\"resourceLogs\":{}}", "the list of resources must be a list (byte 16)"),
        ("{\"resourceLogs\":[1]}", "an entry of the list of resources must be an object (byte 17)"),
        ("{\"resourceLogs\":[{}", "the text ends inside what begins here (byte 0)"),
        ("{\"resourceLogs\":[{}}}", "expected ',' or the end of the list of resources (byte 19)"),
        ("{\"resourceLogs\":[{}]} x", "expected the end after the value (byte 22)"),
        ("{\"resourceLogs\":[{]]}", "expected a key in quotes in an entry of the list of resources (byte 18)"),
        ("{\"a\" 1}", "expected ':' after the key (byte 5)"),
        ("{\"a\":1 \"b\":2}", "expected ',' or the end of the request (byte 7)"),
        ("{\"a", "a string without an end (byte 1)"), ("{\"a\":}", "expected a value (byte 5)"),
        (
            "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"soon\"}]}]}]}",
            "timeUnixNano must be nanoseconds since 1970 (byte 62)"
        ),
        (
            "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[{\"value\":{\"intValue\":1.5}}]}]}]}]}",
            "intValue must be a whole number of 64 bits (byte 82)"
        ),
    ])
    func `what is no request is refused, with what and where`(json: String, message: String) {
        #expect(throws: TelemetryProblem(.badData, message)) { try read(json) }
    }

    @Test func `nesting of any depth does no harm`() throws {
        let deep =
            String(repeating: "{\"arrayValue\":{\"values\":[", count: 100_000)
            + String(repeating: "]}}", count: 100_000)
        #expect(try read(log("{\"key\":\"deep\",\"value\":\(deep)}," + call)).records.count == 1)
        var nested: [UInt8] = []
        // Lengths grow with the depth, so that this one stays small.
        for _ in 0..<2_000 { nested = TelemetryRequest.bytes(5, TelemetryRequest.bytes(1, nested)) }
        let attribute = TelemetryRequest.bytes(6, TelemetryRequest.bytes(1, [100]) + TelemetryRequest.bytes(2, nested))
        let body = TelemetryRequest.bytes(1, TelemetryRequest.bytes(2, TelemetryRequest.bytes(2, attribute)))
        #expect(try TelemetryBatch.read(body, .logs, as: .protobuf).records.isEmpty)
    }

    @Test func `more attributes than anybody has are refused`() throws {
        let many = (0..<1025).map { text("k\($0)", "v") }.joined(separator: ",")
        #expect { try read(log(many)) } throws: { error in
            (error as? TelemetryProblem)?.description.hasPrefix("more than 1024 attributes (byte ") == true
        }
        let attributes = TelemetryAttributes((0..<1025).map { .init("k\($0)", .flag(true)) })
        var record = TelemetryLog()
        record.attributes = attributes
        let request = TelemetryRequest(.logs, [.log(record)])
        #expect(throws: TelemetryProblem.self) { try request.batch() }
    }

    @Test func `more calls than anybody makes at once are too large`() throws {
        let (one, other) = (log(call), log(text("session.id", "s") + "," + text("worker", "w")))
        for (json, signal) in [(one, TelemetrySignal.logs), (other, .logs)] {
            let body = Array(json.utf8)
            #expect(try TelemetryBatch.read(body, signal, as: .json, limit: 1).rejected == 0)
            #expect(
                throws: TelemetryProblem(
                    .tooLarge, "more than 0 calls and sessions at once; have the sender export smaller batches")
            ) { try TelemetryBatch.read(body, signal, as: .json, limit: 0) }
        }
    }

    // MARK: Protobuf

    @Test(
        arguments: [
            ([0x0A], "the message ends inside a number (byte 1)"),
            ([0x0A, 0x05, 0x00], "field 1 is longer than what is left (byte 0)"),
            (
                [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
                "field 1 is longer than what is left (byte 0)"
            ),
            ([0x00, 0x00], "no protobuf field begins here (byte 0)"),
            ([0x0B], "field 1 is of the unknown wire type 3 (byte 0)"),
            ([0x09, 1, 2, 3], "the message ends inside a number (byte 1)"),
            ([UInt8](repeating: 0x80, count: 11), "a number of more than ten bytes (byte 0)"),
            ([0x0A, 0x02, 0x0A, 0x01], "field 1 is longer than what is left (byte 2)"),
            ([UInt8]("{\"resourceLogs\":[]}".utf8), "field 15 is of the unknown wire type 3 (byte 0)"),
        ] as [([UInt8], String)])
    func `what is no protobuf is refused, with what and where`(body: [UInt8], message: String) {
        #expect(throws: TelemetryProblem(.badData, message)) { try TelemetryBatch.read(body, .logs, as: .protobuf) }
    }

    @Test func `a text that is no UTF-8 costs nobody the call beside it`() throws {
        var body = TelemetryRequest(
            .logs, resource: ["service.name": "claude-code", "x": "ZZZZ"],
            [.event("api_request", ["model": "m", "input_tokens": .integer(1), "request_id": "r"])]
        ).body(.protobuf)
        let place = try #require(body.indices.first { body[$0...].starts(with: Array("ZZZZ".utf8)) })
        body[place] = 0xFF
        #expect(try TelemetryBatch.read(body, .logs, as: .protobuf).records.count == 1)
    }

    // MARK: Bodies

    /// `printf '{}' | gzip -n`
    private static let gzip: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xAB, 0xAE, 0x05, 0x00, 0x43, 0xBF, 0xA6, 0xA3,
        0x02,
        0x00, 0x00, 0x00,
    ]

    private func gather(
        _ bytes: [UInt8], _ encoding: String?, cut: Int = 3, limit: Int = 1000
    ) throws(TelemetryProblem) -> [UInt8] {
        var body = try TelemetryBody(contentEncoding: encoding, limit: limit)
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(cut).withUnsafeBytes { chunk in
                Result { () throws(TelemetryProblem) in try body.take(chunk) }
            }
            try taken.get()
            rest = rest.dropFirst(cut)
        }
        return try body.finish()
    }

    @Test func `a body is gathered plain or inflated`() throws {
        #expect(try gather(Array("{}".utf8), nil) == Array("{}".utf8))
        #expect(try gather(Array("{}".utf8), " Identity") == Array("{}".utf8))
        for cut in [1, 3, 100] { #expect(try gather(Self.gzip, "gzip", cut: cut) == Array("{}".utf8)) }
        #expect(try gather([], nil).isEmpty)
    }

    @Test func `a body beyond its limit is too large, before it is all there`() throws {
        let limit = "a body here has at most 4 bytes, inflated; have the sender export smaller batches"
        #expect(throws: TelemetryProblem(.tooLarge, limit)) { try gather(Array("12345".utf8), nil, limit: 4) }
        #expect(try gather(Array("1234".utf8), nil, limit: 4).count == 4)
        #expect(throws: TelemetryProblem(.tooLarge, limit)) { try gather(Self.gzip, "gzip", limit: 4) }
        // Padding inflates to nothing and is none the less to be read.
        #expect(throws: TelemetryProblem.self) { try gather(Self.gzip + [UInt8](repeating: 0, count: 1000), "gzip") }
        #expect(TelemetryBody.limit == 67_108_864 && TelemetryProblem(.tooLarge, "").status == 413)
    }

    @Test func `a body that is cut, damaged or compressed otherwise is refused`() throws {
        #expect(throws: TelemetryProblem(.badData, "the gzip data ends in its middle (byte 10)")) {
            try gather(Array(Self.gzip[..<10]), "gzip")
        }
        #expect { try gather(Array("{}".utf8), "gzip") } throws: { ($0 as? TelemetryProblem)?.status == 400 }
        #expect { try gather([], "br") } throws: { ($0 as? TelemetryProblem)?.status == 415 }
        #expect { try gather([], "gzip, gzip") } throws: { ($0 as? TelemetryProblem)?.status == 415 }
    }

    @Test func `a content type says how it is written`() throws {
        for type in ["application/json", "Application/JSON; charset=utf-8", "application/json ;x"] {
            #expect(try TelemetryEncoding(contentType: type) == .json)
        }
        #expect(try TelemetryEncoding(contentType: "application/x-protobuf") == .protobuf)
        for type in [nil, "", "text/plain", "application/grpc"] {
            #expect { try TelemetryEncoding(contentType: type) } throws: { ($0 as? TelemetryProblem)?.status == 415 }
        }
    }

    // MARK: Answers

    @Test func `what is stored whole is answered with nothing`() throws {
        let batch = try read(log(call))
        #expect(
            TelemetryAnswer.accepted(batch, as: .json)
                == TelemetryAnswer(status: 200, contentType: "application/json", body: Array("{}".utf8)))
        #expect(
            TelemetryAnswer.accepted(batch, as: .protobuf)
                == TelemetryAnswer(status: 200, contentType: "application/x-protobuf", body: []))
    }

    @Test(arguments: [
        (TelemetrySignal.logs, "rejectedLogRecords"), (.metrics, "rejectedDataPoints"), (.traces, "rejectedSpans"),
    ])
    func `what was rejected is counted in the answer`(signal: TelemetrySignal, key: String) throws {
        let item: TelemetryItem =
            switch signal {
            case .logs: .event("codex.sse_event", ["event.kind": "response.completed", "input_token_count": "x"])
            case .metrics: .point("codex.turn.token_usage", .integer(-1), ["token_type": "input"])
            case .traces: .call(["gen_ai.usage.input_tokens": "x"])
            }
        let batch = try TelemetryRequest(signal, [item]).batch()
        #expect(batch.rejected == 1)
        let json = TelemetryAnswer.accepted(batch, as: .json)
        #expect(
            String(decoding: json.body, as: UTF8.self)
                == "{\"partialSuccess\":{\"\(key)\":\"1\",\"errorMessage\":\"\(batch.complaint.replacing("\"", with: "\\\""))\"}}"
        )
        let protobuf = TelemetryAnswer.accepted(batch, as: .protobuf)
        let message = TelemetryRequest.number(1, 1) + TelemetryRequest.bytes(2, Array(batch.complaint.utf8))
        #expect(protobuf.body == TelemetryRequest.bytes(1, message) && protobuf.status == 200 && json.status == 200)
    }

    @Test func `what is refused is answered with a status and the reason`() throws {
        let problem = TelemetryProblem(.badData, "no \"value\"")
        #expect(
            TelemetryAnswer.refused(problem, as: .json)
                == TelemetryAnswer(
                    status: 400, contentType: "application/json", body: Array(#"{"message":"no \"value\""}"#.utf8)))
        #expect(
            TelemetryAnswer.refused(problem, as: .protobuf)
                == TelemetryAnswer(
                    status: 400, contentType: "application/x-protobuf",
                    body: TelemetryRequest.bytes(2, Array("no \"value\"".utf8))))
        // Only where a sender may try again is it told when.
        let unavailable = TelemetryAnswer.refused(TelemetryProblem(.unavailable, "later"), as: nil)
        #expect(
            unavailable.status == 503 && unavailable.retryAfter == 5 && unavailable.contentType == "application/json")
    }
}
