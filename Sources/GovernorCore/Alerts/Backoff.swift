/// When a delivery that failed is tried again.
package enum Backoff {
    /// How long a notification is tried before it is dead.
    package static let patience = Span.hours(24)
    /// How often it must have been tried by then: a clock that jumped a day ahead has not tried anything.
    package static let fewestAttempts: Int64 = 10
    private static let steps: [Span] = [
        .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(1), .hours(2), .hours(4),
    ]

    /// The wait after the `attempts`th failure: 5 s, 30 s, 2 m, 10 m, 30 m, 1 h, 2 h, then 4 h each, ±20%.
    /// After one failure with `jitter` 0, 0.5 and 1: 4 s, 5 s and 6 s.
    /// - Parameter jitter: drawn by the caller from [0, 1].
    package static func wait(attempts: Int64, jitter: Double) -> Span {
        let step = steps[Int(min(max(attempts, 1), Int64(steps.count))) - 1]
        let factor = 0.8 + 0.4 * min(max(jitter, 0), 1)
        return Span(milliseconds: Int64(Double(step.milliseconds) * factor))
    }

    /// Whether a message that was just tried again in vain is given up.
    package static func isExhausted(_ notification: Notification, at now: Timestamp) -> Bool {
        now - notification.dueAt > patience && notification.attempts >= fewestAttempts
    }
}
