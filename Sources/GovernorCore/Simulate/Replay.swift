/// A policy over what a ledger holds: what it would have done, beside what was done.
///
/// Records are given in order of time, as many at once as is handy; none is kept. They cost what they were booked at,
/// and each arrives at its own time, since nothing else is known of it.
package struct Replay: Sendable {
    /// What is reported, `[since, until)`.
    package let range: Interval
    private let policy: Policy
    private let prices: PriceBook
    private var simulation: Simulation?
    /// What is over, in the order in which it ended.
    private var entries: [ReplayReport.Entry] = []
    /// What is not, by what it is of.
    private var open: [String: ReplayReport.Entry] = [:]
    private var begun = 0

    package init(policy: Policy, prices: PriceBook, range: Interval) {
        self.policy = policy
        self.prices = prices
        self.range = range
    }

    /// From when on records are needed so that every account holds at `range.start` what was spent before in its window;
    /// `distantPast` for all there are.
    ///
    /// A block begins with the first use after the one before: it is looked for from further back, so that a quiet hour
    /// or two in a week is enough for blocks to begin where they did.
    package var reach: Timestamp {
        let reaches = Metering(policy).meters.map { meter in
            guard case .window(.block) = meter.slots else { return meter.reach(at: range.start) }
            return meter.reach(at: range.start) - Self.blockReach
        }
        return min(reaches.min() ?? range.start, range.start)
    }

    private static let blockReach = Span.days(7)

    /// How far it has come; nil before the first record.
    package var now: Timestamp? { simulation?.now }

    /// Takes records in, the oldest first, none older than those before.
    package mutating func take(_ records: [UsageRecord]) {
        var rest = records[...]
        while let first = rest.first {
            let group = rest.prefix { $0.time == first.time }
            rest = rest.dropFirst(group.count)
            begin(at: min(first.time, range.start))
            // In place: a copy of it would cost more than what it does.
            simulation?.take(settled: Array(group), at: first.time)
            note(simulation?.drain() ?? [])
        }
    }

    /// Lets time pass to the end, and says what came of it.
    ///
    /// - Parameter then: the alerts that fired in the range under the policy that was in force, in order of time.
    package mutating func finish(then: [Alert]) -> ReplayReport {
        begin(at: range.start)
        simulation?.advance(to: range.end)
        note(simulation?.drain() ?? [])
        for span in simulation?.paused ?? [] { open[Self.key(span)]?.end = span.until }
        return ReplayReport(
            range: range, entries: entries + open.values, then: then.filter { range.contains($0.firedAt) })
    }

    private mutating func begin(at start: Timestamp) {
        if simulation == nil { simulation = Simulation(policy: policy, prices: prices, start: start) }
    }

    // MARK: Events

    private mutating func note(_ events: [Event]) {
        for event in events {
            switch event.kind {
            case .fired(let alert):
                // What fired before is not news; it is in force all the same.
                if range.contains(event.time) { begin(ReplayReport.Entry(alert, .onlyNow), alert.id) }
            case .resolved(let alert): end(alert.id, at: event.time)
            case .paused(let span): begin(ReplayReport.Entry(span), Self.key(span))
            // One that was over before is none of this range.
            case .resumed(let span): end(Self.key(span), at: event.time, isKept: event.time > range.start)
            }
        }
    }

    private mutating func begin(_ entry: ReplayReport.Entry, _ key: String) {
        open[key] = entry
        open[key]?.order = begun
        begun += 1
    }

    private mutating func end(_ key: String, at time: Timestamp, isKept: Bool = true) {
        guard var entry = open.removeValue(forKey: key), isKept else { return }
        entry.end = time
        entry.isOver = true
        entries.append(entry)
    }

    private static func key(_ span: PauseSpan) -> String { "\(span.item)\u{1F}\(span.split.raw)" }
}
