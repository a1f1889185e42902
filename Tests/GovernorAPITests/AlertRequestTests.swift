import GovernorAPI
import GovernorCore
import Testing

/// What may be asked about alerts, their messages and silences.
@Suite struct AlertRequestTests {
    private static let now = Timestamp(seconds: 1_795_200_000)  // 2026-11-20T18:40:00Z
    private static let policy: Policy = {
        let day = { (name: String) in
            Budget(name: name, limit: .usd(.dollars(25)), per: [], window: .calendar(.day), thresholds: [])
        }
        let rule = { (name: String) in
            Rule(name: name, condition: .unpricedModel(UnpricedModel()))
        }
        return Policy(
            revision: "r", budgets: [day("worker-day"), day("hot-day")], rules: [rule("hot-worker"), rule("streak")])
    }()

    private static func read(_ text: String) throws -> ControlRequest.Operation {
        try Array(text.utf8).withUnsafeBytes { try ControlRequest($0) }.operation
    }

    private static func error(_ text: String) -> ControlError? {
        do {
            _ = try read(text)
            return nil
        } catch { return (error as? ControlRequest.Failure)?.error }
    }

    @Test func alertsAreAskedForByStateTimeNumberAndReceiver() throws {
        #expect(try Self.read(#"{"op":"alerts"}"#) == .alerts(AlertQuery()))
        #expect(try Self.read(#"{"op":"alerts","state":"all","since":null}"#) == .alerts(AlertQuery()))
        #expect(
            try Self.read(#"{"op":"alerts","state":"firing","limit":1,"since":"24h","receiver":"ops"}"#)
                == .alerts(AlertQuery(state: .firing, limit: 1, start: .ago(.hours(24)), receiver: "ops")))
        #expect(
            try Self.read(#"{"op":"alerts","state":"resolved","limit":1000}"#)
                == .alerts(AlertQuery(state: .resolved, limit: 1000)))
    }

