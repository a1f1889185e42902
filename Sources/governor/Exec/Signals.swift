import CDispatch  // whose module is where this target finds the C library's types
import Foundation
import GovernorCore

/// Signals that are waited for instead of being handled: they come between two steps, never inside one.
struct Signals {
    /// What the work gets when we get it.
    static let passedOn = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT]
    /// Those that ask for an end.
    static let ending: Set = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private var waited = sigset_t()
    /// Signals that are not the caller's wish to ignore, and so are the work's to handle as it would without us.
    let restored: [Int32]

    /// Blocks them for the rest of this process.
    ///
    /// What the caller ignores (`nohup` does that to HUP) stays ignored, here and in the work. A caller that ignores
    /// CHLD would take the work's exit from us, so that one is ours in any case.
    init() {
        let kept = Self.passedOn.filter { !Self.isIgnored($0) }
        restored = kept + [SIGCHLD] + (Self.isIgnored(SIGPIPE) ? [] : [SIGPIPE])
        signal(SIGCHLD, SIG_DFL)
        // Standard error may be closed long before the work ends.
        signal(SIGPIPE, SIG_IGN)
        sigemptyset(&waited)
        for number in kept + [SIGCHLD] { sigaddset(&waited, number) }
        var blocked = waited
        // From the background the terminal is handed over only by whoever does not obey this one.
        sigaddset(&blocked, SIGTTOU)
        sigprocmask(SIG_BLOCK, &blocked, nil)
    }

    /// The next signal, or nil when none comes within the span.
    func next(within span: Span) -> Int32? {
        let milliseconds = max(0, span.milliseconds)
        var limit = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        var waited = waited
        let number = sigtimedwait(&waited, nil, &limit)
        return number > 0 ? number : nil
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// A clock that never goes back and counts the time a machine sleeps, since the daemon's holds end by it too.
enum SteadyClock {
    static var now: Span {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Span(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
