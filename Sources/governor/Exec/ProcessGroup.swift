import CDispatch  // whose module is where this target finds the C library's types
import Foundation
import GovernorCore

/// A command in a process group of its own.
struct ProcessGroup {
    /// Why nothing was started.
    struct Failure: Error {
        var code: Int32
        var description: String

        /// As `env` and shells have it: 127 for what is not there, 126 for what can't be run.
        var exitCode: Int32 { code == ENOENT ? 127 : 126 }
    }

    enum Status {
        case running
        case stopped(by: Int32)
        /// Its exit code, 128 and the signal's number where one ended it.
        case ended(Int32)
    }

    /// The leader's process and the group.
    let id: pid_t

    /// Starts it with an empty signal mask; what it inherits is otherwise untouched.
    /// - Parameters:
    ///   - restored: signals set back to their defaults.
    static func start(
        _ command: [String], environment: [String: String], restoring restored: [Int32]
    ) throws(Failure) -> ProcessGroup {
        var spawn = Spawn(flags: POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        spawn.restore(restored)
        return ProcessGroup(id: try spawn.start(command, environment: environment))
    }

    func send(_ signal: Int32) { killpg(id, signal) }

    /// Whether anybody of the group is left, a leader that was waited for not counted.
    var isEmpty: Bool { killpg(id, 0) != 0 && errno == ESRCH }

    /// Waits until everybody who was sent STOP stands still, or the span is over.
    ///
    /// Whoever sleeps in a read when it is stopped hears of it when it runs next. On a busy machine that takes a while,
    /// in which it would still take a key that is typed for somebody else.
    func awaitStill(within span: Span) {
        let due = SteadyClock.now + span
        var running = ProcessTable.threads(ofGroup: id)
        while true {
            running.removeAll { !ProcessTable.isRunning($0) }
            guard !running.isEmpty, SteadyClock.now < due else { return }
            poll(nil, 0, 1)
        }
    }

    /// What became of the leader since the last call.
    func status() -> Status {
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG | WUNTRACED) == id else { return .running }
        let signal = status & 0x7F
        if signal == 0 { return .ended((status >> 8) & 0xFF) }
        return signal == 0x7F ? .stopped(by: (status >> 8) & 0xFF) : .ended(128 + signal)
    }
}

/// `posix_spawn` and what it takes.
struct Spawn {
    private var attributes = posix_spawnattr_t()
    private var actions = posix_spawn_file_actions_t()

    init(flags: Int32) {
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        posix_spawnattr_setpgroup(&attributes, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
    }

    mutating func restore(_ signals: [Int32]) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals { sigaddset(&set, number) }
        posix_spawnattr_setsigdefault(&attributes, &set)
    }

    /// Gives it `source` as `target`.
    mutating func pass(_ source: Int32, as target: Int32) {
        posix_spawn_file_actions_adddup2(&actions, source, target)
    }

    mutating func open(_ path: String, as target: Int32, _ flags: Int32) {
        posix_spawn_file_actions_addopen(&actions, target, path, flags, 0)
    }

    /// Starts it once; the description of a failure is for people.
    mutating func start(
        _ command: [String], environment: [String: String]
    ) throws(ProcessGroup.Failure) -> pid_t {
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for pointer in arguments + variables { free(pointer) }
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        var id: pid_t = 0
        let code = posix_spawnp(&id, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            let reason = String(cString: strerror(code))
            throw ProcessGroup.Failure(code: code, description: "\(command[0]) can't be started: \(reason)")
        }
        return id
    }
}
