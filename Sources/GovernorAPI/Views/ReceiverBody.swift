package import GovernorCore

/// A receiver and how it takes its messages: the shape **receiver**.
package struct ReceiverView: Hashable, Sendable {
    package enum State: String, Sendable {
        case ok
        /// It has no address.
        case off
        /// The last attempt at a message failed, and more follow.
        case failing
        /// It wants no further messages, and gets none until the policy changes.
        case disabled
    }

    package var name: String
    /// `slack`, `email`, …; nil while it has no address, since then nobody knows.
    package var kind: String?
    package var state: State
    /// Messages that wait for an attempt.
    package var pending: Int = 0
    /// Messages that were given up in the last 24 hours.
    /// nil where the ledger could not be asked.
    package var dead: Int? = 0
    package var lastDeliveredAt: Timestamp?
    /// What the last attempt that failed said, without anything secret in it.
    package var lastError: String?
    /// `08:00`, `Monday 08:00`; nil when each message goes by itself.
    package var digest: String?

    /// A receiver to which nothing was sent yet.
    package init(_ receiver: Receiver) {
        name = receiver.name
        kind = receiver.kind.word
        state = receiver.isOff ? .off : .ok
        digest = receiver.digest?.text
    }
}

extension Receiver.Kind {
    /// The policy's word for it; nil for `off`.
    fileprivate var word: String? {
        switch self {
        case .slack: "slack"
        case .email: "email"
        case .webhook: "webhook"
        case .pagerduty: "pagerduty"
        case .discord: "discord"
        case .teams: "teams"
        case .ntfy: "ntfy"
        case .log: "log"
        case .off: nil
        }
    }
}

extension JSONWriter {
    /// `{"name":"ops","kind":"slack","state":"failing","pending":3,"dead":0,"last_error":…}`
    mutating func value(_ receiver: ReceiverView, zone: Zone) {
        object { json in
            json.field("name", receiver.name)
            json.field("kind", ifPresent: receiver.kind)
            json.field("state", receiver.state.rawValue)
            json.field("pending", Int64(receiver.pending))
            if let dead = receiver.dead { json.field("dead", Int64(dead)) }
            if let last = receiver.lastDeliveredAt { json.field("last_delivered_at", RFC3339.text(last, in: zone)) }
            json.field("last_error", ifPresent: receiver.lastError)
            json.field("digest", ifPresent: receiver.digest)
        }
    }
}
