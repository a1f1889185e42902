import Foundation
import GovernorCore
import GovernorNotify
import Testing

/// What mail servers say, and what becomes of the letter.
@Suite struct EmailDeliveryTests {
    typealias Stage = FakeMailServer.Stage
    typealias Step = FakeMailServer.Step

    /// What one step at one stage comes to, of a letter to one recipient.
    struct Case: Sendable, CustomTestStringConvertible {
        var stage: Stage
        var step: Step
        var expected: Expected

        init(_ stage: Stage, _ step: Step, _ expected: Expected) {
            self.stage = stage
            self.step = step
            self.expected = expected
        }

        var testDescription: String { "\(stage): \(step)" }
    }

    static let cases = [
        Case(.greeting, .say("220-one\r\n220 two"), .delivered),
        Case(.greeting, .say("421 busy"), .failed(.smtp4xx, ambiguous: false)),
        Case(.greeting, .say("450 later"), .failed(.smtp4xx, ambiguous: false)),
        Case(.greeting, .say("554 not you"), .refused(.smtp5xx)),
        Case(.greeting, .drop, .failed(.reset, ambiguous: false)),
        Case(.greeting, .sayLast("HTTP/1.1 400 Bad Request"), .failed(.badAnswer, ambiguous: false)),
        Case(.hello, .say("250 plain"), .delivered),
        Case(.hello, .say("421 busy"), .failed(.smtp4xx, ambiguous: false)),
        Case(.hello, .say("550 not you"), .refused(.smtp5xx)),
        Case(.hello, .drop, .failed(.reset, ambiguous: false)),
        Case(.hello, .sayLast("hello yourself"), .failed(.badAnswer, ambiguous: false)),
        Case(.auth, .say("235 ok"), .delivered),
        Case(.auth, .say("454 no database"), .failed(.smtp4xx, ambiguous: false)),
        Case(.auth, .say("535 5.7.8 wrong"), .refused(.credentials)),
        Case(.auth, .say("534 too weak"), .refused(.credentials)),
        Case(.auth, .drop, .failed(.reset, ambiguous: false)),
        Case(.auth, .sayLast("whatever"), .failed(.badAnswer, ambiguous: false)),
        Case(.mail, .say("250 2.1.0 fine"), .delivered),
        Case(.mail, .say("451 try again"), .failed(.smtp4xx, ambiguous: false)),
        Case(.mail, .say("421 closing"), .failed(.smtp4xx, ambiguous: false)),
        Case(.mail, .say("550 unknown sender"), .refused(.smtp5xx)),
        Case(.mail, .drop, .failed(.reset, ambiguous: false)),
        Case(.mail, .sayLast("?"), .failed(.badAnswer, ambiguous: false)),
        Case(.mail, .say("354 no"), .failed(.badAnswer, ambiguous: false)),
        Case(.recipient, .say("251 forwarded"), .delivered),
        Case(.recipient, .say("450 greylisted"), .failed(.smtp4xx, ambiguous: false)),
        Case(.recipient, .say("421 closing"), .failed(.smtp4xx, ambiguous: false)),
        Case(.recipient, .say("550-5.1.1 no such\r\n550 5.1.1 mailbox"), .refused(.smtp5xx)),
        Case(.recipient, .say("553 bad"), .refused(.smtp5xx)),
        Case(.recipient, .drop, .failed(.reset, ambiguous: false)),
        Case(.recipient, .sayLast("nobody home"), .failed(.badAnswer, ambiguous: false)),
        Case(.data, .say("354"), .delivered),
        Case(.data, .say("250 sure"), .failed(.badAnswer, ambiguous: false)),
        Case(.data, .say("451 no room"), .failed(.smtp4xx, ambiguous: false)),
        Case(.data, .say("554 no valid recipients"), .refused(.smtp5xx)),
        Case(.data, .drop, .failed(.reset, ambiguous: false)),
        Case(.data, .sayLast("go on then"), .failed(.badAnswer, ambiguous: false)),
        Case(.end, .say("250 2.0.0 queued"), .delivered),
        Case(.end, .say("251 elsewhere"), .delivered),
        Case(.end, .say("452 no room"), .failed(.smtp4xx, ambiguous: false)),
        Case(.end, .say("421 closing"), .failed(.smtp4xx, ambiguous: false)),
        Case(.end, .say("554 spam"), .refused(.smtp5xx)),
        Case(.end, .drop, .failed(.reset, ambiguous: true)),
        Case(.end, .sayLast("thanks"), .failed(.badAnswer, ambiguous: true)),
        Case(.end, .say("999 lots"), .failed(.badAnswer, ambiguous: true)),
    ]

