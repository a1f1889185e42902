import GovernorCore
import GovernorNotify
import Testing

/// Sixty statuses, and what each means to each of the receivers that JSON is posted to.
@Suite struct AnswerTests {
    enum Channel: String, CaseIterable, Sendable { case slack, webhook, pagerduty, discord, teams, ntfy }

    static let statuses =
        [200, 201, 202, 203, 204, 205, 206, 207, 208, 226] + [300, 301, 302, 303, 304, 305, 307, 308]
        + Array(400...418) + [421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499]
        + [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 599]

    /// The table of the contract, written out.
    static func expected(_ status: Int, _ channel: Channel) -> Expected {
        switch status {
        // Slack's answer is more than its status: only `ok` means that it is Slack.
        case 200...299: channel == .slack ? .refused(.badAnswer) : .delivered
        case 300...399: .refused(.redirect)
        case 429: .failed(.rateLimited, ambiguous: false)
        case 408, 425: .failed(.http4xx, ambiguous: false)
        case 401, 403: .refused(channel == .slack ? .http4xx : .credentials)
        // Only a webhook's owner says by it that no more is wanted.
        case 410: .refused(channel == .webhook ? .gone : .http4xx)
        case 400...499: .refused(.http4xx)
        case 503: .failed(.http5xx, ambiguous: false)
        default: .failed(.http5xx, ambiguous: true)
        }
    }

    @Test(arguments: Channel.allCases) func `every status has its meaning`(channel: Channel) async throws {
        #expect(Self.statuses.count == 60 && Set(Self.statuses).count == 60)
        let server = try FakeReceiver(Self.statuses.map { .answer("\($0) Whatever") })
        let notifier = try #require(Self.notifier(channel, at: server))
        let letter = Examples.letter(try Examples.message())
        for status in Self.statuses {
            let outcome = await notifier.send(letter).outcome
            #expect(Expected(outcome) == Self.expected(status, channel), "\(channel) \(status): \(outcome)")
            guard let text = outcome.failure?.text else { continue }
            #expect(text.hasPrefix("http://127.0.0.1 answered \(status)"), "\(text)")
            #expect(!text.contains("SECRET"), "\(text)")
        }
        #expect(server.requests.count == 60)
    }

    @Test(arguments: Channel.allCases) func `Retry-After is honoured`(channel: Channel) async throws {
        let steps = ["429 Slow down", "503 Busy", "500 Oops", "408 Late"].map {
            FakeReceiver.Step.answer($0, headers: ["Retry-After: 7"])
        }
        let server = try FakeReceiver(steps)
        let notifier = try #require(Self.notifier(channel, at: server))
        for step in steps {
            let outcome = await notifier.send(Examples.letter(try Examples.message())).outcome
            guard case .failed(_, .some(.seconds(7))) = outcome else {
                Issue.record("\(channel), \(step): \(outcome)")
                continue
            }
        }
    }

    @Test(arguments: Channel.allCases) func `what goes wrong on the way is tried again`(channel: Channel) async throws {
        let server = try FakeReceiver([.resetBeforeHeaders, .resetInBody, .bytes("220 mail ready\r\n")])
        let notifier = try #require(Self.notifier(channel, at: server))
        let letter = Examples.letter(try Examples.message())
        #expect(Expected(await notifier.send(letter).outcome) == .failed(.reset, ambiguous: true))
        #expect(Expected(await notifier.send(letter).outcome) == .failed(.reset, ambiguous: true))
        #expect(Expected(await notifier.send(letter).outcome) == .failed(.badAnswer, ambiguous: true))
    }

    @Test(arguments: Channel.allCases) func `an address that is none is refused`(channel: Channel) async throws {
        for url in [
            "gopher://127.0.0.1/SECRET", "smtp://127.0.0.1/SECRET", "hooks.example.com/SECRET", "https:///SECRET",
        ] {
            let notifier = try #require(Self.notifier(channel, at: url))
            let outcome = await notifier.send(Examples.letter(try Examples.message())).outcome
            guard case .refused(let failure) = outcome else {
                Issue.record("\(channel), \(url): \(outcome)")
                continue
            }
            #expect([.badAddress, .addressNotAllowed].contains(failure.reason))
            #expect(!failure.text.contains("SECRET"))
        }
    }

    static func notifier(_ channel: Channel, at server: FakeReceiver) -> (any Notifier)? {
        notifier(channel, at: channel == .ntfy ? "http://127.0.0.1:\(server.port)/topicSECRET" : server.url)
    }

