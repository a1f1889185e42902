package import GovernorCore

/// The replies of the operations on alerts, their messages and silences.
extension Reply {
    /// `{"alerts":[…]}`, each with the messages that tell of it.
    package static func alerts(_ alerts: [(Alert, [Notification])], id: JSON?, zone: Zone) -> [UInt8] {
        answer(id) { json in
            json.field("alerts", array: alerts) { json, item in json.value(item.0, told: item.1, zone: zone) }
        }
    }

    /// `{"alert":{…},"tellings":[…],"deliveries":[…],"outlook":[…]}`
    package static func explained(_ explanation: AlertExplanation, id: JSON?, zone: Zone) -> [UInt8] {
        answer(id) { json in
            json.key("alert")
            json.value(explanation.alert, told: explanation.messages, zone: zone)
            json.field("tellings", array: explanation.tellings) { $0.value($1, zone: zone) }
            json.field("deliveries", array: explanation.messages) { json, message in
                let attempts = explanation.attempts.filter { $0.notification == message.id }
                json.object { json in
                    json.fields(of: message, zone: zone)
                    json.field("created_at", RFC3339.text(message.createdAt, in: zone))
                    json.field("due_at", RFC3339.text(message.dueAt, in: zone))
                    json.field("attempts_made", array: attempts) { $0.value($1, zone: zone) }
                }
            }
            json.field("outlook", array: explanation.outlook) { $0.value($1, zone: zone) }
        }
    }

    /// `{"alert":{…}}`
    /// - Parameter messages: those that tell of it.
    package static func acknowledged(
        _ alert: Alert, told messages: [Notification] = [], id: JSON?, zone: Zone
    ) -> [UInt8] {
        answer(id) { json in
            json.key("alert")
            json.value(alert, told: messages, zone: zone)
        }
    }

    /// `{"silence":{…}}`, one that began or one that was ended.
    package static func silenced(_ silence: OperatorSilence, id: JSON?, zone: Zone) -> [UInt8] {
        answer(id) { json in
            json.key("silence")
            json.value(silence.silence, id: silence.id, zone: zone)
        }
    }

    /// `{"silences":[…]}`, the operators' own first.
    package static func silences(
        _ operators: [OperatorSilence], policy: [Silence], id: JSON?, zone: Zone
    ) -> [UInt8] {
        answer(id) { json in
            json.key("silences")
            json.array { json in
                for silence in operators { json.value(silence.silence, id: silence.id, zone: zone) }
                for silence in policy { json.value(silence, id: nil, zone: zone) }
            }
        }
    }

    /// `{"receiver":"ops","delivered":false,"reason":"http_4xx","text":…}`
    package static func tested(receiver: String, _ outcome: DeliveryOutcome, id: JSON?) -> [UInt8] {
        answer(id) { json in
            json.field("receiver", receiver)
            json.field("delivered", outcome == .delivered)
            json.field("reason", ifPresent: outcome.failure?.reason.rawValue)
            json.field("text", ifPresent: outcome.failure?.text)
        }
    }

    /// `{"retried":3}`
    package static func retried(_ count: Int, id: JSON?) -> [UInt8] {
        answer(id) { $0.field("retried", Int64(count)) }
    }

    private static func answer(_ id: JSON?, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            body(&json)
        }
        return json.bytes
    }
}

extension JSONWriter {
    /// The shape **silence**.
    /// - Parameter id: nil for one of the policy's files.
    package mutating func value(_ silence: Silence, id: String?, zone: Zone) {
        object { json in
            json.field("id", ifPresent: id)
            json.field("items", array: silence.items) { $0.value($1.pattern) }
            json.field(
                "labels",
                object: { json in
                    for term in silence.matcher.terms { json.field(term.key.text, oneOrMore: term.globs) }
                })
            if silence.interval.start != .distantPast {
                json.field("from", RFC3339.text(silence.interval.start, in: zone))
            }
            json.field("until", RFC3339.text(silence.interval.end, in: zone))
            json.field("reason", silence.reason)
            json.field("by", ifPresent: silence.by)
            if id == nil { json.field("policy", true) }
        }
    }

    /// A pattern as a text, several as a list of them.
    private mutating func field(_ name: String, oneOrMore globs: [Glob]) {
        if let only = globs.first, globs.count == 1 { return field(name, only.pattern) }
        field(name, array: globs) { $0.value($1.pattern) }
    }

    fileprivate mutating func value(_ telling: Telling, zone: Zone) {
        object { json in
            json.field("receiver", telling.receiver)
            json.field("event", telling.event.rawValue)
            json.field("at", RFC3339.text(telling.at, in: zone))
            json.field("told", telling.reason.tells)
            json.field("reason", telling.reason.rawValue)
            json.field("text", telling.reason.text)
            json.field("notification", ifPresent: telling.notification)
        }
    }

    fileprivate mutating func value(_ attempt: DeliveryAttempt, zone: Zone) {
        object { json in
            json.field("number", attempt.number)
            json.field("at", RFC3339.text(attempt.at, in: zone))
            json.field("outcome", attempt.outcome.rawValue)
            json.field("reason", ifPresent: attempt.reason?.rawValue)
            json.field("text", ifPresent: attempt.text)
            if attempt.isAmbiguous { json.field("ambiguous", true) }
        }
    }

    fileprivate mutating func value(_ outlook: Outlook, zone: Zone) {
        object { json in
            json.field("receiver", outlook.receiver)
            json.field("reason", outlook.reason.rawValue)
            json.field("text", outlook.reason.text)
            if let at = outlook.at { json.field("at", RFC3339.text(at, in: zone)) }
        }
    }
}
