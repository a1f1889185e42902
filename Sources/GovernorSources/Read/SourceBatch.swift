package import GovernorCore

/// A line that held usage and could not be booked. It is reported, never dropped in silence: unknown is never zero.
package struct RejectedLine: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Bytes from the start of the file to the line.
    package var offset: Int64
    package var reason: String

    package init(file: String, offset: Int64, reason: String) {
        self.file = file
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "\(file) at byte \(offset): \(reason)" }
}

/// What one read of one file gave: to be stored together with its cursor, in one transaction.
package struct SourceBatch: Sendable {
    /// Where the records come from.
    package var source: SourceKind
    package var path: String
    /// Unpriced, with the labels that the source itself names; in the order of the file.
    package var records: [UsageRecord]
    package var rejected: [RejectedLine]
    /// Where the next read of this path goes on.
    package var cursor: FileCursor
    /// Whether every complete line was read; otherwise there is more right now.
    package var isAtEnd: Bool
    /// Something about the file that people should know: `truncated, read again from the start`.
    package var note: String?

    /// The source by its name, `transcript`.
    package var kind: String { source.rawValue }
}