    @Test(arguments: cases) func `every reply at every stage has its outcome`(_ fault: Case) async throws {
        let server = try FakeMailServer { stage, _, _ in
            stage == fault.stage ? fault.step : nil
        }
        let result = await Examples.email(server.url).send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == fault.expected, "\(result.outcome)")
        let text = result.outcome.failure?.text ?? ""
        #expect(!text.contains("hunter2") && !text.contains("PASSWORD"), "\(text)")
        if result.outcome != .delivered { #expect(text.hasPrefix("smtp://127.0.0.1"), "\(text)") }
        let isAboutRecipient = [.recipient, .data, .end].contains(fault.stage)
        if case .refused = fault.expected {
            #expect(result.settled == ["a@example.com"])
            #expect(result.lost.keys.sorted() == ["a@example.com"])
            #expect(text.contains("for a@example.com") == isAboutRecipient, "\(text)")
        }
        if case .failed = fault.expected { #expect(result.settled.isEmpty) }
    }

    static let three = ["a@example.com", "b@example.com", "c@example.com"]

    @Test func `everybody gets a mail of their own over one connection`() async throws {
        let server = try FakeMailServer()
        let result = await Examples.email(server.url, to: Self.three).send(Examples.letter(try Examples.message()))
        #expect(result.outcome == .delivered)
        #expect(result.settled == Set(Self.three) && result.lost.isEmpty)
        #expect(server.connections == 1)
        #expect(server.lines.filter { $0.hasPrefix("EHLO") }.count == 1)
        #expect(server.lines.filter { $0.hasPrefix("AUTH") }.count == 1)
        #expect(server.mails.map(\.recipients) == Self.three.map { ["RCPT TO:<\($0)>"] })
        #expect(server.mails.allSatisfy { $0.sender.hasPrefix("MAIL FROM:<governor@example.com>") })
        // The same mail to each: it is shown once to who reads two of the mailboxes.
        #expect(Set(server.mails.map(\.body)).count == 1)
    }

    @Test func `one bad mailbox of three is lost, and the others are not asked again`() async throws {
        let server = try FakeMailServer { stage, _, line in
            stage == .recipient && line.contains("b@") ? .say("550 5.1.1 no such user") : nil
        }
        let result = await Examples.email(server.url, to: Self.three).send(Examples.letter(try Examples.message()))
        #expect(result.outcome == .delivered)
        #expect(result.settled == Set(Self.three))
        let lost = try #require(result.lost["b@example.com"])
        #expect(result.lost.count == 1 && lost.reason == .smtp5xx)
        #expect(lost.text == "smtp://127.0.0.1 answered 550 to RCPT TO for b@example.com: 5.1.1 no such user")
        #expect(server.mails.map(\.recipients) == [["RCPT TO:<a@example.com>"], ["RCPT TO:<c@example.com>"]])
    }

    @Test func `a mailbox that is put off is the only one that is asked again, with the same mail`() async throws {
        let server = try FakeMailServer { stage, number, line in
            stage == .recipient && number == 1 && line.contains("b@") ? .say("450 greylisted") : nil
        }
        let notifier = Examples.email(server.url, to: Self.three)
        let message = try Examples.message()
        let first = await notifier.send(Examples.letter(message))
        #expect(Expected(first.outcome) == .failed(.smtp4xx, ambiguous: false))
        #expect(first.outcome.failure?.text.hasSuffix("answered 450 to RCPT TO for b@example.com: greylisted") == true)
        #expect(first.settled == ["a@example.com", "c@example.com"])
        let second = await notifier.send(
            Examples.letter(message, now: Examples.firedAt + .minutes(5), settled: first.settled))
        #expect(second.outcome == .delivered)
        #expect(second.settled == ["b@example.com"])
        #expect(server.mails.flatMap(\.recipients) == ["a", "c", "b"].map { "RCPT TO:<\($0)@example.com>" })
        #expect(Set(server.mails.map { Mail($0.body).headers["message-id"] }) == ["<nt_1@example.com>"])
        #expect(server.mails.allSatisfy { Mail($0.body).headers["to"] == Self.three.joined(separator: ", ") })
        let third = await notifier.send(Examples.letter(message, settled: Set(Self.three)))
        #expect(third == DeliveryResult(.delivered))
        #expect(server.mails.count == 3)
    }

    @Test func `a mail that was handed over and not answered is sent again under the same Message-ID`() async throws {
        let server = try FakeMailServer { stage, number, _ in stage == .end && number == 0 ? .drop : nil }
        let notifier = Examples.email(server.url)
        let message = try Examples.message()
        let first = await notifier.send(Examples.letter(message))
        #expect(Expected(first.outcome) == .failed(.reset, ambiguous: true))
        let second = await notifier.send(Examples.letter(message, now: Examples.firedAt + .seconds(5)))
        #expect(second.outcome == .delivered)
        let ids = server.mails.map { Mail($0.body).headers["message-id"] }
        #expect(ids == ["<nt_1@example.com>", "<nt_1@example.com>"])
        #expect(Set(server.mails.map { Mail($0.body).headers["date"] }).count == 1)
    }

    @Test func `after the connection has failed nobody else is tried`() async throws {
        for step in [Step.say("421 closing"), .drop, .sayLast("gibberish")] {
            let server = try FakeMailServer { stage, _, _ in stage == .recipient ? step : nil }
            let result = await Examples.email(server.url, to: Self.three).send(Examples.letter(try Examples.message()))
            #expect(result.settled.isEmpty)
            #expect(server.lines.filter { $0.hasPrefix("RCPT") }.count == 1)
            guard case .failed = result.outcome else {
                Issue.record("\(step): \(result.outcome)")
                continue
            }
        }
    }

    @Test func `what is refused before anybody is named is refused for all`() async throws {
        let server = try FakeMailServer { stage, _, _ in stage == .mail ? .say("550 5.7.1 not from you") : nil }
        let notifier = Examples.email(server.url, to: Self.three)
        let result = await notifier.send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == .refused(.smtp5xx))
        #expect(result.settled == Set(Self.three) && result.lost.count == 3)
        #expect(server.lines.filter { $0.hasPrefix("MAIL") }.count == 1)
        // Who took it in an earlier attempt has it: the letter as a whole was delivered.
        let later = await notifier.send(Examples.letter(try Examples.message(), settled: ["a@example.com"]))
        #expect(later.outcome == .delivered)
        #expect(later.settled == ["b@example.com", "c@example.com"] && later.lost.count == 2)
    }

