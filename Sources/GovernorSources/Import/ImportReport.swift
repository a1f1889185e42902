import GovernorCore

/// A row that could not be booked: where it stands and why.
package struct RejectedRow: Hashable, Sendable, CustomStringConvertible {
    package var place: ImportPlace
    package var reason: String

    package var description: String { "line \(place.line): \(reason)" }
}

/// Names of columns, the first few of them.
package struct ColumnNames: Hashable, Sendable {
    package static let limit = 32

    package private(set) var names: [String] = []

    mutating func insert(_ name: String) {
        guard names.count < Self.limit, !names.contains(name) else { return }
        names.append(name)
    }
}

/// What became of an imported file.
package struct ImportReport: Hashable, Sendable {
    /// Rejected rows that are told one by one; the rest is counted.
    package static let rejectedLimit = 100

    /// The file's name, as the caller gave it.
    package var name: String
    /// Nil as long as nothing told it.
    package var format: ImportFormat?
    /// Whether it came compressed.
    package var isCompressed = false
    /// Bytes taken, as they came.
    package var bytes: Int64 = 0
    /// Rows that gave a record.
    package var read: Int64 = 0
    /// Rows that are about no call, as most lines of a transcript.
    package var skipped: Int64 = 0
    /// All rows that could not be booked.
    package var rejectedCount: Int64 = 0
    /// The first of them.
    package var rejected: [RejectedRow] = []
    /// Columns that mean nothing here and became tags.
    package var keptColumns = ColumnNames()
    /// Columns that mean nothing here and were not kept, being too long, too many or no texts.
    package var droppedColumns = ColumnNames()

    package init(name: String) { self.name = name }

    mutating func reject(_ place: ImportPlace, _ reason: String) {
        rejectedCount += 1
        guard rejected.count < Self.rejectedLimit else { return }
        rejected.append(RejectedRow(place: place, reason: reason))
    }

    /// What the ledger did with the records, which only it can say.
    package struct Booked: Hashable, Sendable {
        package var accepted: Int64
        package var duplicate: Int64
        package var revised: Int64

        package init(accepted: Int64 = 0, duplicate: Int64 = 0, revised: Int64 = 0) {
            self.accepted = accepted
            self.duplicate = duplicate
            self.revised = revised
        }
    }

    /// `{"name","format","compressed","bytes","read","new","duplicate","revised","skipped","rejected",
    /// "rejections":[{"line","byte","row","reason"}],"tags":[…],"columns_left_out":[…],"error"?}`
    ///
    /// - Parameter error: why reading ended early; what was read before stays.
    package func body(_ booked: Booked, error: String? = nil) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("name", name)
            json.key("format")
            if let format { json.value(format.rawValue) } else { json.null() }
            json.field("compressed", isCompressed)
            json.field("bytes", bytes)
            json.field("read", read)
            json.field("new", booked.accepted)
            json.field("duplicate", booked.duplicate)
            json.field("revised", booked.revised)
            json.field("skipped", skipped)
            json.field("rejected", rejectedCount)
            json.field("rejections", array: rejected) { json, row in
                json.object { json in
                    json.field("line", row.place.line)
                    json.field("byte", row.place.offset)
                    json.field("row", row.place.number)
                    json.field("reason", row.reason)
                }
            }
            json.field("tags", array: keptColumns.names) { $0.value($1) }
            json.field("columns_left_out", array: droppedColumns.names) { $0.value($1) }
            json.field("error", ifPresent: error)
        }
        return json.bytes
    }
}
