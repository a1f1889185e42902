import Foundation

/// What the system knows of processes: `/proc`, as proc(5) describes it. Without it there are none.
enum ProcessTable {
    /// The threads of everybody in a process group, as paths below `/proc`.
    static func threads(ofGroup group: pid_t) -> [String] {
        names(in: "/proc").filter { $0.allSatisfy(\.isNumber) && facts("/proc/\($0)")?.group == group }
            .flatMap { process in names(in: "/proc/\(process)/task").map { "/proc/\(process)/task/\($0)" } }
    }

    /// Whether a thread runs or waits for something that a signal would end. One that is stopped does not, nor one that
    /// is gone, nor a parent that waits for a `vfork` of its own, which can't be stopped before its child has run.
    static func isRunning(_ thread: String) -> Bool {
        guard let state = facts(thread)?.state else { return false }
        return state == "R" || state == "S"
    }

    /// The third and the fifth field of `stat`; the second is the command's name in parentheses, and may hold any
    /// byte but a zero.
    private static func facts(_ path: String) -> (state: String, group: pid_t)? {
        guard let bytes = FileManager.default.contents(atPath: path + "/stat"),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 2, let group = pid_t(fields[2]) else { return nil }
        return (String(fields[0]), group)
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
