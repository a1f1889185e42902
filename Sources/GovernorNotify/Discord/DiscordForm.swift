package import GovernorCore

/// Discord's webhooks (discord.com/developers/docs/resources/webhook).
package struct DiscordForm: PostForm {
    package init() {}

    /// A channel takes thirty messages a minute from its webhooks.
    package var spacing: Span { .seconds(2) }

    package func requests(for letter: Letter) -> [PostRequest] { [PostRequest(body: DiscordPayload(letter).json)] }

    package func reading(of answer: CurlAnswer) -> AnswerReading {
        // Discord says how long in the body, too, and more exactly.
        .standard(answer, wait: answer.retryWait ?? answer.wait(at: "retry_after")) { status in
            switch status {
            case 400: (.http4xx, "Discord could not read the message")
            case 401, 403: (.credentials, "the webhook's token is not valid; copy the webhook's URL anew")
            case 404: (.http4xx, "the webhook is gone; make a new one in Discord and change webhook_url")
            default: (.http4xx, "the message was not taken, and would not be the next time")
            }
        }
    }

    /// `{"message":"Unknown Webhook","code":10015}`
    package func word(in answer: CurlAnswer) -> String? {
        (400...499).contains(answer.status) ? answer.text(at: "message") : nil
    }
}
