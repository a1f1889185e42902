/// Why a delivery did not work: a reason for machines, a sentence for people.
///
/// The sentence never contains the receiver's address beyond scheme and host, since a webhook's path is its password.
package struct DeliveryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A closed set; the raw value is the `reason` label of metrics.
    package enum Reason: String, CaseIterable, Sendable {
        case nameResolution = "name_resolution"
        case refusedConnection = "refused_connection"
        case timeout
        case tls
        /// The connection ended before the answer did.
        case reset
        case http4xx = "http_4xx"
        /// 410 from a webhook: it wants no further messages, and gets none until the policy changes.
        case gone
        case http5xx = "http_5xx"
        case rateLimited = "rate_limited"
        case redirect
        /// A mail server answered 4xx, or 5xx.
        case smtp4xx = "smtp_4xx"
        case smtp5xx = "smtp_5xx"
        /// User name, password, token or key were not taken.
        case credentials
        /// It answered, but not as such a receiver does.
        case badAnswer = "bad_answer"
        /// A URL that can't be read.
        case badAddress = "bad_address"
        /// A URL that may not be used: another protocol, link-local, or private without consent.
        case addressNotAllowed = "address_not_allowed"
        case libraryMissing = "library_missing"
        case cancelled
        /// The receiver has left the policy, or has no address.
        case receiverOff = "receiver_off"
        /// It was not asked, since it has answered 410 before.
        case receiverDisabled = "receiver_disabled"
        case other
    }

    package let reason: Reason
    package let text: String
    /// Whether the receiver may have taken the message all the same, so that another attempt may show it twice.
    package let isAmbiguous: Bool

    package init(_ reason: Reason, _ text: String, isAmbiguous: Bool = false) {
        self.reason = reason
        self.text = text
        self.isAmbiguous = isAmbiguous
    }

    package var description: String { text }
}
