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
        let file = FileKey(cursor)
        var found: String?
        look(into: folder(of: path)) { candidate, status in
            guard candidate != path, FileKey(status) == file, status.size > cursor.offset else { return false }
            found = candidate
            return true
        }
        return found
    }

    /// The size of every file in a folder.
    static func sizes(in folder: String) -> [FileKey: Int64] {
        var sizes: [FileKey: Int64] = [:]
        look(into: folder) { _, status in
            sizes[FileKey(status)] = status.size
            return false
        }
        return sizes
    }

    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// - Parameter body: given a file's path and status; whether to look no further.
    private static func look(into folder: String, _ body: (String, FileStatus) -> Bool) {
        let entries: [FolderListing.Entry]
        // A folder that can't be listed hides the file from everybody.
        do throws(SourceError) { entries = try FolderListing.entries(of: folder) } catch { return }
        for entry in entries where entry.kind == .file || entry.kind == .unknown {
            let candidate = "\(folder)/\(entry.name)"
            // Deleted since it was listed.
            guard let status = try? FileStatus(path: candidate) else { continue }
            if body(candidate, status) { return }
        }
    }
}

extension FileIdentity {
    func isSame(as cursor: FileCursor) -> Bool {
        isSame(device: cursor.device, inode: cursor.inode, birth: cursor.birth)
    }
}