    @Test func `without STARTTLS nothing is said but EHLO, unless that is allowed`() async throws {
        let server = try FakeMailServer()
        let strict = await Examples.email(server.url, startTLS: .required)
            .send(Examples.letter(try Examples.message()))
        #expect(Expected(strict.outcome) == .failed(.tls, ambiguous: false), "\(strict.outcome)")
        #expect(strict.outcome.failure?.text.contains("STARTTLS") == true)
        #expect(server.lines.allSatisfy { $0.hasPrefix("EHLO") || $0 == "QUIT" }, "\(server.lines)")
        let lax = await Examples.email(server.url, startTLS: .optional).send(Examples.letter(try Examples.message()))
        #expect(lax.outcome == .delivered)
    }

    @Test(arguments: [
        (Step.say("454 4.7.0 not now"), Expected.failed(.smtp4xx, ambiguous: false)),
        (.say("502 what is that?"), .refused(.smtp5xx)), (.drop, .failed(.reset, ambiguous: false)),
        (.sayLast("no thanks"), .failed(.badAnswer, ambiguous: false)),
        // What follows is no TLS.
        (.sayLast("220 go ahead"), .failed(.tls, ambiguous: false)),
    ])
    func `STARTTLS that fails never goes on in clear`(step: Step, expected: Expected) async throws {
        let server = try FakeMailServer(offers: ["STARTTLS", "AUTH PLAIN"]) { stage, _, _ in
            stage == .startTLS ? step : nil
        }
        let result = await Examples.email(server.url, startTLS: .required)
            .send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == expected, "\(result.outcome)")
        #expect(!server.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
    }

    @Test func `a server that repeats the password does not get it into the error`() async throws {
        let server = try FakeMailServer { stage, _, line in
            stage == .auth ? .say("535 can't take PASSWORD or \(line) from you") : nil
        }
        let result = await Examples.email(server.url).send(Examples.letter(try Examples.message()))
        let text = try #require(result.outcome.failure?.text)
        #expect(text == "smtp://127.0.0.1 answered 535 to AUTH: can't take ••• or ••• from you")
    }

    @Test func `a reply can't smuggle in a line or a terminal's escapes`() async throws {
        let server = try FakeMailServer { stage, _, _ in
            stage == .recipient
                ? .say("550-no\u{1B}[2J\r\n550 \u{202E}way \(String(repeating: "x", count: 5000))") : nil
        }
        let result = await Examples.email(server.url).send(Examples.letter(try Examples.message()))
        let text = try #require(result.outcome.failure?.text)
        #expect(text.hasPrefix("smtp://127.0.0.1 answered 550 to RCPT TO for a@example.com: no[2J way xxx"))
        #expect(text.unicodeScalars.count < 320)
        #expect(!text.unicodeScalars.contains { [.control, .format].contains($0.properties.generalCategory) })
    }

    @Test func `an answer that never comes may have been a yes`() async throws {
        let server = try FakeMailServer { stage, _, _ in stage == .end ? .hang : nil }
        let timeouts = CurlTimeouts(connect: .seconds(2), total: Span(milliseconds: 100), slow: .seconds(20))
        let result = await Examples.email(server.url, timeouts: timeouts)
            .send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == .failed(.timeout, ambiguous: true), "\(result.outcome)")
    }

    @Test func `a server that does not say goodbye holds nothing up for long`() async throws {
        let server = try FakeMailServer { stage, _, _ in stage == .quit ? .hang : nil }
        let result = await Examples.email(server.url).send(Examples.letter(try Examples.message()))
        #expect(result.outcome == .delivered)
        for await line in server.arrivals where line == FakeMailServer.gone { break }
        // libcurl by itself waits two minutes. As the server saw it: this task may wait long for its turn.
        #expect(try #require(server.hung) < .seconds(60))
    }

    @Test func `a cancelled task ends its mail`() async throws {
        let server = try FakeMailServer { stage, _, _ in stage == .recipient ? .hang : nil }
        let notifier = Examples.email(server.url, to: Self.three)
        let message = try Examples.message()
        let result = await withTaskGroup(of: DeliveryResult.self) { group in
            group.addTask { await notifier.send(Examples.letter(message)) }
            for await line in server.arrivals where line.hasPrefix("RCPT") { break }
            group.cancelAll()
            return await group.next()
        }
        #expect(result.map { Expected($0.outcome) } == .failed(.cancelled, ambiguous: false))
        #expect(result?.settled.isEmpty == true)
    }

    @Test(arguments: [
        "a@example.com>\r\nRCPT TO:<evil@example.com", "a@example.com\r\nDATA", "a@example.com\n", "<a@example.com>",
        "a b@example.com", "a@b@c", "plain", "", "ä@example.com", "a@example.com,b@example.com",
    ])
    func `an address that could be a command is refused before anything is said`(address: String) async throws {
        let server = try FakeMailServer()
        let letter = Examples.letter(try Examples.message())
        let to = await Examples.email(server.url, to: ["good@example.com", address]).send(letter)
        #expect(Expected(to.outcome) == .refused(.badAddress), "\(to.outcome)")
        let settings = EmailSettings(to: ["a@example.com"], from: address, server: Secret(server.url), startTLS: .off)
        let from = await EmailNotifier(settings: settings, client: Examples.client()).send(letter)
        #expect(Expected(from.outcome) == .refused(.badAddress), "\(from.outcome)")
        #expect(from.outcome.failure?.text.contains("\n") == false)
        #expect(server.connections == 0)
    }

    @Test(arguments: [
        ("https://mail.example.com", DeliveryFailure.Reason.addressNotAllowed),
        ("file:///etc/passwd", .addressNotAllowed), ("mail.example.com:25", .badAddress),
        ("smtp://user:SECRET@mail.example.com", .badAddress), ("smtp://mail.example.com\r\nQUIT", .badAddress),
        ("smtp://127.0.0.1:port", .badAddress), ("smtp://169.254.169.254:25", .addressNotAllowed),
    ])
    func `a server's address that is none is refused`(url: String, reason: DeliveryFailure.Reason) async throws {
        let result = await Examples.email(url).send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == .refused(reason), "\(result.outcome)")
        #expect(result.outcome.failure?.text.contains("SECRET") == false)
    }

    @Test func `a mail server of one's own network needs consent`() async throws {
        let server = try FakeMailServer()
        let settings = EmailSettings(
            to: ["a@example.com"], from: "g@example.com", server: Secret(server.url), startTLS: .off)
        let result = await EmailNotifier(settings: settings, client: Examples.client(allowsPrivate: false))
            .send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == .refused(.addressNotAllowed))
        #expect(server.connections == 0)
    }
}
