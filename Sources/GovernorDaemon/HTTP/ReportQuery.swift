package import GovernorAPI
package import GovernorCore
package import GovernorLedger

/// What a report is asked for: a stretch of time and the labels to group by.
package struct ReportQuery: Hashable, Sendable {
    package var since: Timestamp
    package var until: Timestamp
    package var by: [LabelKey]
    package var zone: Zone

    /// Reads `since` and `until` (a date or RFC 3339), or `date`, or `span=month`; today when none is given; and
    /// `by=model,worker`.
    package init(_ parameters: [(String, String)], zone: Zone, now: Timestamp) throws {
        self.zone = zone
        let values = Dictionary(parameters) { first, _ in first }
        var window = Window.CalendarUnit.day.interval(containing: now, in: zone)
        if let span = values["span"] {
            guard let unit = Window.CalendarUnit(rawValue: span) else {
                throw ControlError(
                    .badRequest, "span must be day, week, month or another unit of the calendar", field: "span")
            }
            window = unit.interval(containing: now, in: zone)
        }
        if let date = values["date"] {
            guard case .local(let civil)? = RFC3339.read(date.utf8), civil.millisecondOfDay == 0 else {
                throw ControlError(
                    .badRequest, "date must be a date such as 2026-11-21; got \"\(date)\"", field: "date")
            }
            window = Window.CalendarUnit.day.interval(containing: zone.start(of: civil.date), in: zone)
        }
        since = try values["since"].map { try Self.time($0, "since", zone) } ?? window.start
        until = try values["until"].map { try Self.time($0, "until", zone) } ?? max(window.end, since)
        guard since <= until else { throw ControlError(.badRequest, "since is after until", field: "since") }
        by = try (values["by"] ?? "").split(separator: ",").map { name in
            guard let key = LabelKey(String(name)) else {
                let names = LabelName.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlError(
                    .badRequest, "by: \"\(name)\" is no label; there are \(names) and tags.<name>", field: "by")
            }
            return key
        }
    }

    /// - Parameter compared: the prices that free models are held against; nil where nothing is to be said of savings.
    package func answer(from ledger: Ledger, comparedWith compared: PriceRow?) throws(LedgerError) -> ReportBody {
        let groups = try ledger.sums(since: since, until: until)
        return ReportBody(
            since: since, until: until, zone: zone, by: by, sums: groups.map { ($0.labels, $0.sums) },
            comparedWith: compared)
    }

    /// A date, which means its first instant, or a time.
    static func time(_ text: String, _ name: String, _ zone: Zone) throws(ControlError) -> Timestamp {
        switch RFC3339.read(text.utf8) {
        case .instant(let time): return time
        case .local(let civil): return zone.instant(of: civil)
        case nil:
            throw ControlError(
                .badRequest, "\(name) must be a date such as 2026-11-01 or a time; got \"\(text)\"", field: name)
        }
    }
}
