package import GovernorCore

/// PagerDuty's Events API, version 2 (github.com/PagerDuty/developer-docs, docs/events-API-v2): an event per alert, so
/// that each opens and closes an incident of its own.
package struct PagerDutyForm: PostForm {
    /// More alerts than this fire as one event: somebody's phone rings for each.
    package static let single = 20
    private let routingKey: Secret

    package init(routingKey: Secret) { self.routingKey = routingKey }

    package var spacing: Span { .zero }

    /// Every request is a part, named by the alert's id and event, or by the letter's id.
    package func requests(for letter: Letter) -> [PostRequest] {
        let message = letter.message
        let event = PagerDutyEvent(routingKey: routingKey, message: message)
        guard message.sections.isEmpty, !letter.items.isEmpty else {
            return [PostRequest(part: letter.id, body: event.told(letter.id, severity: .info, at: letter.createdAt))]
        }
        let firing = letter.items.enumerated().filter { $1.event == .firing }
        var requests: [PostRequest] = []
        if firing.count > Self.single {
            let body = event.told(letter.id, severity: message.severity, at: letter.createdAt)
            requests.append(PostRequest(part: letter.id, body: body))
        } else {
            requests = firing.map { index, item in
                let entry = message.entry(of: letter.items, at: index)
                return PostRequest(part: "\(item.alert.id).firing", body: event.fired(item.alert, entry))
            }
        }
        for item in letter.items where item.event == .resolved {
            requests.append(PostRequest(part: "\(item.alert.id).resolved", body: event.resolved(item.alert)))
        }
        return requests
    }

    package func reading(of answer: CurlAnswer) -> AnswerReading {
        .standard(answer) { status in
            switch status {
            case 400: (.http4xx, "PagerDuty could not read the event, or does not know the routing key")
            case 401, 403: (.credentials, "PagerDuty does not take the routing key")
            default: (.http4xx, "the event was not taken, and would not be the next time")
            }
        }
    }

    package func word(in answer: CurlAnswer) -> String? {
        // `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' …"]}`
        guard answer.status == 400, let word = answer.texts(at: "errors") ?? answer.text(at: "message") else {
            return nil
        }
        return routingKey.hidden(in: word)
    }
}
