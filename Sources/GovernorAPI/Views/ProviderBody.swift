package import GovernorCore

/// A provider that is asked for its reports, or why it is not.
package struct ProviderView: Hashable, Sendable {
    package enum State: String, Sendable {
        /// Asked, and it answers.
        case on
        /// Not asked: no key, or a wrong address.
        case off
        /// Asked, and the last time went wrong.
        case error
        /// There is nothing to ask.
        case noInterface = "no_interface"
    }

    /// The label `provider`.
    package var provider: String
    package var state: State
    /// Why it is off, or can't be asked.
    package var note: String?
    package var lastPoll: ProviderPoll?
    /// When it was last asked and answered whole.
    package var lastGoodAt: Timestamp?
    /// nil while it is being asked, and when it never is.
    package var nextAt: Timestamp?
    package var every: Span?
    /// Whether what only it knows of counts (`sources: {authority: [… provider]}`).
    package var isCounted = false

    package init(provider: String, state: State, note: String? = nil) {
        self.provider = provider
        self.state = state
        self.note = note
    }

    /// Those that are never asked.
    package static var silent: [ProviderView] {
        ReportingProvider.silent.sorted { $0.key < $1.key }
            .map { ProviderView(provider: $0.key, state: .noInterface, note: $0.value) }
    }
}

extension JSONWriter {
    /// `{"provider":"anthropic","state":"on","counted":false,"every_s":300,"last_poll":{"started_at":…,"finished_at":…,
    /// "ok":true,"records":12},"last_success_at":…,"age_s":42,"next_poll_at":…}`; `note` where it is off, `error` in the
    /// poll and beside it where it went wrong.
    package mutating func value(_ view: ProviderView, zone: Zone, now: Timestamp) {
        object { json in
            json.field("provider", view.provider)
            json.field("state", view.state.rawValue)
            json.field("note", ifPresent: view.note)
            json.field("error", ifPresent: view.state == .error ? view.lastPoll?.error : nil)
            json.field("counted", view.isCounted)
            if let every = view.every { json.field("every_s", every.milliseconds / 1000) }
            if let poll = view.lastPoll {
                json.field(
                    "last_poll",
                    object: { json in
                        json.field("started_at", RFC3339.text(poll.startedAt, in: zone))
                        json.field("finished_at", ifPresent: poll.finishedAt.map { RFC3339.text($0, in: zone) })
                        json.field("ok", poll.ok)
                        json.field("records", poll.records)
                        json.field("error", ifPresent: poll.error)
                    })
            }
            if let last = view.lastGoodAt {
                json.field("last_success_at", RFC3339.text(last, in: zone))
                json.field("age_s", max(0, (now - last).milliseconds / 1000))
            }
            json.field("next_poll_at", ifPresent: view.nextAt.map { RFC3339.text($0, in: zone) })
        }
    }
}

/// `GET /api/poller/status`: `{"running":true,"pollers":[provider]}`; it runs when any provider is on.
package enum PollerStatusBody {
    package static func body(_ views: [ProviderView], zone: Zone, now: Timestamp) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("running", views.contains { $0.state == .on || $0.state == .error })
            json.field("pollers", array: views) { $0.value($1, zone: zone, now: now) }
        }
        return json.bytes
    }
}
