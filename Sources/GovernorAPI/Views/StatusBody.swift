package import GovernorCore

/// One account with where it stands: the shape **account** of `contract/json.md`.
package struct AccountView: Hashable, Sendable {
    package var budget: Budget
    package var split: Split
    package var standing: Standing
    /// The stricter of the policy's mode and the budget's.
    package var mode: Mode
    /// Why the limit is another than the budget's own.
    package var override: Override?

    package init(budget: Budget, split: Split, standing: Standing, mode: Mode, override: Override? = nil) {
        self.budget = budget
        self.split = split
        self.standing = standing
        self.mode = mode
        self.override = override
    }
}

/// Work that is held back: the shape **pause**.
package struct PauseView: Hashable, Sendable {
    /// What pauses it.
    package enum Item: Hashable, Sendable {
        case budget(String)
        case rule(String)
        /// An operator, by name.
        case `operator`(String)
    }

    package var item: Item
    package var per: [LabelKey]
    package var split: Split
    package var reason: String
    package var since: Timestamp?
    package var until: Timestamp?
    /// Whether running work must end too.
    package var stop = false

    package init(item: Item, per: [LabelKey], split: Split, reason: String, since: Timestamp?, until: Timestamp?) {
        self.item = item
        self.per = per
        self.split = split
        self.reason = reason
        self.since = since
        self.until = until
    }

    package init(_ pause: OperatorPause) {
        let pairs = pause.labels.pairs
        self.init(
            item: .operator(pause.by), per: pairs.map(\.key), split: Split(values: pairs.map(\.value)),
            reason: pause.reason, since: pause.since, until: pause.until)
        stop = pause.stop
    }
}

/// What there is of holds: the part `holds` of the shape **status**.
package struct HoldsView: Hashable, Sendable {
    package var live: Int
    package var held: Money
    /// Spent beyond all holds, since the ledger began.
    package var overrun: Money
    /// Of the newest holds that ended, how many there are and how many cost more than was set aside.
    package var ended: Int
    package var above: Int

    package init(_ holds: Holds) {
        live = holds.live.count
        held = holds.held
        overrun = holds.overrun
        (ended, above) = holds.estimates.record
    }
}

/// A kind of source and how fresh it is: the shape **source**.
package struct SourceView: Hashable, Sendable {
    package var name: String
    package var kind: String
    /// Files that are there, those of them that were read to their end, and bytes of the others that were not.
    package var files: Int64?
    package var filesRead: Int64?
    package var bytesBehind: Int64?
    /// Whether history is being read for the first time since the start.
    package var isCatchingUp = false
    package var tally = SourceTally()
    package var stale: Bool
    package var error: String?

    package init(name: String, kind: String) {
        self.name = name
        self.kind = kind
        stale = false
    }
}

/// Everything `status` shows.
package struct StatusBody: Sendable {
    package var version: String
    package var revision: String
    package var reloadedAt: Timestamp
    /// Why the newest policy files were not taken.
    package var policyError: String?
    package var mode: Mode
    package var accounts: [AccountView]
    package var paused: [PauseView]
    package var sources: [SourceView]
    /// Providers that are asked for their reports, or why they are not.
    package var providers: [ProviderView] = []
    /// Every receiver of the policy.
    package var receivers: [ReceiverView]
    package var misgivings: Misgivings
    package var forecast: FleetForecast?
    package var holds: HoldsView
    package var asOf: Timestamp
    /// The zone times are shown in.
    package var zone: Zone
    /// Models whose calls were booked at another's price, the dearest first.
    package var unpricedModels: [UnpricedModelView] = []
    /// What calls of free models would have cost elsewhere this month; nil when nobody reckoned it.
    package var saved: SavedView?

    package init(
        version: String, revision: String, reloadedAt: Timestamp, policyError: String?, mode: Mode,
        accounts: [AccountView], paused: [PauseView], sources: [SourceView], receivers: [ReceiverView],
        misgivings: Misgivings, forecast: FleetForecast?, holds: HoldsView, asOf: Timestamp, zone: Zone
    ) {
        self.version = version
        self.revision = revision
        self.reloadedAt = reloadedAt
        self.policyError = policyError
        self.mode = mode
        self.accounts = accounts
        self.paused = paused
        self.sources = sources
        self.receivers = receivers
        self.misgivings = misgivings
        self.forecast = forecast
        self.holds = holds
        self.asOf = asOf
        self.zone = zone
    }

    /// `{"version":…,"accounts":[…],"paused":[…],"sources":[…],…}`
    package func body(id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("version", version)
            json.field("revision", revision)
            json.field("reloaded_at", RFC3339.text(reloadedAt, in: zone))
            json.field("policy_error", ifPresent: policyError)
            json.field("mode", mode.rawValue)
            json.field("timezone", zone.identifier)
            json.field("as_of", RFC3339.utc(asOf))
            json.field("accounts", array: accounts) { $0.value($1, zone: zone) }
            json.field("paused", array: paused) { $0.value($1, zone: zone) }
            json.field("sources", array: sources) { $0.value($1, zone: zone, now: asOf) }
            json.field("providers", array: providers) { $0.value($1, zone: zone, now: asOf) }
            json.field("receivers", array: receivers) { $0.value($1, zone: zone) }
            json.field("receivers_off", array: receivers.filter { $0.state == .off }) { $0.value($1.name) }
            json.field("unbound_usd", misgivings.unbound)
            json.field("unpriced_calls", misgivings.unpricedCalls)
            if !unpricedModels.isEmpty { json.field("unpriced_models", array: unpricedModels) { $0.value($1) } }
            if let saved { json.value(saved) }
            json.key("holds")
            json.value(holds)
            json.key("forecast")
            if let forecast { json.value(forecast, zone: zone) } else { json.null() }
        }
        return json.bytes
    }
}

