/// Sorts the words of a failed call into the few kinds that policies and reports tell apart.
enum ErrorKind {
    /// What each kind is known by, in the order in which they are looked for.
    private static let signs: [(kind: String, signs: [String])] = [
        ("rate_limit", ["rate limit", "rate_limit", "ratelimit", "too many requests", "limit reached", "429"]),
        ("timeout", ["timeout", "timed out", "time out", "deadline exceeded", "etimedout"]),
        (
            "auth",
            [
                "authentication", "authorization", "unauthorized", "forbidden", "api key", "api_key",
                "invalid x-api-key",
                "permission denied", "oauth", "401", "403",
            ]
        ),
    ]

    /// - Returns: `rate_limit`, `timeout`, `auth` or `other`.
    static func classify(_ message: some StringProtocol) -> String {
        let message = message.lowercased()
        return signs.first { $0.signs.contains { message.contains($0) } }?.kind ?? "other"
    }
}
