import CCurl
import Foundation
import GovernorCore
import Synchronization

/// What one transfer hears from libcurl. It lives on the thread that carries the transfer out; only the flag is shared.
final class CurlExchange {
    /// Set from any thread to end the transfer.
    final class Stop: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool { flag.load(ordering: .relaxed) }
        func set() { flag.store(true, ordering: .relaxed) }
    }

    /// More of an answer is not read where nobody asks for more: what a receiver says is never that long, and a hostile
    /// answer may have no end.
    static let usualBodyLimit = 65_536

    let allowsPrivate: Bool
    /// Bytes of an answer that are read at most.
    private let bodyLimit: Int
    let stop: Stop
    private(set) var body: [UInt8] = []
    private(set) var isBodyCut = false
    private(set) var retryAfter: String?
    private(set) var date: String?
    /// An address that was not connected because of the rule, and why; nil once another of the name's was allowed.
    private(set) var refusedAddress: (address: String, rule: AddressRule)?
    private var hasAllowedAddress = false
    /// Of a transfer of mail.
    var talk = MailTalk() { didSet { if !talk.isOver, !stop.isSet { leftAt = nil } } }
    /// Since when a mail server is waited for to say goodbye, or the transfer is to be stopped.
    private var leftAt: ContinuousClock.Instant?

    init(allowsPrivate: Bool, bodyLimit: Int = usualBodyLimit, stop: Stop) {
        self.allowsPrivate = allowsPrivate
        self.bodyLimit = bodyLimit
        self.stop = stop
    }

    /// - Returns: how many bytes were taken; fewer than given end the transfer.
    private func take(body bytes: UnsafeRawBufferPointer) -> Int {
        let room = bodyLimit - body.count
        body.append(contentsOf: bytes.prefix(room))
        guard bytes.count > room else { return bytes.count }
        isBodyCut = true
        return 0
    }

    private func take(header bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes.prefix(512), as: UTF8.self)
        talk.heard(line)
        if line.hasPrefix("HTTP/") {
            // Each interim answer has headers of its own; those of the last count.
            retryAfter = nil
            date = nil
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
        switch line[..<colon].lowercased() {
        case "retry-after": retryAfter = value
        case "date": date = value
        default: break
        }
    }

    /// A socket for the address, or -1 when it may not be connected.
    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let bytes = Self.bytes(of: address)
        let rule = AddressRule.of(bytes)
        guard rule.allows(consent: allowsPrivate) else {
            if !hasAllowedAddress { refusedAddress = (Self.text(of: bytes), rule) }
            return -1
        }
        hasAllowedAddress = true
        refusedAddress = nil
        let wanted = address.pointee
        #if canImport(Glibc)
            // Children that the daemon starts must not hold the connection open.
            return socket(wanted.family, wanted.socktype | Int32(SOCK_CLOEXEC.rawValue), wanted.protocol)
        #else
            let opened = socket(wanted.family, wanted.socktype, wanted.protocol)
            if opened >= 0 { _ = fcntl(opened, F_SETFD, FD_CLOEXEC) }
            return opened
        #endif
    }

    /// The address in network order; empty for other families.
    private static func bytes(of address: UnsafeMutablePointer<curl_sockaddr>) -> [UInt8] {
        // `addr` is declared as the shortest form; libcurl keeps `addrlen` bytes of the real one in its place.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return [] }
        let start = UnsafeRawPointer(address) + offset
        switch address.pointee.family {
        case AF_INET where address.pointee.addrlen >= MemoryLayout<sockaddr_in>.size:
            return withUnsafeBytes(of: start.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
        case AF_INET6 where address.pointee.addrlen >= MemoryLayout<sockaddr_in6>.size:
            return withUnsafeBytes(of: start.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
        default: return []
        }
    }

    private static func text(of bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return "an unknown kind of address"
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the transfer shall end now: an answer that is on its way spares the receiver a repeat after the next start,
    /// and a server that says goodbye a reset, but neither is waited for long.
    private var isDone: Bool {
        guard stop.isSet || talk.isOver else { return false }
        let now = ContinuousClock.now
        leftAt = leftAt ?? now
        return leftAt.map { now - $0 > .seconds(2) } ?? false
    }

    // MARK: What libcurl calls. The context is an exchange that its caller keeps alive for the whole transfer.

    private static func exchange(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
        context.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    static let onBody: ccurl_bytes = { bytes, size, count, context in
        CurlExchange.exchange(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }

    static let onHeader: ccurl_bytes = { bytes, size, count, context in
        CurlExchange.exchange(context)?.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }

    /// Of all that libcurl tells only what is said to the server is listened to.
    static let onDebug: curl_debug_callback = { _, kind, bytes, count, context in
        guard kind == CURLINFO_HEADER_OUT, let bytes else { return 0 }
        // No command that is looked for is longer, and more of it may be a password.
        let start = UnsafeRawBufferPointer(start: bytes, count: min(count, 10))
        CurlExchange.exchange(context)?.talk.said(String(decoding: start, as: UTF8.self))
        return 0
    }

    static let onProgress: curl_xferinfo_callback = { context, _, _, _, _ in
        CurlExchange.exchange(context)?.isDone == false ? 0 : 1
    }

    static let onOpenSocket: curl_opensocket_callback = { context, _, address in
        guard let address, let exchange = CurlExchange.exchange(context) else { return -1 }
        return exchange.open(address)
    }
}
