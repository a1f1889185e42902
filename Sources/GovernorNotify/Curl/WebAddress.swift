package import GovernorCore

/// A receiver's URL, with what of it may be shown.
///
/// The path of a webhook is its password, and so may be its query and user; only scheme and host are ever shown.
package struct WebAddress: Sendable, CustomStringConvertible {
    /// The whole URL, for libcurl alone.
    let url: Secret
    /// `https://hooks.example.com`.
    package let shown: String
    /// The host as written, without brackets.
    let host: String
    /// Parts that must not come back in any text: path and query, whole and in pieces, and the user.
    private let secrets: [Secret]

    package var description: String { shown }

    /// - Throws: `bad_address` for what is no URL, `address_not_allowed` for protocols other than http and https.
    package init(_ url: Secret) throws(DeliveryFailure) {
        let text = url.reveal()
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
            throw DeliveryFailure(.badAddress, "the receiver's URL has spaces or control characters in it")
        }
        guard let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound].lowercased() }), !scheme.isEmpty
        else {
            throw DeliveryFailure(.badAddress, "the receiver's URL does not begin with https://")
        }
        guard scheme == "https" || scheme == "http" else {
            // The scheme itself isn't shown: in a URL this wrong it may be anything.
            throw DeliveryFailure(
                .addressNotAllowed, "the receiver's URL is neither https:// nor http://, and nothing else is allowed")
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
        self.host = String(host)
        shown = "\(scheme)://" + (host.contains(":") ? "[\(host)]" : String(host))
        let path = rest.dropFirst(authority.count)
        let pieces = path.split { "/?#&=\\".contains($0) } + user.split(separator: ":")
        // Shorter pieces are words such as `v1`, and cutting those would eat the sentence.
        let kept = [path, user] + pieces
        secrets = Set(kept.filter { $0.count >= 4 }.map(String.init)).sorted { ($1.count, $0) < ($0.count, $1) }
            .map { Secret($0) }
    }

    /// The text without control characters and without any secret part of this URL.
    package func redacted(_ text: String) -> String {
        let cleaned = Message.clean(text, limit: 300)
        return secrets.reduce(cleaned) { $0.replacing($1.reveal(), with: $1.description) }
    }
}
