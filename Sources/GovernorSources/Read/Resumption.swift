import GovernorCore

/// Where reading a file goes on, decided by comparing the file with the cursor.
struct Resumption {
    var offset: Int64 = 0
    var fingerprint = Fingerprint()
    /// Why it does not go on where the cursor says.
    var note: String?
    /// Whether the file the cursor is about is another one than this.
    var isAnotherFile = false

    /// Compares. When in doubt, the start: what was read already adds nothing.
    init(of file: borrowing OpenFile, at cursor: FileCursor?) throws(SourceError) {
        guard let cursor, cursor.offset != 0 || cursor.headLength != 0 else {
            if let cursor, !file.identity.isSame(as: cursor) { isAnotherFile = true }
            return
        }
        guard cursor.offset > 0, cursor.headLength == min(cursor.offset, Fingerprint.headLimit) else {
            note = "its stored position makes no sense; read again from the start"
            return
        }
        guard file.identity.isSame(as: cursor) else {
            note = "another file is in its place; read from the start"
            isAnotherFile = true
            return
        }
        guard try file.size() >= cursor.offset,
            let fingerprint = try Fingerprint(of: file, headLength: cursor.headLength, offset: cursor.offset)
        else {
            note = "truncated, read again from the start"
            return
        }
        guard fingerprint.hash == cursor.headHash else {
            note = "rewritten, read again from the start"
            return
        }
        self.fingerprint = fingerprint
        offset = cursor.offset
    }
}

/// Finds a file again that was renamed within its folder, as rotation does.
enum MovedFile {
    /// - Returns: the path, other than `path`, under which the cursor's file now lies in the folder of `path`; nil when
    ///   it is not there or was read to its end.
    static func find(_ cursor: FileCursor, besides path: String) -> String? {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        // A folder that can't be listed hides the file from everybody.
        guard let entries = try? FolderListing.entries(of: folder) else { return nil }
        for entry in entries where entry.kind == .file || entry.kind == .unknown {
            let candidate = "\(folder)/\(entry.name)"
            guard candidate != path, let status = try? FileStatus(path: candidate) else { continue }
            if status.inode == cursor.inode, status.device == cursor.device, status.size > cursor.offset {
                return candidate
            }
        }
        return nil
    }
}

extension FileIdentity {
    func isSame(as cursor: FileCursor) -> Bool {
        isSame(device: cursor.device, inode: cursor.inode, birth: cursor.birth)
    }
}
