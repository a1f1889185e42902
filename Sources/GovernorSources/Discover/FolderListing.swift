import Glibc

/// What `stat` says of a path, as far as sources ask.
struct FileStatus: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    /// Nanoseconds since 1970 of the last change of content.
    var modified: Int64
    /// The same of content, permissions or links.
    var changed: Int64
    var isFolder: Bool
    var isFile: Bool

    /// Follows symbolic links.
    init(path: String) throws(SourceError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SourceError(number: errno, path: path) }
        self.init(status)
    }

    /// Whether the path itself is a symbolic link; false where nothing is.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    init(descriptor: Int32, path: String) throws(SourceError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SourceError(number: errno, path: path) }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        // A clock before 1970 or after 2262 only spoils the order of first reading.
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isFile = status.st_mode & S_IFMT == S_IFREG
    }
}

/// The entries of one folder.
enum FolderListing {
    /// What the folder itself says of an entry; `unknown` on file systems that don't, `link` before it is followed.
    enum Kind { case file, folder, link, unknown, other }

    struct Entry {
        var name: String
        var kind: Kind
    }

    /// All entries but `.` and `..`, in the folder's own order.
    static func entries(of folder: String) throws(SourceError) -> [Entry] {
        guard let stream = opendir(folder) else { throw SourceError(number: errno, path: folder) }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SourceError(number: errno, path: folder) }
                return entries
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            entries.append(Entry(name: name, kind: kind(Int(entry.pointee.d_type))))
        }
    }

    private static func kind(_ type: Int) -> Kind {
        switch type {
        case Int(DT_REG): .file
        case Int(DT_DIR): .folder
        case Int(DT_LNK): .link
        case Int(DT_UNKNOWN): .unknown
        default: .other
        }
    }
}
