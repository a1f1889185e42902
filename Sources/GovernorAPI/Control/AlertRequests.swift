package import GovernorCore

/// Which alerts are asked for; the newest come first.
package struct AlertQuery: Hashable, Sendable {
    /// Since when.
    package enum Start: Hashable, Sendable {
        case at(Timestamp)
        /// A date, or a time without a zone: as the policy's zone shows it.
        case local(CivilTime)
        /// So long before now.
        case ago(Span)
    }

    /// nil for both.
    package var state: Alert.State?
    /// From 1 to `most`.
    package var limit: Int
    /// Only those that fired at this time or later.
    package var start: Start?
    /// Only those of which a message to this receiver tells.
    package var receiver: String?

    package static let most = 1000

    package init(state: Alert.State? = nil, limit: Int = 50, start: Start? = nil, receiver: String? = nil) {
        self.state = state
        self.limit = limit
        self.start = start
        self.receiver = receiver
    }

    init(_ fields: Fields) throws(ControlError) {
        let count = try fields.count("limit", from: 1, limit: Int64(Self.most)) ?? 50
        self.init(
            state: try Self.state(fields), limit: Int(count), start: try Self.start(fields),
            receiver: try fields.text("receiver"))
    }

    private static func state(_ fields: Fields) throws(ControlError) -> Alert.State? {
        guard let value = fields["state"], value.string != "all" else { return nil }
        guard let state = value.string.flatMap(Alert.State.init(rawValue:)) else {
            throw fields.wrong("state", "firing, resolved or all", value)
        }
        return state
    }

    private static func start(_ fields: Fields) throws(ControlError) -> Start? {
        guard let value = fields["since"] else { return nil }
        if let text = value.string {
            if let span = Span(text: text) { return .ago(span) }
            if case .local(let civil) = RFC3339.read(text.utf8), civil.millisecondsAsUTC >= 0 { return .local(civil) }
        }
        guard let time = try? fields.time("since") else {
            throw fields.wrong(
                "since", "a date such as 2026-11-20, a time such as 2026-11-20T15:00:00Z or a duration such as 24h",
                value)
        }
        return .at(time)
    }

    /// The first instant that is asked for; nil for all there is.
    package func since(at now: Timestamp, in zone: Zone) -> Timestamp? {
        switch start {
        case .at(let time): time
        case .local(let civil): zone.instant(of: civil)
        case .ago(let span): now - span
        case nil: nil
        }
    }
}

/// Which messages are tried once more.
package enum RetryRequest: Hashable, Sendable {
    /// One, by its id.
    case notification(String)
    /// Every dead one to a receiver.
    case receiver(String)
    /// Every dead one.
    case all

    init(_ fields: Fields) throws(ControlError) {
        switch (try fields.text("notification"), try fields.text("receiver")) {
        case (let id?, nil): self = .notification(id)
        case (nil, let name?): self = .receiver(name)
        case (nil, nil): self = .all
        case (.some, .some):
            throw ControlError(
                .badRequest, "name one message by its id, or a receiver for all of its own, not both", field: "receiver"
            )
        }
    }
}

extension Fields {
    /// Bytes that a reason or a person's name may have.
    package static let remarkLimit = 500

    func alert() throws(ControlError) -> String { try need("alert", "the id of an alert, such as al_dbe038406c14f648") }

    func silence() throws(ControlError) -> String {
        try need("silence", "the id of a silence, such as si_dbe038406c14f648")
    }

    func who() throws(ControlError) -> String { try need("by", "who says so", limit: Self.remarkLimit) }
}
