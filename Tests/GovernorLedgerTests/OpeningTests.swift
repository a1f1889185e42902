import Foundation
import Glibc
import GovernorCore
import GovernorLedger
import Synchronization
import Testing

/// One writer, any number of readers, and errors that say what is in the way.
@Suite struct OpeningTests {
    private let folder: DataFolder

    init() throws { folder = try DataFolder() }

    @Test func `a second opener is told who holds the lock, and gets it when the first closes`() throws {
        let first = try Ledger(folder: folder.path)
        for _ in 0..<2 {
            let error = #expect(throws: LedgerError.self) { try Ledger(folder: folder.path) }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("(pid \(getpid()))") == true)
            #expect(error?.message.contains(folder.path) == true)
        }
        try first.store([spend(1, id: "a")])
        try first.close()
        let second = try Ledger(folder: folder.path)
        #expect(try second.stored("push/a") != nil)
        try second.close()
    }

    @Test func `a ledger that is let go without being closed gives the lock back`() throws {
        do { _ = try Ledger(folder: folder.path) }
        try Ledger(folder: folder.path).close()
    }

    @Test func `another process's lock holds until that process is gone, however it went`() async throws {
        let holder = Process()
        let output = Pipe()
        holder.executableURL = URL(fileURLWithPath: "/bin/sh")
        holder.arguments = [
            "-c", "exec 9>>\"$0\"; flock -n 9 || exit 1; echo $$ >\"$0\"; echo held; exec cat",
            folder.file("governor.lock"),
        ]
        let input = Pipe()
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        guard output.fileHandleForReading.availableData.starts(with: "held".utf8) else {
            print("skipped: no flock command here")
            return
        }
        let error = #expect(throws: LedgerError.self) { try Ledger(folder: folder.path) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("(pid \(holder.processIdentifier))") == true)
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        try Ledger(folder: folder.path).close()
    }

    @Test func `a folder that can't be made or written is named`() throws {
        try folder.write("file", [])
        expectRefusal(folder.file("file/data"))
        try withoutPrivileges { expectRefusal(folder.path) }
        #expect(!folder.exists("governor.lock"))
    }

    @Test func `a file that is no database is refused, left as it is, and the lock is given back`() throws {
        let bytes = Array(String(repeating: "this is not a ledger. ", count: 1000).utf8)
        try folder.write(DiskImage.database, bytes)
        for _ in 0..<2 { expectRefusal(folder.path) }
        #expect(try folder.bytes(DiskImage.database) == bytes)
        try FileManager.default.removeItem(atPath: folder.file(DiskImage.database))
        try Ledger(folder: folder.path).close()
    }

    @Test func `a directory in the database's place is refused`() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file(DiskImage.database), withIntermediateDirectories: true)
        expectRefusal(folder.path)
    }

    @Test func `only the owner may enter a folder the ledger made`() throws {
        let made = folder.file("data/ledger")
        try Ledger(folder: made).close()
        let permissions = try FileManager.default.attributesOfItem(atPath: made)[.posixPermissions] as? Int
        #expect(permissions == 0o700)
    }

    @Test func `reading where there is no ledger says so and makes nothing`() throws {
        let error = #expect(throws: LedgerError.self) { try Ledger(readingFolder: folder.path) }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains("--data") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a ledger opened to read refuses to write`() throws {
        let writer = try Ledger(folder: folder.path)
        try writer.store([spend(1, id: "a")])
        let reader = try Ledger(readingFolder: folder.path)
        let error = #expect(throws: LedgerError.self) { try reader.store([spend(1, id: "b")]) }
        #expect(error?.code == .io)
        #expect(throws: LedgerError.self) { try reader.book(for: policy(), now: monday) }
        #expect(try reader.allRecords().count == 1)
        try reader.close()
        try writer.close()
        // Also when nobody writes.
        let alone = try Ledger(readingFolder: folder.path)
        #expect(try alone.allRecords().count == 1)
        try alone.close()
    }

    @Test func `readers see whole transactions and only more of them while a writer writes`() async throws {
        let path = folder.path
        let writer = try Ledger(folder: path)
        // Each transaction adds ten dollars, in pieces.
        async let written: Void = Self.write(60, to: writer)
        let reader = try Ledger(readingFolder: path)
        var last: Int64 = 0
        while last < 600 {
            for ledger in [reader, writer] {
                let sum = try ledger.totals().reduce(Money.zero) { $0 + $1.sums.cost }.nanodollars / 1_000_000_000
                #expect(sum % 10 == 0 && sum >= last)
                last = sum
            }
            await Task.yield()
        }
        try await written
        try reader.close()
        try writer.close()
    }

    private static func write(_ transactions: Int64, to ledger: Ledger) async throws {
        for index in 0..<transactions {
            try ledger.store((1...4).map { spend($0, Labels([.worker: "w-\($0)"]), id: "\(index)/\($0)") })
        }
    }

    private func expectRefusal(_ path: String) {
        let error = #expect(throws: LedgerError.self) { try Ledger(folder: path) }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains(path) == true)
        #expect(error?.cause.isEmpty == false)
    }
}

/// Does something as a user whom permissions bind. Root is not bound, so its thread becomes nobody for that long.
private func withoutPrivileges<Result>(_ body: () throws -> Result) throws -> Result {
    typealias SetUser = @convention(c) (UInt32) -> Int32
    guard geteuid() == 0 else { return try body() }
    let setUser = try #require(dlsym(nil, "setfsuid").map { unsafeBitCast($0, to: SetUser.self) })
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}
