import GovernorAPI
import GovernorCore

/// The hold of the work: made, kept alive, made anew when it was lost, and settled at the end.
struct WorkHold {
    let connection: Connection
    let labels: Labels
    let estimate: Money?
    /// Seconds it outlives us.
    let ttl: Int64
    private let key: String
    private(set) var reservation: String?
    private(set) var held = Money.zero
    private var extendAt = Span.zero
    private var renewals = 0
    /// Somebody else has ended it on purpose; the work is still asked for, without one.
    private var isOver = false

    /// A daemon that answers at all does in a thousandth of it, and the work's signals wait for this.
    private static let patience = Span.seconds(1)

    init(connection: Connection, labels: Labels, estimate: Money?, ttl: Int64, key: String) {
        self.connection = connection
        self.labels = labels
        self.estimate = estimate
        self.ttl = ttl
        self.key = key
    }

    /// Asks for admission.
    /// - Returns: the reply, which may be an error.
    mutating func reserve(at now: Span) throws(ControlClient.Unavailable) -> JSON {
        let name = renewals == 0 ? key : "\(key)~\(renewals)"
        let reply = try connection.ask(timeout: Self.patience) { json in
            json.field("op", "reserve")
            json.labels(labels)
            json.field("key", name)
            if let estimate { json.field("estimate_usd", estimate) }
            json.field("ttl_s", ttl)
        }
        guard let made = reply["reservation"]?.string else { return reply }
        reservation = made
        held = reply["held_usd"]?.money ?? .zero
        extendAt = nextExtension(after: now)
        return reply
    }

    /// Asks whether the running work may go on, and keeps its hold.
    mutating func ask(at now: Span) throws(ControlClient.Unavailable) -> Heard {
        if reservation == nil, !isOver { return try Self.heard(try reserve(at: now)) }
        guard now >= extendAt, reservation != nil else { return try Self.heard(try check()) }
        let reply = try extend()
        guard let error = Heard.error(reply) else {
            extendAt = nextExtension(after: now)
            return try Self.heard(reply)
        }
        switch error.code {
        case "expired", "not_found":
            // We, the machine or the daemon slept for longer than it lasts.
            reservation = nil
            renewals += 1
            return try Self.heard(try reserve(at: now))
        case "already_settled", "already_released":
            reservation = nil
            isOver = true
            return try Self.heard(try check())
        default: return try Self.heard(reply)
        }
    }

    /// Keeps the hold; the reply may be an error.
    func extend() throws(ControlClient.Unavailable) -> JSON {
        try connection.ask(timeout: Self.patience) { json in
            json.field("op", "extend")
            json.field("reservation", ifPresent: reservation)
            json.field("ttl_s", ttl)
        }
    }

    /// Ends the hold: `settle` takes what usage has charged to it, `release` gives all of it back.
    /// - Returns: what went wrong, for people; nil also when somebody else has ended it before.
    func end(with operation: String) -> String? {
        guard let reservation else { return nil }
        do {
            let reply = try connection.ask(timeout: Self.patience) { json in
                json.field("op", operation)
                json.field("reservation", reservation)
            }
            guard let error = Heard.error(reply), !Heard.holdIsGone.contains(error.code) else { return nil }
            return error.message
        } catch { return "\(error)" }
    }

    private func check() throws(ControlClient.Unavailable) -> JSON {
        try connection.ask(timeout: Self.patience) { json in
            json.field("op", "check")
            json.labels(labels)
            json.field("running", true)
            json.field("reservation", ifPresent: reservation)
        }
    }

    /// Thrice within its life, so that one answer may be missed.
    private func nextExtension(after now: Span) -> Span {
        Span(milliseconds: now.milliseconds + ttl * 1000 / 3)
    }

    private static func heard(_ reply: JSON) throws(ControlClient.Unavailable) -> Heard {
        if let error = Heard.error(reply) {
            throw ControlClient.Unavailable(description: "the daemon refused the question: \(error.message)")
        }
        guard let heard = Heard(reply) else {
            throw ControlClient.Unavailable(description: "the daemon's answer holds no decision")
        }
        return heard
    }
}
