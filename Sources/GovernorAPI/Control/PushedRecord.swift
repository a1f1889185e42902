package import GovernorCore

/// A usage record that a caller sends over the socket or HTTP.
package struct PushedRecord: Hashable, Sendable {
    /// A record that was refused, by its place in the request.
    package struct Rejection: Hashable, Sendable {
        package var index: Int
        package var error: ControlError

        package init(index: Int, error: ControlError) {
            self.index = index
            self.error = error
        }
    }

    package var index: Int
    /// The record; where the caller gave no time, it is marked so and the server's is taken.
    package var record: UsageRecord

    init(_ value: JSON, index: Int) throws(ControlError) {
        guard let members = value.members else {
            throw ControlError(.badRequest, "a record is an object; got \(value.shown)")
        }
        let fields = Fields(members)
        let id = try fields.need("id")
        var labels = try fields.labels()
        labels.source = labels.source ?? "push"
        guard labels.source != Reservation.source else {
            throw ControlError(
                .badRequest, "\(Reservation.source) is the source of a hold's own record", field: "source")
        }
        labels.tags[Reservation.tag] = try fields.text("reservation") ?? labels.tags[Reservation.tag]
        let limit = TokenCounts.limit
        let tokens = TokenCounts(
            input: try fields.count("input_tokens", limit: limit) ?? 0,
            output: try fields.count("output_tokens", limit: limit) ?? 0,
            cacheRead: try fields.count("cache_read_tokens", limit: limit) ?? 0,
            cacheWrite5m: try fields.count("cache_write_5m_tokens", limit: limit) ?? 0,
            cacheWrite1h: try fields.count("cache_write_1h_tokens", limit: limit) ?? 0,
            cacheWrite12h: try fields.count("cache_write_12h_tokens", limit: limit) ?? 0,
            reasoning: try fields.count("reasoning_tokens", limit: limit) ?? 0)
        let cost = try fields.dollars("cost_usd")
        guard labels.model != nil || cost != nil else {
            throw ControlError(.badRequest, "a record needs a model, or its cost_usd", field: "model")
        }
        let outcome = try Self.outcome(fields)
        let time = try fields.time("time")
        self.index = index
        record = UsageRecord(
            identity: CallIdentity(key: "push/\(id)"), growth: .later, time: time ?? Timestamp(milliseconds: 0),
            labels: labels, tokens: tokens, reportedCost: cost,
            durationMilliseconds: try fields.count("duration_ms", limit: 10_000_000_000),
            firstTokenMilliseconds: try fields.count("ttft_ms", limit: 10_000_000_000), outcome: outcome,
            errorKind: try fields.text("error_kind"))
        record.timeIsArrival = time == nil
    }

    private static func outcome(_ fields: Fields) throws(ControlError) -> Outcome {
        guard let text = try fields.text("outcome") else { return .success }
        guard let outcome = Outcome(rawValue: text) else {
            throw ControlError(
                .badRequest, "outcome must be success, error or cancelled; got \"\(text.prefix(40))\"", field: "outcome"
            )
        }
        return outcome
    }
}
