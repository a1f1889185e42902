import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite struct SlackPayloadTests {
    static let hostile = [
        "<!channel>", "<!here|all>", "<@U123>", "<https://evil.example|click>", "a&b&amp;c", "\"quoted\\\"",
        "w-1\r\nX-Header: 1", "\u{1B}]0;title\u{7}\u{1B}[2J", "\u{202E}reversed\u{2066}", "\u{0}\u{85}\u{2028}",
        String(repeating: "&", count: 10_000), String(repeating: "x", count: 10_000),
        String(repeating: "🤖", count: 10_000), "e" + String(repeating: "\u{301}", count: 10_000),
    ]

    @Test func `one alert is a header, fields and a context`() throws {
        let message = try Examples.message(dashboardURL: "https://g.example/?a=1&b=2", forecast: "$41.20 by midnight")
        let json = try parsed(SlackPayload(message, id: "nt_1").json)
        #expect(json["text"]?.string == message.text.replacing("&", with: "&amp;"))
        let blocks = try #require(json["blocks"]?.array)
        #expect(blocks.compactMap { $0["type"]?.string } == ["header", "section", "section", "context"])
        #expect(blocks[0]["text"]?["text"]?.string == "Warning: w-1 reached 80% of worker-day")
        #expect(blocks[1]["text"]?["text"]?.string == "w-1 reached 80% of worker-day at 2026-11-21 14:48")
        #expect(
            blocks[1]["fields"]?.array?.compactMap { $0["text"]?.string } == [
                "*Spent*\n$20.10 of $25.00 today, 80.4%", "*Governor*\nnothing yet; this is a warning",
                "*Until*\n2026-11-22 00:00, in 9h 12m",
            ])
        #expect(blocks[2]["text"]?["text"]?.string == "*Forecast*\n$41.20 by midnight")
        #expect(
            blocks[3]["elements"]?.array?.first?["text"]?.string
                == "See more: `governor alerts explain al_5558884f7d4f6f16` · <https://g.example/?a=1&amp;b=2|dashboard> · "
                + "Times are in Europe/Warsaw · nt_1")
    }

    @Test(arguments: hostile) func `data stays data and within Slack's limits`(data: String) throws {
        let one = try Examples.message(worker: data, dashboardURL: data, forecast: data)
        let budget = try Examples.budget(data)
        let alerts = (0..<1000).map { Examples.alert(budget, worker: "\($0) \(data)", action: data) }
        let thousand = Message(
            try Examples.notification(alerts), policy: try Examples.policy(budget), forecast: data,
            now: Examples.firedAt)
        for message in [one, thousand] {
            let bytes = SlackPayload(message, id: data).json
            #expect(!bytes.contains { $0 < 0x20 || $0 == 0x7F })
            let json = try parsed(bytes)
            try Self.checkLimits(json)
            for text in texts(json) {
                #expect(!text.contains("<") && !text.contains(">"), "\(text.prefix(200))")
                #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
                // Every ampersand begins an escape, and no escape was cut.
                #expect(text.replacing(/&(amp|lt|gt);/, with: "").contains("&") == false, "\(text.suffix(200))")
            }
        }
    }

    @Test func `a thousand alerts are ten and a count`() throws {
        let budget = try Examples.budget()
        let alerts = (1...1000).map { Examples.alert(budget, worker: "w-\($0)") }
        let message = Message(
            try Examples.notification(alerts), policy: try Examples.policy(budget), forecast: nil,
            now: Examples.firedAt)
        let json = try parsed(SlackPayload(message, id: "nt_1").json)
        let blocks = try #require(json["blocks"]?.array)
        #expect(blocks.count == 13)
        #expect(blocks[11]["text"]?["text"]?.string == "*and 990 more*")
    }

    @Test func `what is sent is this JSON, by POST, to the path of the webhook`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: "ok")])
        let message = try Examples.message()
        #expect(await Examples.slack(server.url).send(message, id: "nt_1") == .delivered)
        let request = try #require(server.requests.first)
        #expect(request.body == SlackPayload(message, id: "nt_1").json)
        #expect(request.head.hasPrefix("POST /services/T000SECRET/B000SECRET/tokenSECRET HTTP/1.1\r\n"))
        #expect(request.head.contains("Content-Type: application/json; charset=utf-8"))
        #expect(!request.head.contains("Expect:"))
    }

    @Test func `a header's value can't begin another header`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: "ok")])
        let client = CurlClient(name: "ops", allowsPrivate: true, authorityFile: nil, timeouts: Examples.quick)
        let answer = try await client.post(
            to: try WebAddress(Secret(server.url)), headers: [("X-Who", "w-1\r\nX-Evil: 1\u{1B}")], body: [1, 2, 3])
        #expect(answer.status == 200)
        let request = try #require(server.requests.first)
        #expect(request.head.contains("X-Who: w-1 X-Evil: 1"))
        #expect(!request.head.contains("\nX-Evil"))
        #expect(request.body == [1, 2, 3])
    }

    private func parsed(_ bytes: [UInt8]) throws -> JSON { try JSONReader.read(bytes) }

    /// Every text of the message but its types.
    private func texts(_ json: JSON) -> [String] {
        switch json {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.flatMap { texts($0.value) }
        default: []
        }
    }

    static func checkLimits(_ json: JSON) throws {
        let blocks = try #require(json["blocks"]?.array)
        #expect(blocks.count <= 50)
        #expect((json["text"]?.string ?? "").utf16.count <= 4000)
        for block in blocks {
            let text = block["text"]?["text"]?.string ?? ""
            switch block["type"]?.string {
            case "header": #expect((1...150).contains(text.utf16.count))
            case "section":
                #expect((1...3000).contains(text.utf16.count))
                let fields = block["fields"]?.array ?? []
                #expect(fields.count <= 10)
                for field in fields { #expect((1...2000).contains((field["text"]?.string ?? "").utf16.count)) }
            case "context":
                let elements = try #require(block["elements"]?.array)
                #expect(elements.count <= 10)
                for element in elements { #expect((1...3000).contains((element["text"]?.string ?? "").utf16.count)) }
            default: Issue.record("an unknown block")
            }
        }
    }
}
