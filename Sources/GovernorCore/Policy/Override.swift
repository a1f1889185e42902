/// A budget's limit, changed for a while with a reason.
package struct Override: Hashable, Sendable {
    package var limit: Limit
    /// When it holds.
    package var interval: Interval
    package var reason: String
    /// Who decided it.
    package var by: String?

    package init(limit: Limit, interval: Interval, reason: String, by: String? = nil) {
        self.limit = limit
        self.interval = interval
        self.reason = reason
        self.by = by
    }
}

/// Mutes the messages of matching alerts for a while, never limits.
package struct Silence: Hashable, Sendable {
    /// Names of policy items, any of which; empty for every item.
    package var items: [Glob]
    /// Labels of the alert's split.
    package var matcher: Matcher
    package var interval: Interval
    package var reason: String
    /// Who decided it.
    package var by: String?

    package init(items: [Glob] = [], matcher: Matcher = .all, interval: Interval, reason: String, by: String? = nil) {
        self.items = items
        self.matcher = matcher
        self.interval = interval
        self.reason = reason
        self.by = by
    }

    /// Whether it mutes this alert at `now`.
    package func mutes(_ alert: Alert, at now: Timestamp) -> Bool {
        interval.contains(now) && (items.isEmpty || items.contains { $0.matches(alert.item) })
            && matcher.matches(alert.labels)
    }
}
