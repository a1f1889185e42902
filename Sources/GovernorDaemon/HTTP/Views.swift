import GovernorAPI
import GovernorCore
import GovernorLedger

/// The read-only JSON that is not the display's.
struct Views: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let forecaster: Forecaster
    let providers: ProviderBoard

    private var zone: Zone { governor.read { $0.book.policy.zone } }

    var accounts: [UInt8] {
        list("accounts", governor.accounts(StatusQuery(), now: governor.clock())) { $0.value($1, zone: zone) }
    }

    var sourcesBody: [UInt8] {
        let now = governor.clock()
        var json = JSONWriter()
        json.object { json in
            json.field("sources", array: sources.views(governor)) { $0.value($1, zone: zone, now: now) }
            json.field("providers", array: providerViews) { $0.value($1, zone: zone, now: now) }
        }
        return json.bytes
    }

    /// `GET /api/poller/status`.
    var pollerStatus: [UInt8] { PollerStatusBody.body(providerViews, zone: zone, now: governor.clock()) }

    private var providerViews: [ProviderView] { governor.views(of: providers) }

    func reconciliation(_ query: ReconcileQuery) throws -> [UInt8] {
        ReconcileBody(
            try query.answer(from: governor.ledger), providers: providerViews, zone: zone, now: governor.clock()
        ).body
    }

    var status: [UInt8] {
        forecaster.refresh(ifOlderThan: .seconds(5))
        return governor.status(StatusQuery(), sources: sources.views(governor), providers: providerViews).body(id: nil)
    }

    var forecast: [UInt8] {
        forecaster.refresh(ifOlderThan: .seconds(5))
        return list("forecasts", [governor.read { $0.forecast }].compactMap { $0 }) { $0.value($1, zone: zone) }
    }

    func alerts() throws -> [UInt8] {
        list("alerts", try governor.ledger.alerts(AlertFilter(limit: 500))) { json, found in
            json.value(found.alert, told: found.messages, zone: zone)
        }
    }

    func report(_ query: ReportQuery) throws -> [UInt8] {
        try query.answer(from: governor.ledger, comparedWith: governor.compared(at: query.until)).body
    }

    /// Prometheus' text.
    func exposition() throws -> String {
        let now = governor.clock()
        let (decisions, forecast, holds) = governor.read {
            ($0.decisions, $0.forecast, HoldsView($0.book.admission.holds))
        }
        var text = Exposition()
        text.metric("governor_build_info", .gauge, "The release.", [([("version", Version.text)], "1")])
        text.accounts(governor.accounts(StatusQuery(), now: now))
        text.metric("governor_holds", .gauge, "Holds that live.", [([], String(holds.live))])
        text.metric("governor_holds_held_usd", .gauge, "What they still hold.", [([], holds.held.text)])
        text.metric(
            "governor_holds_overrun_usd", .gauge, "Spent beyond all holds since the ledger began.",
            [([], holds.overrun.text)])
        if let forecast {
            text.metric(
                "governor_forecast_usd", .gauge, "Expected at the window's end.",
                [([], forecast.forecast.expected.text)])
        }
        let totals = try governor.ledger.totals()
        text.spend(totals.map { ($0.labels, $0.sums) }, comparedWith: governor.compared(at: governor.clock()))
        text.metric("governor_tokens_total", .counter, "Tokens by class.", totals.flatMap(Self.tokens))
        text.metric(
            "governor_decisions_total", .counter, "Answered checks.",
            [Decision.Kind.allow, .throttle, .pause].map { ([("decision", $0.rawValue)], String(decisions[$0] ?? 0)) })
        let (attempts, book) = governor.read { ($0.attempts, $0.book) }
        text.notifications(
            try governor.ledger.deliveries().map { ($0.receiver, $0.state, $0.count) },
            attempts: attempts.map { ($0.key.receiver, $0.key.reason, $0.value) }
                .sorted { ($0.0, $0.1?.rawValue ?? "") < ($1.0, $1.1?.rawValue ?? "") },
            receivers: book.policy.receivers.map(\.name),
            firing: Dictionary(book.firing.map { ($0.severity, 1) }, uniquingKeysWith: +))
        text.metric(
            "governor_source_age_seconds", .gauge, "Since the newest record of a kind of source.",
            sources.views(governor).compactMap { view in
                view.tally.newest.map { ([("source", view.kind)], String(max(0, (now - $0).milliseconds / 1000))) }
            })
        return text.text
    }

    private static func tokens(_ group: ReportGroup) -> [([(String, String)], String)] {
        let tokens = group.sums.tokens
        let classes = [
            ("input", tokens.input), ("output", tokens.output), ("cache_read", tokens.cacheRead),
            ("cache_write", tokens.cacheWrite),
        ]
        return classes.map { ([("type", $0.0), ("model", group.labels.model ?? "")], String($0.1)) }
    }

    private func list<Element>(
        _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { $0.field(name, array: elements, body) }
        return json.bytes
    }
}
