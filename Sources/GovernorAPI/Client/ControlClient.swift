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
        let (status, body) = try answer()
        guard status == 200 else { return (status, .string(String(decoding: body, as: UTF8.self))) }
        return (status, try read(body))
    }

    /// Sends a body of any length to one of the HTTP paths, piece by piece, and reads the answer; the connection serves for
    /// nothing else afterwards. There is no limit on how long the daemon may take to book what it was sent.
    ///
    /// - Parameter next: the next piece; nil when that was all. Its own errors end the sending, and the daemon takes what
    ///   it got for broken off.
    package mutating func post(
        _ target: String, next: () throws -> [UInt8]?
    ) throws -> (status: Int, body: JSON) {
        try write(
            Array(
                "POST \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .utf8))
        var refusal: Unavailable?
        while refusal == nil, let piece = try next() {
            guard !piece.isEmpty else { continue }
            refusal = failure(writing: Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
        }
        if refusal == nil { refusal = failure(writing: Array("0\r\n\r\n".utf8)) }
        do throws(Unavailable) {
            // Of what was refused before all of it was sent, the answer says why.
            let (status, body) = try answer()
            return (status, try read(body))
        } catch { throw refusal ?? error }
    }

    /// Reads an HTTP path whose answer may be of any length.
    ///
    /// - Parameter take: each piece of the body as it comes.
    /// - Returns: the status; of another than 200 nothing was taken, and the body is the second value.
    package mutating func stream(
        _ target: String, take: ([UInt8]) throws -> Void
    ) throws -> (status: Int, failure: String) {
        try write(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        while buffer.firstRange(of: Self.headEnd) == nil, try receive() {}
        guard let end = buffer.firstRange(of: Self.headEnd), let status = status else {
            throw Unavailable(description: "the daemon at \(path) answered no HTTP")
        }
        let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).lowercased()
        guard status == 200, head.contains("transfer-encoding: chunked") else {
            while try receive() {}
            return (status, String(decoding: buffer[end.upperBound...], as: UTF8.self))
        }
        buffer.removeSubrange(..<end.upperBound)
        while true {
            guard let length = try chunkLength(), length >= 0 else { throw brokenOff }
            if length == 0 { break }
            while buffer.count < length + 2 { guard try receive() else { throw brokenOff } }
            try take(Array(buffer[..<length]))
            buffer.removeSubrange(..<(length + 2))
        }
        return (200, "")
    }

    private static let headEnd = Array("\r\n\r\n".utf8)

    private var status: Int? { Int(String(decoding: buffer.prefix(12).suffix(3), as: UTF8.self)) }

    /// The rest of the answer, with its status.
    private mutating func answer() throws(Unavailable) -> (status: Int, body: [UInt8]) {
        while try receive() {}
        guard let end = buffer.firstRange(of: Self.headEnd), let status else {
            throw Unavailable(description: "the daemon at \(path) answered no HTTP")
        }
        return (status, Array(buffer[end.upperBound...]))
    }

    private mutating func chunkLength() throws(Unavailable) -> Int? {
        let line = try readLine()
        return Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
    }

    private var brokenOff: Unavailable { Unavailable(description: "the daemon at \(path) broke off its answer") }

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

    private func failure(writing bytes: [UInt8]) -> Unavailable? {
        do throws(Unavailable) { try write(bytes) } catch { return error }
        return nil
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
