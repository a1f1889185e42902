import GovernorCore
import GovernorNotify
import Testing

@Suite struct PagerDutyTests {
    private static let form = PagerDutyForm(routingKey: Secret("KEY"))

    private static func letter(
        firing: Int, resolved: Int = 0, settled: Set<String> = []
    ) throws -> Letter {
        let budget = try Examples.budget()
        let alerts = (0..<firing).map {
            Examples.alert(
                budget, worker: "w-\($0)", percent: 100, spentCents: 2600, action: "paused it until midnight")
        }
        var items = alerts.map { Notification.Item(alert: $0, event: .firing) }
        for number in 0..<resolved {
            var alert = Examples.alert(budget, worker: "r-\(number)")
            alert.resolve(at: Examples.firedAt, because: .spendFell)
            items.append(Notification.Item(alert: alert, event: .resolved))
        }
        let message = Message(
            Examples.notification(items),
            policy: try Examples.policy(budget, dashboardURL: "https://g.example/"), forecast: "$41.20 by midnight",
            now: Examples.firedAt)
        return Examples.letter(message, items: items, settled: settled)
    }

    @Test func `each alert is an event of its own`() throws {
        let letter = try Self.letter(firing: 2, resolved: 1)
        let requests = Self.form.requests(for: letter)
        let ids = letter.items.map(\.alert.id)
        #expect(requests.map(\.part) == ["\(ids[0]).firing", "\(ids[1]).firing", "\(ids[2]).resolved"])
        let events = try requests.map { try JSONReader.read($0.body) }
        #expect(events.compactMap { $0["event_action"]?.string } == ["trigger", "trigger", "resolve"])
        #expect(events.compactMap { $0["dedup_key"]?.string } == ids)
        #expect(events.allSatisfy { $0["routing_key"]?.string == "KEY" })
        let payload = try #require(events[0]["payload"])
        #expect(payload["summary"]?.string == letter.items[0].alert.headline)
        #expect(payload["severity"]?.string == "critical")
        #expect(payload["timestamp"]?.string == "2026-11-21T13:48:00Z")
        #expect(payload["component"]?.string == "worker-day")
        #expect(payload["class"]?.string == "threshold")
        let details = try #require(payload["custom_details"])
        #expect(details["Spent"]?.string == "$26.00 of $25.00 today, 104%")
        #expect(details["Governor"]?.string == "paused it until midnight")
        #expect(details["Until"]?.string == "2026-11-22 00:00, in 9h 12m")
        #expect(details["Forecast"]?.string == "$41.20 by midnight")
        #expect(events[0]["links"]?.array?.first?["href"]?.string == "https://g.example/")
        #expect(events[2]["payload"] == nil)
    }

    @Test(arguments: [
        (Alert.Severity.info, "info"), (.warning, "warning"), (.critical, "critical"),
    ])
    func `severities are PagerDuty's own`(severity: Alert.Severity, name: String) throws {
        var letter = try Self.letter(firing: 1)
        letter.items[0].alert.severity = severity
        let event = try JSONReader.read(try #require(Self.form.requests(for: letter).first).body)
        #expect(event["payload"]?["severity"]?.string == name)
    }

    @Test func `more than twenty are one event, and their ends are told one by one`() throws {
        #expect(try Self.form.requests(for: Self.letter(firing: 20)).count == 20)
        let letter = try Self.letter(firing: 21, resolved: 30)
        let requests = Self.form.requests(for: letter)
        #expect(requests.count == 31)
        #expect(requests[0].part == "nt_1")
        let event = try JSONReader.read(requests[0].body)
        #expect(event["dedup_key"]?.string == "nt_1")
        #expect(event["event_action"]?.string == "trigger")
        #expect(event["payload"]?["summary"]?.string == letter.message.title)
        #expect(event["payload"]?["severity"]?.string == "critical")
        #expect(event["payload"]?["custom_details"]?["1"]?.string?.contains("reached 100%") == true)
        #expect(event["payload"]?["custom_details"]?["More"]?.string == "and 41 more")
        #expect(requests.dropFirst().allSatisfy { $0.part?.hasSuffix(".resolved") == true })
    }

    @Test func `a digest and a test wake nobody`() throws {
        var digest = try Self.letter(firing: 3)
        digest.message.sections = Examples.sections
        let test = Examples.letter(
            Message.test(receiver: "pd", policy: try Examples.policy(try Examples.budget()), now: Examples.firedAt))
        for letter in [digest, test] {
            let requests = Self.form.requests(for: letter)
            #expect(requests.count == 1)
            let event = try JSONReader.read(try #require(requests.first).body)
            #expect(event["payload"]?["severity"]?.string == "info")
            #expect(event["payload"]?["summary"]?.string == letter.message.title)
        }
        let event = try JSONReader.read(try #require(Self.form.requests(for: digest).first).body)
        #expect(
            event["payload"]?["custom_details"]?["Top workers"]?.string
                == "w-1: $20.10 of $25.00, 80.4%\nw-2: $3.02 of $25.00, 12.1%")
    }

    @Test func `after a failure in the middle only the rest is sent again`() async throws {
        let accepted = FakeReceiver.Step.answer("202 Accepted", body: #"{"status":"success"}"#)
        let server = try FakeReceiver([accepted, .answer("500 Oops"), accepted])
        let notifier = PostNotifier(url: Secret(server.url), form: Self.form, client: Examples.client())
        let letter = try Self.letter(firing: 3, resolved: 1)
        let parts = Self.form.requests(for: letter).compactMap(\.part)
        let first = await notifier.send(letter)
        #expect(Expected(first.outcome) == .failed(.http5xx, ambiguous: true))
        #expect(first.settled == [parts[0]] && first.lost.isEmpty)
        #expect(server.requests.count == 2)
        var again = letter
        again.settled = first.settled
        let second = await notifier.send(again)
        #expect(second.outcome == .delivered)
        #expect(second.settled == Set(parts.dropFirst()))
        let keys = try server.requests.map { try JSONReader.read($0.body)["dedup_key"]?.string }
        let ids = letter.items.map(\.alert.id)
        #expect(keys == [ids[0], ids[1], ids[1], ids[2], ids[3]])
    }

    @Test func `an event that is not liked is lost, and the others are told`() async throws {
        let accepted = FakeReceiver.Step.answer("202 Accepted")
        let server = try FakeReceiver([accepted, .answer("400 Bad Request"), accepted])
        let notifier = PostNotifier(url: Secret(server.url), form: Self.form, client: Examples.client())
        let letter = try Self.letter(firing: 3)
        let parts = Self.form.requests(for: letter).compactMap(\.part)
        let result = await notifier.send(letter)
        #expect(result.outcome == .delivered)
        #expect(result.settled == Set(parts))
        #expect(result.lost.mapValues(\.reason) == [parts[1]: .http4xx])
    }

    @Test func `what refuses one refuses all, without asking on`() async throws {
        for status in ["401 Unauthorized", "301 Moved"] {
            let server = try FakeReceiver([.answer(status)])
            let notifier = PostNotifier(url: Secret(server.url), form: Self.form, client: Examples.client())
            let result = await notifier.send(try Self.letter(firing: 3))
            #expect(server.requests.count == 1)
            #expect(result.settled.count == 3 && result.lost.count == 3)
            guard case .refused = result.outcome else {
                Issue.record("\(result.outcome)")
                continue
            }
        }
    }
}
