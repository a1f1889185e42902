/// Which rows of providers' reports are booked as spend: those of models that no other source sees.
///
/// It is off unless the policy lists `provider` in `sources.authority`. An admin key sees the whole organisation, also what
/// has nothing to do with the fleet; counting that unasked would pause work that should go on. What is not counted is still
/// seen: `reconcile` has it as `unseen_source`.
///
/// A day's row and a call can't be told to be the same, so a row counts only where nothing can be in it that is counted
/// already. For its model that means no other source on that day or the days beside it (a call at midnight may be on either
/// side of it); and in that time nothing of that provider, or of none, under a name without a price or without any name,
/// which may be the same model under an alias. As soon as one of these turns up the row is booked anew, at nothing.
package enum ProviderCounting {
    /// Whether a policy has providers' rows counted.
    package static func isWanted(by policy: Policy) -> Bool { policy.authority.contains(.provider) }

    /// Days beside the asked ones that `seen` must reach.
    package static let margin: Int64 = 1

    private struct Place: Hashable {
        var provider: String
        var model: String
        var day: CivilDate
    }

    /// The records that make the ledger say what it should; those that it holds already change nothing.
    ///
    /// - Parameters:
    ///   - reports: rows of any days, whole reports of each.
    ///   - days: the days they are of: what was booked for one of them and has no row now is taken back.
    ///   - seen: what the ledger holds of the days and `margin` days around them.
    ///   - zone: the policy's; its day of a row's date is the one the row lands in.
    package static func records(
        reports: [ProviderReport], days: Set<CivilDate>, seen: [DaySums], isWanted: Bool, zone: Zone, now: Timestamp
    ) -> [UsageRecord] {
        let obstacles = Obstacles(seen)
        var rows: [Place: ProviderReport] = [:]
        for report in reports where report.kind != .agent && days.contains(report.day) && !report.model.isEmpty {
            let place = Place(
                provider: report.provider.rawValue, model: ReportingProvider.model(report.model), day: report.day)
            if rows[place]?.add(report) == nil { rows[place] = report }
        }
        var records: [Place: UsageRecord] = [:]
        for (place, row) in rows where isWanted && !obstacles.stand(before: place) && row.isSpend {
            records[place] = record(place, tokens: row.tokens, cost: row.cost, zone: zone, now: now)
        }
        for booked in seen where booked.isReport && days.contains(booked.day) && booked.isSpend {
            guard let provider = booked.provider, let model = booked.model else { continue }
            let place = Place(provider: provider, model: model, day: booked.day)
            if records[place] == nil {
                records[place] = record(place, tokens: TokenCounts(), cost: nil, zone: zone, now: now)
            }
        }
        return records.sorted {
            ($0.key.day, $0.key.provider, $0.key.model) < ($1.key.day, $1.key.provider, $1.key.model)
        }
        .map(\.value)
    }

    /// - Parameter cost: nil, or nothing, has tokens priced by the price book: costs follow the usage late.
    private static func record(
        _ place: Place, tokens: TokenCounts?, cost: Money?, zone: Zone, now: Timestamp
    ) -> UsageRecord {
        var labels = Labels()
        labels.source = SourceKind.provider.rawValue
        labels.provider = place.provider
        labels.model = place.model
        let tokens = tokens ?? TokenCounts()
        let isNothing = tokens == TokenCounts() && (cost ?? .zero) <= .zero
        return UsageRecord(
            identity: CallIdentity(key: "provider/\(place.provider)/\(place.day.text)/\(place.model)"), growth: .later,
            time: time(of: place.day, zone, now: now), labels: labels, tokens: tokens,
            // Without a cost of nothing a model without a price would count as unpriced, for no tokens.
            reportedCost: isNothing ? .zero : cost.flatMap { $0 > .zero ? $0 : nil })
    }

    /// The earliest instant of the report's day that is also in the zone's day of that date: a day's budget then counts it
    /// on its day, and an hour's, which a whole day's spend would burst, does not see it for long.
    private static func time(of day: CivilDate, _ zone: Zone, now: Timestamp) -> Timestamp {
        let (start, end) = (day.startInUTC, day.adding(days: 1).startInUTC)
        let local = zone.start(of: day)
        return start < local && local < end && local <= now ? local : start
    }

    /// What stands in the way of counting rows.
    private struct Obstacles {
        private var told: Set<Place> = []
        /// Days with calls that may be of any model: by provider, empty for those of none.
        private var clouded: Set<Place> = []

        init(_ seen: [DaySums]) {
            for sums in seen where !sums.isReport && (sums.sums.calls != 0 || sums.shadowedCalls != 0) {
                let provider = ReportingProvider.label(sums.provider, model: sums.model)
                if let model = sums.model, let provider {
                    told.insert(Place(provider: provider, model: ReportingProvider.model(model), day: sums.day))
                }
                if sums.model == nil || sums.sums.unpriced != 0 || provider == nil {
                    clouded.insert(Place(provider: provider ?? "", model: "", day: sums.day))
                }
            }
        }

        func stand(before place: Place) -> Bool {
            (-margin...margin).contains { offset in
                let day = place.day.adding(days: offset)
                return told.contains(Place(provider: place.provider, model: place.model, day: day))
                    || clouded.contains(Place(provider: place.provider, model: "", day: day))
                    || clouded.contains(Place(provider: "", model: "", day: day))
            }
        }
    }
}

extension ProviderReport {
    fileprivate var isSpend: Bool { (tokens?.total ?? 0) > 0 || (cost ?? .zero) > .zero }
}

extension DaySums {
    fileprivate var isSpend: Bool { sums.tokens.total != 0 || sums.cost != .zero }
}
