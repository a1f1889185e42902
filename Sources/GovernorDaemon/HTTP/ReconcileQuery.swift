package import GovernorAPI
package import GovernorCore
package import GovernorLedger

/// What a reconciliation is asked for. Days are UTC's, as providers' are.
package struct ReconcileQuery: Hashable, Sendable {
    package let question: Reconciliation.Question

    /// The most days that are compared at once.
    private static let longest: Int64 = 400

    /// Reads `since` and `until` (dates; the last seven days with today when neither is given), `provider` (a list with
    /// commas; all that can be asked when it is not given) and `tolerance` (`2%`, or a share such as `0.02`).
    package init(_ parameters: [(String, String)], now: Timestamp) throws(ControlError) {
        let values = Dictionary(parameters) { first, _ in first }
        let tomorrow = CivilDate(inUTC: now).adding(days: 1)
        let until = try values["until"].map { text throws(ControlError) in try Self.date(text, "until") } ?? tomorrow
        let since =
            try values["since"].map { text throws(ControlError) in try Self.date(text, "since") }
            ?? min(tomorrow, until).adding(days: -7)
        guard since < until else { throw ControlError(.badRequest, "since must be before until", field: "since") }
        guard until.daysSinceEpoch - since.daysSinceEpoch <= Self.longest else {
            throw ControlError(.badRequest, "at most \(Self.longest) days are compared at once", field: "since")
        }
        let known = ReportingProvider.allCases.map(\.rawValue)
        let all = known + ReportingProvider.silent.keys.sorted()
        let named = (values["provider"] ?? "").split(separator: ",").map(String.init)
        for name in named where !all.contains(name) {
            throw ControlError(
                .badRequest, "provider: \"\(name.prefix(40))\" is none of \(all.joined(separator: ", "))",
                field: "provider")
        }
        let tolerance = try values["tolerance"].map { text throws(ControlError) in try Self.tolerance(text) }
        question = Reconciliation.Question(
            since: since, until: until, providers: named.isEmpty ? all : named,
            tolerance: tolerance ?? Reconciliation.Question.usualTolerance)
    }

    package func answer(from ledger: Ledger) throws(LedgerError) -> Reconciliation {
        let rows = try ledger.reconcileRows(since: question.since, until: question.until)
        return Reconciliation(question, reports: rows.reports, coverage: rows.coverage, ours: rows.ours)
    }

    private static func date(_ text: String, _ name: String) throws(ControlError) -> CivilDate {
        guard case .local(let civil)? = RFC3339.read(text.utf8), civil.millisecondOfDay == 0 else {
            throw ControlError(
                .badRequest, "\(name) must be a date such as 2026-11-01, of UTC; got \"\(text.prefix(40))\"",
                field: name)
        }
        return civil.date
    }

    private static func tolerance(_ text: String) throws(ControlError) -> Ratio {
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? text.dropLast() : text[...]
        guard let parts = DecimalText.scaled(digits.utf8, places: isPercent ? 4 : 6), (0...1_000_000).contains(parts)
        else {
            throw ControlError(
                .badRequest, "tolerance must be from 0% to 100%, such as 2% or 0.02; got \"\(text.prefix(40))\"",
                field: "tolerance")
        }
        return Ratio(partsPerMillion: parts)
    }
}
