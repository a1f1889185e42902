package import GovernorCore

/// A service of one's own, spoken to as Standard Webhooks has it
/// (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
package struct WebhookForm: PostForm {
    private let keys: [Secret]

    /// - Parameter keys: each signs, so that a key can be changed without a gap; without any nothing is signed.
    package init(keys: [Secret]) { self.keys = keys }

    package var spacing: Span { .zero }

    package func requests(for letter: Letter) throws(DeliveryFailure) -> [PostRequest] {
        let body = WebhookPayload(letter).json
        let id = Message.clean(letter.id)
        let seconds = letter.now.milliseconds / 1000
        var headers: [PostRequest.Header] = [.init("webhook-id", id), .init("webhook-timestamp", "\(seconds)")]
        if !keys.isEmpty {
            let signatures = try WebhookSignature.header(id: id, seconds: seconds, body: body, keys: keys)
            headers.append(.init("webhook-signature", signatures))
        }
        return [PostRequest(headers: headers, body: body)]
    }

    package func reading(of answer: CurlAnswer) -> AnswerReading {
        .standard(answer) { status in
            switch status {
            case 401, 403: (.credentials, "it does not take what it is sent; does the receiver's secret match its own?")
            case 404: (.http4xx, "nothing is at that address; change the receiver's url")
            case 410: (.gone, "it wants no more messages, and gets none until the policy changes")
            default: (.http4xx, "the message was not taken, and would not be the next time")
            }
        }
    }
}
