import Glibc
import GovernorCore
import Synchronization

/// Descriptors of files that grow, so that one is read to its end when it is deleted, compressed or moved out of its
/// folder while its writer goes on.
///
/// Its disk space is not given back as long as it is held, so one that doesn't grow is let go after a minute.
final class HeldFiles: Sendable {
    private struct Held {
        let descriptor: Int32
        let file: FileKey
        var size: Int64
        /// Moments since it grew.
        var idle = 0
    }

    /// So many at a time; descriptors are for more than this.
    private let limit: Int
    private let held = Mutex<[String: Held]>([:])

    init(limit: Int = 64) { self.limit = limit }

    deinit { held.withLock { for held in $0.values { close(held.descriptor) } } }

    /// Holds the file that a cursor is about, if it is the one at its path.
    func hold(_ cursor: FileCursor) {
        let file = FileKey(cursor)
        held.withLock { held in
            if let known = held[cursor.path] {
                guard known.file != file else {
                    held[cursor.path]?.idle = 0
                    return
                }
                held[cursor.path] = nil
                close(known.descriptor)
            }
            let descriptor = open(cursor.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            // Holding is a favour: without it the file is read as long as it has a name.
            guard descriptor >= 0 else { return }
            guard let status = Self.status(descriptor), FileKey(status) == file else {
                close(descriptor)
                return
            }
            if held.count >= limit, let idlest = held.max(by: { ($0.value.idle, $0.key) < ($1.value.idle, $1.key) }) {
                held[idlest.key] = nil
                close(idlest.value.descriptor)
            }
            held[cursor.path] = Held(descriptor: descriptor, file: file, size: status.size)
        }
    }

    /// Where the file that a cursor is about can be opened, whatever became of its name; nil when it isn't held or was
    /// read to its end.
    func place(of cursor: FileCursor) -> String? {
        held.withLock { held in
            guard let known = held[cursor.path], known.file == FileKey(cursor),
                let status = Self.status(known.descriptor), status.size > cursor.offset
            else { return nil }
            return "/proc/self/fd/\(known.descriptor)"
        }
    }

    /// Lets go of files that did not grow for so many moments.
    /// - Returns: the paths of those that did.
    func pass(idleLimit: Int) -> [String] {
        held.withLock { held in
            var grown: [String] = []
            for (path, known) in held {
                let size = Self.status(known.descriptor)?.size ?? known.size
                if size != known.size {
                    held[path]?.size = size
                    held[path]?.idle = 0
                    grown.append(path)
                } else if known.idle + 1 >= idleLimit {
                    held[path] = nil
                    close(known.descriptor)
                } else {
                    held[path]?.idle += 1
                }
            }
            return grown.sorted()
        }
    }

    private static func status(_ descriptor: Int32) -> FileStatus? {
        do throws(SourceError) { return try FileStatus(descriptor: descriptor, path: "a held file") } catch {
            return nil
        }
    }
}

/// Which file on which device.
struct FileKey: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64

    init(_ cursor: FileCursor) { (device, inode) = (cursor.device, cursor.inode) }
    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
}
