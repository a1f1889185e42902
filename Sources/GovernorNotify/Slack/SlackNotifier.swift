package import GovernorCore

/// Slack's incoming webhook.
package struct SlackNotifier: Notifier {
    private let webhook: Secret
    private let client: CurlClient

    package init(webhook: Secret, client: CurlClient) {
        self.webhook = webhook
        self.client = client
    }

    /// Slack takes one message a second from a webhook.
    package var spacing: Span { .seconds(1) }

    package func send(_ letter: Letter) async -> DeliveryResult {
        do throws(DeliveryFailure) {
            let address = try WebAddress(webhook)
            let answer = try await client.post(
                to: address, headers: [("Content-Type", "application/json; charset=utf-8")],
                body: SlackPayload(letter.message, id: letter.id).json)
            return DeliveryResult(Self.outcome(of: answer, from: address))
        } catch {
            switch error.reason {
            // The policy has to change before this can work.
            case .badAddress, .addressNotAllowed: return DeliveryResult(.refused(error))
            default: return DeliveryResult(.failed(error, retryAfter: nil))
            }
        }
    }

    /// What an answer of Slack's means.
    package static func outcome(of answer: CurlAnswer, from address: WebAddress) -> DeliveryOutcome {
        let word = word(in: answer)
        let said = "\(address.shown) answered \(answer.status)" + (word.map { " (\(address.redacted($0)))" } ?? "")
        switch answer.status {
        case 200...299 where word == "ok": return .delivered
        case 200...299:
            return .refused(
                DeliveryFailure(
                    .badAnswer, "\(said), but not with Slack's `ok`: this is not a Slack webhook", isAmbiguous: true))
        case 300...399:
            return .refused(
                DeliveryFailure(.redirect, "\(said), a redirect, which is not followed: give the final address"))
        case 429:
            return .failed(
                DeliveryFailure(.rateLimited, "\(said): too many messages"), retryAfter: answer.retryWait)
        // Said of the connection, not of the message.
        case 408, 425: return .failed(DeliveryFailure(.http4xx, said), retryAfter: answer.retryWait)
        case 400...499: return .refused(DeliveryFailure(.http4xx, "\(said): \(advice(answer.status))"))
        case 500...599:
            return .failed(
                // 503 says that it was not taken; of the others nobody knows.
                DeliveryFailure(.http5xx, said, isAmbiguous: answer.status != 503), retryAfter: answer.retryWait)
        default: return .failed(DeliveryFailure(.badAnswer, said, isAmbiguous: true), retryAfter: nil)
        }
    }

    /// Slack answers with a word, such as `ok` or `invalid_payload`; anything else may be a page that repeats the URL.
    private static func word(in answer: CurlAnswer) -> String? {
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
