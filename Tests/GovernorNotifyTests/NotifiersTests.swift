import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite struct NotifiersTests {
    @Test func `each kind of receiver has its notifier and its pace, and one that is off has none`() {
        let url = Secret("https://h.example/topic")
        let mail = EmailSettings(to: ["a@example.com"], from: "g@example.com", server: Secret("smtps://m.example"))
        let kinds: [(Receiver.Kind, Span?)] = [
            (.slack(webhook: url), .seconds(1)), (.webhook(url: url, keys: []), .zero),
            (.pagerduty(url: url, routingKey: url), .zero), (.discord(webhook: url), .seconds(2)),
            (.teams(webhook: url), .seconds(1)), (.ntfy(topic: url, token: nil), .zero), (.email(mail), .zero),
            (.log, .zero), (.off, nil),
        ]
        for (kind, spacing) in kinds {
            #expect(Notifiers.make(for: Receiver(name: "ops", kind: kind)) { _ in }?.spacing == spacing)
        }
    }

    @Test func `a receiver's own settings reach its connection`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: "ok")])
        let message = try Examples.message()
        var receiver = Receiver(name: "ops", kind: .slack(webhook: Secret(server.url)))
        let strict = try #require(Notifiers.make(for: receiver, timeouts: Examples.quick) { _ in })
        #expect(Expected(await strict.send(message, id: "nt_1")) == .refused(.addressNotAllowed))
        receiver.allowsPrivate = true
        let consenting = try #require(Notifiers.make(for: receiver, timeouts: Examples.quick) { _ in })
        #expect(await consenting.send(message, id: "nt_1") == .delivered)
    }

    @Test(
        arguments: [
            (nil, 5000, 5000), (4700, 5000, 5700), (5000, 5000, 6000), (1000, 5000, 5000), (90_000, 5000, 5000),
        ] as [(Int64?, Int64, Int64)])
    func `messages keep their distance, whatever the clock does`(last: Int64?, now: Int64, next: Int64) {
        let earliest = Pacing.earliest(
            after: last.map { Timestamp(milliseconds: $0) }, spacing: .seconds(1), now: Timestamp(milliseconds: now))
        #expect(earliest == Timestamp(milliseconds: next))
    }

    @Test func `reasons are labels of metrics`() {
        for reason in DeliveryFailure.Reason.allCases {
            #expect(reason.rawValue.wholeMatch(of: /[a-z0-9_]+/) != nil)
        }
    }

    @Test func `a library that is not there is named, with what to do`() throws {
        let problem = try #require(CurlLibrary.problem(opening: "libnothing.so.9"))
        #expect(problem.contains("libnothing.so.9") && problem.contains("install"), "\(problem)")
        let wrong = try #require(CurlLibrary.problem(opening: "libc.so.6"))
        #expect(wrong.contains("has no curl_global_init"), "\(wrong)")
        #expect(CurlLibrary.problem(opening: "libcurl.so.4") == nil)
        #expect(CurlLibrary.problem == nil)
        #expect(CurlLibrary.version?.hasPrefix("libcurl/") == true)
    }

    /// Linked, it would double the start of every `governor check`.
    @Test func `nothing links libcurl`() throws {
        let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        #expect(!manifest.contains("linkedLibrary(\"curl") && !manifest.contains("lcurl"))
        let shim = root.appending(path: "Sources/CCurl").resolvingSymlinksInPath()
        let names = try FileManager.default.subpathsOfDirectory(atPath: shim.path)
        // A module map could say `link "curl"`; without one the only files are the shim and its header.
        #expect(names.sorted() == ["CCurl.c", "include", "include/CCurl.h"])
    }
}
