/// So many calls in a row that failed.
package struct ErrorStreak: Hashable, Sendable {
    package var count: Int64
    /// All of them within this time.
    package var within: Span
    /// Only errors of these kinds count; others neither count nor end a streak. Empty for every kind.
    package var kinds: [Glob]

    package init(count: Int64, within: Span, kinds: [Glob] = []) {
        self.count = count
        self.within = within
        self.kinds = kinds
    }
}

extension ErrorStreak: RuleKind {
    package static let keyword = "errors"
    package static let summary = """
        So many calls in a row that failed, close together: a worker that hammers at a rate limit or a broken key. One \
        call that succeeds ends the streak. With `kind` only those errors count, and the others are passed over.
        """

    package func meters(of rule: Rule) -> [Meter] {
        // The newest error counts for `within`, and the first of its streak may be as much older; with one millisecond
        // more both ends belong to it, so that what is dropped never decides.
        let keep = within.milliseconds.saturatingMultiplied(by: 2).saturatingAdding(1)
        return [Meter(of: rule, value: .outcomes, slots: .calls(keep: Span(milliseconds: keep)))]
    }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        let streak = streak(view.account(0, split)?.calls ?? [])
        guard let last = streak.last, now - last <= within, streak.length >= count else { return .no(now) }
        let errors = "\(streak.length) \(streak.length == 1 ? "error" : "errors")"
        return Finding(
            holds: true, asOf: min(last, now),
            text: "\(view.who(split)) had \(errors) in a row within \(within.text): \(streak.text)",
            value: streak.length, limit: Limit(unit: .calls, value: count))
    }

    /// The failed calls at the end of the list, newest first, that lie within `within` of the newest of them.
    private func streak(_ calls: [Account.Call]) -> Streak {
        var streak = Streak()
        for call in calls.reversed() {
            guard let error = call.errorKind else { break }
            let kind = error.isEmpty ? "error" : error
            guard kinds.isEmpty || kinds.contains(where: { $0.matches(kind) }) else { continue }
            let last = streak.last ?? call.time
            guard last - call.time <= within else { break }
            streak.last = last
            streak.kinds[kind, default: 0] += 1
        }
        return streak
    }

    private struct Streak {
        /// When the newest of them was.
        var last: Timestamp?
        var kinds: [String: Int64] = [:]

        var length: Int64 { kinds.values.reduce(0, +) }

        /// `4 rate_limit, 1 overloaded`: the most frequent first, beyond four kinds as one number.
        var text: String {
            let sorted = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let named = sorted.prefix(4).map { "\($0.value) \($0.key)" }
            let others = sorted.dropFirst(4).reduce(0) { $0 + $1.value }
            return (named + (others > 0 ? ["\(others) of other kinds"] : [])).joined(separator: ", ")
        }
    }
}
