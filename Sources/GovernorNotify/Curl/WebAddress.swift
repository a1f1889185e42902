package import GovernorCore

/// A receiver's URL, with what of it may be shown.
///
/// The path of a webhook is its password, and so may be its query and user; only scheme and host are ever shown.
package struct WebAddress: Sendable, CustomStringConvertible {
    /// What a URL is for, which decides the protocols it may have.
    package enum Use: Hashable, Sendable {
        case posts
        case mail

        /// Each in clear and over TLS, the better one first.
        var schemes: [String] { self == .posts ? ["https", "http"] : ["smtps", "smtp"] }
    }

    /// The whole URL, for libcurl alone.
    let url: Secret
    /// `https://hooks.example.com`.
    package let shown: String
    let use: Use
    /// `https`, in small letters.
    let scheme: String
    /// The host as written, without brackets.
    let host: String
    /// Whether it has a user or a password before the host.
    let hasUser: Bool
    /// Parts that must not come back in any text: path and query, whole and in pieces, and the user.
    private let secrets: [Secret]

    package var description: String { shown }

    /// - Throws: `bad_address` for what is no URL, `address_not_allowed` for protocols other than those of its use.
    package init(_ url: Secret, for use: Use = .posts) throws(DeliveryFailure) {
        let (secure, plain) = (use.schemes[0], use.schemes[1])
        let text = url.reveal()
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
            throw DeliveryFailure(.badAddress, "the receiver's URL has spaces or control characters in it")
        }
        guard let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound].lowercased() }), !scheme.isEmpty
        else {
            throw DeliveryFailure(.badAddress, "the receiver's URL does not begin with \(secure)://")
        }
        guard use.schemes.contains(scheme) else {
            // The scheme itself isn't shown: in a URL this wrong it may be anything.
            throw DeliveryFailure(
                .addressNotAllowed,
                "the receiver's URL is neither \(secure):// nor \(plain)://, and nothing else is allowed")
        }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#\\".contains($0) }
        let user = authority.lastIndex(of: "@").map { authority[..<$0] } ?? ""
        let hostAndPort = user.isEmpty ? authority : authority.dropFirst(user.count + 1)
        let host: Substring
        if hostAndPort.hasPrefix("["), let end = hostAndPort.firstIndex(of: "]") {
            host = hostAndPort[hostAndPort.index(after: hostAndPort.startIndex)..<end]
        } else {
            host = hostAndPort.prefix { $0 != ":" }
        }
        guard !host.isEmpty else { throw DeliveryFailure(.badAddress, "the receiver's URL names no host") }
        self.url = url
        self.use = use
        self.scheme = scheme
        self.host = String(host)
        hasUser = authority.contains("@")
        shown = "\(scheme)://" + (host.contains(":") ? "[\(host)]" : String(host))
        let path = rest.dropFirst(authority.count)
        let pieces = path.split { "/?#&=\\".contains($0) } + user.split(separator: ":")
        // Shorter pieces are words such as `v1`, and cutting those would eat the sentence.
        let kept = [path, user] + pieces
        secrets = Set(kept.filter { $0.count >= 4 }.map(String.init)).sorted { ($1.count, $0) < ($0.count, $1) }
            .map { Secret($0) }
    }

    /// The address without the last piece of its path, and that piece: `https://ntfy.sh/` and `mytopic`. The secrets of
    /// the whole stay secret. Nil where there is no such piece, or something stands behind it.
    func splittingLast() -> (WebAddress, Secret)? {
        let text = url.reveal()
        guard !text.contains(where: { "?#\\".contains($0) }) else { return nil }
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        guard let slash = trimmed.lastIndex(of: "/"), slash > text.index(text.startIndex, offsetBy: scheme.count + 2)
        else { return nil }
        let last = trimmed[trimmed.index(after: slash)...]
        return (WebAddress(self, at: Secret(String(trimmed[...slash]))), Secret(String(last)))
    }

    private init(_ whole: WebAddress, at url: Secret) {
        self.url = url
        shown = whole.shown
        use = whole.use
        scheme = whole.scheme
        host = whole.host
        hasUser = whole.hasUser
        secrets = whole.secrets
    }

    /// The text without control characters and without any secret part of this URL.
    package func redacted(_ text: String) -> String {
        let cleaned = Message.clean(text, limit: 300)
        return secrets.reduce(cleaned) { $0.replacing($1.reveal(), with: $1.description) }
    }
}
