import Foundation
import GRDB
import Synchronization

/// The durable store: records, accounts, alerts, outbox, cursors. The only code that speaks SQL, and the single writer.
///
/// SQLite in WAL with `synchronous=FULL`. One connection writes and checkpoints (SQLite before 3.51.3 loses data when
/// two do at once), behind a lock file; up to two others read.
package final class Ledger: Sendable {
    let pool: any DatabaseReader
    let writer: (any DatabaseWriter)?
    let labelSets = Mutex(LabelSetCache())
    let sessionCache = Mutex(SessionCache())
    let meters = Mutex(MeterCache())
    /// nil until they are asked for.
    let recentKeys = Mutex<RecentKeys?>(nil)
    /// How many keys are gathered before they are written.
    let keysGathered: Int
    private let lock: Mutex<LockFile?>
    /// The database file.
    package let path: String

    /// Opens or makes the ledger in `folder` for writing, and brings its schema up to date.
    ///
    /// - Parameter keysGathered: how many new records' keys are gathered before they are written in order.
    package convenience init(folder: String, keysGathered: Int = 1 << 16) throws(LedgerError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw LedgerError(code: .cannotOpen, message: "the data folder \(folder) can't be made", cause: "\(error)")
        }
        let lock = try LockFile(folder: folder)
        let path = folder + "/ledger.sqlite"
        do {
            let pool = try DatabasePool(path: path, configuration: Self.configuration(readOnly: false))
            try Schema.migrator.migrate(pool)
            self.init(path: path, pool: pool, writer: pool, keysGathered: keysGathered, lock: lock)
        } catch {
            throw LedgerError(
                code: .cannotOpen, message: "the ledger \(path) can't be opened", cause: Self.cause(error))
        }
    }

    /// Opens an existing ledger to read, also while a daemon writes it.
    package convenience init(readingFolder folder: String) throws(LedgerError) {
        let path = folder + "/ledger.sqlite"
        do {
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: true))
            self.init(path: path, pool: queue, writer: nil, keysGathered: 0, lock: nil)
        } catch {
            throw LedgerError(
                code: .cannotOpen, message: "there is no ledger to read in \(folder); is --data right?",
                cause: Self.cause(error))
        }
    }

    private init(
        path: String, pool: any DatabaseReader, writer: (any DatabaseWriter)?, keysGathered: Int,
        lock: consuming LockFile?
    ) {
        self.path = path
        self.keysGathered = keysGathered
        self.pool = pool
        self.writer = writer
        self.lock = Mutex(lock)
    }

    /// Closes the connections, which checkpoints, and gives the lock back. Nothing may be asked of it afterwards.
    package func close() throws(LedgerError) {
        try attempt("closing the ledger") {
            // While the writer is the only connection that may: readers close after it and can't.
            if let pool = pool as? DatabasePool {
                try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            }
            try pool.close()
        }
        lock.withLock { $0 = nil }
    }

    private static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.label = "ledger"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            guard !readOnly, !database.configuration.readonly else { return }
            // A checkpoint stalls whoever waits for a commit: every 16 MiB of log instead of 4, so that fewer than one hold
            // in a hundred meets one.
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4096
                    """)
        }
        return configuration
    }

    /// Runs `body` and says what failed in the ledger's own terms.
    func attempt<Value>(_ what: String, _ body: () throws -> Value) throws(LedgerError) -> Value {
        do { return try body() } catch let error as LedgerError { throw error } catch {
            throw LedgerError(code: .io, message: "\(what) failed in \(path)", cause: Self.cause(error))
        }
    }

    /// One transaction on the writing connection, `BEGIN IMMEDIATE`.
    func write<Value>(_ what: String, _ body: (Database) throws -> Value) throws(LedgerError) -> Value {
        try attempt(what) {
            guard let writer else {
                throw LedgerError(code: .io, message: "\(what): the ledger is open to read", cause: "")
            }
            return try writer.writeWithoutTransaction { database in
                var result: Value?
                try database.inTransaction(.immediate) {
                    result = try body(database)
                    return .commit
                }
                guard let result else { throw LedgerError(code: .io, message: "\(what) was not committed", cause: "") }
                return result
            }
        }
    }

    /// A consistent look at what is committed.
    func read<Value>(_ what: String, _ body: (Database) throws -> Value) throws(LedgerError) -> Value {
        try attempt(what) { try pool.read(body) }
    }

    private static func cause(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    }
}
