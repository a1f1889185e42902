package import GovernorCore

/// Writes each message as one line of the daemon's own log.
package struct LogNotifier: Notifier {
    private let receiver: String
    private let write: @Sendable (String) -> Void

    package init(receiver: String, write: @escaping @Sendable (String) -> Void) {
        self.receiver = receiver
        self.write = write
    }

    package var spacing: Span { .zero }

    package func send(_ message: Message, id: String) async -> DeliveryOutcome {
        write("alert to \(receiver), \(id): \(message.line)")
        return .delivered
    }
}
