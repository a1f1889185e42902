import Foundation
import Glibc

/// The control socket's place in the file system, bound and listening.
///
/// A live socket is never taken over, a stale one is replaced, and anything else at that path stays and is an error.
struct SocketFile: Sendable {
    /// Why the socket can't be made.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let path: String
    /// Listening; owned by the server that takes it.
    let descriptor: Int32
    /// Which file it is, so that another daemon's at the same path is not removed.
    private let number: Int?

    /// Clients that may wait to be let in: a fleet that connects at once is not turned away.
    private static let backlog: Int32 = 1024

    init(path: String) throws(Failure) {
        self.path = path
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty, mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw Failure(description: "the folder \(folder) can't be made: \(String(cString: strerror(errno)))")
        }
        try Self.clear(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw Failure(description: "no socket can be made: \(String(cString: strerror(errno)))")
        }
        // The mode must be right from the first instant: the umask, not a chmod afterwards.
        let old = umask(0o117)
        let bound = Self.withAddress(path) { Glibc.bind(descriptor, $0, $1) }
        umask(old)
        guard bound == 0, listen(descriptor, Self.backlog) == 0 else {
            let cause = bound == nil ? "the path is longer than the system allows" : String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw Failure(description: "the control socket \(path) can't be made: \(cause)")
        }
        self.descriptor = descriptor
        number = Self.status(path)?[.systemFileNumber] as? Int
    }

    /// Lets that many wait once a server has taken the socket: NIO sets 128, whatever its `backlog` option says of a socket
    /// that was bound before, and a client that doesn't block is told EAGAIN by the next.
    func restoreBacklog() throws(Failure) {
        guard Glibc.listen(descriptor, Self.backlog) == 0 else {
            throw Failure(
                description: "the control socket \(path) can't let \(Self.backlog) clients wait: "
                    + String(cString: strerror(errno)))
        }
    }

    /// Removes the socket if it is still this one.
    func remove() {
        guard let number, Self.status(path)?[.systemFileNumber] as? Int == number else { return }
        unlink(path)
    }

    /// What stands at the path itself, links not followed; nil when nothing does.
    private static func status(_ path: String) -> [FileAttributeKey: Any]? {
        try? FileManager.default.attributesOfItem(atPath: path)
    }

    private static func clear(_ path: String) throws(Failure) {
        guard let status = status(path) else { return }
        guard status[.type] as? FileAttributeType == .typeSocket else {
            throw Failure(
                description: "\(path) exists and is no socket; move it away, or name another path with --socket")
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        if withAddress(path, { connect(probe, $0, $1) }) == 0 {
            throw Failure(
                description: "a daemon already answers at \(path); stop it, or name another path with --socket")
        }
        unlink(path)
    }

    /// nil when the path does not fit an address.
    private static func withAddress<Value>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