    @Test(arguments: [
        (#""2026-11-20T18:00:00+01:00""#, Timestamp(seconds: 1_795_194_000)),
        (#""2026-11-20""#, Timestamp(seconds: 1_795_129_200)),
        (#""2026-11-20T08:00""#, Timestamp(seconds: 1_795_158_000)),
        (#""1h30m""#, Timestamp(seconds: 1_795_194_600)),
        ("1795194000", Timestamp(seconds: 1_795_194_000)),
    ])
    func sinceIsATimeADateOfThePolicysZoneOrADuration(since: String, time: Timestamp) throws {
        guard case .alerts(let query) = try Self.read(#"{"op":"alerts","since":\#(since)}"#) else {
            Issue.record("no alerts")
            return
        }
        let zone = try #require(Zone(identifier: "Europe/Warsaw"))
        #expect(query.since(at: Self.now, in: zone) == time)
    }

    @Test func anAlertIsExplainedAndAcknowledgedByItsId() throws {
        #expect(try Self.read(#"{"op":"explain_alert","alert":"al_1"}"#) == .explainAlert("al_1"))
        #expect(
            try Self.read(#"{"op":"ack","alert":"al_1","by":"ada"}"#) == .acknowledge(alert: "al_1", by: "ada"))
        #expect(try Self.read(#"{"op":"silences"}"#) == .silences)
        #expect(try Self.read(#"{"op":"expire","silence":"si_1","by":"ada"}"#) == .expire(silence: "si_1", by: "ada"))
        #expect(try Self.read(#"{"op":"test","receiver":"ops"}"#) == .test(receiver: "ops"))
    }

    @Test func oneMessageThoseOfAReceiverOrAllAreTriedAgain() throws {
        #expect(try Self.read(#"{"op":"retry","notification":"nt_1"}"#) == .retry(.notification("nt_1")))
        #expect(try Self.read(#"{"op":"retry","receiver":"ops"}"#) == .retry(.receiver("ops")))
        #expect(try Self.read(#"{"op":"retry"}"#) == .retry(.all))
    }

    private static let until = "a time such as 2026-11-20T15:00:00Z or a duration such as 2h"

    @Test(arguments: [
        (#"{"op":"alerts","state":"open"}"#, "state", #"state must be firing, resolved or all; got "open""#),
        (#"{"op":"alerts","state":1}"#, "state", "state must be firing, resolved or all; got 1"),
        (#"{"op":"alerts","limit":0}"#, "limit", "limit must be a whole number from 1 to 1000; got 0"),
        (#"{"op":"alerts","limit":1001}"#, "limit", "limit must be a whole number from 1 to 1000; got 1001"),
        (#"{"op":"alerts","limit":"9"}"#, "limit", #"limit must be a whole number from 1 to 1000; got "9""#),
        (
            #"{"op":"alerts","since":"monday"}"#, "since",
            "since must be a date such as 2026-11-20, a time such as 2026-11-20T15:00:00Z or a duration such as 24h; "
                + #"got "monday""#
        ),
        (
            #"{"op":"alerts","since":"1969-01-01"}"#, "since",
            "since must be a date such as 2026-11-20, a time such as 2026-11-20T15:00:00Z or a duration such as 24h; "
                + #"got "1969-01-01""#
        ),
        (#"{"op":"alerts","receiver":7}"#, "receiver", "receiver must be a text; got 7"),
        (
            #"{"op":"explain_alert"}"#, "alert",
            "alert is missing; it must be the id of an alert, such as al_dbe038406c14f648"
        ),
        (#"{"op":"explain_alert","alert":7}"#, "alert", "alert must be a text; got 7"),
        (
            #"{"op":"ack","by":"ada"}"#, "alert",
            "alert is missing; it must be the id of an alert, such as al_dbe038406c14f648"
        ),
        (#"{"op":"ack","alert":"al_1"}"#, "by", "by is missing; it must be who says so"),
        (#"{"op":"ack","alert":"al_1","by":""}"#, "by", #"by must be a text; got """#),
        (
            #"{"op":"expire","by":"ada"}"#, "silence",
            "silence is missing; it must be the id of a silence, such as si_dbe038406c14f648"
        ),
        (#"{"op":"expire","silence":"si_1"}"#, "by", "by is missing; it must be who says so"),
        (
            #"{"op":"test"}"#, "receiver", "receiver is missing; it must be the name of one of the policy's receivers"
        ),
        (#"{"op":"test","receiver":[]}"#, "receiver", "receiver must be a text; got a list"),
        (
            #"{"op":"retry","notification":"nt_1","receiver":"ops"}"#, "receiver",
            "name one message by its id, or a receiver for all of its own, not both"
        ),
        (#"{"op":"retry","notification":1}"#, "notification", "notification must be a text; got 1"),
        (
            #"{"op":"silence","until":"2h","reason":"r","by":"b"}"#, "all",
            #"say what is silenced by a label, a budget or a rule, or everything by "all":true"#
        ),
        (
            #"{"op":"silence","all":false,"until":"2h","reason":"r","by":"b"}"#, "all",
            #"say what is silenced by a label, a budget or a rule, or everything by "all":true"#
        ),
        (
            #"{"op":"silence","all":true,"worker":"w","until":"2h","reason":"r","by":"b"}"#, "all",
            #""all":true silences everything; name no label, budget or rule beside it"#
        ),
        (
            #"{"op":"silence","all":"yes","until":"2h","reason":"r","by":"b"}"#, "all",
            #"all must be true or false; got "yes""#
        ),
        (
            #"{"op":"silence","budget":[],"until":"2h","reason":"r","by":"b"}"#, "budget",
            "budget must be a pattern or a list of 1 to 32 of them, each at most 256 bytes; got a list of 0"
        ),
        (
            #"{"op":"silence","rule":["a",7],"until":"2h","reason":"r","by":"b"}"#, "rule",
            "rule must be a pattern or a list of 1 to 32 of them, each at most 256 bytes; got 7"
        ),
        (#"{"op":"silence","rule":7,"until":"2h","reason":"r","by":"b"}"#, "rule", "rule must be a text; got 7"),
        (#"{"op":"silence","worker":"w","reason":"r","by":"b"}"#, "until", "until is missing; it must be \(until)"),
        (
            #"{"op":"silence","worker":"w","until":"soon","reason":"r","by":"b"}"#, "until",
            #"until must be \#(until); got "soon""#
        ),
        (
            #"{"op":"silence","worker":"w","until":"0s","reason":"r","by":"b"}"#, "until",
            #"until must be \#(until); got "0s""#
        ),
        (
            #"{"op":"silence","worker":"w","until":"2026-11-20","reason":"r","by":"b"}"#, "until",
            #"until must be \#(until); got "2026-11-20""#
        ),
        (
            #"{"op":"silence","worker":"w","until":"2h","by":"b"}"#, "reason",
            "reason is missing; it must be why, for everybody who misses the messages"
        ),
        (
            #"{"op":"silence","worker":"w","until":"2h","reason":"r"}"#, "by", "by is missing; it must be who says so"
        ),
    ])
    func aBadFieldIsNamedWithWhatWasExpected(text: String, field: String, message: String) {
        let error = Self.error(text)
        #expect(error?.code == .badRequest)
        #expect(error?.field == field)
        #expect(error?.message == message)
    }

    @Test(arguments: ["reason", "by"])
    func aRemarkHasAtMost500Bytes(field: String) {
        let request = { (length: Int) in
            let other = field == "by" ? "reason" : "by"
            let remark = String(repeating: "é", count: length / 2)
            return #"{"op":"silence","worker":"w","until":"2h","\#(other)":"x","\#(field)":"\#(remark)"}"#
        }
        #expect(Self.error(request(500)) == nil)
        #expect(Self.error(request(502))?.message == "\(field) is longer than 500 bytes")
    }

    private static func silence(_ fields: String) throws -> Silence {
        let text = #"{"op":"silence",\#(fields),"reason":"load test","by":"ada"}"#
        guard case .silence(let request) = try read(text) else { throw ControlError(.badRequest, "no silence") }
        return try request.silence(at: now, in: policy)
    }

    @Test func aSilenceBeginsNowAndEndsAtItsTime() throws {
        let lasting = try Self.silence(#""worker":"loadtest-*","tags":{"env":"ci"},"until":"2h""#)
        #expect(lasting.interval == Interval(start: Self.now, end: Self.now + .hours(2)))
        #expect(lasting.items.isEmpty)
        #expect(lasting.matcher.text == "worker loadtest-*, tags.env ci")
        #expect((lasting.reason, lasting.by) == ("load test", "ada"))
        let timed = try Self.silence(#""all":true,"until":"2026-11-20T20:40:00+01:00""#)
        #expect(timed.interval == Interval(start: Self.now, end: Self.now + .hours(1)))
        #expect(timed.matcher == .all && timed.items.isEmpty)
    }

    @Test(arguments: [
        (#""rule":"streak""#, ["streak"]),
        (#""rule":["streak","hot-w*"]"#, ["streak", "hot-w*"]),
        (#""budget":"worker-*""#, ["worker-*"]),
        // A budget's name matches as well, and it was not meant.
        (#""rule":"hot-*""#, ["hot-worker"]),
        (#""budget":"*""#, ["worker-day", "hot-day"]),
        (#""budget":"worker-day","rule":"streak""#, ["worker-day", "streak"]),
    ])
    func aPatternMutesItemsOfItsKindAlone(fields: String, items: [String]) throws {
        #expect(try Self.silence(fields + #","until":"2h""#).items.map(\.pattern) == items)
    }

    @Test(arguments: [
        (
            #""all":true,"until":"2026-11-20T18:40:00Z""#, "until",
            "until must lie in the future; got 2026-11-20T18:40:00Z, and it is 2026-11-20T18:40:00Z"
        ),
        (#""all":true,"until":"999999w""#, "until", "until must be before the year 10000"),
        (
            #""rule":"hot-wroker","until":"2h""#, "rule",
            #"no rule matches "hot-wroker"; there is hot-worker, streak"#
        ),
        (#""rule":"worker-day","until":"2h""#, "rule", #"no rule matches "worker-day"; name a budget as "budget""#),
        (
            #""worker":"w-1","budget":["hot-day","x*"],"until":"2h""#, "budget",
            #"no budget matches "x*"; there is worker-day, hot-day"#
        ),
    ])
    func aSilenceThatWouldMuteNothingIsRefused(fields: String, field: String, message: String) {
        do {
            _ = try Self.silence(fields)
            Issue.record("it was taken")
        } catch {
            #expect((error as? ControlError)?.field == field)
            #expect((error as? ControlError)?.message == message)
        }
    }
}
