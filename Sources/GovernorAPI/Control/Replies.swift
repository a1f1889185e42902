package import GovernorCore

/// The replies of the control operations, in the order of fields that the contract shows.
package enum Reply {
    /// A decision; times as the policy's zone shows them.
    package static func decision(_ decision: Decision, id: JSON?, zone: Zone, ignored: [String] = []) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.members(of: decision, zone: zone, ignored: ignored)
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
            let count = { (fate: RecordFate) in Int64(fates.count { $0 == fate }) }
            json.field("accepted", count(.accepted))
            // What another source told of already adds nothing either.
            json.field("duplicate", count(.duplicate) + count(.united))
            json.field("revised", count(.revised))
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

    /// A decision's fields.
    package mutating func members(of decision: Decision, zone: Zone, ignored: [String] = []) {
        self.field("decision", decision.kind.rawValue)
        if decision.stop { self.field("stop", true) }
        if let would = decision.would { self.field("would", would.rawValue) }
        if let delay = decision.delay { self.seconds("delay_s", delay) }
        if let workers = decision.maxWorkers { self.field("max_workers", workers) }
        self.field("model", ifPresent: decision.model)
        self.field("reasons", array: decision.reasons) { $0.value($1, zone: zone) }
        if !decision.wouldReasons.isEmpty {
            self.field("would_reasons", array: decision.wouldReasons) { $0.value($1, zone: zone) }
        }
        if let remaining = decision.remaining { self.field("remaining_usd", remaining) }
        if let resume = decision.resumeAt {
            self.field("resume_at", RFC3339.text(resume, in: zone))
            self.seconds("retry_after_s", resume - decision.asOf)
        } else if let span = decision.askAgainAfter {
            self.seconds("retry_after_s", span)
        }
        self.field("as_of", RFC3339.utc(decision.asOf))
        self.field("stale", array: decision.stale) { $0.value($1) }
        self.field(
            "caveats", array: decision.caveats + ignored.map { "the field \($0) is unknown and was ignored" }
        ) {
            $0.value($1)
        }
        self.field("revision", decision.revision)
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

    fileprivate mutating func value(_ reason: Decision.Reason, zone: Zone) {
        object { json in
            json.field(reason.isOperator ? "operator" : reason.share == nil ? "rule" : "budget", reason.item)
            json.split(reason.split, per: reason.per)
            if let share = reason.share {
                json.field("ratio", share.ratio)
                json.measured("spent", share.spent, share.limit.unit)
                json.measured("held", share.held, share.limit.unit)
                json.measured("limit", share.limit.value, share.limit.unit)
            }
            if let resumes = reason.resumesAt { json.field("resumes_at", RFC3339.text(resumes, in: zone)) }
            json.field("text", reason.text)
        }
    }
}
