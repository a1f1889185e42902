package import GovernorCore

/// What a reply of the control socket says about work.
package struct Heard: Hashable, Sendable {
    package enum Kind: String, Sendable { case allow, throttle, pause }

    package var kind: Kind
    /// With `pause`: running work must end too.
    package var stop: Bool
    /// The texts of the reasons, as one.
    package var why: String
    /// The model to use instead.
    package var model: String?
    /// How long to wait before the start.
    package var delay: Span?
    /// Until nothing holds it back, as far as anybody knows.
    package var retryAfter: Span?
    /// Who holds it back, for telling a new pause from the same one.
    package var items: [String]

    /// - Returns: nil when the reply is no decision.
    package init?(_ reply: JSON) {
        guard let kind = reply["decision"]?.string.flatMap(Kind.init) else { return nil }
        self.kind = kind
        stop = kind == .pause && reply["stop"]?.bool == true
        let reasons = reply["reasons"]?.array ?? []
        let texts = reasons.compactMap { $0["text"]?.string }
        why = texts.isEmpty ? "no reason was given" : texts.joined(separator: "; ")
        model = reply["model"]?.string
        delay = reply["delay_s"]?.integer.map(Span.seconds)
        retryAfter = reply["retry_after_s"]?.integer.map(Span.seconds)
        items = reasons.compactMap { ($0["budget"] ?? $0["rule"] ?? $0["operator"])?.string }
    }

    /// A reply's error: its code and what it says; nil when it is none.
    package static func error(_ reply: JSON) -> (code: String, message: String)? {
        guard let error = reply["error"] else { return nil }
        return (error["code"]?.string ?? "", error["message"]?.string ?? "an error without a message")
    }

    /// Errors that say a hold is not there to be used any more, or is another's.
    package static let holdIsGone: Set = [
        "not_found", "already_settled", "already_released", "expired", "key_reused",
    ]
}
