/// What went wrong with the ledger: a code to act on, a message for people, the cause as the system named it.
package struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process holds the lock file.
        case locked
        /// The folder or file can't be made, opened or migrated.
        case cannotOpen = "cannot_open"
        /// A read or write failed: disk full, I/O error.
        case io
    }

    package var code: Code
    package var message: String
    package var cause: String

    package init(code: Code, message: String, cause: String) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { cause.isEmpty ? message : "\(message): \(cause)" }
}
