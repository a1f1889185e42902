/// How an attempt at a message ended, to be written down.
package struct Delivery: Hashable, Sendable {
    /// The notification's id.
    package var notification: String
    package var result: DeliveryResult
    /// When it ended.
    package var at: Timestamp
    /// Drawn by the caller from [0, 1]; see `Backoff`.
    package var jitter: Double

    package init(notification: String, result: DeliveryResult, at: Timestamp, jitter: Double) {
        self.notification = notification
        self.result = result
        self.at = at
        self.jitter = jitter
    }
}

extension Notification {
    /// Takes the end of an attempt in.
    mutating func take(_ delivery: Delivery) {
        attempts += 1
        attemptedAt = delivery.at
        settled.formUnion(delivery.result.settled)
        lastError = delivery.result.failures.map(\.text).joined(separator: "; ")
        if lastError?.isEmpty == true { lastError = nil }
        switch delivery.result.outcome {
        case .delivered: state = .sent
        case .refused: state = .dead
        case .failed(_, let retryAfter):
            nextAt = delivery.at + (retryAfter ?? Backoff.wait(attempts: attempts, jitter: delivery.jitter))
            if Backoff.isExhausted(self, at: delivery.at) { state = .dead }
        }
    }

    /// `Critical: w-1 reached 100% of worker-day and 3 more`, for people who look for what did not arrive.
    package var gist: String {
        guard let worst = Message.inOrder(items).first else { return "a digest" }
        let more = items.count > 1 ? " and \(items.count - 1) more" : ""
        return "\(worst.alert.headline)\(worst.event == .resolved ? ", resolved" : "")\(more)"
    }
}

extension DeliveryResult {
    /// Of the whole, then of lost parts, by part.
    package var failures: [DeliveryFailure] {
        let parts = lost.sorted { $0.key < $1.key }.map(\.value)
        return [outcome.failure].compactMap { $0 }.filter { !parts.contains($0) } + parts
    }
}

extension Alert.Severity {
    /// From mild to bad.
    package var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}
