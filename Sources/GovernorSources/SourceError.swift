import Glibc

/// Why a file or folder of a source could not be read: what failed, where, and what to do. Never the end of a source:
/// the caller keeps its cursor and tries again at the next change.
package struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Nothing is there any more, and what it was renamed to could not be found or is read to its end.
        case gone
        /// A folder that was asked for is not there.
        case missing
        /// The permission is missing.
        case forbidden
        /// Something is there that is no file (or no folder).
        case wrongKind
        /// The process or the machine has no descriptors left.
        case exhausted
        /// Anything else the system refused.
        case failed
    }

    package var code: Code
    package var path: String
    /// The system's words for the cause.
    package var cause: String

    package init(code: Code, path: String, cause: String) {
        self.code = code
        self.path = path
        self.cause = cause
    }

    /// - Parameter number: the `errno` of the call that failed.
    init(number: Int32, path: String) {
        let code: Code =
            switch number {
            case ENOENT, ENOTDIR: .gone
            case EACCES, EPERM: .forbidden
            case EMFILE, ENFILE, ENOMEM: .exhausted
            case ELOOP, EISDIR: .wrongKind
            default: .failed
            }
        self.init(code: code, path: path, cause: strerror(number).map { String(cString: $0) } ?? "error \(number)")
    }

    package var description: String {
        let advice =
            switch code {
            case .gone: "nothing to do; it is read again from its start when it comes back"
            case .missing: "make it, or don't name it; it is read as soon as it is there"
            case .forbidden: "let the daemon's user read it; reading goes on by itself"
            case .wrongKind: "move it out of the source's folder"
            case .exhausted: "raise LimitNOFILE; reading goes on by itself"
            case .failed: "it is tried again at the next change"
            }
        return "cannot read \(path): \(cause); \(advice)"
    }
}
