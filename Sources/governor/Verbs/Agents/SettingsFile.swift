import ArgumentParser
import CDispatch  // whose module is where this target finds the C library's types
import Foundation
import GovernorCore

/// A settings file of somebody else's: read whole, and replaced whole or not at all.
struct SettingsFile {
    let path: String

    /// - Returns: nil when there is no such file.
    func read() throws -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failed("can't be read")
        }
        defer { close(descriptor) }
        let bytes: Data
        do { bytes = try FileHandle(fileDescriptor: descriptor).readToEnd() ?? Data() } catch {
            throw failed("can't be read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            Terminal.printError("governor: \(path) is not UTF-8; nothing was changed")
            throw ExitCode.badInput
        }
        return text
    }

    /// Writes beside the file and moves it into place, with the mode the file has; a link stays a link.
    ///
    /// - Parameter newMode: of a file that was not there.
    func write(_ text: String, newMode: mode_t = 0o600) throws {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
                throw failed("has no folder and none can be made")
            }
        }
        let target = resolved
        var status = stat()
        let isThere = stat(target, &status) == 0
        let mode = isThere ? status.st_mode & 0o7777 : newMode
        var beside = Array((target + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&beside)
        guard descriptor >= 0 else { throw failed("can't be written: nothing can be put beside it") }
        // Root may be asked to change a user's settings; anybody else owns what they write anyway.
        if isThere { _ = fchown(descriptor, status.st_uid, status.st_gid) }
        let isWritten = fchmod(descriptor, mode) == 0 && Self.write(Array(text.utf8), to: descriptor)
        guard isWritten, fsync(descriptor) == 0, close(descriptor) == 0, rename(beside, target) == 0 else {
            let error = failed("can't be written")
            unlink(beside)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// Where a link leads, so that settings kept elsewhere stay there.
    private var resolved: String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func failed(_ what: String) -> ExitCode {
        Terminal.printError("governor: \(path) \(what): \(String(cString: strerror(errno)))")
        return .io
    }
}
