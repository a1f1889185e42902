package import GovernorCore

/// A topic of ntfy.sh or of a server of one's own (docs.ntfy.sh/publish, "Publish as JSON").
package struct NtfyForm: PostForm {
    private let topic: Secret
    private let token: Secret?

    /// - Parameters:
    ///   - topic: its URL, `https://ntfy.sh/mytopic`.
    ///   - token: an access token, for a topic that is protected.
    package init(topic: Secret, token: Secret?) {
        self.topic = topic
        self.token = token
    }

    package var spacing: Span { .zero }

    /// JSON goes to the server's root; the topic stands in the body.
    package func address(of url: Secret) throws(DeliveryFailure) -> WebAddress { try split(url).server }

    package func requests(for letter: Letter) throws(DeliveryFailure) -> [PostRequest] {
        let payload = NtfyPayload(letter, topic: try split(topic).topic)
        let headers = token.map { [PostRequest.Header("Authorization", "Bearer \($0.reveal())")] } ?? []
        return [PostRequest(headers: headers, body: payload.json)]
    }

    package func reading(of answer: CurlAnswer) -> AnswerReading {
        .standard(answer) { status in
            switch status {
            case 401, 403: (.credentials, "the topic is protected; give the receiver a token that may publish to it")
            case 413: (.http4xx, "the message is too large for this server")
            default: (.http4xx, "the message was not taken, and would not be the next time")
            }
        }
    }

    /// `{"code":40301,"http":403,"error":"forbidden","link":"…"}`
    package func word(in answer: CurlAnswer) -> String? {
        guard (400...599).contains(answer.status), let word = answer.text(at: "error") else { return nil }
        return token.map { $0.hidden(in: word) } ?? word
    }

    private func split(_ url: Secret) throws(DeliveryFailure) -> (server: WebAddress, topic: Secret) {
        guard let (server, topic) = try WebAddress(url).splittingLast(), NtfyPayload.isName(topic.reveal()) else {
            throw DeliveryFailure(
                .badAddress,
                "the receiver's url does not end with a topic: https://ntfy.sh/ and then at most 64 letters, digits, "
                    + "- and _")
        }
        return (server, topic)
    }
}
