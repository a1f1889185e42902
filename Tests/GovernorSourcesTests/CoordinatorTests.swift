import GovernorCore
import GovernorSources
import Testing

/// What is read from a coordinator's daily log.
@Suite struct CoordinatorTests {
    let folder: TemporaryFolder
    private var path: String { folder.file("api-calls-2026-11-20.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    private func read(_ lines: String..., zone: Zone = .utc) throws -> Follower {
        try folder.write("api-calls-2026-11-20.jsonl", lines.joined())
        var follower = Follower()
        follower.reader = FileReader(zone: zone)
        try follower.follow(path)
        return follower
    }

    @Test func `a line gives its call`() throws {
        let follower = try read(Fixture.call(["session_id": "\"s-9\""]))
        let record = try #require(follower.records.first)
        #expect(record.identity == CallIdentity(key: "coordinator/t-1/w-1/2026-11-20T15:18:56.120000/100/50"))
        #expect(record.growth == .later)
        #expect(RFC3339.utc(record.time) == "2026-11-20T15:18:56.120Z")
        #expect(
            record.labels
                == Labels([
                    .worker: "w-1", .session: "s-9", .task: "t-1", .model: "claude-sonnet-4-5", .source: "coordinator",
                ]))
        #expect(record.tokens == TokenCounts(input: 100, output: 50))
        #expect(record.reportedCost == Money(nanodollars: 12_300_000))
        #expect(record.durationMilliseconds == 2500 && record.firstTokenMilliseconds == 250)
        #expect(record.outcome == .success && record.errorKind == nil)
        #expect(record.raw == UsageRecord.RawReference(file: path, offset: 0))
    }

