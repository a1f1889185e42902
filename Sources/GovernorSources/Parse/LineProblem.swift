import GovernorCore

/// Why a line that holds usage can't be booked, in words for `sources` and the log.
struct LineProblem: Error, Hashable, Sendable {
    var reason: String

    init(_ reason: String) { self.reason = reason }

    init(_ failure: JSONReader.Failure) { reason = "\(failure.message) (byte \(failure.offset))" }
}
