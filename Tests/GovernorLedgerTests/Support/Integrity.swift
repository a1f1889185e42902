import Foundation
import Glibc
import Testing

/// Asks SQLite itself whether a database file is whole. Straight to its C interface, past the code under test, with the
/// library that the ledger has already loaded.
///
/// - Returns: `ok`, or the first of its complaints.
func integrity(of path: String) throws -> String {
    let library = try SQLiteLibrary()
    var database: OpaquePointer?
    defer { _ = library.close(database) }
    // SQLITE_OPEN_READWRITE: there may be a log to recover.
    try #require(library.open(path, &database, 2, nil) == 0)
    var statement: OpaquePointer?
    defer { _ = library.finalize(statement) }
    try #require(library.prepare(database, "PRAGMA integrity_check", -1, &statement, nil) == 0)
    // SQLITE_ROW
    try #require(library.step(statement) == 100)
    return try String(cString: #require(library.text(statement, 0)))
}

/// Runs SQL in a database file, which is made when it is not there.
func execute(_ sql: String, in path: String) throws {
    let library = try SQLiteLibrary()
    var database: OpaquePointer?
    defer { _ = library.close(database) }
    // SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    try #require(library.open(path, &database, 6, nil) == 0)
    try #require(library.execute(database, sql, nil, nil, nil) == 0)
}

private struct SQLiteLibrary {
    typealias Open =
        @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>, Int32, OpaquePointer?)
        -> Int32
    typealias Prepare =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, Int32, UnsafeMutablePointer<OpaquePointer?>, OpaquePointer?
        ) -> Int32
    typealias Execute =
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeRawPointer?
        ) -> Int32
    typealias OnHandle = @convention(c) (OpaquePointer?) -> Int32
    typealias Text = @convention(c) (OpaquePointer?, Int32) -> UnsafePointer<CChar>?

    let open: Open
    let prepare: Prepare
    let execute: Execute
    let step: OnHandle
    let text: Text
    let finalize: OnHandle
    let close: OnHandle

    init() throws {
        func symbol<Function>(_ name: String, as type: Function.Type) throws -> Function {
            unsafeBitCast(try #require(dlsym(nil, name)), to: type)
        }
        open = try symbol("sqlite3_open_v2", as: Open.self)
        prepare = try symbol("sqlite3_prepare_v2", as: Prepare.self)
        execute = try symbol("sqlite3_exec", as: Execute.self)
        step = try symbol("sqlite3_step", as: OnHandle.self)
        text = try symbol("sqlite3_column_text", as: Text.self)
        finalize = try symbol("sqlite3_finalize", as: OnHandle.self)
        close = try symbol("sqlite3_close", as: OnHandle.self)
    }
}
