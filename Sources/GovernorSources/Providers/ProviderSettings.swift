package import GovernorCore

/// Which providers are asked, by the environment:
///
/// | variable | is |
/// |---|---|
/// | `ANTHROPIC_ADMIN_KEY` | `sk-ant-admin…`, of an organisation; without it Anthropic is off |
/// | `OPENAI_ADMIN_KEY` | an admin key; without it OpenAI is off |
/// | `GOVERNOR_ANTHROPIC_URL` | in place of `https://api.anthropic.com` |
/// | `GOVERNOR_OPENAI_URL` | in place of `https://api.openai.com` |
/// | `GOVERNOR_POLL_EVERY` | how often each is asked, `5m` when it is not given, `1m` at least |
package struct ProviderSettings: Sendable {
    /// One provider's.
    package enum State: Sendable {
        /// - Parameter isOwnAddress: whether an operator named the address, who may then mean a private one.
        case on(base: String, key: Secret, isOwnAddress: Bool)
        /// The reason for people.
        case off(String)
    }

    package let every: Span
    package let anthropic: State
    package let openai: State
    /// What is wrong with a variable that something else is used for.
    package let warning: String?

    package static let usualEvery = Span.minutes(5)

    package init(environment: [String: String]) {
        anthropic = Self.state(
            environment, key: "ANTHROPIC_ADMIN_KEY", url: "GOVERNOR_ANTHROPIC_URL", usual: "https://api.anthropic.com")
        openai = Self.state(
            environment, key: "OPENAI_ADMIN_KEY", url: "GOVERNOR_OPENAI_URL", usual: "https://api.openai.com")
        let written = environment["GOVERNOR_POLL_EVERY"] ?? ""
        if written.isEmpty {
            (every, warning) = (Self.usualEvery, nil)
        } else if let span = Span(text: written), span >= PollSchedule.leastWait, span <= .hours(24) {
            (every, warning) = (span, nil)
        } else {
            every = Self.usualEvery
            warning =
                "GOVERNOR_POLL_EVERY must be a duration from 1m to 24h such as 10m; "
                + "got \"\(Message.clean(written, limit: 40))\", so providers are asked every 5m"
        }
    }

    package subscript(provider: ReportingProvider) -> State {
        switch provider {
        case .anthropic: anthropic
        case .openai: openai
        }
    }

    private static func state(_ environment: [String: String], key: String, url: String, usual: String) -> State {
        let secret = trimmed(environment[key] ?? "")
        guard !secret.isEmpty else { return .off("\(key) is not set") }
        guard secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return .off("\(key) has spaces or other characters in it that no key has")
        }
        var base = trimmed(environment[url] ?? "")
        guard !base.isEmpty else { return .on(base: usual, key: Secret(secret), isOwnAddress: false) }
        while base.hasSuffix("/") { base.removeLast() }
        if let problem = problem(of: base) { return .off("\(url) \(problem)") }
        return .on(base: base, key: Secret(secret), isOwnAddress: true)
    }

    /// Why an address will not do. An admin key must not cross a network in clear.
    private static func problem(of base: String) -> String? {
        let lower = base.lowercased()
        if base.contains(where: { $0 == "?" || $0 == "#" || $0 == " " || $0 == "@" }) {
            return "must be an address without user, query or fragment"
        }
        if lower.hasPrefix("https://"), lower.utf8.count > 8 { return nil }
        guard lower.hasPrefix("http://") else { return "must begin with https://" }
        let authority = lower.dropFirst(7).prefix { $0 != "/" }
        let host =
            authority.hasPrefix("[")
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        let isLoopback =
            host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.allSatisfy { $0.isNumber || $0 == "." })
        return isLoopback ? nil : "must begin with https://, since the key would cross the network in clear"
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest.drop(while: \.isWhitespace))
    }
}
