import GRDB
import GRDBSQLite

/// A statement that runs thousands of times in one transaction, its values bound one by one.
///
/// GRDB takes arguments as an array of its own values, which it copies, counts and looks up by name: of a record's row
/// that is three times the work SQLite has with it. It is only for statements that give no rows back, within a
/// transaction of GRDB's, and their SQL must be used through here alone.
struct BulkStatement {
    private let database: Database
    private let statement: Statement

    init(_ sql: String, _ database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        // What an earlier transaction left: values are bound only to a statement that is not running.
        sqlite3_reset(statement.sqliteStatement)
    }

    /// Runs it once.
    /// - Parameter fill: binds its values, in order and as many as it asks for.
    func run(_ fill: (inout Values) -> Void) throws {
        let pointer = statement.sqliteStatement
        var values = Values(pointer: pointer)
        fill(&values)
        let isComplete = sqlite3_bind_parameter_count(pointer) == values.count
        let code = isComplete ? sqlite3_step(pointer) : SQLITE_MISUSE
        // Taken before the reset, which says it again.
        let message = code == SQLITE_DONE ? nil : isComplete ? database.lastErrorMessage : "values are missing"
        sqlite3_reset(pointer)
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
        }
    }

    /// The values of one run.
    struct Values {
        fileprivate let pointer: SQLiteStatement
        fileprivate(set) var count: Int32 = 0

        /// The next value.
        mutating func bind(_ value: Int64) {
            count += 1
            sqlite3_bind_int64(pointer, count, value)
        }

        mutating func bind(_ value: Int64?) {
            guard let value else { return bindNull() }
            bind(value)
        }

        mutating func bind(_ value: String?) {
            guard var value else { return bindNull() }
            count += 1
            // SQLite copies it.
            let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            value.withUTF8 { bytes in
                guard let base = UnsafeRawPointer(bytes.baseAddress) else {
                    // An empty text may have no address, which would be NULL.
                    sqlite3_bind_text(pointer, count, "", 0, transient)
                    return
                }
                sqlite3_bind_text(
                    pointer, count, base.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), transient)
            }
        }

        private mutating func bindNull() {
            count += 1
            sqlite3_bind_null(pointer, count)
        }
    }
}
