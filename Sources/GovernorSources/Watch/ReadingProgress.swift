import GovernorCore

/// How far reading is, by kind of file.
package struct ReadingProgress: Hashable, Sendable {
    /// Of one kind.
    package struct Count: Hashable, Sendable {
        /// Files that are there.
        package var files: Int64 = 0
        /// Those of them whose every complete line was read at the last look.
        package var read: Int64 = 0
        /// Bytes of the others that were not, as far as is known.
        package var bytesBehind: Int64 = 0

        package init(files: Int64 = 0, read: Int64 = 0, bytesBehind: Int64 = 0) {
            self.files = files
            self.read = read
            self.bytesBehind = bytesBehind
        }

        /// Adds another kind of file of the same source.
        package mutating func add(_ other: Count) {
            files += other.files
            read += other.read
            bytesBehind = bytesBehind.saturatingAdding(other.bytesBehind)
        }
    }

    private struct File: Hashable, Sendable {
        var kind: FileKind
        /// Bytes when it was found; 0 for one that was not there then.
        var size: Int64 = 0
        /// nil for one that is read.
        var behind: Int64?
    }

    private var files: [String: File] = [:]
    /// By kind.
    package private(set) var counts: [FileKind: Count] = [:]

    init() {}

    /// All files there are; each is yet to be looked at.
    mutating func found(_ found: [SourceFile], behind: (SourceFile) -> Int64) {
        files = [:]
        files.reserveCapacity(found.count)
        // A kind whose last file has gone is known to have none.
        for kind in counts.keys { counts[kind] = Count() }
        for file in found {
            set(file.path, File(kind: file.kind, size: max(0, file.size), behind: max(0, behind(file))))
        }
    }

    mutating func finished(_ path: String, _ kind: FileKind) { set(path, File(kind: kind, behind: nil)) }

    mutating func goesOn(_ path: String, _ kind: FileKind, read: Int64) {
        let size = files[path]?.size ?? 0
        set(path, File(kind: kind, size: size, behind: size - min(max(0, read), size)))
    }

    /// What it holds is as unread as before.
    mutating func failed(_ path: String, _ kind: FileKind) {
        set(path, File(kind: kind, size: files[path]?.size ?? 0, behind: files[path]?.behind ?? 0))
    }

    mutating func gone(_ path: String) { set(path, nil) }

    private mutating func set(_ path: String, _ file: File?) {
        if let before = files[path] { add(before, -1) }
        files[path] = file
        if let file { add(file, 1) }
    }

    private mutating func add(_ file: File, _ sign: Int64) {
        var count = counts[file.kind] ?? Count()
        count.files += sign
        if let behind = file.behind {
            // Sparse files may claim any size; what is added is taken away again, so wrapping around does no harm.
            count.bytesBehind &+= sign &* behind
        } else {
            count.read += sign
        }
        counts[file.kind] = count
    }
}
