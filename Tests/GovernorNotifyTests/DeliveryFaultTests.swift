import GovernorCore
import GovernorNotify
import Testing

/// The eighteen ways an HTTP delivery goes wrong, each made to happen.
@Suite struct DeliveryFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var step: FakeReceiver.Step
        var expected: Expected

        init(_ name: String, _ step: FakeReceiver.Step, _ expected: Expected) {
            self.name = name
            self.step = step
            self.expected = expected
        }

        var testDescription: String { name }
    }

    static let cases = [
        Case("200 ok", .answer("200 OK", body: "ok"), .delivered),
        Case("200 ok with a line end", .answer("200 OK", body: "ok\n"), .delivered),
        Case("200 with a page", .answer("200 OK", body: "<html>ok</html>"), .refused(.badAnswer)),
        Case("200 with nothing", .answer("200 OK"), .refused(.badAnswer)),
        Case("reset before headers", .resetBeforeHeaders, .failed(.reset, ambiguous: true)),
        Case("reset in the body", .resetInBody, .failed(.reset, ambiguous: true)),
        Case("10 MB answer", .flood(10_000_000), .refused(.badAnswer)),
        Case("no HTTP at all", .bytes("220 mail ready\r\n"), .failed(.badAnswer, ambiguous: true)),
        Case("301", .answer("301 Moved", headers: ["Location: http://127.0.0.1:1/"]), .refused(.redirect)),
        Case("307", .answer("307 Moved", headers: ["Location: file:///etc/passwd"]), .refused(.redirect)),
        Case("400", .answer("400 Bad Request", body: "invalid_payload"), .refused(.http4xx)),
        Case("401", .answer("401 Unauthorized"), .refused(.http4xx)),
        Case("403", .answer("403 Forbidden", body: "action_prohibited"), .refused(.http4xx)),
        Case("404", .answer("404 Not Found", body: "no_service"), .refused(.http4xx)),
        Case("408", .answer("408 Request Timeout"), .failed(.http4xx, ambiguous: false)),
        Case("410", .answer("410 Gone", body: "channel_is_archived"), .refused(.http4xx)),
        Case("418", .answer("418 I'm a teapot"), .refused(.http4xx)),
        Case("429", .answer("429 Too Many Requests"), .failed(.rateLimited, ambiguous: false)),
        Case("500", .answer("500 Oops"), .failed(.http5xx, ambiguous: true)),
        Case("503", .answer("503 Busy"), .failed(.http5xx, ambiguous: false)),
    ]

    @Test(arguments: cases) func `every answer has its outcome`(_ fault: Case) async throws {
        let server = try FakeReceiver([fault.step])
        let outcome = await Examples.slack(server.url).send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == fault.expected, "\(outcome)")
        #expect(server.requests.count == 1)
        #expect(outcome.failure?.text.contains("SECRET") != true, "\(outcome)")
        #expect(outcome.failure.map { $0.text.hasPrefix("http://127.0.0.1") } != false, "\(outcome)")
    }

    @Test func `a name that does not resolve is tried again`() async throws {
        let outcome = await Examples.slack("https://nonexistent.invalid/services/SECRET")
            .send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.nameResolution, ambiguous: false))
        let text = try #require(outcome.failure?.text)
        #expect(text.contains("nonexistent.invalid") && !text.contains("SECRET"), "\(text)")
    }

    @Test func `a refused connection is tried again`() async throws {
        let outcome = await Examples.slack("http://127.0.0.1:\(try FakeReceiver.refusedPort())/SECRET")
            .send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.refusedConnection, ambiguous: false))
        #expect(outcome.failure?.text.contains("SECRET") == false)
    }

    @Test func `a connection that hangs ends after the connect timeout`() async throws {
        let server = try FullBacklog()
        let timeouts = CurlTimeouts(
            connect: Span(milliseconds: 300), total: .seconds(20), slow: .seconds(20))
        let outcome = await Examples.slack("http://127.0.0.1:\(server.port)/SECRET", timeouts: timeouts)
            .send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.timeout, ambiguous: false), "\(outcome)")
    }

    @Test func `an answer that never comes ends after the total timeout and may have been taken`() async throws {
        let server = try FakeReceiver([.hang])
        let timeouts = CurlTimeouts(connect: .seconds(2), total: Span(milliseconds: 300), slow: .seconds(20))
        let outcome = await Examples.slack(server.url, timeouts: timeouts).send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.timeout, ambiguous: true), "\(outcome)")
    }

    @Test func `an answer that drips ends after the total timeout`() async throws {
        let server = try FakeReceiver([.drip])
        let timeouts = CurlTimeouts(connect: .seconds(2), total: .seconds(1), slow: .seconds(20))
        let outcome = await Examples.slack(server.url, timeouts: timeouts).send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.timeout, ambiguous: true), "\(outcome)")
    }

    @Test func `a transfer that stalls ends long before the total timeout`() async throws {
        let server = try FakeReceiver([.hang])
        let timeouts = CurlTimeouts(connect: .seconds(2), total: .seconds(60), slow: .seconds(1))
        let outcome = await Examples.slack(server.url, timeouts: timeouts).send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.timeout, ambiguous: true), "\(outcome)")
        #expect(outcome.failure?.text.contains("too slow") == true, "\(outcome)")
    }

    @Test func `500 then 200 delivers, with the same request`() async throws {
        let server = try FakeReceiver([.answer("500 Oops"), .answer("200 OK", body: "ok")])
        let notifier = Examples.slack(server.url)
        let message = try Examples.message()
        let first = await notifier.send(message, id: "nt_1")
        #expect(Expected(first) == .failed(.http5xx, ambiguous: true))
        #expect(await notifier.send(message, id: "nt_1") == .delivered)
        #expect(server.requests.count == 2)
        #expect(server.requests.first?.body == server.requests.last?.body)
    }

    @Test(
        arguments: [
            (["Retry-After: 7"], Span.seconds(7)),
            (["Retry-After: 0"], .seconds(1)),
            (["Retry-After: 86400"], .hours(1)),
            (["Retry-After: 99999999999999999999"], .hours(1)),
            (["Retry-After: -5"], nil),
            (["Retry-After: soon"], nil),
            ([], nil),
            (["Date: Sat, 21 Nov 2026 13:48:00 GMT", "Retry-After: Sat, 21 Nov 2026 13:50:00 GMT"], .minutes(2)),
            (["Date: Sat, 21 Nov 2026 13:48:00 GMT", "Retry-After: Saturday, 21-Nov-26 13:48:30 GMT"], .seconds(30)),
            (["Date: Sat, 21 Nov 2026 13:48:00 GMT", "Retry-After: Sat Nov 21 13:48:20 2026"], .seconds(20)),
            (["Date: Sat, 21 Nov 2026 13:48:00 GMT", "Retry-After: Sat, 21 Nov 2026 13:00:00 GMT"], .seconds(1)),
            (["Retry-After: Sat, 21 Nov 2099 13:00:00 GMT"], .hours(1)),
        ] as [([String], Span?)])
    func `a 429 waits as long as Retry-After asks, within an hour`(headers: [String], wait: Span?) async throws {
        let server = try FakeReceiver([.answer("429 Too Many Requests", headers: headers)])
        let outcome = await Examples.slack(server.url).send(try Examples.message(), id: "nt_1")
        guard case .failed(let failure, let retryAfter) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.reason == .rateLimited)
        #expect(retryAfter == wait)
    }

    @Test func `a page that repeats the URL is not repeated in the error`() async throws {
        let server = try FakeReceiver([
            .answer("404 Not Found", body: "no such path: /services/T000SECRET/B000SECRET/tokenSECRET")
        ])
        let outcome = await Examples.slack(server.url).send(try Examples.message(), id: "nt_1")
        #expect(
            outcome.failure?.text == "http://127.0.0.1 answered 404: "
                + "the webhook is gone; make a new one in Slack and change webhook_url")
    }

    @Test func `a cancelled task ends its delivery`() async throws {
        let server = try FakeReceiver([.hang])
        let patient = CurlTimeouts(connect: .seconds(60), total: .seconds(60), slow: .seconds(60))
        let notifier = Examples.slack(server.url, timeouts: patient)
        let message = try Examples.message()
        let outcome = await withTaskGroup(of: DeliveryOutcome.self) { group in
            group.addTask { await notifier.send(message, id: "nt_1") }
            var arrivals = server.arrivals.makeAsyncIterator()
            _ = await arrivals.next()
            group.cancelAll()
            return await group.next()
        }
        #expect(outcome.map(Expected.init) == .failed(.cancelled, ambiguous: true))
    }

    @Test func `a receiver that hangs delays no other`() async throws {
        let stuck = try FakeReceiver([.hang])
        let good = try FakeReceiver([.answer("200 OK", body: "ok")])
        let patient = CurlTimeouts(connect: .seconds(60), total: .seconds(60), slow: .seconds(60))
        let message = try Examples.message()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                let notifier = Examples.slack(stuck.url, timeouts: patient)
                group.addTask { _ = await notifier.send(message, id: "nt_1") }
            }
            var arrivals = stuck.arrivals.makeAsyncIterator()
            _ = await arrivals.next()
            for number in 0..<5 {
                let outcome = await Examples.slack(good.url).send(message, id: "nt_\(number)")
                #expect(outcome == .delivered)
            }
            group.cancelAll()
        }
        #expect(good.requests.count == 5)
    }

    @Test func `one receiver's messages go one after the other`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: "ok")])
        let notifier = Examples.slack(server.url)
        let message = try Examples.message()
        await withTaskGroup(of: DeliveryOutcome.self) { group in
            for number in 0..<20 { group.addTask { await notifier.send(message, id: "nt_\(number)") } }
            for await outcome in group { #expect(outcome == .delivered) }
        }
        #expect(server.requests.count == 20)
    }
}
