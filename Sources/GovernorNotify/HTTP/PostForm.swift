package import GovernorCore

/// What one kind of receiver makes of HTTP: what is posted to it, how it answers, and how often it may be spoken to.
/// All else is the same for all of them; see `PostNotifier`.
package protocol PostForm: Sendable {
    /// The least time between two messages.
    var spacing: Span { get }

    /// Where its messages are posted; the URL itself unless the form says otherwise.
    /// - Throws: `bad_address` or `address_not_allowed`.
    func address(of url: Secret) throws(DeliveryFailure) -> WebAddress

    /// The requests that carry a letter, in the order in which they are sent; one, unless the letter goes in parts.
    /// - Throws: `bad_address`, `credentials` or `library_missing`, when the letter can't be put into requests.
    func requests(for letter: Letter) throws(DeliveryFailure) -> [PostRequest]

    /// What an answer means.
    func reading(of answer: CurlAnswer) -> AnswerReading

    /// What the receiver itself says was wrong, in few words; nil when that may not be shown. The notifier takes the
    /// secrets out of it.
    func word(in answer: CurlAnswer) -> String?
}

extension PostForm {
    package func address(of url: Secret) throws(DeliveryFailure) -> WebAddress { try WebAddress(url) }
    package func word(in answer: CurlAnswer) -> String? { nil }
}

/// One POST of JSON.
package struct PostRequest: Hashable, Sendable {
    /// The part of the letter that it carries; nil when it carries all of it. See `DeliveryResult`.
    package var part: String?
    /// Beside `Content-Type`.
    package var headers: [Header]
    /// UTF-8.
    package var body: [UInt8]

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(part: String? = nil, headers: [Header] = [], body: [UInt8]) {
        self.part = part
        self.headers = headers
        self.body = body
    }
}
