package import GovernorCore

/// The body of `GET /metrics/claude`: what a small display polls. Always under 1,000 bytes.
package struct ActivityBody: Hashable, Sendable {
    package var at: Timestamp
    package var window: Span
    package var sums: UsageSums
    package var sessions: Int64
    package var activeSession: String?
    package var lastActivity: Timestamp?

    package init(
        at: Timestamp, window: Span, sums: UsageSums, sessions: Int64, activeSession: String?, lastActivity: Timestamp?
    ) {
        self.at = at
        self.window = window
        self.sums = sums
        self.sessions = sessions
        self.activeSession = activeSession
        self.lastActivity = lastActivity
    }

    /// Dollars per hour over the window.
    package var burnRate: Money {
        guard window.milliseconds > 0 else { return .zero }
        let hourly = Int128(sums.cost.nanodollars) * 3_600_000
        return Money(nanodollars: Int64(clamping: DecimalText.roundedQuotient(hourly, Int128(window.milliseconds))))
    }

    /// The object's members in the order of the contract.
    package var members: [JSON.Member] {
        let tokens = sums.tokens
        return [
            JSON.Member("timestamp", .string(Self.seconds(at))),
            JSON.Member("window_hours", .number(DecimalText.text(window.milliseconds / 3600, places: 3, atLeast: 1))),
            JSON.Member("burn_rate_per_hour", .number(burnRate.fourPlaces)),
            JSON.Member("total_cost_usd", .number(sums.cost.fourPlaces)),
            JSON.Member("input_tokens", .number(String(tokens.input))),
            JSON.Member("output_tokens", .number(String(tokens.output))),
            JSON.Member("cache_creation_tokens", .number(String(tokens.cacheWrite))),
            JSON.Member("cache_read_tokens", .number(String(tokens.cacheRead))),
            JSON.Member("total_tokens", .number(String(tokens.total))),
            JSON.Member("session_count", .number(String(sessions))),
            JSON.Member("active_session_id", activeSession.map { .string($0.cut(toBytes: 64)) } ?? .null),
            JSON.Member("last_activity", lastActivity.map { .string(Self.seconds($0)) } ?? .null),
            JSON.Member("source", .string("governor")),
        ]
    }

    /// A pushed object in place of what Governor would say: its own fields win, missing ones are filled, unknown ones
    /// are kept.
    package func members(replacedBy pushed: [JSON.Member]) -> [JSON.Member] {
        let known = members.map { member in pushed.first { $0.key == member.key } ?? member }
        let names = Set(known.map(\.key))
        return known + pushed.filter { !names.contains($0.key) }
    }

    private static func seconds(_ time: Timestamp) -> String {
        RFC3339.utc(Timestamp(milliseconds: time.milliseconds / 1000 * 1000))
    }
}

extension Money {
    /// `0.5067`: four decimal places, the way displays take money.
    package var fourPlaces: String {
        DecimalText.text(Int64(DecimalText.roundedQuotient(Int128(nanodollars), 100_000)), places: 4, atLeast: 4)
    }
}

extension String {
    /// The longest beginning of whole characters within so many bytes of UTF-8.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var result = ""
        var size = 0
        for character in self {
            size += character.utf8.count
            if size > limit { break }
            result.append(character)
        }
        return result
    }
}
