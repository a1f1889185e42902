import CCurl
package import GovernorCore

/// An HTTP answer, whatever its status.
package struct CurlAnswer: Hashable, Sendable {
    package var status: Int
    /// At most 64 KiB of what a receiver answers.
    package var body: [UInt8]
    /// Whether there was more of the body.
    package var isCut: Bool
    package var retryAfter: String?
    package var date: String?
    package var receivedAt: Timestamp

    package init(
        status: Int, body: [UInt8] = [], isCut: Bool = false, retryAfter: String? = nil, date: String? = nil,
        receivedAt: Timestamp
    ) {
        self.status = status
        self.body = body
        self.isCut = isCut
        self.retryAfter = retryAfter
        self.date = date
        self.receivedAt = receivedAt
    }

    /// What `Retry-After` asks for, within 1 s and 1 h; nil when it was not sent or can't be read.
    ///
    /// It is a number of seconds or a date (RFC 9110, 10.2.3). A date is taken against the server's own `Date`, so that
    /// neither clock has to be right.
    package var retryWait: Span? {
        guard let retryAfter else { return nil }
        let wait: Span
        if !retryAfter.isEmpty, retryAfter.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // Digits beyond 64 bits ask for longer than we would wait anyway.
            wait = Int64(retryAfter).map { $0 < 3600 ? .seconds($0) : .hours(1) } ?? .hours(1)
        } else if let until = Self.time(retryAfter) {
            wait = until - (date.flatMap(Self.time) ?? receivedAt)
        } else {
            return nil
        }
        return min(max(wait, .seconds(1)), .hours(1))
    }

    private static func time(_ text: String) -> Timestamp? {
        let seconds = Int64(ccurl_date(text))
        return seconds < 0 ? nil : Timestamp(seconds: seconds)
    }
}
