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

    package func send(_ letter: Letter) async -> DeliveryResult {
        write("alert to \(receiver), \(letter.id): \(letter.message.line)")
        return DeliveryResult(.delivered)
    }
}
