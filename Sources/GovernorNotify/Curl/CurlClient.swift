import CCurl
import Dispatch
import Foundation
package import GovernorCore

/// How long each part of a request may take.
package struct CurlTimeouts: Hashable, Sendable {
    /// Finding the address, connecting and agreeing on TLS.
    package var connect: Span
    /// All of it.
    package var total: Span
    /// A transfer slower than 16 bytes a second for so long is given up; whole seconds.
    package var slow: Span

    package init(connect: Span, total: Span, slow: Span) {
        self.connect = connect
        self.total = total
        self.slow = slow
    }

    package static let standard = CurlTimeouts(connect: .seconds(10), total: .seconds(30), slow: .seconds(15))
}

/// Sends HTTP requests and mail for one receiver (or asks one provider), one after the other on a queue of its own, so that a receiver that
/// hangs holds up no other.
///
/// Redirects are not followed, TLS is verified, and every address is checked as it is connected (`AddressRule`). The
/// proxy variables of the environment (`https_proxy`, `no_proxy` …) are honoured as libcurl does; the address that is
/// connected, and checked, is then the proxy's.
package struct CurlClient: Sendable {
    private let allowsPrivate: Bool
    private let authorityFile: String?
    let timeouts: CurlTimeouts
    private let queue: DispatchQueue

    /// - Parameters:
    ///   - name: the receiver's; shows in thread lists.
    ///   - allowsPrivate: whether loopback and private networks may be connected.
    ///   - authorityFile: a PEM file of certificate authorities to trust beside the system's.
    package init(name: String, allowsPrivate: Bool, authorityFile: String?, timeouts: CurlTimeouts = .standard) {
        self.allowsPrivate = allowsPrivate
        self.authorityFile = authorityFile
        self.timeouts = timeouts
        queue = DispatchQueue(label: "governor.delivery.\(name)")
    }

    /// One POST.
    /// - Parameter headers: names and values; control characters in them are dropped.
    /// - Throws: when there is no whole answer. An answer of any status is returned.
    package func post(
        to address: WebAddress, headers: [(name: String, value: String)], body: [UInt8]
    ) async throws(DeliveryFailure) -> CurlAnswer {
        let lines = Self.lines(headers)
        return try await onQueue { stop throws(DeliveryFailure) in
            try transfer(
                to: address, headers: lines, body: body, bodyLimit: CurlExchange.usualBodyLimit, within: timeouts.total,
                stop: stop)
        }
    }

    /// One GET: for asking, where everything else here tells.
    /// - Parameters:
    ///   - headers: names and values; control characters in them are dropped.
    ///   - bodyLimit: bytes of the answer that are read at most.
    ///   - within: how long it may take, where that is shorter than the client's own limit.
    /// - Throws: when there is no whole answer. An answer of any status is returned.
    package func get(
        from address: WebAddress, headers: [(name: String, value: String)], bodyLimit: Int, within limit: Span
    ) async throws(DeliveryFailure) -> CurlAnswer {
        let lines = Self.lines(headers)
        return try await onQueue { stop throws(DeliveryFailure) in
            try transfer(
                to: address, headers: lines, body: nil, bodyLimit: bodyLimit, within: min(limit, timeouts.total),
                stop: stop)
        }
    }

    private static func lines(_ headers: [(name: String, value: String)]) -> [String] {
        headers.map { "\(Message.clean($0.name)): \(Message.clean($0.value))" }
    }

    /// Carries blocking work out on the receiver's queue; cancelling the task sets the flag that the work looks at.
    func onQueue<Value: Sendable>(
        _ work: @escaping @Sendable (CurlExchange.Stop) throws(DeliveryFailure) -> Value
    ) async throws(DeliveryFailure) -> Value {
        let stop = CurlExchange.Stop()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<Value, DeliveryFailure>, Never>) in
                queue.async {
                    continuation.resume(returning: Result { () throws(DeliveryFailure) in try work(stop) })
                }
            }
        } onCancel: {
            stop.set()
        }
        return try result.get()
    }

    /// A handle with what every transfer has: the address and its protocols, the checks and the timeouts.
    func handle(
        for address: WebAddress, protocols mask: Int, patience: Int64 = 1,
        bodyLimit: Int = CurlExchange.usualBodyLimit, stop: CurlExchange.Stop
    ) throws(DeliveryFailure) -> CurlHandle {
        guard !stop.isSet else { throw DeliveryFailure(.cancelled, "stopped before it was sent") }
        var handle = try CurlHandle(CurlExchange(allowsPrivate: allowsPrivate, bodyLimit: bodyLimit, stop: stop))
        try handle.connectCallbacks()
        try handle.set(CURLOPT_URL, address.url.reveal())
        try handle.setProtocols(address.use.schemes.joined(separator: ","), mask: mask)
        try handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, Int(timeouts.connect.milliseconds * patience))
        try handle.set(CURLOPT_TIMEOUT_MS, Int(timeouts.total.milliseconds * patience))
        try handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let authorityFile { try trust(authorityFile, &handle) }
        return handle
    }

    /// Carries the transfer out on the calling thread.
    /// - Parameter body: what is posted; nil gets.
    private func transfer(
        to address: WebAddress, headers: [String], body: [UInt8]?, bodyLimit: Int, within limit: Span,
        stop: CurlExchange.Stop
    ) throws(DeliveryFailure) -> CurlAnswer {
        var handle = try handle(
            for: address, protocols: Int(CURLPROTO_HTTP | CURLPROTO_HTTPS), bodyLimit: bodyLimit, stop: stop)
        try handle.set(CURLOPT_TIMEOUT_MS, Int(max(1, limit.milliseconds)))
        try handle.set(CURLOPT_FOLLOWLOCATION, 0)
        try handle.set(CURLOPT_LOW_SPEED_LIMIT, 16)
        try handle.set(CURLOPT_LOW_SPEED_TIME, Int(max(1, timeouts.slow.milliseconds / 1000)))
        try handle.set(CURLOPT_USERAGENT, "governor")
        if let body {
            try handle.set(CURLOPT_POST, 1)
            try handle.setBody(body)
        }
        // Without waiting for `100 Continue`, which costs a second where a server doesn't know it.
        try handle.setHeaders(headers + ["Expect:"])

        let code = handle.perform()
        let exchange = handle.exchange
        // A body over the limit ends the transfer, but the answer is known by then.
        guard code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange.isBodyCut) else {
            throw failure(code, of: handle, at: address, wasSent: handle.wasSent)
        }
        return CurlAnswer(
            status: handle.status, body: exchange.body, isCut: exchange.isBodyCut, retryAfter: exchange.retryAfter,
            date: exchange.date, receivedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
    }

    /// Adds the authorities of a file to the system's.
    ///
    /// CURLOPT_CAINFO replaces libcurl's own file of authorities, so both are handed over as one text. Where libcurl
    /// doesn't tell its file (before 7.84) or takes no text (before 7.77), the receiver's file takes its place, and of
    /// the system's only those in libcurl's folder of authorities, where it has one, go on being trusted.
    private func trust(_ path: String, _ handle: inout CurlHandle) throws(DeliveryFailure) {
        let shown = Message.clean(path, limit: 200)
        let added: Data
        do {
            added = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw DeliveryFailure(.tls, "can't read ca_file \(shown): \(Message.clean(error.localizedDescription))")
        }
        guard added.range(of: Data("-----BEGIN CERTIFICATE-----".utf8)) != nil else {
            throw DeliveryFailure(.tls, "ca_file \(shown) has no certificate in it; it must be PEM text")
        }
        if let own = handle.authoritiesPath, let system = FileManager.default.contents(atPath: own),
            handle.setAuthorities([UInt8](system + Data("\n".utf8) + added))
        {
            return
        }
        try handle.set(CURLOPT_CAINFO, path)
    }

    /// What a transfer that ended with `code` died of.
    /// - Parameter wasSent: whether any of what may not be sent twice left.
    func failure(
        _ code: CURLcode, of handle: borrowing CurlHandle, at address: WebAddress, wasSent: Bool
    ) -> DeliveryFailure {
        if code == CURLE_COULDNT_CONNECT, let refused = handle.exchange.refusedAddress {
            return DeliveryFailure(.addressNotAllowed, Self.text(address, refused.address, refused.rule))
        }
        let reason = DeliveryFailure.Reason(code, wasSent: wasSent)
        let detail = address.redacted(handle.detail(code))
        return DeliveryFailure(reason, "\(address.shown): \(detail)", isAmbiguous: wasSent)
    }

    private static func text(_ address: WebAddress, _ connected: String, _ rule: AddressRule) -> String {
        let what = "\(address.shown) is at \(connected)"
        switch rule {
        case .never(let why): return "\(what), which is never connected: \(why)"
        case .needsConsent(let why):
            return "\(what), \(why); if that is meant, give the receiver allow_private: true"
        case .open: return what
        }
    }
}

extension DeliveryFailure.Reason {
    /// What a failure of libcurl's means.
    /// - Parameter wasSent: whether any of the request left.
    init(_ code: CURLcode, wasSent: Bool) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameResolution
            case CURLE_COULDNT_CONNECT: .refusedConnection
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_ABORTED_BY_CALLBACK: .cancelled
            case CURLE_URL_MALFORMAT: .badAddress
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
                CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_LOGIN_DENIED: .credentials
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
                CURLE_HTTP2_STREAM:
                .reset
            // What isn't HTTP at all reads as HTTP/0.9, which libcurl calls an unsupported protocol.
            case CURLE_UNSUPPORTED_PROTOCOL where wasSent: .badAnswer
            case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .badAnswer
            default: .other
            }
    }
}
