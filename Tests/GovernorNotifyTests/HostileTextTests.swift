import Foundation
import GovernorCore
import GovernorNotify
import Testing

/// Labels hold whatever an agent's framework puts there. Whatever it is, it reaches no header and no command, calls
/// nobody, is no markup and breaks no receiver's limits.
@Suite struct HostileTextTests {
    static let texts = [
        "w-1\r\nBcc: all@example.com", "a\r\n.\r\nMAIL FROM:<evil@example.com>", "<!channel> <!here|all> <@U123>",
        "@everyone @here <@&123> <#456> <t:0:R>", "</td><script>alert(1)</script><img src=x onerror=a>",
        "\"><a href='https://evil.example'>x</a>", "[click](https://evil.example) ![x](https://evil.example/x.png)",
        "**bold** __under__ ~~strike~~ ||spoiler|| `code` ```block```", "# heading\n- item\n1. item\n> quote",
        "https://evil.example/ http://evil.example", "<at>everybody</at> {{DATE(2026-01-01T00:00:00Z)}}",
        "\u{1B}]0;title\u{7}\u{1B}[2J\u{9B}31m", "\u{202E}reversed\u{2066}\u{200F}", "\u{1}\u{85}\u{2028}\u{FEFF}",
        "a&b&amp;c", "\\", "\\\\@everyone", "\"quoted\\\"", "=?utf-8?B?QmNj?=", " ", "…",
        String(repeating: "&", count: 1500), String(repeating: "\"", count: 1500), String(repeating: "*", count: 1500),
        String(repeating: "x", count: 1500), String(repeating: "🤖", count: 1500),
        "e" + String(repeating: "\u{301}", count: 1500),
    ]

    /// A letter of one alert, one of many, and a digest, each with the text wherever it can stand.
    static func letters(_ text: String, many: Int = 25, rows: Int = 14) throws -> [Letter] {
        let budget = try Examples.budget(text)
        let alert = Examples.alert(budget, worker: text, action: text)
        let one = Message(
            try Examples.notification([alert]), policy: try Examples.policy(budget, dashboardURL: text), forecast: text,
            now: Examples.firedAt)
        let alerts = (0..<many).map { Examples.alert(budget, worker: "\($0) \(text)", action: text) }
        let several = Message(
            try Examples.notification(alerts), policy: try Examples.policy(budget), forecast: text,
            now: Examples.firedAt)
        var digest = several
        let clean = Message.clean(text, limit: Message.valueLimit)
        digest.sections = (0..<8).map { _ in
            Message.Section(clean, (0..<rows).map { _ in Message.Section.Row(clean, clean) })
        }
        return [
            Examples.letter(one, items: Examples.items([alert])),
            Examples.letter(several, items: Examples.items(alerts)),
            Examples.letter(digest, items: Examples.items(alerts)),
        ]
    }

    @Test func `a thousand alerts with long labels are within every limit`() throws {
        for letter in try Self.letters(String(repeating: "\"🤖&*", count: 60), many: 1000) {
            try checkDiscord(letter)
            try checkTeams(letter)
            try checkNtfy(letter)
            try checkPagerDuty(letter)
            try checkSlack(letter)
        }
    }

    @Test(arguments: texts) func `Discord: no mention, no markup, within 6,000 characters`(text: String) throws {
        for letter in try Self.letters(text) { try checkDiscord(letter) }
    }

    private func checkDiscord(_ letter: Letter) throws {
        let bytes = DiscordPayload(letter).json
        check(bytes)
        let json = try JSONReader.read(bytes)
        #expect(json["allowed_mentions"]?["parse"]?.array?.isEmpty == true)
        let embed = try #require(json["embeds"]?.array?.first)
        #expect(json["embeds"]?.array?.count == 1)
        let fields = try #require(embed["fields"]?.array)
        #expect(fields.count <= 25)
        var size = 0
        func count(_ json: JSON?, _ limit: Int, isRead: Bool = true) {
            guard let text = json?.string else { return }
            #expect((1...limit).contains(text.trimmingCharacters(in: .whitespacesAndNewlines).utf16.count))
            size += text.utf16.count
            guard isRead else { return }
            // With every escaped character gone nothing is left that Discord would read.
            let rest = text.replacing(/\\[^A-Za-z0-9\s]/, with: "")
            #expect(!rest.contains { "\\*_~`|<>#[]@".contains($0) }, "\(rest.prefix(300))")
            #expect(!rest.contains("://") && rest.firstMatch(of: /(?m)^\s*([-+]|[0-9]+\.)\s/) == nil)
        }
        count(embed["title"], 256)
        count(embed["description"], 4096)
        count(embed["footer"]?["text"], 2048, isRead: false)
        for field in fields {
            count(field["name"], 256)
            count(field["value"], 1024)
            #expect(field["name"] != nil && field["value"] != nil)
        }
        #expect(size <= 6000)
    }

    @Test(arguments: texts) func `Teams: text runs alone, within 28 KB however they are counted`(text: String) throws {
        for letter in try Self.letters(text) { try checkTeams(letter) }
    }

