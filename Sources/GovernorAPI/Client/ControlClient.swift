import Foundation
import Glibc
package import GovernorCore

/// Asks the control socket one line at a time: plain blocking calls, since a check is a process that must start fast.
package struct ControlClient: ~Copyable {
    /// The daemon can't be reached or does not answer as it should.
    package struct Unavailable: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []

    /// - Parameter timeout: for connecting and for each answer.
    package init(path: String, timeout: Span = .seconds(5)) throws(Unavailable) {
        self.path = path
        // Not for the processes that `governor exec` starts.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("no socket can be made") }
        var limit = timeval(tv_sec: Int(timeout.milliseconds / 1000), tv_usec: Int(timeout.milliseconds % 1000) * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            Glibc.close(descriptor)
            throw Unavailable(description: "the socket path is longer than the system allows: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            let error = Self.failure("no daemon answers at \(path)")
            Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }

    /// Sends one request and reads its answer.
    package mutating func ask(_ request: [UInt8]) throws(Unavailable) -> JSON {
        try write(request + [0x0A])
        return try next()
    }

    /// Reads the next line of an operation that answers with many, such as `watch`.
    package mutating func next() throws(Unavailable) -> JSON { try read(try readLine()) }

    /// Reads one of the HTTP paths over the same socket; the connection serves for nothing else afterwards.
    /// - Returns: the status and the body's JSON; a body that is no JSON comes as a text.
    package mutating func get(_ target: String) throws(Unavailable) -> (status: Int, body: JSON) {
        try write(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        while try receive() {}
        guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)),
            let status = Int(String(decoding: buffer.prefix(12).suffix(3), as: UTF8.self))
        else { throw Unavailable(description: "the daemon at \(path) answered no HTTP") }
        let body = Array(buffer[end.upperBound...])
        guard status == 200 else { return (status, .string(String(decoding: body, as: UTF8.self))) }
        return (status, try read(body))
    }

    private func read(_ bytes: [UInt8]) throws(Unavailable) -> JSON {
        do { return try JSONReader.read(bytes, depthLimit: 64) } catch {
            throw Unavailable(description: "the daemon at \(path) answered no JSON: \(error.message)")
        }
    }

    private func write(_ bytes: [UInt8]) throws(Unavailable) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("the daemon at \(path) closed the connection") }
            sent += count
        }
    }

    private mutating func readLine() throws(Unavailable) -> [UInt8] {
        var searched = 0
        while true {
            if let newline = buffer[searched...].firstIndex(of: 0x0A) {
                let line = Array(buffer[..<newline])
                buffer.removeSubrange(...newline)
                return line
            }
            searched = buffer.count
            guard try receive() else { throw Unavailable(description: "the daemon at \(path) closed the connection") }
        }
    }

    /// Takes in what has arrived; false at the end of the connection.
    private mutating func receive() throws(Unavailable) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("the daemon at \(path) does not answer") }
            buffer.append(contentsOf: chunk[..<count])
            return count > 0
        }
    }

    private static func failure(_ what: String) -> Unavailable {
        Unavailable(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
