import Foundation
import Glibc
import Testing

/// A folder for one test, removed when the test is over. Every step writes real files.
final class TemporaryFolder {
    let path: String

    init() throws {
        let name = "governor-sources-\(UUID().uuidString)"
        let made = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        path = made.resolvingSymlinksInPath().path
        chmod(path, 0o755)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(error)") }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
    }

    /// Writes into the file that is there, or a new one; an existing file keeps its inode.
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try put(name, Array(bytes), flags: O_WRONLY | O_CREAT | O_TRUNC)
    }

    func write(_ name: String, _ text: String) throws { try write(name, text.utf8) }

    func append(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try put(name, Array(bytes), flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    func append(_ name: String, _ text: String) throws { try append(name, text.utf8) }

    func truncate(_ name: String, to size: Int) throws { try check(Glibc.truncate(file(name), size)) }
    func rename(_ name: String, to new: String) throws { try check(Glibc.rename(file(name), file(new))) }
    func remove(_ name: String) throws { try check(unlink(file(name))) }
    func link(_ name: String, to target: String) throws { try check(symlink(target, file(name))) }
    func copy(_ name: String, to new: String) throws { try write(new, try bytes(name)) }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    private func put(_ name: String, _ bytes: [UInt8], flags: Int32) throws {
        let descriptor = open(file(name), flags, 0o644)
        try check(descriptor)
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            try check(Int32(clamping: count))
            written += count
        }
    }

    private func check(_ result: Int32) throws {
        if result < 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}

/// Does something as a user whom permissions bind. Root is not bound, so its thread becomes nobody for that long.
func withoutPrivileges<Result>(_ body: () throws -> Result) throws -> Result {
    guard geteuid() == 0 else { return try body() }
    return try withFiles(of: 65534, then: 0, body)
}

/// Does something as the user who runs the tests, in the middle of what is done without privileges.
func withPrivileges<Result>(_ body: () throws -> Result) throws -> Result {
    guard geteuid() == 0 else { return try body() }
    return try withFiles(of: 0, then: 65534, body)
}

private func withFiles<Result>(of user: UInt32, then: UInt32, _ body: () throws -> Result) throws -> Result {
    typealias SetUser = @convention(c) (UInt32) -> Int32
    let setUser = try #require(dlsym(nil, "setfsuid").map { unsafeBitCast($0, to: SetUser.self) })
    _ = setUser(user)
    defer { _ = setUser(then) }
    return try body()
}

/// Does something on this thread with nobody as the effective user, whom the kernel counts resources by.
func asNobody<Result>(_ body: () throws -> Result) throws -> Result {
    // The C library's own call would change all threads.
    typealias SetUsers = @convention(c) (Int, Int, Int, Int) -> Int
    let call = try #require(dlsym(nil, "syscall").map { unsafeBitCast($0, to: SetUsers.self) })
    // `setresuid`, whose number the C library's headers give to C alone.
    #if arch(arm64)
        let number = 147
    #else
        let number = 117
    #endif
    let unchanged = -1
    let result = call(number, unchanged, 65534, unchanged)
    try #require(result == 0)
    defer { _ = call(number, unchanged, 0, unchanged) }
    return try body()
}
