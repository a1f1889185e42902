import Foundation
import GovernorLedger
import Testing

/// A data folder for one test, removed when the test is over.
final class DataFolder {
    let path: String

    init() throws {
        let made = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("governor-ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        path = made.resolvingSymlinksInPath().path
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(error)") }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: file(name))) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// The database and its log as they are on the disk now, without asking whoever has them open: what a killed
    /// process leaves behind.
    func takeImage() throws -> DiskImage {
        DiskImage(
            database: try bytes(DiskImage.database), log: exists(DiskImage.log) ? try bytes(DiskImage.log) : [])
    }

    func put(_ image: DiskImage) throws {
        try write(DiskImage.database, image.database)
        try write(DiskImage.log, image.log)
    }
}

/// The bytes of a ledger and of its write-ahead log.
struct DiskImage {
    static let database = "ledger.sqlite"
    static let log = "ledger.sqlite-wal"

    var database: [UInt8]
    var log: [UInt8]
}
