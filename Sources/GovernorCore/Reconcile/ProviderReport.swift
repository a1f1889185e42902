/// What a provider says of one day (UTC) and model: a row of one of its reports.
package struct ProviderReport: Hashable, Sendable {
    /// Which report it is a row of.
    package enum Kind: String, CaseIterable, Sendable {
        /// Tokens of what was billed by the call.
        case usage
        /// Dollars, as they will be on the bill.
        case cost
        /// What Claude Code made of it, per actor. It overlaps `usage` (and tells of subscriptions, which no bill by the
        /// call does), so it explains and is never added to anything.
        case agent = "claude_code"
    }

    package var provider: ReportingProvider
    package var kind: Kind
    package var day: CivilDate
    /// As the provider writes it; empty where the row is about none.
    package var model: String
    /// What a cost without a model is for (`web_search`); of an `agent` row who paid, `api` or `subscription`.
    package var item: String
    /// nil where the report tells of money alone.
    package var tokens: TokenCounts?
    /// Whether cache writes are told apart by how long they last; else all are in `cacheWrite5m`.
    package var splitsWrites: Bool
    package var calls: Int64?
    /// nil where the report tells of tokens alone. May be negative: credits.
    package var cost: Money?

    package init(
        provider: ReportingProvider, kind: Kind, day: CivilDate, model: String, item: String = "",
        tokens: TokenCounts? = nil, splitsWrites: Bool = true, calls: Int64? = nil, cost: Money? = nil
    ) {
        self.provider = provider
        self.kind = kind
        self.day = day
        self.model = model
        self.item = item
        self.tokens = tokens
        self.splitsWrites = splitsWrites
        self.calls = calls
        self.cost = cost
    }

    /// What names a row within its provider.
    package struct Key: Hashable, Sendable {
        package var kind: Kind
        package var day: CivilDate
        package var model: String
        package var item: String
    }

    package var key: Key { Key(kind: kind, day: day, model: model, item: item) }

    /// Takes in another row of the same key: another workspace's, another class of tokens.
    package mutating func add(_ other: ProviderReport) {
        if let more = other.tokens { tokens = (tokens ?? TokenCounts()).plus(more) }
        if let more = other.calls { calls = (calls ?? 0).saturatingAdding(more) }
        if let more = other.cost { cost = (cost ?? .zero) + more }
        splitsWrites = splitsWrites && other.splitsWrites
    }
}

/// One report of one provider, read whole: what it says of its days replaces what was known of them.
package struct ReportBatch: Hashable, Sendable {
    package var provider: ReportingProvider
    package var kind: ProviderReport.Kind
    /// Every day that was asked for, those without a row too.
    package var days: [CivilDate]
    package var rows: [ProviderReport]
    /// When its first page was asked for: nothing that was reported later is in it for sure.
    package var askedAt: Timestamp

    package init(
        provider: ReportingProvider, kind: ProviderReport.Kind, days: [CivilDate], rows: [ProviderReport],
        askedAt: Timestamp
    ) {
        self.provider = provider
        self.kind = kind
        self.days = days
        self.rows = rows
        self.askedAt = askedAt
    }
}

/// One time a provider was asked.
package struct ProviderPoll: Hashable, Sendable {
    package var provider: ReportingProvider
    package var startedAt: Timestamp
    /// nil while it runs, or when the daemon died in it.
    package var finishedAt: Timestamp?
    /// Whether every report was read whole.
    package var ok: Bool
    /// Rows that were read.
    package var records: Int64
    /// What went wrong, or what could not be had, for people.
    package var error: String?

    package init(
        provider: ReportingProvider, startedAt: Timestamp, finishedAt: Timestamp? = nil, ok: Bool = false,
        records: Int64 = 0, error: String? = nil
    ) {
        self.provider = provider
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.ok = ok
        self.records = records
        self.error = error
    }
}

/// Until when a provider's report of a day is known.
package struct ReportCoverage: Hashable, Sendable {
    package var provider: ReportingProvider
    package var kind: ProviderReport.Kind
    package var day: CivilDate
    /// When it was last asked for.
    package var asOf: Timestamp

    package init(provider: ReportingProvider, kind: ProviderReport.Kind, day: CivilDate, asOf: Timestamp) {
        self.provider = provider
        self.kind = kind
        self.day = day
        self.asOf = asOf
    }
}

/// What the ledger holds of one day (UTC), provider, model and kind of source.
package struct DaySums: Hashable, Sendable {
    package var day: CivilDate
    package var provider: String?
    package var model: String?
    package var source: String?
    /// What counts.
    package var sums: UsageSums
    /// Calls that are kept and not counted, and what they would cost.
    package var shadowedCalls: Int64
    package var shadowedCost: Money

    package init(
        day: CivilDate, provider: String?, model: String?, source: String?, sums: UsageSums, shadowedCalls: Int64 = 0,
        shadowedCost: Money = .zero
    ) {
        self.day = day
        self.provider = provider
        self.model = model
        self.source = source
        self.sums = sums
        self.shadowedCalls = shadowedCalls
        self.shadowedCost = shadowedCost
    }

    /// Whether it is what a provider's report was booked as, rather than anybody's account of a call.
    package var isReport: Bool { source == SourceKind.provider.rawValue }
}

extension TokenCounts {
    /// The sum, class by class; each stays within its range.
    package func plus(_ other: TokenCounts) -> TokenCounts {
        TokenCounts(
            input: input.saturatingAdding(other.input), output: output.saturatingAdding(other.output),
            cacheRead: cacheRead.saturatingAdding(other.cacheRead),
            cacheWrite5m: cacheWrite5m.saturatingAdding(other.cacheWrite5m),
            cacheWrite1h: cacheWrite1h.saturatingAdding(other.cacheWrite1h),
            cacheWrite12h: cacheWrite12h.saturatingAdding(other.cacheWrite12h),
            reasoning: reasoning.saturatingAdding(other.reasoning))
    }
}

extension CivilDate {
    /// The first instant of the day in UTC, which is the day of every provider's report.
    package var startInUTC: Timestamp { Timestamp(seconds: daysSinceEpoch.saturatingMultiplied(by: 86_400)) }

    /// The day that is so many days later.
    package func adding(days: Int64) -> CivilDate {
        CivilDate(daysSinceEpoch: daysSinceEpoch.saturatingAdding(days))
    }

    /// The day in UTC that an instant is in.
    package init(inUTC time: Timestamp) { self = CivilTime(millisecondsAsUTC: time.milliseconds).date }

    /// This day and those after it up to before `end`; at most `limit` of them.
    package func days(before end: CivilDate, limit: Int64 = 400) -> [CivilDate] {
        let count = min(max(0, end.daysSinceEpoch.saturatingAdding(-daysSinceEpoch)), limit)
        return (0..<count).map { adding(days: $0) }
    }
}
