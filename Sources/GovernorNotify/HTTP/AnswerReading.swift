package import GovernorCore

/// What an answer says of the message it answers. Every `why` goes on with the sentence `https://… answered 404`.
package enum AnswerReading: Hashable, Sendable {
    case taken
    /// It would not be taken the next time either.
    case refused(DeliveryFailure.Reason, why: String, isAmbiguous: Bool = false)
    /// Worth another attempt, not before `wait` where the receiver asks for that.
    case notYet(DeliveryFailure.Reason, why: String = "", isAmbiguous: Bool = false, wait: Span?)

    /// What HTTP itself says by a status (RFC 9110, 15), whoever answers.
    ///
    /// - Parameters:
    ///   - status: of the answer; given where an answer says another one in its body.
    ///   - wait: what the receiver asks for; its `Retry-After` unless it says so elsewhere.
    ///   - refusal: the reason of a 4xx that is final, and what a person can do about it.
    package static func standard(
        _ answer: CurlAnswer, status: Int? = nil, wait: Span? = nil,
        refusal: (Int) -> (reason: DeliveryFailure.Reason, advice: String)
    ) -> AnswerReading {
        let status = status ?? answer.status
        let wait = wait ?? answer.retryWait
        switch status {
        case 200...299: return .taken
        case 300...399:
            return .refused(.redirect, why: ", a redirect, which is not followed: give the final address")
        case 429: return .notYet(.rateLimited, why: ": too many messages", wait: wait)
        // Said of the connection, not of the message.
        case 408, 425: return .notYet(.http4xx, wait: wait)
        case 400...499:
            let (reason, advice) = refusal(status)
            return .refused(reason, why: ": \(advice)")
        // 503 says that it was not taken; of the others nobody knows.
        case 500...599: return .notYet(.http5xx, isAmbiguous: status != 503, wait: wait)
        default: return .notYet(.badAnswer, isAmbiguous: true, wait: nil)
        }
    }
}
