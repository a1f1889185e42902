/// Something a policy did, in order of time.
package struct Event: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case fired(Alert)
        /// With `resolvedAt` and why.
        case resolved(Alert)
        /// New work of a split is refused from now on.
        case paused(PauseSpan)
        /// It may go on; `until` is when.
        case resumed(PauseSpan)
    }

    package var time: Timestamp
    package var kind: Kind

    package init(time: Timestamp, kind: Kind) {
        self.time = time
        self.kind = kind
    }
}

/// How long one policy item refused the new work of one split; items that only observe refuse none.
package struct PauseSpan: Hashable, Sendable {
    /// The budget's or rule's name.
    package var item: String
    package var per: [LabelKey]
    package var split: Split
    package var since: Timestamp
    /// While it lasts, when it is expected to end, nil when nobody can say; once it is over, when it ended.
    package var until: Timestamp?
    /// Whether running work had to end too.
    package var stop: Bool
    /// Why, for people, as a decision says it at its beginning.
    package var reason: String

    package init(
        item: String, per: [LabelKey], split: Split, since: Timestamp, until: Timestamp?, stop: Bool, reason: String
    ) {
        self.item = item
        self.per = per
        self.split = split
        self.since = since
        self.until = until
        self.stop = stop
        self.reason = reason
    }

    package var who: String { split.who(per: per) }
}