    @Test func `a time without a zone is the configured zone's`() throws {
        let zone = try #require(Zone(identifier: "America/New_York"))
        let follower = try read(
            Fixture.call(), Fixture.call(["timestamp": "\"2026-11-20T15:18:56Z\""]),
            Fixture.call(["timestamp": "\"2026-03-08T02:30:00\""]), zone: zone)
        #expect(
            follower.records.map { RFC3339.utc($0.time) } == [
                "2026-11-20T20:18:56.120Z", "2026-11-20T15:18:56Z", "2026-03-08T07:00:00Z",
            ])
    }

    @Test func `an estimate of zero is no price`() throws {
        let follower = try read(
            Fixture.call(["estimated_cost_usd": "0.0"]), Fixture.call(["estimated_cost_usd": "0"]),
            Fixture.call(["estimated_cost_usd": nil]), Fixture.call(["estimated_cost_usd": "\"n/a\""]))
        #expect(follower.records.map(\.reportedCost) == [nil, nil, nil, nil])
    }

    @Test func `only timestamp, model and tokens are needed`() throws {
        let follower = try read(
            "{\"timestamp\":\"2026-11-20 15:18:56\",\"model\":\"gpt-5\",\"tokens_input\":1,\"tokens_output\":2}\n")
        let record = try #require(follower.records.first)
        #expect(record.identity.key == "coordinator///2026-11-20 15:18:56/1/2")
        #expect(record.labels == Labels([.model: "gpt-5", .source: "coordinator"]))
        #expect(record.outcome == .success && record.durationMilliseconds == nil && record.reportedCost == nil)
    }

    @Test func `cache tokens are taken where there are any`() throws {
        let follower = try read(
            Fixture.call(["cache_read_tokens": "7", "cache_creation_input_tokens": "9"]),
            Fixture.call(["cache_write_5m_tokens": "3", "cache_write_1h_tokens": "4"]))
        #expect(
            follower.records.map(\.tokens) == [
                TokenCounts(input: 100, output: 50, cacheRead: 7, cacheWrite5m: 9),
                TokenCounts(input: 100, output: 50, cacheWrite5m: 3, cacheWrite1h: 4),
            ])
    }

    @Test(
        arguments: [
            ("null", "null", "null", Outcome.success, nil), ("null", "1", "null", .error, "other"),
            ("false", "0", "\"429 Too Many Requests\"", .error, "rate_limit"),
            ("false", "1", "\"Rate limit exceeded\"", .error, "rate_limit"),
            ("false", "124", "\"Command timed out after 600 seconds\"", .error, "timeout"),
            ("false", "1", "\"Invalid API key\"", .error, "auth"), ("null", "null", "\"boom\"", .error, "other"),
            ("true", "0", "\"a warning\"", .success, nil),
        ] as [(String, String, String, Outcome, String?)])
    func `success, exit code and message tell how the call ended`(
        success: String, code: String, message: String, outcome: Outcome, kind: String?
    ) throws {
        let follower = try read(Fixture.call(["success": success, "exit_code": code, "error_message": message]))
        #expect(follower.records.map(\.outcome) == [outcome])
        #expect(follower.records.map(\.errorKind) == [kind])
    }

    @Test(arguments: [
        (Fixture.call(["timestamp": nil]), "no timestamp"), (Fixture.call(["timestamp": "\"\""]), "no timestamp"),
        (
            Fixture.call(["timestamp": "\"soon\""]), "timestamp must be an ISO 8601 time; got \"soon\""
        ),
        (Fixture.call(["model": "null"]), "no model"),
        (Fixture.call(["tokens_input": nil, "tokens_total": nil]), "no tokens_input and no tokens_total"),
        (Fixture.call(["tokens_output": "null", "tokens_total": "null"]), "no tokens_output and no tokens_total"),
        (Fixture.call(["tokens_output": "NaN"]), "tokens_output: expected a value"),
        (
            Fixture.call(["tokens_output": "\"many\""]),
            "tokens_output must be a whole number from 0 to 10000000000; got \"many\""
        ),
        (
            Fixture.call(["tokens_output": "-5"]),
            "tokens_output must be a whole number from 0 to 10000000000; got -5"
        ),
        ("[1]\n", "expected an object (byte 0)"), ("half a line\n", "expected an object (byte 0)"),
    ])
    func `a line that can't be booked is reported and the next one read`(line: String, reason: String) throws {
        let follower = try read(line, "\n", Fixture.call())
        #expect(follower.rejected.map(\.reason) == [reason])
        #expect(follower.records.map(\.raw?.offset) == [Int64(line.utf8.count) + 1])
    }

    @Test func `the same line written again counts once`() throws {
        let follower = try read(Fixture.call(), Fixture.call(), Fixture.call(["tokens_output": "51"]))
        #expect(follower.counted.count == 2)
    }

    @Test func `tokens that are missing follow from the total, and a total alone is input`() throws {
        let follower = try read(
            Fixture.call(["tokens_input": nil]), Fixture.call(["tokens_output": nil]),
            Fixture.call(["tokens_input": nil, "tokens_output": "null"]),
            Fixture.call(["tokens_input": nil, "tokens_output": "151"]), Fixture.call(["tokens_total": nil]))
        #expect(follower.rejected.isEmpty)
        #expect(
            follower.records.map(\.tokens) == [
                TokenCounts(input: 100, output: 50), TokenCounts(input: 100, output: 50), TokenCounts(input: 150),
                TokenCounts(input: 0, output: 151), TokenCounts(input: 100, output: 50),
            ])
    }

    @Test func `numbers in quotes are numbers`() throws {
        let follower = try read(
            Fixture.call([
                "tokens_input": "\"100\"", "tokens_output": "\"50\"", "estimated_cost_usd": "\"0.0123\"",
                "duration_seconds": "\"2.5\"", "time_to_first_token": "\"0.25\"", "success": "null",
                "exit_code": "\"1\"",
            ]))
        let record = try #require(follower.records.first)
        #expect(record.tokens == TokenCounts(input: 100, output: 50))
        #expect(record.reportedCost == Money(nanodollars: 12_300_000))
        #expect(record.durationMilliseconds == 2500 && record.firstTokenMilliseconds == 250)
        #expect(record.outcome == .error)
    }

    @Test func `what only describes a call costs nobody its spend`() throws {
        let follower = try read(
            Fixture.call([
                "tokens_per_second": "Infinity", "time_to_first_token": "NaN", "estimated_cost_usd": "NaN",
                "error_message": "null", "success": "True", "exit_code": "0",
            ]))
        #expect(follower.rejected.isEmpty)
        #expect(follower.records.map(\.tokens.total) == [150])
        #expect(follower.records.map(\.reportedCost) == [nil])
        #expect(follower.records.map(\.outcome) == [.success])
    }

    @Test(
        arguments: [
            ("\"true\"", Outcome.success), ("\"False\"", .error), ("1", .success), ("0", .error), ("\"?\"", .success),
        ] as [(String, Outcome)])
    func `success is understood in other spellings`(success: String, outcome: Outcome) throws {
        #expect(try read(Fixture.call(["success": success])).records.map(\.outcome) == [outcome])
    }
}
