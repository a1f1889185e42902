import Foundation
import GovernorCore
import GovernorPolicy
import Testing

/// What receivers come to; what is said of wrong ones is in the fixtures.
@Suite struct ReceiverTests {
    static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// What a receiver says, and what it comes to.
    static let receivers: [(written: String, receiver: Receiver)] = [
        (
            "discord: { webhook_url: \"https://discord.example.com/api/webhooks/1/t\" }, resolved: false",
            Receiver(
                name: "r", kind: .discord(webhook: Secret("https://discord.example.com/api/webhooks/1/t")),
                sendsResolved: false)
        ),
        (
            "teams: { webhook_url: \"${HOOK}?sig=1\" }, ca_file: /etc/ssl/ours.pem, allow_private: true",
            Receiver(
                name: "r", kind: .teams(webhook: Secret("https://hooks.example.com/a?sig=1")), allowsPrivate: true,
                caFile: "/etc/ssl/ours.pem")
        ),
        (
            "webhook: { url: \"${HOOK}\", secret: \(key) }, repeat_every: 30m, group_wait: 1s, group_interval: 0s",
            Receiver(
                name: "r", kind: .webhook(url: Secret("https://hooks.example.com/a"), keys: [Secret(key)]),
                groupWait: .seconds(1), groupInterval: .zero, repeatEvery: .minutes(30))
        ),
        // The newest first; one that is not set yet is none.
        (
            "webhook: { url: \"${HOOK}\", secret: [\"${LONG}\", \"${NONE:-}\", 012345678901234567890123] }",
            Receiver(
                name: "r",
                kind: .webhook(
                    url: Secret("https://hooks.example.com/a"),
                    keys: [Secret("a long secret of the environment"), Secret("012345678901234567890123")]))
        ),
        (
            "pagerduty: { routing_key: 01234567890123456789012345678901 }",
            Receiver(
                name: "r",
                kind: .pagerduty(
                    url: Secret("https://events.pagerduty.com/v2/enqueue"),
                    routingKey: Secret("01234567890123456789012345678901")))
        ),
        (
            "pagerduty: { routing_key: R1234567890123456789012345678901, url: \"https://events.eu.pagerduty.com/v2/enqueue\" }",
            Receiver(
                name: "r",
                kind: .pagerduty(
                    url: Secret("https://events.eu.pagerduty.com/v2/enqueue"),
                    routingKey: Secret("R1234567890123456789012345678901")))
        ),
        (
            "ntfy: { url: \"https://ntfy.sh/My-Topic_1\" }, digest: \"mon 08:00\"",
            Receiver(
                name: "r", kind: .ntfy(topic: Secret("https://ntfy.sh/My-Topic_1"), token: nil),
                digest: DigestSchedule(weekday: 1, at: .hours(8)))
        ),
        (
            "ntfy: { url: \"https://ntfy.example.com:8443/t\", token: tk_x }, digest: sunday 23:59",
            Receiver(
                name: "r", kind: .ntfy(topic: Secret("https://ntfy.example.com:8443/t"), token: Secret("tk_x")),
                digest: DigestSchedule(weekday: 7, at: .minutes(24 * 60 - 1)))
        ),
        (
            "email: { to: a@example.com, from: g@example.com, smtp: \"smtps://mail.example.com\" }, digest: 08:00",
            Receiver(
                name: "r",
                kind: .email(
                    EmailSettings(
                        to: ["a@example.com"], from: "g@example.com", server: Secret("smtps://mail.example.com"))),
                sendsResolved: false, digest: DigestSchedule(at: .hours(8)))
        ),
        (
            "email: { to: [\"a+b@example.com\", \"${MAILBOX}\"], from: g@example.com, smtp: \"SMTP://[::1]:2525/\", "
                + "username: 7, password: \"${LONG}\", starttls: optional }, resolved: true, allow_private: true",
            Receiver(
                name: "r",
                kind: .email(
                    EmailSettings(
                        to: ["a+b@example.com", "c@example.com"], from: "g@example.com",
                        server: Secret("SMTP://[::1]:2525/"), username: "7",
                        password: Secret("a long secret of the environment"), startTLS: .optional)),
                sendsResolved: true, allowsPrivate: true)
        ),
        (
            "email: { to: a@example.com, from: g@example.com, smtp: \"smtp://mail.example.com:587\", username: \"\", "
                + "password: \"${NONE:-}\", starttls: off }",
            Receiver(
                name: "r",
                kind: .email(
                    EmailSettings(
                        to: ["a@example.com"], from: "g@example.com", server: Secret("smtp://mail.example.com:587"),
                        startTLS: .off)),
                sendsResolved: false)
        ),
        ("log: {}, digest: \"00:00\"", Receiver(name: "r", kind: .log, digest: DigestSchedule(at: .zero))),
    ]

    static func policy(_ written: String) -> String {
        """
        version: 1
        budgets: [ { name: b, limit_usd: 5, per: fleet, window: day, at: { 100%: { notify: [r] } } } ]
        receivers: { r: { \(written) } }
        """
    }

