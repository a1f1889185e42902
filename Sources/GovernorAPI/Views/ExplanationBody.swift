package import GovernorCore

extension Reply {
    /// `{"check":{…a decision…},"items":[{"budget":…,"applies":true,…,"next":[…],"text":…}]}`
    package static func explanation(_ explanation: Explanation, id: JSON?, zone: Zone) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("check", object: { $0.members(of: explanation.decision, zone: zone) })
            json.field("items", array: explanation.items) { $0.value($1, zone: zone) }
        }
        return json.bytes
    }

    /// The alerts whose pauses ended, and the operators' pauses that did.
    package static func resumed(_ alerts: [Alert], _ pauses: [OperatorPause], id: JSON?, zone: Zone) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("resumed", Int64(alerts.count + pauses.count))
            json.field("alerts", array: alerts) { $0.value($1, told: [], zone: zone) }
            json.field("pauses", array: pauses) { $0.value(PauseView($1), zone: zone) }
        }
        return json.bytes
    }

    /// What a reload of the policy came to.
    package static func reloaded(revision: String, problem: String?, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("reloaded", problem == nil)
            json.field("revision", revision)
            json.field("policy_error", ifPresent: problem)
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ item: Explanation.Item, zone: Zone) {
        object { json in
            json.field(item.kind.rawValue, item.name)
            json.field("applies", item.otherwise == nil)
            json.field("because", ifPresent: item.otherwise)
            json.field("mode", item.mode.rawValue)
            if let split = item.split { json.split(split, per: item.per) }
            if let standing = item.standing {
                let unit = standing.limit.unit
                json.measured("limit", standing.limit.value, unit)
                json.measured("spent", standing.spent, unit)
                json.measured("held", standing.held, unit)
                json.measured("remaining", max(0, standing.remaining), unit)
                json.field("ratio", standing.ratio)
                json.field("state", standing.state.rawValue)
            }
            if let resets = item.resetsAt { json.field("resets_at", RFC3339.text(resets, in: zone)) }
            if let override = item.override { json.value(override, zone: zone) }
            json.field("next", array: item.steps) { json, step in
                json.object { json in
                    if !step.threshold.isEmpty { json.field("threshold", step.threshold) }
                    if let at = step.at, let unit = item.standing?.limit.unit { json.measured("at", at, unit) }
                    json.field("reached", step.isReached)
                    json.field("firing", step.isFiring)
                    json.field("action", step.action)
                }
            }
            json.field("text", item.text)
        }
    }
}
