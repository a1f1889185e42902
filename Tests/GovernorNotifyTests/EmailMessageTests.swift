import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite struct EmailMessageTests {
    private static func message(_ letter: Letter) -> EmailMessage {
        EmailMessage(letter, from: "governor@example.com", to: ["a@example.com", "b@example.com"])
    }

    @Test func `the headers name everybody, and are the same on every attempt`() throws {
        let message = try Examples.message()
        let first = Self.message(Examples.letter(message)).headers
        #expect(
            first == [
                "Date: Sat, 21 Nov 2026 14:48:00 +0100", "From: Governor <governor@example.com>",
                "To: a@example.com,\r\n b@example.com", "Subject: Warning: w-1 reached 80% of worker-day",
                "Message-ID: <nt_1@example.com>", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All",
                "Content-Type: multipart/alternative",
            ])
        #expect(Self.message(Examples.letter(message, now: Examples.firedAt + .hours(3))).headers == first)
        var critical = message
        critical.severity = .critical
        #expect(Self.message(Examples.letter(critical)).headers.contains("Importance: high"))
    }

    @Test(arguments: [
        (Int64(0), "UTC", "Thu, 1 Jan 1970 00:00:00 +0000"),
        (1_795_268_880, "America/St_Johns", "Sat, 21 Nov 2026 10:18:00 -0330"),
        (1_795_268_880, "Asia/Kathmandu", "Sat, 21 Nov 2026 19:33:00 +0545"),
        (1_782_864_000, "Europe/Warsaw", "Wed, 1 Jul 2026 02:00:00 +0200"),
    ])
    func `dates are those of mail`(seconds: Int64, zone: String, text: String) throws {
        #expect(EmailDate.text(Timestamp(seconds: seconds), in: try #require(Zone(identifier: zone))) == text)
    }

    @Test(arguments: [
        "Warning: w-1 reached 80% of worker-day", "zażółć gęślą jaźń", String(repeating: "🤖", count: 100),
        String(repeating: "工", count: 299), "=?utf-8?B?QmNj?=", String(repeating: "x", count: 300),
        "line\r\nBcc: all@example.com", "e" + String(repeating: "\u{301}", count: 200), "",
    ])
    func `a subject comes back as it went, in lines of mail`(text: String) throws {
        let header = "Subject: " + EncodedWord.header(text, after: 9)
        #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0D || $0 == 0x0A })
        let lines = header.components(separatedBy: "\r\n")
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(" =?utf-8?B?") })
        if lines.count > 1 { #expect(lines.allSatisfy { $0.utf8.count <= 76 }, "\(lines)") }
        let value = header.dropFirst(9)
        guard value.hasPrefix("=?utf-8?B?") else {
            #expect(value == Message.clean(text))
            return
        }
        let words = value.components(separatedBy: "\r\n ")
        let decoded = try words.map { word in
            let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
            // Each word is text by itself.
            return try #require(String(data: data, encoding: .utf8))
        }
        #expect(decoded.joined() == Message.clean(text, limit: 300))
    }

    @Test func `a mail is text and HTML, in that order`() async throws {
        let server = try FakeMailServer()
        let message = try Examples.message(
            worker: "zażółć =3D . 工", dashboardURL: "https://g.example/?a=1&b=2", forecast: "$41.20 by midnight")
        #expect(await Examples.email(server.url).send(Examples.letter(message)).outcome == .delivered)
        let mail = Mail(try #require(server.mails.first).body)
        #expect(mail.headers["mime-version"] == "1.0")
        #expect(mail.headers["content-type"]?.hasPrefix("multipart/alternative; boundary=") == true)
        #expect(mail.part("text/plain") == message.text)
        let html = try #require(mail.part("text/html"))
        #expect(html == EmailHTML(message, items: []).text)
        #expect(html.contains(#"<a href="https://g.example/?a=1&amp;b=2""#))
        let order = [mail.body.firstRange(of: "text/plain"), mail.body.firstRange(of: "text/html")].compactMap(
            \.?.lowerBound)
        #expect(order.count == 2 && order[0] < order[1])
    }

    @Test func `the HTML says all in the order of the contract`() throws {
        let message = try Examples.message(dashboardURL: "https://g.example/", forecast: "$41.20 by midnight")
        let html = EmailHTML(message, items: Examples.items([Examples.alert(try Examples.budget())])).text
        var rest = html[...]
        for piece in [
            "w-1 reached 80% of worker-day", "$20.10 of $25.00 today, 80.4%", "width:80%", "$20.10",
            "nothing yet; this is a warning", "2026-11-22 00:00, in 9h 12m", "$41.20 by midnight",
            "governor alerts explain al_5558884f7d4f6f16",
            "https://g.example/", "Europe/Warsaw",
        ] {
            let found = rest.firstRange(of: piece)
            #expect(found != nil, "no \(piece)")
            if let found { rest = rest[found.upperBound...] }
        }
    }

    @Test(arguments: ["javascript:alert(1)", "https://g.example/\" onclick=\"x", "data:text/html,x", "//g.example"])
    func `an address that could be more than a link is none`(url: String) throws {
        let html = EmailHTML(try Examples.message(dashboardURL: url), items: []).text
        #expect(!html.contains("<a "))
    }
}
