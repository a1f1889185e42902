import Foundation
import Synchronization

/// An HTTP server on 127.0.0.1 that does to each connection in turn what its script says, the last step for ever.
final class FakeReceiver: Sendable {
    enum Step: Sendable {
        case answer(String, headers: [String] = [], body: String = "")
        case bytes(String)
        case resetBeforeHeaders
        /// Announces more than it sends, then resets.
        case resetInBody
        /// An answer one byte at a time, for as long as the other side listens.
        case drip
        /// An answer with so many bytes in its body.
        case flood(Int)
        /// Takes the request and says nothing until the other side goes.
        case hang
    }

    struct Request: Sendable {
        var head: String
        var body: [UInt8]
    }

    struct Problem: Error { var text: String }

    let port: UInt16
    /// Each request as it arrives whole.
    let arrivals: AsyncStream<Request>
    private let listener: Int32
    private let seen: Seen

    private final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
    }

    init(_ steps: [Step]) throws {
        (listener, port) = try Self.listen(backlog: 16)
        seen = Seen()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Request.self)
        self.arrivals = arrivals
        let (listener, seen) = (listener, seen)
        Thread.detachNewThread {
            var next = 0
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                let step = steps[min(next, steps.count - 1)]
                next += 1
                if let request = Self.read(connection) {
                    seen.requests.withLock { $0.append(request) }
                    arrived.yield(request)
                    Self.carryOut(step, on: connection)
                }
                close(connection)
            }
            arrived.finish()
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var requests: [Request] { seen.requests.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)/services/T000SECRET/B000SECRET/tokenSECRET" }

    /// A listening socket on a free port of 127.0.0.1.
    static func listen(backlog: Int32) throws -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Problem(text: "no socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Glibc.listen(listener, backlog) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else {
            close(listener)
            throw Problem(text: "can't listen: errno \(errno)")
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// A port of 127.0.0.1 that nobody listens on.
    static func refusedPort() throws -> UInt16 {
        let (socket, port) = try listen(backlog: 1)
        close(socket)
        return port
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let blank = [UInt8]("\r\n\r\n".utf8)
        while true {
            if let end = bytes.firstRange(of: blank) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let length = head.lowercased().split(separator: "\r\n")
                    .first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                let body = bytes[end.upperBound...]
                if body.count >= length ?? 0 { return Request(head: head, body: Array(body)) }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func carryOut(_ step: Step, on connection: Int32) {
        switch step {
        case .answer(let status, let headers, let body):
            let lines = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.utf8.count)", "Connection: close"]
            _ = write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, to: connection)
        case .bytes(let text): _ = write(text, to: connection)
        case .resetBeforeHeaders: reset(connection)
        case .resetInBody:
            _ = write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\no", to: connection)
            reset(connection)
        case .drip:
            var isHeard = write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", to: connection)
            while isHeard {
                isHeard = write("x", to: connection) && !hangsUp(connection, within: 50)
            }
        case .flood(let count):
            var isHeard = write("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n", to: connection)
            let piece = String(repeating: "x", count: 65_536)
            for _ in 0..<(count / 65_536 + 1) where isHeard { isHeard = write(piece, to: connection) }
        case .hang: while !hangsUp(connection, within: -1) {}
        }
    }

    private static func write(_ text: String, to connection: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Waits for the other side to go, at most so many milliseconds; -1 waits for ever.
    private static func hangsUp(_ connection: Int32, within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) > 0 else { return false }
        var byte: UInt8 = 0
        return recv(connection, &byte, 1, 0) <= 0
    }

    /// Ends the connection with a reset instead of an orderly close.
    private static func reset(_ connection: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
}

/// A port whose queue of connections is full, so that connecting to it neither succeeds nor fails.
final class FullBacklog: Sendable {
    let port: UInt16
    private let sockets: [Int32]

    init() throws {
        let (listener, port) = try FakeReceiver.listen(backlog: 0)
        self.port = port
        var sockets = [listener]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        var isFull = false
        while !isFull, sockets.count < 64 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            sockets.append(client)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            var wanted = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
            isFull = poll(&wanted, 1, 200) == 0
        }
        self.sockets = sockets
        if !isFull { throw FakeReceiver.Problem(text: "the queue does not fill") }
    }

    deinit { for socket in sockets { close(socket) } }
}
