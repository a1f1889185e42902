package import GovernorCore

/// Slack's incoming webhook.
package struct SlackForm: PostForm {
    package init() {}

    /// Slack takes one message a second from a webhook.
    package var spacing: Span { .seconds(1) }

    package func requests(for letter: Letter) -> [PostRequest] {
        [PostRequest(body: SlackPayload(letter.message, id: letter.id).json)]
    }

    package func reading(of answer: CurlAnswer) -> AnswerReading {
        if (200...299).contains(answer.status), word(in: answer) != "ok" {
            let why = ", but not with Slack's `ok`: this is not a Slack webhook"
            return .refused(.badAnswer, why: why, isAmbiguous: true)
        }
        return .standard(answer) { (.http4xx, Self.advice($0)) }
    }

    /// Slack answers with a word, such as `ok` or `invalid_payload`; anything else may be a page that repeats the URL.
    package func word(in answer: CurlAnswer) -> String? {
        let text = Message.clean(String(decoding: answer.body.prefix(64), as: UTF8.self))
            .split(separator: " ").joined(separator: " ")
        let isWord = text.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
        }
        return isWord && !text.isEmpty && answer.body.count <= 64 ? text : nil
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 400: "Slack could not read the message, or the webhook's user is gone"
        case 401, 403: "the webhook may not post here any more; ask the workspace's owner"
        case 404: "the webhook is gone; make a new one in Slack and change webhook_url"
        case 410: "the channel is archived; make a webhook for another one and change webhook_url"
        default: "the message was not taken, and would not be the next time"
        }
    }
}
