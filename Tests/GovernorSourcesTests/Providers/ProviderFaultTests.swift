import GovernorCore
import GovernorSources
import Testing

/// Every way in which a provider fails to answer, made to happen.
@Suite struct ProviderFaultTests {
    private static let day = CivilDate(year: 2026, month: 11, day: 20)
    private static let bucket = """
        {"starting_at":"2026-11-20T00:00:00Z","results":[{"uncached_input_tokens":7,"model":"claude-opus-5"}]}
        """
    private static let laterBucket = """
        {"starting_at":"2026-11-21T00:00:00Z","results":[{"uncached_input_tokens":9,"model":"claude-opus-5"}]}
        """

    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var answer: @Sendable () throws(ProviderFailure) -> ProviderAnswer
        var reason: ProviderFailure.Reason
        var end: PollSchedule.End
        /// Whether the other reports are asked for all the same.
        var goesOn = false

        var testDescription: String { name }
    }

    private static func answers(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> ProviderAnswer
    {
        ProviderAnswer(status: status, headers: headers, body: Array(body.utf8))
    }

    private static let date = ["date": "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 09:07:30 GMT"]

    static let faults = [
        Fault(name: "401", answer: { answers(401) }, reason: .unauthorized, end: .refused),
        Fault(name: "403", answer: { answers(403) }, reason: .forbidden, end: .read, goesOn: true),
        Fault(name: "404", answer: { answers(404) }, reason: .notFound, end: .read, goesOn: true),
        Fault(name: "429", answer: { answers(429) }, reason: .tooOften, end: .failed(retryAfter: nil)),
        Fault(
            name: "429 in seconds", answer: { answers(429, ["retry-after": "90"]) }, reason: .tooOften,
            end: .failed(retryAfter: .seconds(90))),
        Fault(
            name: "429 with a date, against the provider's own clock", answer: { answers(429, date) },
            reason: .tooOften, end: .failed(retryAfter: .seconds(450))),
        Fault(
            name: "429 with a date alone", answer: { answers(429, ["retry-after": "Sat, 21 Nov 2026 10:00:09 GMT"]) },
            reason: .tooOften, end: .failed(retryAfter: .seconds(9))),
        Fault(
            name: "429 with a date gone by", answer: { answers(429, ["retry-after": "Fri, 20 Nov 2026 10:00:00 GMT"]) },
            reason: .tooOften, end: .failed(retryAfter: .seconds(1))),
        Fault(
            name: "429 for ages", answer: { answers(429, ["retry-after": "99999999999999999999"]) }, reason: .tooOften,
            end: .failed(retryAfter: .hours(24))),
        Fault(
            name: "429 with nonsense", answer: { answers(429, ["retry-after": "soon"]) }, reason: .tooOften,
            end: .failed(retryAfter: nil)),
        Fault(name: "500", answer: { answers(500) }, reason: .server, end: .failed(retryAfter: nil)),
        Fault(
            name: "529 with a rest", answer: { answers(529, ["retry-after": "30"]) }, reason: .server,
            end: .failed(retryAfter: .seconds(30))),
        Fault(
            name: "302", answer: { answers(302) }, reason: .badAnswer, end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "no JSON", answer: { answers(200, [:], "<html>") }, reason: .badAnswer, end: .failed(retryAfter: nil),
            goesOn: true),
        Fault(
            name: "broken off in the middle", answer: { answers(200, [:], "{\"data\":[{\"starting_at\":") },
            reason: .badAnswer, end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "no list", answer: { .json("{\"ok\":true}") }, reason: .badAnswer, end: .failed(retryAfter: nil),
            goesOn: true),
        Fault(
            name: "nested without end", answer: { answers(200, [:], String(repeating: "[", count: 100_000)) },
            reason: .badAnswer, end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "too long", answer: { ProviderAnswer(status: 200, body: [], isCut: true) }, reason: .badAnswer,
            end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "more pages, none named", answer: { .json("{\"data\":[],\"has_more\":true,\"next_page\":null}") },
            reason: .badAnswer, end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "a day without a date", answer: { .page("{\"results\":[]}") }, reason: .badAnswer,
            end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "pages in a circle", answer: { .page(bucket, next: "p1") }, reason: .endless,
            end: .failed(retryAfter: nil), goesOn: true),
        Fault(
            name: "no answer in time",
            answer: { () throws(ProviderFailure) in throw ProviderFailure(.timeout, "30 s") },
            reason: .timeout, end: .failed(retryAfter: nil)),
        Fault(
            name: "no connection",
            answer: { () throws(ProviderFailure) in throw ProviderFailure(.unreachable, "refused") },
            reason: .unreachable, end: .failed(retryAfter: nil)),
    ]

    @Test(arguments: faults) func `a fault has its reason, and costs no other report`(_ fault: Fault) async throws {
        let provider = FakeProvider { asked throws(ProviderFailure) in
            asked.path.hasSuffix("messages") ? try fault.answer() : .page("")
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [fault.reason], "\(result.failures)")
        #expect(result.end == fault.end)
        #expect(!result.ok)
        #expect(result.batches.map(\.kind) == (fault.goesOn ? [.cost, .agent] : []))
        let text = try #require(result.error)
        #expect(text.hasPrefix("Anthropic's usage report"), "\(text)")
        #expect(!text.contains("KEY"))
    }

    @Test func `the provider's own word is told, cleaned and cut`() async throws {
        let word = "bad\\u0000key \\u001b[31m" + String(repeating: "x", count: 500)
        let body =
            "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key\"}}"
        let plain = FakeProvider { _ in Self.answers(401, [:], body) }
        let told = await plain.poller(.anthropic).poll(since: Self.day).error
        #expect(told?.contains("answered 401 (invalid x-api-key): the key is refused") == true)
        let hostile = FakeProvider { _ in Self.answers(500, [:], body.replacing("invalid x-api-key", with: word)) }
        let text = try #require(await hostile.poller(.openai).poll(since: Self.day).error)
        #expect(text.count < 400 && !text.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test func `all pages are read, in order`() async {
        let provider = FakeProvider { asked in
            guard asked.path.hasSuffix("messages") else { return .page("") }
            return switch asked.value("page") {
            case nil: .page(Self.bucket, next: "page/2 +&=")
            case "page/2 +&=": .page("{\"starting_at\":\"2026-11-20T12:00:00Z\",\"results\":[]}", next: "3")
            default: .page(Self.laterBucket)
            }
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.ok)
        #expect(result.batches.first?.rows.map { $0.tokens?.input } == [7, 9])
    }

    @Test func `a page that comes again under another name is noticed`() async {
        let provider = FakeProvider { asked in
            asked.path.hasSuffix("messages") ? .page(Self.bucket, next: "p\(asked.number)") : .page("")
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.endless])
        #expect(provider.asked.count { $0.path.hasSuffix("messages") } == 2)
    }

    @Test func `pages without an end are given up, and nothing of them is used`() async {
        let provider = FakeProvider { asked in
            let bucket = Self.bucket.replacing(":7,", with: ":\(asked.number),")
            return asked.path.hasSuffix("messages") ? .page(bucket, next: "p\(asked.number)") : .page("")
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.endless])
        #expect(provider.asked.count { $0.path.hasSuffix("messages") } == 100)
        #expect(result.batches.map(\.kind) == [.cost, .agent])
    }

    @Test func `a report that breaks off on its second page is not used in part`() async {
        let provider = FakeProvider { asked in
            asked.value("page") == nil ? .page(Self.bucket, next: "2") : Self.answers(503)
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.batches.isEmpty)
        #expect(result.failures.map(\.reason) == [.server])
    }

    @Test func `a provider that is slow on every page is given up after five minutes`() async {
        let provider = FakeProvider(slowness: .seconds(29)) { asked in
            .page(Self.bucket.replacing(":7,", with: ":\(asked.number),"), next: "p\(asked.number)")
        }
        let result = await provider.poller(.anthropic).poll(since: Self.day)
        #expect(result.failures.map(\.reason) == [.timeout])
        #expect(provider.asked.count == 11)
        // The last is given no longer than what is left.
        #expect(provider.asked.last?.timeLimit == .seconds(10))
    }
}