    private func checkTeams(_ letter: Letter) throws {
        let bytes = TeamsPayload(letter).json
        check(bytes)
        #expect(bytes.count <= 28_000 && String(decoding: bytes, as: UTF8.self).utf16.count * 2 <= 28_000)
        let card = try #require(try JSONReader.read(bytes)["attachments"]?.array?.first?["content"])
        // An entity would make a mention of `<at>`; a text block or a fact would read Markdown.
        #expect(card["msteams"]?["entities"] == nil)
        #expect(
            Examples.types(card).isSubset(of: [
                "AdaptiveCard", "Container", "RichTextBlock", "TextRun", "Action.OpenUrl",
            ]))
        #expect(Examples.runs(card).allSatisfy { !$0.isEmpty })
    }

    @Test(arguments: texts) func `ntfy: plain text within 4,096 bytes, and 8,192 in JSON`(text: String) throws {
        for letter in try Self.letters(text) { try checkNtfy(letter) }
    }

    private func checkNtfy(_ letter: Letter) throws {
        let bytes = NtfyPayload(letter, topic: Secret(String(repeating: "t", count: 64))).json
        check(bytes)
        #expect(bytes.count <= 8192)
        let json = try JSONReader.read(bytes)
        #expect((1...4096).contains((json["message"]?.string ?? "").utf8.count))
        #expect((1...250).contains((json["title"]?.string ?? "").utf8.count))
    }

    @Test(arguments: texts) func `PagerDuty: 1,024 characters of summary and 512 KB of event`(text: String) throws {
        for letter in try Self.letters(text) { try checkPagerDuty(letter) }
    }

    private func checkPagerDuty(_ letter: Letter) throws {
        let form = PagerDutyForm(routingKey: Secret("KEY"))
        for request in form.requests(for: letter) {
            check(request.body)
            #expect(request.body.count <= 512_000)
            let event = try JSONReader.read(request.body)
            #expect((1...255).contains((event["dedup_key"]?.string ?? "").utf16.count))
            guard let payload = event["payload"] else { continue }
            #expect((1...1024).contains((payload["summary"]?.string ?? "").utf16.count))
            #expect(payload["source"]?.string?.isEmpty == false)
        }
    }

    @Test(arguments: texts) func `Slack: a digest, too, within fifty blocks`(text: String) throws {
        for letter in try Self.letters(text) { try checkSlack(letter) }
    }

    private func checkSlack(_ letter: Letter) throws {
        let bytes = SlackPayload(letter.message, id: letter.id).json
        check(bytes)
        let json = try JSONReader.read(bytes)
        try SlackPayloadTests.checkLimits(json)
        #expect(!json.texts.contains { $0.contains("<") || $0.contains(">") })
    }

    @Test(arguments: texts) func `webhooks: valid JSON that holds the data as it is`(text: String) throws {
        let letter = try Self.letters(text)[0]
        let json = try JSONReader.read(WebhookPayload(letter).json)
        #expect(json["alerts"]?.array?.first?["split"]?["worker"]?.string == text)
        #expect(json["title"]?.string == letter.message.title)
    }

    @Test(arguments: texts) func `email: no header, no command, no markup of data's own`(text: String) async throws {
        let server = try FakeMailServer()
        let notifier = Examples.email(server.url)
        let plain = Mail(EmailMessage(Examples.letter(try Examples.message()), from: "g@example.com", to: ["a@b"]))
        for letter in try Self.letters(text, rows: 2) {
            #expect(await notifier.send(letter).outcome == .delivered)
            let mail = Mail(try #require(server.mails.last).body)
            #expect(
                Set(mail.headers.keys).subtracting(["importance"]) == Set(plain.headers.keys).union(["mime-version"]))
            #expect(mail.head.allSatisfy { line in line.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 9 } })
            #expect(mail.body.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 998 })
            let message = letter.message
            #expect(mail.part("text/plain") == message.text)
            let html = try #require(mail.part("text/html"))
            #expect(html == EmailHTML(message, items: letter.items).text)
            // As many tags as in the mail of a label that is harmless, but that the dashboard is no link here.
            let harmless = EmailHTML(Self.harmless(message), items: letter.items).text
            #expect(tags(html) == tags(harmless))
        }
        let commands = server.lines.map { $0.prefix { $0 != " " && $0 != ":" } }
        #expect(Set(commands).isSubset(of: ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]), "\(server.lines)")
        #expect(server.lines.filter { $0.hasPrefix("RCPT") }.allSatisfy { $0 == "RCPT TO:<a@example.com>" })
    }

    /// The same message with nothing in it that could be markup.
    private static func harmless(_ message: Message) -> Message {
        var message = message
        message.title = "Warning: x"
        message.entries = message.entries.map {
            Message.Entry(event: $0.event, severity: $0.severity, headline: "x", spent: "x", action: "x", until: "x")
        }
        message.sections = message.sections.map { section in
            Message.Section("x", section.rows.map { _ in Message.Section.Row("x", "x") })
        }
        message.forecast = message.forecast.map { _ in "x" }
        message.dashboardURL = message.dashboardURL.map { $0.hasPrefix("https://") && !$0.contains(" ") ? $0 : "x" }
        return message
    }

    /// The names of a page's elements, in order.
    private func tags(_ html: String) -> [Substring] {
        html.split(separator: "<").dropFirst().map { $0.prefix { $0 != " " && $0 != ">" } }
    }

    /// Nothing that drives a terminal, turns text round or begins a line stands in what is sent.
    private func check(_ bytes: [UInt8]) {
        #expect(!bytes.contains { $0 < 0x20 || $0 == 0x7F })
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            !text.unicodeScalars.contains {
                [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            })
    }
}

extension Mail {
    /// A mail's headers as they are handed to libcurl.
    init(_ message: EmailMessage) {
        self.init(message.headers.joined(separator: "\r\n") + "\r\n\r\n")
    }
}
