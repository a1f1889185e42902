import Foundation

/// Holds `governor.lock` in the data folder for as long as it lives, so that one process writes one ledger.
///
/// The lock is `flock`'s: the kernel gives it back whenever the process ends, however it ends.
struct LockFile: ~Copyable, Sendable {
    private let descriptor: Int32

    init(folder: String) throws(LedgerError) {
        let path = folder + "/governor.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LedgerError(
                code: .cannotOpen, message: "\(path) can't be opened", cause: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw LedgerError(
                code: .locked,
                message:
                    "another governor\(holder.map { " (pid \($0))" } ?? "") uses the data folder \(folder); stop it, or give this one its own with --data",
                cause: "")
        }
        // Who holds it is only for the message above; a failure to write it changes nothing.
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int(String(decoding: buffer[..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
