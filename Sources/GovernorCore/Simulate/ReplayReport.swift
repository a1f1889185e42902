/// What a replay found.
package struct ReplayReport: Hashable, Sendable {
    /// Under which policy an alert fired.
    package enum Presence: String, Sendable {
        case both
        case onlyNow = "only this policy"
        case onlyThen = "only then"
    }

    /// One alert or one pause, from its beginning to its end.
    package struct Entry: Hashable, Sendable {
        package enum Kind: String, Sendable { case alert, pause }

        package var kind: Kind
        /// When it began; of an alert that fired under both policies, under this one.
        package var time: Timestamp
        /// When it ended, or is expected to; nil where nobody can say.
        package var end: Timestamp?
        /// Whether it ended within the range.
        package var isOver = false
        /// The budget's or rule's name.
        package var item: String
        /// Of an alert with its threshold, `worker-day@80%`; of a pause the same as `item`.
        package var name: String
        package var per: [LabelKey]
        package var split: Split
        /// What happened, for people.
        package var text: String
        /// Of a pause, whether running work had to end too.
        package var stop = false
        /// Of an alert.
        package var presence: Presence?
        /// When it fired under the policy that was in force.
        package var then: Timestamp?
        fileprivate(set) var window: Interval?
        /// How many began before it; of one time the first comes first.
        var order = Int.max

        package var who: String { split.who(per: per) }
    }

    /// Sums of one item, or of all.
    package struct Totals: Hashable, Sendable {
        /// Under this policy.
        package var alerts = 0
        /// Under the policy that was in force.
        package var alertsThen = 0
        package var pauses = 0
        /// Within the range; of several splits at once each for itself.
        package var paused = Span.zero

        package init() {}
    }

    package var range: Interval
    /// In order of time. A pause that began before the range and reached into it is there too.
    package var entries: [Entry]
    package var totals = Totals()
    /// By the item's name.
    package var items: [String: Totals] = [:]

    init(range: Interval, entries: [Entry], then: [Alert]) {
        self.range = range
        var entries = entries.sorted { $0.order < $1.order }
        Self.match(&entries, then, range)
        self.entries = entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        for entry in entries {
            var sums = items[entry.item] ?? Totals()
            sums.add(entry, range)
            totals.add(entry, range)
            items[entry.item] = sums
        }
    }

    // MARK: Then and now

    /// Notes which alerts fired under both policies, and adds those that only fired then.
    private static func match(_ entries: inout [Entry], _ then: [Alert], _ range: Interval) {
        var places: [String: [Int]] = [:]
        for place in entries.indices where entries[place].kind == .alert {
            places[entries[place].key, default: []].append(place)
        }
        for alert in then {
            let old = Entry(alert, .onlyThen)
            let free = (places[old.key] ?? []).filter {
                entries[$0].presence == .onlyNow && entries[$0].isSame(as: old, range)
            }
            let nearest = free.min { entries[$0].distance(to: old) < entries[$1].distance(to: old) }
            guard let nearest else {
                entries.append(old)
                continue
            }
            entries[nearest].presence = .both
            entries[nearest].then = old.time
        }
    }
}

extension ReplayReport.Entry {
    init(_ alert: Alert, _ presence: ReplayReport.Presence) {
        self.init(
            kind: .alert, time: alert.firedAt, end: alert.resolvedAt, isOver: alert.resolvedAt != nil, item: alert.item,
            name: alert.name, per: alert.per, split: alert.split, text: alert.replayText, presence: presence,
            then: presence == .onlyThen ? alert.firedAt : nil, window: alert.window)
        // A window's end is known beforehand.
        if end == nil, alert.window.end != .distantFuture { end = alert.window.end }
    }

    init(_ span: PauseSpan) {
        self.init(
            kind: .pause, time: span.since, end: span.until, item: span.item, name: span.item, per: span.per,
            split: span.split, text: span.reason, stop: span.stop)
    }

    fileprivate var key: String { "\(name)\u{1F}\(per.map(\.text).joined(separator: ","))\u{1F}\(split.raw)" }

    /// Whether both tell of the same: the same window of the calendar; where a window has no fixed beginning (rolling
    /// ones, and rules), the same stretch of time, give or take what a tick or a late record moves it.
    fileprivate func isSame(as other: ReplayReport.Entry, _ range: Interval) -> Bool {
        guard let window, let old = other.window else { return false }
        if window == old { return true }
        guard window.end == .distantFuture, old.end == .distantFuture else { return false }
        let slack = Book.keepFiringFor
        let (end, oldEnd) = (isOver ? self.end : nil, other.isOver ? other.end : nil)
        return time <= (oldEnd ?? range.end) + slack && other.time <= (end ?? range.end) + slack
    }

    fileprivate func distance(to other: ReplayReport.Entry) -> UInt64 { (time - other.time).milliseconds.magnitude }
}

extension ReplayReport.Totals {
    fileprivate mutating func add(_ entry: ReplayReport.Entry, _ range: Interval) {
        switch entry.kind {
        case .pause:
            pauses += 1
            let end = min(entry.end ?? range.end, range.end)
            let within = end - max(entry.time, range.start)
            paused = Span(milliseconds: paused.milliseconds.saturatingAdding(max(0, within.milliseconds)))
        case .alert:
            if entry.presence != .onlyThen { alerts += 1 }
            if entry.presence != .onlyNow { alertsThen += 1 }
        }
    }
}

extension Alert {
    /// What it says in one line: `w-1 reached 80% of $25.00; throttled it to 4 workers`.
    fileprivate var replayText: String {
        let found =
            switch kind {
            case .threshold: "\(who) reached \(threshold) of \(limit?.text ?? item)"
            case .forecast, .rule, .policy, .delivery, .source: text
            }
        return action.isEmpty ? found : "\(found); \(action)"
    }
}
