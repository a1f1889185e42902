package import GovernorCore

/// How a transaction with a mail server ended, for one recipient.
package enum MailVerdict: Hashable, Sendable {
    case taken
    /// This recipient is refused for good; others may be taken.
    case recipientRefused(DeliveryFailure)
    /// This recipient is worth another attempt; others may be taken.
    case recipientFailed(DeliveryFailure)
    /// Nobody will be taken from this sender.
    case letterRefused(DeliveryFailure)
    /// Nothing more can be said to this server now.
    case connectionFailed(DeliveryFailure)

    /// Reads a transaction.
    ///
    /// - Parameters:
    ///   - trouble: how libcurl sees it, its text without secrets; nil when it saw the mail taken.
    ///   - recipient: whom it was for.
    ///   - server: its address as it may be shown.
    ///   - shown: takes the secrets out of what the server says.
    package init(
        _ talk: MailTalk, trouble: DeliveryFailure?, recipient: String, server: String, shown: (String) -> String
    ) {
        guard let trouble else {
            self = .taken
            return
        }
        let isAboutRecipient = talk.last.rawValue >= MailTalk.Command.recipient.rawValue
        guard let code = talk.code else {
            if trouble.reason == .badAddress || trouble.reason == .addressNotAllowed {
                self = .letterRefused(trouble)
                return
            }
            // A mail that was handed over and never answered may have arrived.
            let isAmbiguous = talk.isBodyWanted
            // One that was cancelled or timed out was not answered either, whatever came before.
            if talk.isAnswered, trouble.reason != .cancelled {
                let said = shown(talk.text)
                self = .connectionFailed(
                    DeliveryFailure(
                        .badAnswer, "\(server) answered \(talk.last.text) not as a mail server does: \(said)",
                        isAmbiguous: isAmbiguous))
            } else {
                self = .connectionFailed(
                    DeliveryFailure(trouble.reason, trouble.text, isAmbiguous: isAmbiguous))
            }
            return
        }
        let what = talk.isBodyWanted ? "the mail" : talk.last.text
        let whom = isAboutRecipient ? " for \(recipient)" : ""
        let words = shown(talk.text)
        let said = "\(server) answered \(code) to \(what)\(whom)" + (words.isEmpty ? "" : ": \(words)")
        switch code {
        // libcurl wants 250 and nothing else, but any of these says that it was taken.
        case 200...299 where talk.isBodyWanted: self = .taken
        // It will not speak to us any more, whatever it was asked.
        case 421: self = .connectionFailed(DeliveryFailure(.smtp4xx, said))
        case 400...499:
            let failure = DeliveryFailure(.smtp4xx, said)
            self = isAboutRecipient ? .recipientFailed(failure) : .connectionFailed(failure)
        case 500...599:
            let failure = DeliveryFailure(talk.last == .auth ? .credentials : .smtp5xx, said)
            self = isAboutRecipient ? .recipientRefused(failure) : .letterRefused(failure)
        // It agreed, and then something else went wrong, such as TLS; or it agreed to what was not asked.
        default:
            let isOdd = talk.last.rawValue >= MailTalk.Command.mail.rawValue && trouble.reason == .reset
            self = .connectionFailed(
                isOdd
                    ? DeliveryFailure(.badAnswer, said, isAmbiguous: talk.isBodyWanted)
                    : DeliveryFailure(trouble.reason, trouble.text, isAmbiguous: talk.isBodyWanted))
        }
    }

    /// Whether there is nothing more to say on this connection.
    var isLast: Bool {
        switch self {
        case .taken, .recipientRefused, .recipientFailed: false
        case .letterRefused, .connectionFailed: true
        }
    }
}
