package import GovernorCore

extension HoldRequest {
    /// The longest a hold may be asked for: thirty days.
    package static let ttlLimit: Int64 = 30 * 86_400

    /// - Parameter operation: `reserve`, `extend`, `settle` or `release`.
    init(_ operation: String, _ fields: Fields) throws(ControlError) {
        switch operation {
        case "reserve":
            self = .reserve(
                Reserve(
                    key: try fields.need("key"), labels: try fields.labels(),
                    estimate: try fields.dollars("estimate_usd"),
                    tokens: try fields.count("estimate_tokens", limit: TokenCounts.limit),
                    ttl: try fields.seconds("ttl_s", limit: Self.ttlLimit)))
        case "extend":
            self = .extend(
                try HoldName(fields), ttl: try fields.seconds("ttl_s", limit: Self.ttlLimit),
                estimate: try fields.dollars("estimate_usd"))
        case "settle": self = .settle(try HoldName(fields), cost: try fields.dollars("cost_usd"))
        default: self = .release(try HoldName(fields))
        }
    }
}

extension HoldName {
    init(_ fields: Fields) throws(ControlError) {
        switch (try fields.text("reservation"), try fields.text("key")) {
        case (let name?, nil): self = .reservation(name)
        case (nil, let key?): self = .key(key)
        case (nil, nil):
            throw ControlError(
                .badRequest, "name the hold by its reservation, or by the key it was asked for under",
                field: "reservation")
        case (.some, .some):
            throw ControlError(.badRequest, "name the hold by its reservation or by its key, not both", field: "key")
        }
    }
}

/// A request to keep work out by hand.
package struct PauseRequest: Hashable, Sendable {
    /// How long.
    package enum End: Hashable, Sendable {
        case untilResumed
        /// To the next start of a window of a budget that covers the labels.
        case untilReset
        case at(Timestamp)
        case lasting(Span)
    }

    /// Whom; a value may be a pattern, and none at all is the whole fleet.
    package var labels: Labels
    package var reason: String
    package var by: String
    package var end: End
    package var stop: Bool

    init(_ fields: Fields) throws(ControlError) {
        labels = try fields.labels()
        reason = try fields.need("reason")
        by = try fields.need("by")
        end = try Self.end(fields)
        stop = try fields.flag("stop") ?? false
    }

    private static func end(_ fields: Fields) throws(ControlError) -> End {
        guard let value = fields["until"] else { return .untilResumed }
        switch value.string {
        case "until_resumed": return .untilResumed
        case "until_reset": return .untilReset
        case let text?:
            if let span = Span(text: text), span > .zero { return .lasting(span) }
            fallthrough
        default:
            guard let time = try? fields.time("until") else {
                throw fields.wrong(
                    "until",
                    "a time such as 2026-11-20T15:00:00Z, a duration such as 90m, until_reset or until_resumed",
                    value)
            }
            return .at(time)
        }
    }

    /// - Parameter reset: when the first budget that covers the labels starts anew.
    package func pause(at now: Timestamp, reset: Timestamp?) throws(ControlError) -> OperatorPause {
        let until: Timestamp?
        switch end {
        case .untilResumed: until = nil
        case .lasting(let span): until = now + span
        case .at(let time):
            guard time > now else { throw ControlError(.badRequest, "until lies in the past", field: "until") }
            until = time
        case .untilReset:
            guard let reset else {
                throw ControlError(
                    .badRequest, "no budget that covers these labels ever starts anew; name a time or a duration",
                    field: "until")
            }
            until = reset
        }
        if let until, until > Fields.latest {
            throw ControlError(.badRequest, "until must be before the year 10000", field: "until")
        }
        return OperatorPause(labels: labels, reason: reason, by: by, since: now, until: until, stop: stop)
    }
}
