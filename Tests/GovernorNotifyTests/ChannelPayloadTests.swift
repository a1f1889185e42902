import GovernorCore
import GovernorNotify
import Testing

/// Discord's, Teams' and ntfy's forms of a message.
@Suite struct ChannelPayloadTests {
    @Test func `Discord gets one embed that rings nobody`() throws {
        let message = try Examples.message(dashboardURL: "https://g.example/", forecast: "$41.20 by midnight")
        let json = try JSONReader.read(DiscordPayload(Examples.letter(message)).json)
        #expect(json["allowed_mentions"]?["parse"]?.array?.isEmpty == true)
        #expect(json["content"] == nil)
        let embed = try #require(json["embeds"]?.array?.first)
        #expect(embed["title"]?.string == "Warning: w-1 reached 80% of worker-day")
        #expect(embed["url"]?.string == "https://g.example/")
        #expect(embed["description"]?.string == "w-1 reached 80% of worker-day at 2026-11-21 14:48")
        #expect(embed["timestamp"]?.string == "2026-11-21T13:48:00Z")
        let fields = embed["fields"]?.array?.map { "\($0["name"]?.string ?? ""): \($0["value"]?.string ?? "")" }
        #expect(
            fields == [
                "Spent: $20.10 of $25.00 today, 80.4%", "Governor: nothing yet; this is a warning",
                "Until: 2026-11-22 00:00, in 9h 12m", "Forecast: $41.20 by midnight",
                "See more: governor alerts explain al\\_5558884f7d4f6f16",
            ])
        #expect(embed["footer"]?["text"]?.string == "Times are in Europe/Warsaw · nt_1")
    }

    @Test func `Teams gets a card whose data no Markdown is read in`() throws {
        let message = try Examples.message(dashboardURL: "https://g.example/", forecast: "$41.20 by midnight")
        let json = try JSONReader.read(TeamsPayload(Examples.letter(message)).json)
        #expect(json["type"]?.string == "message")
        let attachment = try #require(json["attachments"]?.array?.first)
        #expect(attachment["contentType"]?.string == "application/vnd.microsoft.card.adaptive")
        let card = try #require(attachment["content"])
        #expect(card["type"]?.string == "AdaptiveCard" && card["version"]?.string == "1.2")
        #expect(card["actions"]?.array?.first?["url"]?.string == "https://g.example/")
        let body = try #require(card["body"]?.array)
        #expect(body[0]["style"]?.string == "warning")
        #expect(
            Examples.runs(card).prefix(5).map { $0 } == [
                "Warning: w-1 reached 80% of worker-day", "w-1 reached 80% of worker-day at 2026-11-21 14:48",
                "Spent: ",
                "$20.10 of $25.00 today, 80.4%", "Governor: ",
            ])
        #expect(!Examples.types(card).contains("TextBlock") && !Examples.types(card).contains("FactSet"))
    }

    @Test func `ntfy gets plain text, at the server's root, with the topic in the body`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: #"{"id":"x"}"#)])
        let topic = Secret("http://127.0.0.1:\(server.port)/my_topic-1")
        let notifier = PostNotifier(
            url: topic, form: NtfyForm(topic: topic, token: Secret("tk_abc")), client: Examples.client())
        let message = try Examples.message(dashboardURL: "https://g.example/")
        #expect(await notifier.send(message, id: "nt_1") == .delivered)
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("POST / HTTP/1.1\r\n"))
        #expect(request.head.contains("Authorization: Bearer tk_abc"))
        let json = try JSONReader.read(request.body)
        #expect(json["topic"]?.string == "my_topic-1")
        #expect(json["title"]?.string == "Warning: w-1 reached 80% of worker-day")
        #expect(
            json["message"]?.string?.hasPrefix("w-1 reached 80% of worker-day at 2026-11-21 14:48\nSpent: ") == true)
        #expect(json["priority"] == .number("4"))
        #expect(json["tags"]?.array?.compactMap(\.string) == ["warning"])
        #expect(json["click"]?.string == "https://g.example/")
        #expect(json["sequence_id"]?.string == "nt_1")
        #expect(json["markdown"] == nil)
    }

    @Test(arguments: [
        "https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a topic", "https://ntfy.sh/topic?auth=x",
        "https://ntfy.sh/t%20c", "https://ntfy.sh/\(String(repeating: "t", count: 65))",
    ])
    func `a URL without a topic is refused`(url: String) async throws {
        let notifier = PostNotifier(
            url: Secret(url), form: NtfyForm(topic: Secret(url), token: nil), client: Examples.client())
        let outcome = await notifier.send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .refused(.badAddress), "\(outcome)")
    }

    @Test(arguments: [
        (Alert.Severity.critical, Int64(5), "rotating_light"), (.warning, 4, "warning"),
        (.info, 3, "information_source"),
    ])
    func `how loud ntfy is goes by what happened`(severity: Alert.Severity, priority: Int64, tag: String) throws {
        var message = try Examples.message()
        message.severity = severity
        func look(_ message: Message) throws -> [String] {
            let json = try JSONReader.read(NtfyPayload(Examples.letter(message), topic: Secret("t")).json)
            guard case .number(let digits) = json["priority"] else { return [] }
            return [digits] + (json["tags"]?.array?.compactMap(\.string) ?? [])
        }
        #expect(try look(message) == ["\(priority)", tag])
        message.entries[0].event = .resolved
        #expect(try look(message) == ["3", "white_check_mark"])
        message.sections = Examples.sections
        #expect(try look(message) == ["2", "bar_chart"])
    }

    // MARK: Digests

    @Test func `a digest's report comes before the alerts, everywhere`() throws {
        var message = try Examples.message()
        message.title = "Report: 2026-11-20"
        message.sections = Examples.sections
        let letter = Examples.letter(message)
        let texts = [
            "slack": try JSONReader.read(SlackPayload(message, id: "nt_1").json).texts.dropFirst().joined(
                separator: "\n"),
            "discord": try JSONReader.read(DiscordPayload(letter).json).texts.joined(separator: "\n"),
            "teams": try JSONReader.read(TeamsPayload(letter).json).texts.joined(separator: "\n"),
            "ntfy": try JSONReader.read(NtfyPayload(letter, topic: Secret("t")).json)["message"]?.string ?? "",
            "webhook": try JSONReader.read(WebhookPayload(letter).json).texts.joined(separator: "\n"),
            "email text": message.text,
            "email": EmailHTML(message, items: []).text,
        ]
        for (channel, text) in texts {
            var rest = text[...]
            let wanted = [
                "Spend", "Yesterday", "up 12% from $162.90", "Top workers", "w-2", "$3.02", "w-1 reached 80%",
            ]
            for piece in wanted {
                let found = rest.firstRange(of: piece)
                #expect(found != nil, "\(channel) has no \(piece) where it belongs: \(text)")
                if let found { rest = rest[found.upperBound...] }
            }
        }
    }
}

extension JSON {
    /// Every text in it, keys aside, in order.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(\.texts)
        case .object(let members): members.flatMap(\.value.texts)
        default: []
        }
    }
}

extension Examples {
    static let sections = [
        Message.Section(
            "Spend",
            [.init("Yesterday", "$182.40, up 12% from $162.90"), .init("This month", "$3,204.10 of $5,000.00, 64%")]),
        Message.Section(
            "Top workers", [.init("w-1", "$20.10 of $25.00, 80.4%"), .init("w-2", "$3.02 of $25.00, 12.1%")]),
    ]

    /// The texts of a card's runs.
    static func runs(_ json: JSON) -> [String] {
        switch json {
        case .array(let elements): elements.flatMap(runs)
        case .object(let members):
            json["type"]?.string == "TextRun"
                ? [json["text"]?.string ?? ""] : members.flatMap { runs($0.value) }
        default: []
        }
    }

    /// The types of a card's elements.
    static func types(_ json: JSON) -> Set<String> {
        switch json {
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(types($1)) }
        case .object(let members):
            members.reduce(into: Set([json["type"]?.string].compactMap(\.self))) { $0.formUnion(types($1.value)) }
        default: []
        }
    }
}
