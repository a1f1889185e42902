import Foundation
import Glibc

/// A small process that outlives this one: should we be killed outright, nobody could let stopped work go on, or stop
/// work that runs. It then asks the whole group to end, and lets it.
///
/// A shell that reads from a pipe, since `PR_SET_PDEATHSIG` would need code between fork and exec, reaches the leader
/// alone and can't wake and end it with one signal. It has a session of its own, so that what is done to our group or
/// terminal is not done to it.
struct LastWord {
    private let pipe: Int32

    private static let script = """
        read -r word && exit; kill -s TERM -- "-$1"; kill -s CONT -- "-$1"
        """

    /// `POSIX_SPAWN_SETSID`, which glibc shows to `_GNU_SOURCE` alone.
    private static let newSession: Int32 = 0x80

    /// - Returns: nil when there is no shell to be had.
    init?(group: ProcessGroup) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return nil }
        // The work is started already, so nobody but the shell can inherit them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var spawn = Spawn(flags: POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Self.newSession)
        spawn.restore([SIGTERM, SIGHUP, SIGINT])
        spawn.pass(ends[0], as: STDIN_FILENO)
        // Whoever reads our output waits for its end, and must not wait for this one.
        spawn.open("/dev/null", as: STDOUT_FILENO, O_WRONLY)
        spawn.open("/dev/null", as: STDERR_FILENO, O_WRONLY)
        let command = ["/bin/sh", "-c", Self.script, "governor-exec", "\(group.id)"]
        guard (try? spawn.start(command, environment: [:])) != nil else {
            close(ends[1])
            return nil
        }
        pipe = ends[1]
    }

    /// All went well: it ends without a word.
    func isNotNeeded() {
        _ = write(pipe, "\n", 1)
        close(pipe)
    }
}