    @Test(arguments: receivers) func `a receiver is what it says`(written: String, receiver: Receiver) throws {
        let text = Self.policy(written)
        let loading = PolicyLoader(environment: [
            "HOOK": "https://hooks.example.com/a", "LONG": "a long secret of the environment",
            "MAILBOX": "c@example.com",
        ])
        .load(text)
        #expect(loading.text == "")
        let made = try #require(loading.policy?.receiver("r"))
        #expect(made == receiver)
        #expect(!"\(made)".contains("secret of the environment"))
        let value = try #require(JSON(yaml: text))
        #expect(try SchemaTests.validator().problems(of: value) == [])
    }

    @Test func `what holds for all receivers is read too`() throws {
        let loading = PolicyLoader(environment: [:]).load(
            """
            version: 1
            budgets: [ { name: b, limit_usd: 5, per: fleet, window: day, at: { 100%: { pause: until_reset } } } ]
            notifications: { group_wait: 0s, group_interval: 90s, repeat_every: 1m }
            """)
        #expect(loading.text == "")
        #expect(
            loading.policy?.notifications
                == NotificationSettings(groupWait: .zero, groupInterval: .seconds(90), repeatEvery: .minutes(1)))
        #expect(PolicyLoader(environment: [:]).load("version: 1").policy?.notifications == NotificationSettings())
    }

    @Test func `a signing key has 24 to 64 bytes`() {
        for (count, isFine) in [(1, false), (23, false), (24, true), (32, true), (64, true), (65, false)] {
            let key = "whsec_" + Data(repeating: 0xFB, count: count).base64EncodedString()
            let text = Self.policy("webhook: { url: \"https://example.com\", secret: \"\(key)\" }")
            let loading = PolicyLoader(environment: [:]).load(text)
            #expect((loading.text == "") == isFine, "\(count): \(loading.text)")
        }
    }

    @Test func `up to 50 mailboxes and five keys`() {
        for (count, isFine) in [(50, true), (51, false)] {
            let mailboxes = (1...count).map { "a\($0)@example.com" }.joined(separator: ", ")
            let text = Self.policy(
                "email: { to: [\(mailboxes)], from: g@example.com, smtp: \"smtps://mail.example.com\" }")
            #expect((PolicyLoader(environment: [:]).load(text).policy != nil) == isFine)
        }
        for (count, isFine) in [(5, true), (6, false)] {
            let keys = Array(repeating: Self.key, count: count).joined(separator: ", ")
            let text = Self.policy("webhook: { url: \"https://example.com\", secret: [\(keys)] }")
            #expect((PolicyLoader(environment: [:]).load(text).policy != nil) == isFine)
        }
    }

    @Test func `without secrets every receiver that needs one is off, and nothing is an error`() throws {
        let loading = PolicyLoader.withoutSecrets.load(
            """
            version: 1
            budgets: [ { name: b, limit_usd: 5, per: fleet, window: day, at: { 100%: { notify: [a, b, c, d, e] } } } ]
            receivers:
              a: { webhook: { url: "${A}", secret: "${B}" } }
              b: { email: { to: "${A}", from: "${B}", smtp: "${C}", username: "${D}", password: "${E}" } }
              c: { pagerduty: { routing_key: "${A}", url: "${B}" } }
              d: { ntfy: { url: "https://ntfy.sh/${A}", token: "${B}" } }
              e: { email: { to: a@example.com, from: g@example.com, smtp: "smtps://mail.example.com", username: g,
                            password: "${file:/no/such/secret}" } }
            """)
        let policy = try #require(loading.policy, "\(loading.text)")
        #expect(policy.receivers.map(\.isOff) == [true, true, true, true, false])
    }

    @Test func `the shipped policies' receivers turn on with their variables`() throws {
        let loader = PolicyLoader(environment: [
            "GOVERNOR_SLACK_WEBHOOK": "https://hooks.example.com/x",
            "GOVERNOR_SLACK_WEBHOOK_LEAD": "https://hooks.example.com/y", "GOVERNOR_PAGERDUTY_KEY": Self.pagerKey,
            "GOVERNOR_MAIL_TO": "finance@example.com", "GOVERNOR_MAIL_FROM": "governor@example.com",
            "GOVERNOR_SMTP": "smtps://mail.example.com:465", "GOVERNOR_SMTP_USER": "governor",
            "GOVERNOR_SMTP_PASSWORD": "p",
        ])
        for name in LintTests.shipped {
            let text = try String(
                contentsOf: Repository.root.appending(path: "policies/\(name)"), encoding: .utf8)
            let loading = loader.load(files: [(name: name, text: text)])
            #expect(loading.text == "")
            #expect(loading.policy?.receivers.contains(where: \.isOff) == false, "\(name)")
        }
    }

    static let pagerKey = String(repeating: "R1", count: 16)
}
