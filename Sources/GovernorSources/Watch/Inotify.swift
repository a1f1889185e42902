import Glibc

/// The kernel's queue of changes in watched folders; closed when it goes out of scope.
final class Inotify {
    struct Event {
        var watch: Int32
        var mask: UInt32
        /// Empty when the event is about the watched folder itself.
        var name: String

        func has(_ bits: Int...) -> Bool { bits.contains { mask & UInt32(truncatingIfNeeded: $0) != 0 } }
        /// Whether the kernel had to throw events away.
        var isOverflow: Bool { has(Int(IN_Q_OVERFLOW)) }
        var isFolder: Bool { has(Int(IN_ISDIR)) }
    }

    /// All that can change what a folder's files hold, or whether they can be read.
    static let content = UInt32(
        truncatingIfNeeded: Int(IN_MODIFY) | Int(IN_CREATE) | Int(IN_CLOSE_WRITE) | Int(IN_MOVED_TO)
            | Int(IN_MOVED_FROM) | Int(IN_DELETE) | Int(IN_DELETE_SELF) | Int(IN_MOVE_SELF) | Int(IN_ATTRIB)
            | Int(IN_ONLYDIR))
    /// All that can change what one file holds, for a file whose folder is not watched.
    static let file = UInt32(
        truncatingIfNeeded: Int(IN_MODIFY) | Int(IN_CLOSE_WRITE) | Int(IN_ATTRIB) | Int(IN_DELETE_SELF)
            | Int(IN_MOVE_SELF))
    /// For a folder that is only watched until a root appears in it, or can be read. Added to what the folder is watched
    /// for already.
    static let arrivals = UInt32(
        truncatingIfNeeded: Int(IN_CREATE) | Int(IN_MOVED_TO) | Int(IN_ATTRIB) | Int(IN_ONLYDIR) | Int(IN_MASK_ADD))

    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init() throws(SourceError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw SourceError(number: errno, path: "inotify") }
    }

    deinit { close(descriptor) }

    /// Watches a folder, or a file behind a link; watching it again gives the same number.
    func watch(_ folder: String, for mask: UInt32) throws(SourceError) -> Int32 {
        let number = inotify_add_watch(descriptor, folder, mask)
        guard number >= 0 else {
            // ENOSPC is inotify's word for `fs.inotify.max_user_watches`.
            if errno == ENOSPC {
                throw SourceError(code: .exhausted, path: folder, cause: "fs.inotify.max_user_watches is reached")
            }
            throw SourceError(number: errno, path: folder)
        }
        return number
    }

    func forget(_ watch: Int32) { inotify_rm_watch(descriptor, watch) }

    /// What is queued, up to a buffer full; empty when nothing is.
    func events() -> [Event] {
        let filled = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard filled > 0 else { return [] }
        return buffer.withUnsafeBytes { bytes in
            var events: [Event] = []
            let header = MemoryLayout<inotify_event>.size
            var at = 0
            while at + header <= filled {
                let event = bytes.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
                let name = bytes[(at + header)..<min(at + header + Int(event.len), filled)].prefix { $0 != 0 }
                events.append(Event(watch: event.wd, mask: event.mask, name: String(decoding: name, as: UTF8.self)))
                at += header + Int(event.len)
            }
            return events
        }
    }
}
