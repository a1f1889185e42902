/// Nothing was heard of a source (or a worker, a project …) that was heard of before.
package struct NoData: Hashable, Sendable {
    /// After so long; the rule's `for`.
    package var after: Span

    package init(after: Span) { self.after = after }
}

extension NoData: RuleKind {
    package static let keyword = "no_data"
    package static let summary = """
        Nothing heard for a while of a source, worker or project that was heard of before: its spend may go on unseen. \
        After a week without a word it counts as removed. With `during`, the hours outside are not waited for.
        """

    /// What was not heard of for so long is gone for good, and no longer missed.
    package static let removedAfter = Span.days(7)

    package func meters(of rule: Rule) -> [Meter] {
        [Meter(of: rule, value: .presence, slots: .calls(keep: Self.removedAfter))]
    }

    package var firesWithTime: Bool { true }
    // A record that is known late, one of an import, is no sign that nothing more comes with it.
    package var firesWithRecords: Bool { false }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        guard let seen = view.account(0, split)?.lastSeen, now - seen < Self.removedAfter else { return .no(now) }
        var since = seen
        if let schedule = view.rule.schedule {
            // The night between two shifts says nothing of who works by day.
            guard let shift = schedule.shift(containing: now, in: view.rule.zone) else { return .no(now) }
            since = max(seen, shift.start)
        }
        guard now - since >= after else { return .no(now) }
        return Finding(
            holds: true, asOf: now,
            text:
                "nothing from \(view.who(split)) for \((now - since).text), since \(moment(since, now, view.rule.zone))"
        )
    }

    /// `14:05`, and with its date when that is not today's.
    private func moment(_ time: Timestamp, _ now: Timestamp, _ zone: Zone) -> String {
        let date = zone.civil(at: time).date
        let clock = ActionText.clock(time, in: zone)
        return date == zone.civil(at: now).date ? clock : "\(date.text) \(clock)"
    }
}
