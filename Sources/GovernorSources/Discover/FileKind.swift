/// What a file holds, told by its name.
package enum FileKind: String, CaseIterable, Sendable {
    case transcript, coordinator

    /// `api-calls-*.jsonl` is a coordinator's log, any other `*.jsonl` a transcript; a number behind either
    /// (`api-calls-2026-11-20.jsonl.1`, `….jsonl-20261121`) is what a rotation left. Compressed files are none of ours:
    /// they were read before they were compressed.
    ///
    /// - Parameter path: a path or a file name.
    /// - Returns: nil for any other name.
    package init?(path: some StringProtocol) {
        let utf8 = Array(path.utf8)
        let name = utf8[((utf8.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
        var stem = name
        while let last = stem.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) { stem = stem.dropLast() }
        if stem.count < name.count {
            guard let joint = stem.last, joint == UInt8(ascii: ".") || joint == UInt8(ascii: "-") else { return nil }
            stem = stem.dropLast()
        }
        guard stem.suffix(6).elementsEqual(".jsonl".utf8), stem.count > 6 else { return nil }
        self = stem.starts(with: "api-calls-".utf8) ? .coordinator : .transcript
    }
}
