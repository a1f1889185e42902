package import GovernorCore

/// What a list of prices would change: `governor prices diff` and `import`.
package struct PriceChangesBody: Sendable {
    /// What became of the rows.
    package struct Writing: Sendable {
        /// The file they go to.
        package var path: String
        /// False of a dry run, and where there is nothing to write.
        package var isWritten: Bool

        package init(path: String, isWritten: Bool) {
            self.path = path
            self.isWritten = isWritten
        }
    }

    private let file: LiteLLMPrices
    private let changes: PriceChanges
    private let at: Timestamp
    private let zone: Zone
    /// Of an import; nil of a diff.
    package var writing: Writing?

    package init(
        _ changes: PriceChanges, of file: LiteLLMPrices, at time: Timestamp, zone: Zone, writing: Writing? = nil
    ) {
        self.file = file
        self.changes = changes
        at = time
        self.zone = zone
        self.writing = writing
    }

    package static let header = ["MODEL", "PROVIDER", "", "WHAT DIFFERS"]

    /// Differences named on a line; the rest is in the JSON.
    private static let shownDifferences = 4

    package var rows: [[String]] {
        changes.changes.map { change in
            let shown = change.differences.prefix(Self.shownDifferences)
            let rest = change.differences.count - shown.count
            return [
                change.row.model, change.row.provider, change.present == nil ? "new" : "changed",
                (shown + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: ", "),
            ]
        }
    }

    /// `3 differ (1 new), 140 are the same, 2 of the book are not in it; 12 entries were left out, 80 are of other kinds`.
    package var summary: String {
        let new = changes.changes.count { $0.present == nil }
        var parts = [
            "\(changes.changes.count) differ\(changes.changes.count == 1 ? "s" : "")"
                + (new > 0 ? " (\(new) new)" : ""),
            "\(changes.same) \(changes.same == 1 ? "is" : "are") the same",
        ]
        if !changes.missing.isEmpty {
            parts.append("\(changes.missing.count) of the book \(changes.missing.count == 1 ? "is" : "are") not in it")
        }
        if !file.problems.isEmpty { parts.append("\(file.problems.count) could not be taken") }
        if !file.notes.isEmpty {
            parts.append("\(file.notes.count) \(file.notes.count == 1 ? "remark" : "remarks") on the others")
        }
        if file.others > 0 {
            parts.append(file.others == 1 ? "1 is no text model" : "\(file.others) are no text models")
        }
        return parts.joined(separator: ", ")
    }

    /// What could not be taken and what was taken otherwise, a line each; of the models that are looked at.
    package func remarks(only: [Glob]) -> [String] {
        (file.problems + file.notes).filter { remark in
            only.isEmpty || only.contains { $0.matches(remark.model) }
        }.map { "\($0.model) \($0.message)" }
    }

    /// `{"at":…,"changes":[{"model","provider","new","differences","price","present"?}],"same":…,"missing":[…],…}`
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("at", RFC3339.text(at, in: zone))
            json.field("changes", array: changes.changes) { json, change in
                json.object { json in
                    json.field("model", change.row.model)
                    json.field("provider", change.row.provider)
                    json.field("new", change.present == nil)
                    json.field("differences", array: change.differences) { $0.value($1) }
                    json.key("price")
                    json.value(PriceView(row: change.row, isOwn: true), at: at, zone: zone)
                    if let present = change.present {
                        json.key("present")
                        json.value(PriceView(row: present, isOwn: change.presentIsOwn), at: at, zone: zone)
                    }
                }
            }
            json.field("same", Int64(changes.same))
            json.field("missing", array: changes.missing) { $0.value($1) }
            json.field("rejected", array: file.problems) { $0.value($1) }
            json.field("notes", array: file.notes) { $0.value($1) }
            json.field("other_kinds", Int64(file.others))
            json.field("unread", array: file.unread.keys.sorted()) { $0.value($1) }
            if let writing {
                json.field("path", writing.path)
                json.field("written", writing.isWritten)
            }
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ remark: LiteLLMPrices.Remark) {
        object { json in
            json.field("model", remark.model)
            json.field("message", remark.message)
        }
    }
}