extension JSONWriter {
    /// The shape **account**.
    package mutating func value(_ account: AccountView, zone: Zone) {
        let (budget, standing) = (account.budget, account.standing)
        let unit = standing.limit.unit
        object { json in
            json.field("budget", budget.name)
            json.key("per")
            if budget.per.isEmpty { json.value("fleet") } else { json.array(of: budget.per) { $0.value($1.text) } }
            json.split(account.split, per: budget.per)
            json.key("window")
            json.value(standing.window, of: budget.window, zone: zone)
            json.measured("limit", standing.limit.value, unit)
            json.measured("spent", standing.spent, unit)
            json.measured("held", standing.held, unit)
            json.measured("remaining", max(0, standing.remaining), unit)
            json.field("ratio", standing.ratio)
            if let next = standing.next { json.field("next_threshold", next) }
            if let resets = budget.resetsAt(standing.window) { json.field("resets_at", RFC3339.text(resets, in: zone)) }
            if let override = account.override { json.value(override, zone: zone) }
            json.field("state", standing.state.rawValue)
            json.field("mode", account.mode.rawValue)
        }
    }

    /// `"override":{"reason":…,"until":…}`
    package mutating func value(_ override: Override, zone: Zone) {
        field(
            "override",
            object: { json in
                json.field("reason", override.reason)
                json.field("by", ifPresent: override.by)
                json.field("until", RFC3339.text(override.interval.end, in: zone))
            })
    }

    /// `{"kind":"day","start":…,"end":…}`; a lifetime has neither end.
    package mutating func value(_ interval: Interval, of window: Window, zone: Zone) {
        object { json in
            switch window {
            case .calendar(let period): json.field("kind", period.text)
            case .rolling(let span): json.field("kind", "rolling \(span.text)")
            case .block(let span): json.field("kind", "block \(span.text)")
            case .lifetime: json.field("kind", "lifetime")
            }
            if interval.start != .distantPast { json.field("start", RFC3339.text(interval.start, in: zone)) }
            if interval.end != .distantFuture { json.field("end", RFC3339.text(interval.end, in: zone)) }
        }
    }

    /// The shape **pause**.
    package mutating func value(_ pause: PauseView, zone: Zone) {
        object { json in
            switch pause.item {
            case .budget(let name):
                json.field("by", "policy")
                json.field("budget", name)
            case .rule(let name):
                json.field("by", "policy")
                json.field("rule", name)
            case .operator(let name):
                json.field("by", "operator")
                json.field("operator", name)
            }
            json.field(
                "labels",
                object: { for (key, value) in pause.split.labels(per: pause.per) { $0.field(key.text, value) } })
            json.field("reason", pause.reason)
            if let since = pause.since { json.field("since", RFC3339.text(since, in: zone)) }
            if let until = pause.until { json.field("until", RFC3339.text(until, in: zone)) }
            if pause.stop { json.field("stop", true) }
        }
    }

    /// `{"live":2,"held_usd":3.5,"overrun_usd":0.12,"ended":40,"above":3,"above_share":0.075}`
    mutating func value(_ holds: HoldsView) {
        object { json in
            json.field("live", Int64(holds.live))
            json.field("held_usd", holds.held)
            json.field("overrun_usd", holds.overrun)
            json.field("ended", Int64(holds.ended))
            json.field("above", Int64(holds.above))
            if holds.ended > 0 { json.field("above_share", Ratio(of: Int64(holds.above), in: Int64(holds.ended))) }
        }
    }

    /// The shape **source**.
    package mutating func value(_ source: SourceView, zone: Zone, now: Timestamp) {
        object { json in
            json.field("name", source.name)
            json.field("kind", source.kind)
            if let files = source.files { json.field("files", files) }
            if let read = source.filesRead { json.field("files_read", read) }
            if let bytes = source.bytesBehind { json.field("bytes_behind", bytes) }
            if source.isCatchingUp { json.field("catching_up", true) }
            if let last = source.tally.newest {
                json.field("last_record_at", RFC3339.text(last, in: zone))
                json.field("age_s", max(0, (now - last).milliseconds / 1000))
            }
            json.field("records", source.tally.records)
            json.field("united", source.tally.united)
            json.field("shadowed", source.tally.shadowed)
            json.field("shadowed_usd", source.tally.shadowedCost)
            json.field("rejected", source.tally.rejected)
            json.field("stale", source.stale)
            json.field("error", ifPresent: source.error)
        }
    }
}
