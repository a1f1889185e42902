/// The stretch of time a budget's limit holds for.
package enum Window: Hashable, Sendable {
    /// From one boundary of the calendar to the next, in the policy's zone.
    case calendar(Period)
    /// The last so many milliseconds, always moving.
    case rolling(Span)
    /// So long from the first use on; a use after its end begins the next.
    case block(Span)
    /// From the first record ever, without end.
    case lifetime

    /// How long one slot of an account is. A calendar, block or lifetime window is a single slot; a rolling one is cut
    /// in 300, so that spend leaves it never early and at most one slot late.
    package static let rollingSlots: Int64 = 300

    /// The slot that holds `time`: the whole window for calendar and lifetime, a 300th of it for rolling.
    ///
    /// For a block it is the one that a first use at `time` begins. Which block really holds `time` depends on the uses
    /// before it: ask `block(containing:among:)` of the account's own.
    package func slot(containing time: Timestamp, in zone: Zone) -> Interval {
        switch self {
        case .calendar(let period): period.interval(containing: time, in: zone)
        case .lifetime: Interval(start: .distantPast, end: .distantFuture)
        case .rolling(let span): Self.grid(containing: time, step: Self.slotLength(of: span))
        case .block(let span): Interval(start: time, end: time + span)
        }
    }

    /// The window that is current at `now`; for a rolling one, `(now - span, now]` as the half-open `[now - span + 1 ms, …)`;
    /// for a block, as if nothing had been used yet, the one that a use at `now` begins.
    package func current(at now: Timestamp, in zone: Zone) -> Interval {
        guard case .rolling(let span) = self else { return slot(containing: now, in: zone) }
        let next = now + Span(milliseconds: 1)
        return Interval(start: next - span, end: next)
    }

    /// The block that a use at `time` belongs to: the known one that holds it, else a new one.
    ///
    /// A block's bounds can't be had from its definition alone, since it begins with a use; so the account's blocks are
    /// passed in, sorted by start, none over another. A known block stays where it is, because alerts and decisions have
    /// named it: a use that becomes known late, before it, gets a block that ends where the known one begins.
    /// A window of another kind has no blocks; asked all the same it answers as a block without an end.
    package func block(containing time: Timestamp, among blocks: [Interval]) -> Interval {
        let next = blocks.first { $0.end > time }
        if let next, next.contains(time) { return next }
        let end = if case .block(let span) = self { time + span } else { Timestamp.distantFuture }
        return Interval(start: time, end: min(end, next?.start ?? end))
    }

    /// Whether spend of this slot still counts at `now`. Future slots of a rolling window count at once, since a clock
    /// that runs ahead must not hide spend; future calendar windows and blocks wait for their time.
    package func counts(_ slot: Interval, at now: Timestamp) -> Bool {
        switch self {
        case .calendar, .block, .lifetime: slot.contains(now)
        case .rolling(let span): slot.end + span > now
        }
    }

    /// When the last of the slot's spend no longer counts.
    package func expiry(of slot: Interval) -> Timestamp {
        guard case .rolling(let span) = self else { return slot.end }
        return slot.end + span
    }

    private static func slotLength(of span: Span) -> Int64 { max(1, span.milliseconds / rollingSlots) }

    private static func grid(containing time: Timestamp, step: Int64) -> Interval {
        let start = time.milliseconds.saturatingAdding(-time.milliseconds.modulo(step))
        return Interval(
            start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start.saturatingAdding(step)))
    }
}
