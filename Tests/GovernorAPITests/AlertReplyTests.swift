import GovernorAPI
import GovernorCore
import Testing

/// How alerts, what was told of them, silences and receivers read as JSON.
@Suite struct AlertReplyTests {
    private static let now = Timestamp(seconds: 1_795_200_000)  // 2026-11-20T18:40:00Z

    private static let alert: Alert = {
        let budget = Budget(
            name: "worker-day", limit: .usd(.dollars(25)), per: [.label(.worker)], window: .calendar(.day),
            thresholds: [])
        let day = Interval(start: Timestamp(seconds: 1_795_132_800), end: Timestamp(seconds: 1_795_219_200))
        var alert = Alert(
            budget: budget, split: Split(values: ["w-1"]), window: day,
            threshold: Threshold(ratio: .percent(100), actions: Actions(pause: .untilReset)), limitRevision: 0,
            firedAt: now, spent: 25_166_000_000, action: "paused it until midnight", notified: ["ops"])
        alert.acknowledgement = Alert.Acknowledgement(by: "ada", at: now + .minutes(5))
        return alert
    }()

    private static func message(_ state: Notification.State, _ receiver: String = "ops") -> Notification {
        Notification(
            id: "nt_1", receiver: receiver, items: [Notification.Item(alert: alert, event: .firing)], createdAt: now,
            dueAt: now + .seconds(5), state: state, attempts: 1,
            nextAt: now + .seconds(5), lastError: state == .sent ? nil : "it answered 503")
    }

    private static let alertText = """
        {"id":"\(alert.id)","name":"worker-day@100%","kind":"threshold","budget":"worker-day",\
        "split":{"worker":"w-1"},"window":{"start":"2026-11-20T00:00:00Z","end":"2026-11-21T00:00:00Z"},\
        "threshold":1,"state":"firing","severity":"critical","fired_at":"2026-11-20T18:40:00Z","silenced":false,\
        "acknowledged_by":"ada","acknowledged_at":"2026-11-20T18:45:00Z","spent_usd":25.166,"limit_usd":25,\
        "action":"paused it until midnight","text":"worker-day: w-1 reached 100% of $25.00","deliveries":
        """

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func alertsHaveTheMessagesThatTellOfThem() {
        #expect(
            Self.text(Reply.alerts([(Self.alert, [Self.message(.pending)])], id: .number("7"), zone: .utc))
                == #"{"id":7,"alerts":["# + Self.alertText
                + #"[{"id":"nt_1","receiver":"ops","state":"pending","attempts":1,"last_error":"it answered 503","#
                + #""next_at":"2026-11-20T18:40:05Z"}]}]}"#)
        #expect(Self.text(Reply.alerts([], id: nil, zone: .utc)) == #"{"alerts":[]}"#)
        #expect(
            Self.text(Reply.acknowledged(Self.alert, id: nil, zone: .utc)) == #"{"alert":"# + Self.alertText + "[]}}")
    }

    @Test func anExplanationHasEveryDecisionMessageAndAttempt() {
        let id = Self.alert.id
        let explanation = AlertExplanation(
            alert: Self.alert,
            tellings: [
                Telling(
                    alert: id, receiver: "ops", event: .firing, at: Self.now, reason: .heldWorkBack,
                    notification: "nt_1"),
                Telling(alert: id, receiver: "finance", event: .firing, at: Self.now, reason: .notNamed),
            ],
            messages: [Self.message(.sent)],
            attempts: [
                DeliveryAttempt(
                    notification: "nt_1", number: 1, at: Self.now + .seconds(5), outcome: .failed, reason: .reset,
                    text: "the connection ended", isAmbiguous: true),
                DeliveryAttempt(notification: "nt_1", number: 2, at: Self.now + .seconds(10), outcome: .delivered),
                DeliveryAttempt(notification: "nt_2", number: 1, at: Self.now, outcome: .delivered),
            ],
            outlook: [
                Outlook(receiver: "ops", reason: .repeatDue, at: Self.now + .hours(4)),
                Outlook(receiver: "finance", reason: .notNamed),
            ])
        let told = Telling.Reason.heldWorkBack.text
        let notNamed = Telling.Reason.notNamed.text
        #expect(
            Self.text(Reply.explained(explanation, id: .string("a"), zone: .utc)) == #"{"id":"a","alert":"#
                + Self.alertText + #"[{"id":"nt_1","receiver":"ops","state":"sent","attempts":1}]},"tellings":["#
                + #"{"receiver":"ops","event":"firing","at":"2026-11-20T18:40:00Z","told":true,"#
                + #""reason":"held_work_back","text":"\#(told)","notification":"nt_1"},"#
                + #"{"receiver":"finance","event":"firing","at":"2026-11-20T18:40:00Z","told":false,"#
                + #""reason":"not_named","text":"\#(notNamed)"}],"deliveries":["#
                + #"{"id":"nt_1","receiver":"ops","state":"sent","attempts":1,"created_at":"2026-11-20T18:40:00Z","due_at":"2026-11-20T18:40:05Z","#
                + #""attempts_made":[{"number":1,"at":"2026-11-20T18:40:05Z","outcome":"failed","reason":"reset","#
                + #""text":"the connection ended","ambiguous":true},"#
                + #"{"number":2,"at":"2026-11-20T18:40:10Z","outcome":"delivered"}]}],"outlook":["#
                + #"{"receiver":"ops","reason":"repeat_due","text":"\#(Telling.Reason.repeatDue.text)","#
                + #""at":"2026-11-20T22:40:00Z"},"#
                + #"{"receiver":"finance","reason":"not_named","text":"\#(notNamed)"}]}"#)
    }

