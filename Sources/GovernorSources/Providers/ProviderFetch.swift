package import GovernorCore

/// One GET to a provider.
package struct ProviderRequest: Sendable {
    /// The whole address; it holds no secret.
    package var url: String
    /// Names and values; one of them is the key.
    package var headers: [(name: String, value: Secret)]
    /// How long the whole of it may take.
    package var timeLimit: Span
    /// Bytes of body that are read at most; what is longer is cut, and says so.
    package var bodyLimit: Int
}

/// What a provider answered, whatever the status.
package struct ProviderAnswer: Sendable {
    package var status: Int
    /// By name in small letters; `retry-after` and `date` are looked at.
    package var headers: [String: String]
    package var body: [UInt8]
    /// Whether there was more of the body.
    package var isCut: Bool

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = [], isCut: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCut = isCut
    }
}

/// Asks a provider one thing. Whoever wires it speaks HTTP; this side knows only what is said.
/// - Throws: `timeout` or `unreachable` when there is no whole answer.
package typealias ProviderFetch = @Sendable (ProviderRequest) async throws(ProviderFailure) -> ProviderAnswer

/// Why a report could not be read: the reason is a closed set, the text for people and without the key.
package struct ProviderFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, CaseIterable, Sendable {
        /// 401: the key is wrong or was taken back.
        case unauthorized
        /// 403: the key may not ask this.
        case forbidden
        /// 404: there is no such report for this account.
        case notFound = "not_found"
        /// 429.
        case tooOften = "too_often"
        /// 5xx.
        case server
        case timeout
        /// No connection, no name, no trust.
        case unreachable
        /// Another status, no JSON, or JSON of another shape.
        case badAnswer = "bad_answer"
        /// More pages than any report has, or one that comes again and again.
        case endless
        case cancelled
    }

    package var reason: Reason
    package var text: String
    /// How long the provider asked to be left alone.
    package var retryAfter: Span?

    package init(_ reason: Reason, _ text: String, retryAfter: Span? = nil) {
        self.reason = reason
        self.text = text
        self.retryAfter = retryAfter
    }

    package var description: String { text }

    /// Whether asking for another report at once may go better.
    var isAboutOneReport: Bool {
        switch reason {
        case .forbidden, .notFound, .badAnswer, .endless: true
        case .unauthorized, .tooOften, .server, .timeout, .unreachable, .cancelled: false
        }
    }
}

extension ProviderAnswer {
    /// What is wrong with an answer by its status; nil for 200.
    /// - Parameters:
    ///   - what: the report's name, for people.
    ///   - now: stands in for the provider's clock where it sent no date.
    func failure(_ what: String, now: Timestamp) -> ProviderFailure? {
        let said = "\(what) answered \(status)\(word.map { " (\($0))" } ?? "")"
        switch status {
        case 200: return nil
        case 401:
            return ProviderFailure(
                .unauthorized, "\(said): the key is refused; it must be an admin key that still holds")
        case 403: return ProviderFailure(.forbidden, "\(said): the key may not read this report")
        case 404: return ProviderFailure(.notFound, "\(said): there is no such report for this account")
        case 429:
            let wait = retryAfter(now: now)
            return ProviderFailure(
                .tooOften, "\(said): asked too often\(wait.map { "; again after \($0.text)" } ?? "")", retryAfter: wait)
        case 500...599:
            return ProviderFailure(
                .server, "\(said): its own fault; tried again later", retryAfter: retryAfter(now: now))
        default: return ProviderFailure(.badAnswer, "\(said), which was not expected")
        }
    }

    /// The error's message, where the body is the JSON that both providers send: `{"error":{"message":…}}`.
    private var word: String? {
        guard body.count <= 65_536, let json = try? JSONReader.read(body), let error = json["error"],
            let message = error["message"]?.string ?? error.string
        else { return nil }
        return Message.clean(message, limit: 200)
    }

    /// What `Retry-After` asks for, from a second to a day: seconds, or a date against the answer's own (RFC 9110, 10.2.3).
    func retryAfter(now: Timestamp) -> Span? {
        guard let text = headers["retry-after"] else { return nil }
        let wait: Span
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // Digits beyond 64 bits ask for longer than is waited anyway.
            wait = .seconds(Int64(text) ?? .max)
        } else if let until = HTTPDate.read(text) {
            wait = until - (headers["date"].flatMap(HTTPDate.read) ?? now)
        } else {
            return nil
        }
        return min(max(wait, .seconds(1)), .hours(24))
    }
}

/// A date as HTTP headers write it.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads `Sat, 21 Nov 2026 10:00:05 GMT`, the one form that may still be sent (RFC 9110, 5.6.7).
    static func read(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
            let month = months.firstIndex(of: String(parts[2])), let day = number(parts[1], 1...2),
            let year = number(parts[3], 4...4)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = number(clock[0], 2...2), let minute = number(clock[1], 2...2),
            let second = number(clock[2], 2...2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = CivilDate(year: year, month: Int64(month) + 1, day: day)
        guard date.isValid else { return nil }
        return date.startInUTC + .seconds(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: some StringProtocol, _ digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int64(text)
    }
}
