import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite struct WebhookTests {
    /// RFC 4231, 4.2 to 4.8; the fifth shows only the first half of its digest.
    static let vectors: [(key: String, data: String, digest: String)] = [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "0c", count: 20), "546573742057697468205472756e636174696f6e",
            "a3b6167473100ee06e0c796c2955552b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            String(repeating: "aa", count: 131),
            "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e64"
                + "2061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f206265"
                + "20686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: vectors) func `the HMAC is that of RFC 4231`(vector: (key: String, data: String, digest: String))
        throws
    {
        let digest = try #require(WebhookSignature.hmac(key: bytes(vector.key), of: bytes(vector.data)))
        #expect(digest.count == 32)
        #expect(Array(digest.prefix(vector.digest.count / 2)) == bytes(vector.digest))
    }

    @Test func `the signature is that of Standard Webhooks' own example`() throws {
        let header = try WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            keys: [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `a key is what whsec_ encodes, or its own bytes`() throws {
        #expect(try WebhookSignature.bytes(of: Secret("whsec_AAEC")) == [0, 1, 2])
        #expect(try WebhookSignature.bytes(of: Secret("zażółć")) == Array("zażółć".utf8))
        for broken in ["whsec_", "whsec_!!!", "whsec_AAE"] {
            let error = #expect(throws: DeliveryFailure.self) { try WebhookSignature.bytes(of: Secret(broken)) }
            #expect(error?.reason == .credentials)
            #expect(error?.text.contains("AAE") == false && error?.text.contains("!!!") == false)
        }
    }

    @Test func `where nothing computes an HMAC only what is signed fails, and says what to install`() throws {
        let error = #expect(throws: DeliveryFailure.self) {
            try WebhookSignature.header(id: "nt_1", seconds: 0, body: [], keys: [Secret("key")]) { _, _ in nil }
        }
        #expect(error?.reason == .libraryMissing && error?.text.contains("install") == true)
        #expect(try WebhookSignature.header(id: "nt_1", seconds: 0, body: [], keys: []) { _, _ in nil } == "")
    }

    @Test func `a broken key refuses the letter before anything is sent`() async throws {
        let server = try FakeReceiver([.answer("200 OK")])
        let notifier = PostNotifier(
            url: Secret(server.url), form: WebhookForm(keys: [Secret("whsec_!!!")]), client: Examples.client())
        let outcome = await notifier.send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .refused(.credentials))
        #expect(server.requests.isEmpty)
    }

    @Test func `each key signs, and each attempt by its own time`() async throws {
        let server = try FakeReceiver([.answer("500 Oops"), .answer("204 No Content")])
        let keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "the former key"].map { Secret($0) }
        let notifier = PostNotifier(url: Secret(server.url), form: WebhookForm(keys: keys), client: Examples.client())
        let message = try Examples.message()
        let times = [Examples.firedAt, Examples.firedAt + .seconds(5)]
        #expect(Expected(await notifier.send(Examples.letter(message)).outcome) == .failed(.http5xx, ambiguous: true))
        #expect(await notifier.send(Examples.letter(message, now: times[1])).outcome == .delivered)
        #expect(Set(server.requests.map(\.body)).count == 1)
        for (request, time) in zip(server.requests, times) {
            let headers = Mail(request.head + "\r\n\r\n").headers
            #expect(headers["webhook-id"] == "nt_1")
            #expect(headers["webhook-timestamp"] == "\(time.milliseconds / 1000)")
            let signatures = try #require(headers["webhook-signature"]).split(separator: " ")
            #expect(signatures.count == 2)
            for (signature, key) in zip(signatures, keys) {
                let signed = Array("nt_1.\(time.milliseconds / 1000).".utf8) + request.body
                let digest = try #require(WebhookSignature.hmac(key: try WebhookSignature.bytes(of: key), of: signed))
                #expect(String(signature) == "v1,\(Data(digest).base64EncodedString())")
            }
        }
    }

    @Test func `without a key nothing is signed`() throws {
        let requests = try WebhookForm(keys: []).requests(for: Examples.letter(try Examples.message()))
        #expect(requests.first?.headers.map(\.name) == ["webhook-id", "webhook-timestamp"])
    }

    @Test func `the payload says what the message says, for machines`() throws {
        let budget = try Examples.budget()
        let alert = Examples.alert(budget, percent: 100, spentCents: 2600, action: "paused it until midnight")
        let message = Message(
            try Examples.notification([alert]), policy: try Examples.policy(budget, dashboardURL: "https://g.example/"),
            forecast: "$41.20 by midnight", now: Examples.firedAt)
        let letter = Examples.letter(message, items: Examples.items([alert]))
        let json = try JSONReader.read(WebhookPayload(letter).json)
        #expect(json["version"] == .number("1"))
        #expect(json["event"]?.string == "budget.threshold")
        #expect(json["id"]?.string == "nt_1")
        #expect(json["timestamp"]?.string == "2026-11-21T14:48:00+01:00")
        #expect(json["severity"]?.string == "critical")
        #expect(json["title"]?.string == "Critical: w-1 reached 100% of worker-day")
        #expect(json["text"]?.string == message.text)
        #expect(json["forecast"]?.string == "$41.20 by midnight")
        #expect(json["dashboard_url"]?.string == "https://g.example/")
        let written = try #require(json["alerts"]?.array?.first)
        #expect(written["event"]?.string == "budget.threshold")
        #expect(written["id"]?.string == alert.id)
        #expect(written["budget"]?.string == "worker-day")
        #expect(written["split"]?["worker"]?.string == "w-1")
        #expect(written["spent_usd"] == .number("26.00") || written["spent_usd"] == .number("26"))
        #expect(written["fired_at"]?.string == "2026-11-21T14:48:00+01:00")
        #expect(json["more"] == nil && json["sections"] == nil)
    }

    @Test(arguments: [
        (Alert.Kind.threshold, "budget.threshold"), (.forecast, "budget.forecast"), (.rule, "rule.firing"),
        (.policy, "policy.error"), (.delivery, "delivery.dead"),
    ])
    func `every kind has its event, and its end another`(kind: Alert.Kind, event: String) throws {
        var alert = Examples.alert(try Examples.budget())
        alert.kind = kind
        let message = try Examples.message()
        let (firing, resolved) = (Examples.items([alert]), Examples.items([alert], event: .resolved))
        for (items, expected) in [(firing + resolved, event), (resolved + firing, "alert.resolved"), ([], "test")] {
            let json = try JSONReader.read(WebhookPayload(Examples.letter(message, items: items)).json)
            #expect(json["event"]?.string == expected)
        }
    }

    @Test func `a digest is a report, and a thousand alerts are a hundred and a count`() throws {
        let budget = try Examples.budget()
        let items = Examples.items((1...1000).map { Examples.alert(budget, worker: "w-\($0)") })
        var letter = Examples.letter(try Examples.message(), items: items)
        letter.message.sections = Examples.sections
        let json = try JSONReader.read(WebhookPayload(letter).json)
        #expect(json["event"]?.string == "report")
        #expect(json["alerts"]?.array?.count == 100 && json["more"] == .number("900"))
        let sections = try #require(json["sections"]?.array)
        #expect(sections.compactMap { $0["title"]?.string } == ["Spend", "Top workers"])
        #expect(sections[0]["rows"]?.array?.first?["label"]?.string == "Yesterday")
        #expect(sections[0]["rows"]?.array?.first?["value"]?.string == "$182.40, up 12% from $162.90")
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
