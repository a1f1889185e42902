package import GovernorCore

/// The shape **reconcile**: the ledger against what providers report, per day (UTC) and model.
///
/// ```
/// {"since":"2026-11-20","until":"2026-11-22","timezone":"UTC","tolerance":0.01,"compared":true,"beyond":true,
///  "providers":[{"provider":"anthropic","state":"on",…}],
///  "lines":[{"day":"2026-11-20","provider":"anthropic","model":"claude-opus-5","covered":true,
///            "theirs":{"calls":null,"tokens":{…},"cost_usd":12.5},"ours":{"calls":41,"tokens":{…},"cost_usd":12.1},
///            "shadowed":{"calls":3,"cost_usd":0.9},"drift_usd":-0.4,"drift":-0.032,
///            "drift_tokens":-120000,"drift_tokens_ratio":-0.03,
///            "sources":[{"source":"transcript","cost_usd":12.1,"tokens":…}],
///            "cause":"unseen_source","text":"…","beyond":true}],
///  "days":[{"day":"2026-11-20","theirs":…,"ours":…,"shadowed":…,"drift_usd":…,"drift":…}],"total":{…}}
/// ```
///
/// `drift` is ours less theirs, as a share of theirs: below zero the provider has more. What a side doesn't tell is null.
/// `until` is the first day that is not compared. `item` names a cost that the provider books to no model.
package struct ReconcileBody: Sendable {
    package var reconciliation: Reconciliation
    package var providers: [ProviderView]
    /// For the times of polls.
    package var zone: Zone
    package var now: Timestamp

    package init(_ reconciliation: Reconciliation, providers: [ProviderView], zone: Zone, now: Timestamp) {
        self.reconciliation = reconciliation
        self.providers = providers
        self.zone = zone
        self.now = now
    }

    package var body: [UInt8] {
        let question = reconciliation.question
        var json = JSONWriter()
        json.object { json in
            json.field("since", question.since.text)
            json.field("until", question.until.text)
            json.field("timezone", "UTC")
            json.field("tolerance", question.tolerance)
            json.field("compared", reconciliation.isCompared)
            json.field("beyond", reconciliation.isBeyond)
            json.field("providers", array: providers) { $0.value($1, zone: zone, now: now) }
            json.field("lines", array: reconciliation.lines) { json, line in json.object { $0.fields(of: line) } }
            json.field("days", array: reconciliation.days) { json, day in
                json.object { json in
                    json.field("day", day.day.text)
                    json.fields(of: day.sums)
                }
            }
            json.field("total", object: { $0.fields(of: reconciliation.total) })
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func fields(of line: Reconciliation.Line) {
        field("day", line.day.text)
        field("provider", line.provider)
        field("model", line.model)
        field("item", ifPresent: line.item.isEmpty ? nil : line.item)
        field("covered", line.isCovered)
        fields(of: line.sums)
        field("sources", array: line.sources) { json, share in
            json.object { json in
                json.field("source", share.source)
                json.field("cost_usd", share.cost)
                json.field("tokens", share.tokens)
            }
        }
        field("cause", line.cause.rawValue)
        field("text", line.text)
        field("beyond", line.isBeyond)
    }

    fileprivate mutating func fields(of sums: Reconciliation.Sums) {
        field("theirs", side: sums.theirs)
        field("ours", side: sums.ours)
        field(
            "shadowed",
            object: { json in
                json.field("calls", sums.shadowedCalls)
                json.field("cost_usd", sums.shadowedCost)
            })
        key("drift_usd")
        if let drift = sums.drift { value(drift) } else { null() }
        key("drift")
        if let ratio = sums.driftRatio { value(ratio) } else { null() }
        key("drift_tokens")
        if let drift = sums.tokenDrift { value(drift) } else { null() }
        key("drift_tokens_ratio")
        if let ratio = sums.tokenDriftRatio { value(ratio) } else { null() }
    }

    /// Null as a whole where the side says nothing.
    private mutating func field(_ name: String, side: Reconciliation.Side) {
        key(name)
        guard side.calls != nil || side.tokens != nil || side.cost != nil else { return null() }
        object { json in
            json.key("calls")
            if let calls = side.calls { json.value(calls) } else { json.null() }
            json.key("tokens")
            if let tokens = side.tokens {
                json.object { json in
                    json.field("input", tokens.input)
                    json.field("output", tokens.output)
                    json.field("cache_read", tokens.cacheRead)
                    json.field("cache_write_5m", tokens.cacheWrite5m)
                    json.field("cache_write_1h", tokens.cacheWrite1h)
                    json.field("cache_write_12h", tokens.cacheWrite12h)
                    json.field("total", tokens.total)
                }
            } else {
                json.null()
            }
            json.key("cost_usd")
            if let cost = side.cost { json.value(cost) } else { json.null() }
        }
    }
}
