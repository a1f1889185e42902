import Foundation
import GovernorAPI
import HTTPTypes
import Hummingbird
import NIOCore

/// Lets requests on a TCP listener in: the token where one is needed, `Host` against rebinding, `Origin` on POST.
struct Gate: Sendable {
    /// What the listener is reached by: its own address, names of this machine, and the configured list.
    let hosts: Set<String>
    let checksHost: Bool
    /// Needed on every path but health; nil on loopback without one.
    let token: String?

    /// - Throws: what to answer instead.
    func check(_ request: Request) throws(ControlError) {
        // HTTP/1.0 clients may name no host; a browser, which rebinding needs, always does.
        if checksHost, let authority = request.head.authority, !authority.isEmpty, !hosts.contains(Self.host(authority))
        {
            throw ControlError(.misdirected, "this listener does not answer for the host \(authority.prefix(100))")
        }
        if request.method == .post, let origin = request.headers[.origin], !isOwn(origin) {
            throw ControlError(.forbidden, "a page of another origin may not post here")
        }
        if let token, !Self.open.contains(request.uri.path), !Self.carries(token, request) {
            throw ControlError(.unauthorized, "this listener needs its token: Authorization: Bearer …")
        }
    }

    private static let open: Set<String> = ["/healthz", "/readyz", "/health"]

    private func isOwn(_ origin: String) -> Bool {
        guard let url = URL(string: origin), let host = url.host() else { return false }
        return hosts.contains(host.lowercased())
    }

    /// The name without the port; IPv6 without its brackets.
    static func host(_ authority: String) -> String {
        let lower = authority.lowercased()
        if lower.hasPrefix("["), let close = lower.firstIndex(of: "]") {
            return String(lower[lower.index(after: lower.startIndex)..<close])
        }
        return String(lower.prefix { $0 != ":" })
    }

    /// Compared in constant time: every byte is looked at, whatever the first difference.
    private static func carries(_ token: String, _ request: Request) -> Bool {
        let given = Array((request.headers[.authorization] ?? "").utf8)
        let wanted = Array("Bearer \(token)".utf8)
        var difference = given.count ^ wanted.count
        for index in wanted.indices { difference |= Int((index < given.count ? given[index] : 0) ^ wanted[index]) }
        return difference == 0
    }
}
