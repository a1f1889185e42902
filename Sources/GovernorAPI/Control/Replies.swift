package import GovernorCore

/// The replies of the control operations, in the order of fields that the contract shows.
package enum Reply {
    /// A decision; times as the policy's zone shows them.
    package static func decision(_ decision: Decision, id: JSON?, zone: Zone, ignored: [String] = []) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("decision", decision.kind.rawValue)
            if decision.stop { json.field("stop", true) }
            if let would = decision.would { json.field("would", would.rawValue) }
            if let delay = decision.delay { json.seconds("delay_s", delay) }
            if let workers = decision.maxWorkers { json.field("max_workers", workers) }
            json.field("reasons", array: decision.reasons) { $0.value($1, zone: zone) }
            if let remaining = decision.remaining { json.field("remaining_usd", remaining) }
            if let resume = decision.resumeAt {
                json.field("resume_at", RFC3339.text(resume, in: zone))
                json.seconds("retry_after_s", resume - decision.asOf)
            }
            json.field("as_of", RFC3339.utc(decision.asOf))
            json.field("stale", array: decision.stale) { $0.value($1) }
            json.field(
                "caveats", array: decision.caveats + ignored.map { "the field \($0) is unknown and was ignored" }
            ) {
                $0.value($1)
            }
            json.field("revision", decision.revision)
        }
        return json.bytes
    }

    /// What became of pushed records.
    package static func recorded(
        fates: [RecordFate], rejected: [PushedRecord.Rejection], id: JSON?
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            for fate in [RecordFate.accepted, .duplicate, .revised] {
                json.field(fate.rawValue, Int64(fates.count { $0 == fate }))
            }
            json.field("rejected", array: rejected) { json, rejection in
                json.object { json in
                    json.field("index", Int64(rejection.index))
                    json.field("field", ifPresent: rejection.error.field)
                    json.field("message", rejection.error.message)
                }
            }
        }
        return json.bytes
    }

    /// How many earlier records a session's new labels changed.
    package static func labelled(count: Int, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("relabelled", Int64(count))
        }
        return json.bytes
    }

    package static func pong(version: String, uptime: Span, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("version", version)
            json.seconds("uptime_s", uptime)
        }
        return json.bytes
    }
}

extension JSONWriter {
    /// A span in seconds, rounded up to whole ones: a retry a moment too early is a retry wasted.
    package mutating func seconds(_ name: String, _ span: Span) {
        field(name, max(0, (span.milliseconds.saturatingAdding(999)) / 1000))
    }

    /// The labels that are set, as fields.
    package mutating func labels(_ labels: Labels) {
        for name in LabelName.allCases { field(name.rawValue, ifPresent: labels[name]) }
        if !labels.tags.isEmpty {
            field(
                "tags",
                object: { for (tag, value) in labels.tags.sorted(by: { $0.key < $1.key }) { $0.field(tag, value) } })
        }
    }

    /// `{"worker":"w-1"}`; empty for the fleet.
    package mutating func split(_ split: Split, per keys: [LabelKey]) {
        field("split", object: { for (key, value) in split.labels(per: keys) { $0.field(key.text, value) } })
    }

    /// `spent_usd`, `spent_tokens` or `spent_calls`, by the limit's unit.
    package mutating func measured(_ name: String, _ value: Int64, _ unit: Limit.Unit) {
        switch unit {
        case .usd: field("\(name)_usd", Money(nanodollars: value))
        case .tokens, .calls: field("\(name)_\(unit.rawValue)", value)
        }
    }

    fileprivate mutating func value(_ reason: Decision.Reason, zone: Zone) {
        object { json in
            json.field("budget", reason.budget)
            json.split(reason.split, per: reason.per)
            json.field("ratio", reason.ratio)
            json.measured("spent", reason.spent, reason.limit.unit)
            json.measured("held", reason.held, reason.limit.unit)
            json.measured("limit", reason.limit.value, reason.limit.unit)
            if let resumes = reason.resumesAt { json.field("resumes_at", RFC3339.text(resumes, in: zone)) }
            json.field("text", reason.text)
        }
    }
}