    static func notifier(_ channel: Channel, at url: String) -> (any Notifier)? {
        let url = Secret(url)
        let kind: Receiver.Kind =
            switch channel {
            case .slack: .slack(webhook: url)
            case .webhook: .webhook(url: url, keys: [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
            case .pagerduty: .pagerduty(url: url, routingKey: Secret("routingSECRET"))
            case .discord: .discord(webhook: url)
            case .teams: .teams(webhook: url)
            case .ntfy: .ntfy(topic: url, token: Secret("tk_SECRET"))
            }
        let receiver = Receiver(name: "ops", kind: kind, allowsPrivate: true)
        return Notifiers.make(for: receiver, timeouts: Examples.quick) { _ in }
    }

    // MARK: What receivers say beside the status

    @Test(arguments: [
        (#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#, Span.seconds(65)),
        (#"{"retry_after":0.3}"#, .seconds(1)), (#"{"retry_after":1e99}"#, .hours(1)),
        (#"{"retry_after":"soon"}"#, nil),
        (#"{"retry_after":-4}"#, nil), ("<html>", nil),
    ])
    func `Discord says in the body how long to wait`(body: String, wait: Span?) {
        #expect(
            DiscordForm().reading(of: answer(429, body))
                == .notYet(.rateLimited, why: ": too many messages", wait: wait))
    }

    @Test func `Discord's header comes before its body`() {
        var answer = answer(429, #"{"retry_after":64.57}"#)
        answer.retryAfter = "5"
        #expect(
            DiscordForm().reading(of: answer) == .notYet(.rateLimited, why: ": too many messages", wait: .seconds(5)))
    }

    @Test(arguments: [
        (202, "", Expected.delivered), (200, "1", .delivered), (200, "", .delivered), (200, "accepted", .delivered),
        (
            200,
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with "
                + "ContextId tcid=1,server=DB3,cv=x..", .failed(.rateLimited, ambiguous: false)
        ),
        (200, "Microsoft Teams endpoint returned HTTP error 413 with ContextId x", .refused(.http4xx)),
        (200, "Microsoft Teams endpoint returned HTTP error 500 with ContextId x", .failed(.http5xx, ambiguous: true)),
        (
            200, "Microsoft Teams endpoint returned HTTP error 200 with ContextId x",
            .failed(.badAnswer, ambiguous: true)
        ),
        (200, "Microsoft Teams endpoint returned HTTP error 403 with ContextId x", .refused(.credentials)),
    ])
    func `Teams fails with 200, too`(status: Int, body: String, expected: Expected) throws {
        let notifier = PostNotifier(url: Secret(""), form: TeamsForm(), client: Examples.client())
        let outcome = notifier.outcome(
            of: answer(status, body), from: try WebAddress(Secret("https://t.example/SECRET")))
        #expect(Expected(outcome) == expected, "\(outcome)")
    }

    @Test func `PagerDuty's own words are shown, without the key`() throws {
        let form = PagerDutyForm(routingKey: Secret("routingSECRET"))
        let body = """
            {"status":"invalid event","message":"Event object is invalid",\
            "errors":["'routing_key' routingSECRET is\\u001b[2J unknown"]}
            """
        let notifier = PostNotifier(url: Secret(""), form: form, client: Examples.client())
        let outcome = notifier.outcome(
            of: answer(400, body), from: try WebAddress(Secret("https://events.pagerduty.com/v2/enqueue")))
        #expect(
            outcome.failure?.text
                == "https://events.pagerduty.com answered 400 ('routing_key' ••• is[2J unknown): "
                + "PagerDuty could not read the event, or does not know the routing key")
    }

    @Test func `Discord's and ntfy's own words are shown, without secrets`() throws {
        let discord = PostNotifier(url: Secret(""), form: DiscordForm(), client: Examples.client())
        #expect(
            discord.outcome(
                of: answer(404, #"{"message":"Unknown Webhook tokenSECRET","code":10015}"#),
                from: try WebAddress(Secret("https://discord.com/api/webhooks/1/tokenSECRET"))
            ).failure?.text
                == "https://discord.com answered 404 (Unknown Webhook •••): "
                + "the webhook is gone; make a new one in Discord and change webhook_url")
        let ntfy = PostNotifier(
            url: Secret(""), form: NtfyForm(topic: Secret("https://ntfy.sh/topic"), token: Secret("tk_SECRET")),
            client: Examples.client())
        #expect(
            ntfy.outcome(
                of: answer(403, #"{"code":40301,"http":403,"error":"forbidden for tk_SECRET"}"#),
                from: try WebAddress(Secret("https://ntfy.sh/"))
            ).failure?.text
                == "https://ntfy.sh answered 403 (forbidden for •••): "
                + "the topic is protected; give the receiver a token that may publish to it")
    }

    private func answer(_ status: Int, _ body: String) -> CurlAnswer {
        CurlAnswer(status: status, body: Array(body.utf8), receivedAt: Examples.firedAt)
    }
}
