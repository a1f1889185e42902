import GovernorCore
import GovernorNotify
import Testing

/// The one request that asks instead of telling: what providers are polled with.
@Suite struct AskingTests {
    private static func get(
        _ server: FakeReceiver, limit: Int = 1 << 20, within: Span = .seconds(20), allowsPrivate: Bool = true
    ) async throws -> CurlAnswer {
        let client = CurlClient(name: "asking", allowsPrivate: allowsPrivate, authorityFile: nil)
        let url = "http://127.0.0.1:\(server.port)/v1/organization/costs?group_by%5B%5D=model&page=a%2Fb"
        return try await client.get(
            from: try WebAddress(Secret(url)), headers: [("x-api-key", "KEY"), ("accept", "application/json")],
            bodyLimit: limit, within: within)
    }

    @Test func `it is a GET with its headers and without a body`() async throws {
        let server = try FakeReceiver([.answer("200 OK", headers: ["Retry-After: 7"], body: "{}")])
        let answer = try await Self.get(server)
        #expect(answer.status == 200 && answer.body == Array("{}".utf8) && answer.retryAfter == "7")
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("GET /v1/organization/costs?group_by%5B%5D=model&page=a%2Fb HTTP/1.1"))
        #expect(request.head.contains("x-api-key: KEY") && request.body.isEmpty)
    }

    @Test func `longer answers are read as far as was said, and no further`() async throws {
        let server = try FakeReceiver([.flood(300_000)])
        let whole = try await Self.get(server)
        #expect(whole.body.count == 300_000 && !whole.isCut)
        let cut = try await Self.get(server, limit: 100_000)
        #expect(cut.body.count == 100_000 && cut.isCut)
    }

    @Test func `an answer that never comes ends by the time that was given`() async throws {
        let server = try FakeReceiver([.hang])
        let failure = await #expect(throws: DeliveryFailure.self) {
            try await Self.get(server, within: Span(milliseconds: 200))
        }
        #expect(failure?.reason == .timeout)
    }

    @Test func `a private address needs the consent of whoever named it`() async throws {
        let server = try FakeReceiver([.answer("200 OK")])
        let failure = await #expect(throws: DeliveryFailure.self) {
            try await Self.get(server, allowsPrivate: false)
        }
        #expect(failure?.reason == .addressNotAllowed)
        #expect(server.requests.isEmpty)
    }
}