    @Test func silencesOfOperatorsComeBeforeThoseOfThePolicy() {
        let term = { (name: LabelName, globs: [String]) in
            Matcher.Term(key: .label(name), globs: globs.map { Glob($0) })
        }
        let operators = OperatorSilence(
            id: "si_1",
            Silence(
                items: [Glob("hot-*")], matcher: Matcher(terms: [term(.worker, ["loadtest-*"])]),
                interval: Interval(start: Self.now, end: Self.now + .hours(2)), reason: "load test", by: "ada"))
        let policy = Silence(
            matcher: Matcher(terms: [
                term(.worker, ["a", "b-*"]), Matcher.Term(key: .tag("env"), globs: [Glob("ci")]),
            ]),
            interval: Interval(start: .distantPast, end: Self.now + .hours(1)), reason: "release")
        let own =
            #"{"id":"si_1","items":["hot-*"],"labels":{"worker":"loadtest-*"},"from":"2026-11-20T18:40:00Z","#
            + #""until":"2026-11-20T20:40:00Z","reason":"load test","by":"ada"}"#
        #expect(Self.text(Reply.silenced(operators, id: nil, zone: .utc)) == #"{"silence":\#(own)}"#)
        #expect(
            Self.text(Reply.silences([operators], policy: [policy], id: nil, zone: .utc)) == #"{"silences":[\#(own),"#
                + #"{"items":[],"labels":{"worker":["a","b-*"],"tags.env":"ci"},"until":"2026-11-20T19:40:00Z","#
                + #""reason":"release","policy":true}]}"#)
    }

    @Test func aTestSaysWhatTheReceiverAnswered() {
        #expect(
            Self.text(Reply.tested(receiver: "ops", .delivered, id: .number("1")))
                == #"{"id":1,"receiver":"ops","delivered":true}"#)
        let failure = DeliveryFailure(.http4xx, "it answered 404: no_service")
        for outcome in [DeliveryOutcome.refused(failure), .failed(failure, retryAfter: .seconds(1))] {
            #expect(
                Self.text(Reply.tested(receiver: "ops", outcome, id: nil))
                    == #"{"receiver":"ops","delivered":false,"reason":"http_4xx","text":"it answered 404: no_service"}"#
            )
        }
        #expect(Self.text(Reply.retried(3, id: nil)) == #"{"retried":3}"#)
    }

    @Test func statusShowsEveryReceiverAndStillNamesThoseThatAreOff() throws {
        var slack = ReceiverView(
            Receiver(name: "ops", kind: .slack(webhook: Secret("https://hooks.example/T0/secret"))))
        slack.state = .failing
        slack.pending = 3
        slack.lastDeliveredAt = Self.now
        slack.lastError = "it answered 503"
        let log = ReceiverView(Receiver(name: "log", kind: .log, digest: DigestSchedule(weekday: 1, at: .hours(8))))
        let off = ReceiverView(Receiver(name: "oncall", kind: .off))
        let body = StatusBody(
            version: "1", revision: "r", reloadedAt: Self.now, policyError: nil, mode: .enforce, accounts: [],
            paused: [], sources: [], receivers: [slack, log, off], misgivings: Misgivings(), forecast: nil,
            holds: HoldsView(Holds()), asOf: Self.now, zone: .utc
        ).body(id: nil)
        #expect(
            Self.text(body).contains(
                #""receivers":[{"name":"ops","kind":"slack","state":"failing","pending":3,"dead":0,"#
                    + #""last_delivered_at":"2026-11-20T18:40:00Z","last_error":"it answered 503"},"#
                    + #"{"name":"log","kind":"log","state":"ok","pending":0,"dead":0,"digest":"Monday 08:00"},"#
                    + #"{"name":"oncall","state":"off","pending":0,"dead":0}],"receivers_off":["oncall"],"#))
        #expect(!Self.text(body).contains("secret"))
    }

    @Test func metricsCountMessagesAttemptsAndWhatFires() {
        var text = Exposition()
        text.notifications(
            [("ops", .sent, 4), ("ops", .pending, 2), ("gone", .pending, 1), ("ops", .dead, 1)],
            attempts: [("ops", nil, 4), ("ops", .rateLimited, 2)], receivers: ["ops", "log"], firing: [.critical: 2])
        let samples = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            samples == [
                #"governor_notifications_total{receiver="ops",result="sent"} 4"#,
                #"governor_notifications_total{receiver="ops",result="dead"} 1"#,
                #"governor_delivery_attempts_total{receiver="ops",reason="delivered"} 4"#,
                #"governor_delivery_attempts_total{receiver="ops",reason="rate_limited"} 2"#,
                #"governor_notifications_pending{receiver="gone"} 1"#,
                #"governor_notifications_pending{receiver="log"} 0"#,
                #"governor_notifications_pending{receiver="ops"} 2"#,
                #"governor_alerts_firing{severity="info"} 0"#,
                #"governor_alerts_firing{severity="warning"} 0"#,
                #"governor_alerts_firing{severity="critical"} 2"#,
            ])
    }
}
