package import GovernorCore

/// Mailboxes, written to through a mail server (SMTP, RFC 5321). Each recipient is a part of the letter, so that one bad
/// mailbox keeps the mail from nobody else.
package struct EmailNotifier: Notifier {
    private let settings: EmailSettings
    private let client: CurlClient

    package init(settings: EmailSettings, client: CurlClient) {
        self.settings = settings
        self.client = client
    }

    package var spacing: Span { .zero }

    package func send(_ letter: Letter) async -> DeliveryResult {
        var seen: Set<String> = []
        let recipients = settings.to.filter { seen.insert($0).inserted }
        var tally = PartTally(recipients, settled: letter.settled)
        let open = recipients.filter(tally.isOpen)
        do throws(DeliveryFailure) {
            let server = try checkedServer()
            guard !open.isEmpty else { return tally.result }
            let mail = EmailMessage(letter, from: settings.from, to: recipients).mail
            for (recipient, verdict) in try await client.send(mail, to: open, by: server, settings: settings) {
                switch verdict {
                case .taken: tally.settle(recipient, .delivered)
                case .recipientRefused(let failure): tally.settle(recipient, .refused(failure))
                case .recipientFailed(let failure), .connectionFailed(let failure):
                    tally.fail(recipient, .failed(failure, retryAfter: nil))
                case .letterRefused(let failure): tally.loseRest(failure)
                }
            }
            return tally.result
        } catch {
            return DeliveryResult(error.outcome)
        }
    }

    /// The server's address, once everything that goes on the wire as it is has been looked at: libcurl would put a CR
    /// LF in an address there, and what follows it would be a command.
    private func checkedServer() throws(DeliveryFailure) -> WebAddress {
        let server = try WebAddress(settings.server, for: .mail)
        guard !server.hasUser else {
            throw DeliveryFailure(
                .badAddress, "\(server.shown): give the user and the password as username and password, not in smtp")
        }
        guard !settings.to.isEmpty else { throw DeliveryFailure(.badAddress, "the receiver has nobody to write to") }
        for address in settings.to + [settings.from] where !EmailSettings.isAddress(address) {
            throw DeliveryFailure(
                .badAddress,
                "`\(Message.clean(address, limit: 80))` is no mail address; write it plainly, as ops@example.com")
        }
        return server
    }
}
