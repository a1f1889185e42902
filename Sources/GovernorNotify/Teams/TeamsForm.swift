package import GovernorCore

/// Microsoft Teams: a workflow that begins with "When a Teams webhook request is received", or an old connector.
package struct TeamsForm: PostForm {
    package init() {}

    /// Teams takes four messages a second and fewer over longer times
    /// (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using, rate limiting).
    package var spacing: Span { .seconds(1) }

    package func requests(for letter: Letter) -> [PostRequest] { [PostRequest(body: TeamsPayload(letter).json)] }

    /// Workflows answer 202. Connectors answer 200 with `1`, and 200, too, for what Teams behind them refused:
    /// `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId …`.
    package func reading(of answer: CurlAnswer) -> AnswerReading {
        let inner = (200...299).contains(answer.status) ? Self.innerStatus(answer) : nil
        let reading = AnswerReading.standard(answer, status: inner) { status in
            switch status {
            case 400: (.http4xx, "Teams could not read the message")
            case 401, 403: (.credentials, "the workflow does not take messages from here; copy its URL anew")
            case 404, 410: (.http4xx, "the workflow is gone; make a new one in Teams and change webhook_url")
            case 413: (.http4xx, "the message is too large for Teams")
            default: (.http4xx, "the message was not taken, and would not be the next time")
            }
        }
        guard let inner else { return reading }
        let said = ", and that Teams answered \(inner)"
        return switch reading {
        // An error it is, whatever its number.
        case .taken: .notYet(.badAnswer, why: said, isAmbiguous: true, wait: nil)
        case .refused(let reason, let why, let isAmbiguous):
            .refused(reason, why: said + why, isAmbiguous: isAmbiguous)
        case .notYet(let reason, let why, let isAmbiguous, let wait):
            .notYet(reason, why: said + why, isAmbiguous: isAmbiguous, wait: wait)
        }
    }

    private static func innerStatus(_ answer: CurlAnswer) -> Int? {
        let mark = "HTTP error "
        let text = String(decoding: answer.body.prefix(1000), as: UTF8.self)
        guard let found = text.firstRange(of: mark) else { return nil }
        return Int(text[found.upperBound...].prefix { $0.isASCII && $0.isNumber }.prefix(3))
    }
}
