/// Gathers both sides' rows into lines, and has each judged.
struct ReconcileTable {
    private struct Key: Hashable {
        var day: CivilDate
        var provider: String
        var model: String
        var item: String
    }

    private struct DayKey: Hashable {
        var day: CivilDate
        var provider: String
    }

    private let question: Reconciliation.Question
    /// When each day was asked about: the older of its reports, since both are compared.
    private var asOf: [DayKey: Timestamp] = [:]
    private var lines: [Key: Reconciliation.Line] = [:]
    private var unsplit: Set<Key> = []
    /// What Claude Code's users had on subscriptions, by model.
    private var subscribed: Set<Key> = []

    init(_ question: Reconciliation.Question, _ coverage: [ReportCoverage]) {
        self.question = question
        for part in coverage where part.kind != .agent && question.contains(part.day) {
            let key = DayKey(day: part.day, provider: part.provider.rawValue)
            asOf[key] = min(asOf[key] ?? part.asOf, part.asOf)
        }
    }

    mutating func add(_ report: ProviderReport) {
        guard question.contains(report.day), question.providers.contains(report.provider.rawValue) else { return }
        let model = ReportingProvider.model(report.model)
        if report.kind == .agent {
            guard report.item == "subscription" else { return }
            subscribed.insert(Key(day: report.day, provider: report.provider.rawValue, model: model, item: ""))
            return
        }
        let key = Key(day: report.day, provider: report.provider.rawValue, model: model, item: report.item)
        if !report.splitsWrites { unsplit.insert(key) }
        change(key) {
            $0.sums.theirs.add(.init(calls: report.calls, tokens: report.tokens, cost: report.cost))
        }
    }

    mutating func add(_ ours: DaySums) {
        guard question.contains(ours.day),
            let provider = ReportingProvider.label(ours.provider, model: ours.model),
            question.providers.contains(provider)
        else { return }
        let model = ReportingProvider.model(ours.model ?? "")
        change(Key(day: ours.day, provider: provider, model: model, item: "")) { line in
            line.sums.ours.add(.init(calls: ours.sums.calls, tokens: ours.sums.tokens, cost: ours.sums.cost))
            line.sums.shadowedCalls = line.sums.shadowedCalls.saturatingAdding(ours.shadowedCalls)
            line.sums.shadowedCost += ours.shadowedCost
            guard ours.sums.calls != 0 else { return }
            let name = ours.source ?? "unknown"
            let place = line.sources.firstIndex { $0.source == name } ?? line.sources.endIndex
            if place == line.sources.endIndex { line.sources.append(.init(source: name, cost: .zero, tokens: 0)) }
            line.sources[place].cost += ours.sums.cost
            line.sources[place].tokens = line.sources[place].tokens.saturatingAdding(ours.sums.tokens.total)
        }
    }

    private mutating func change(_ key: Key, _ body: (inout Reconciliation.Line) -> Void) {
        let empty = Reconciliation.Line(provider: key.provider, day: key.day, model: key.model, item: key.item)
        body(&lines[key, default: empty])
    }

    /// The lines in their order, each with its cause.
    func judged() -> [Reconciliation.Line] {
        let balanced = balancedDays()
        return lines.map { key, line in
            var line = line
            let day = DayKey(day: key.day, provider: key.provider)
            let asOf = asOf[day]
            line.isCovered = asOf != nil
            line.sources.sort { ($1.cost, $1.tokens, $0.source) < ($0.cost, $0.tokens, $1.source) }
            let verdict = DriftJudge(
                line: line, asOf: asOf, splitsWrites: !unsplit.contains(key),
                isSubscribed: subscribed.contains(
                    Key(day: key.day, provider: key.provider, model: key.model, item: "")),
                isDayBalanced: balanced.contains(day), tolerance: question.tolerance
            ).verdict
            (line.cause, line.text, line.isBeyond) = (verdict.cause, verdict.text, verdict.isBeyond)
            return line
        }
        .sorted { ($0.day, $0.provider, $0.model, $0.item) < ($1.day, $1.provider, $1.model, $1.item) }
    }

    /// Days on which a provider's costs as a whole are what we have: what it books to no model is then in our models.
    private func balancedDays() -> Set<DayKey> {
        var sums: [DayKey: Reconciliation.Sums] = [:]
        for (key, line) in lines {
            sums[DayKey(day: key.day, provider: key.provider), default: .init()].add(line.sums)
        }
        return Set(
            sums.compactMap { key, sums in
                guard let theirs = sums.theirs.cost, let ours = sums.ours.cost else { return nil }
                return Nearness(question.tolerance).isNear(ours, theirs) ? key : nil
            })
    }
}
