import Foundation
import GovernorAPI
import GovernorCore

/// Runs a command as a group, asks about it while it lives, and does what the answers say.
///
/// One thread and one wait: everything that happens is a signal or a time that has come.
struct LeashedRun {
    private var hold: WorkHold
    private var leash: Leash
    private let group: ProcessGroup
    private let signals: Signals
    private let terminal: ForegroundTerminal
    private let lastWord: LastWord?
    private let grace: Span

    /// How often it is asked whether the work may go on.
    private static let interval = Span(milliseconds: 500)
    /// How long the daemon may take to read what the work wrote last.
    private static let lastLines = Span(milliseconds: 200)
    /// How long the work may take to stand still once it is stopped: it can't refuse, only wait for a processor.
    private static let standstill = Span.seconds(1)
    /// How often it is looked whether what was asked to end has ended.
    private static let lookAgain = Span(milliseconds: 50)

    /// Starts the command.
    init(
        _ command: [String], environment: [String: String], hold: WorkHold, leash: Leash, grace: Span, signals: Signals
    ) throws(ProcessGroup.Failure) {
        self.hold = hold
        self.leash = leash
        self.grace = grace
        self.signals = signals
        group = try ProcessGroup.start(command, environment: environment, restoring: signals.restored)
        terminal = ForegroundTerminal(for: group)
        terminal.give()
        lastWord = LastWord(group: group)
        if lastWord == nil {
            Self.say("there is no /bin/sh, so the work stays as it is, paused or not, should this process be killed")
        }
    }

    /// Waits for the command's end.
    /// - Returns: its exit code.
    mutating func run() -> Int32 {
        var nextAsk = SteadyClock.now + Self.interval
        while true {
            if let code = leaderEnded() { return finish(code) }
            act(leash.tick(at: SteadyClock.now))
            if SteadyClock.now >= nextAsk {
                ask()
                nextAsk = SteadyClock.now + Self.interval
            }
            let due = min(nextAsk, leash.nextTick ?? nextAsk)
            if let signal = signals.next(within: due - SteadyClock.now) { take(signal) }
        }
    }

    /// One line for people; a standard error that is closed is no reason to fail.
    static func say(_ text: String) {
        let line = Array(Terminal.safe("governor: " + text.replacing("\n", with: " ")).utf8) + [0x0A]
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    // MARK: What happens

    private mutating func ask() {
        let now = SteadyClock.now
        do { act(leash.hear(try hold.ask(at: now), at: now)) } catch {
            act(leash.hearNothing(error.description, at: now))
        }
    }

    private mutating func take(_ signal: Int32) {
        switch signal {
        case SIGCHLD: break
        case SIGCONT:
            guard !leash.isFrozen else { return }
            terminal.give()
            group.send(SIGCONT)
        case SIGTSTP where leash.isFrozen:
            // It is stopped already and will tell us nothing; the shell waits for us to stop too.
            stopToo()
        case _ where Signals.ending.contains(signal):
            group.send(signal)
            act(leash.passedEnding(at: SteadyClock.now))
        default: group.send(signal)
        }
    }

    /// The exit code once the leader has ended.
    private func leaderEnded() -> Int32? {
        while true {
            switch group.status() {
            case .running: return nil
            case .ended(let code): return code
            case .stopped(let signal) where signal == SIGTTIN || signal == SIGTTOU:
                // It may have reached for the terminal before it was given it, which is no reason to stop.
                guard terminal.isForeground else {
                    stopToo()
                    continue
                }
                terminal.give()
                group.send(SIGCONT)
            case .stopped:
                // Ours are no news. Of any other a shell must hear, or the terminal is nobody's.
                if !leash.isFrozen { stopToo() }
            }
        }
    }

    /// Hands the terminal to the shell that started us, and waits to be continued.
    private func stopToo() {
        guard terminal.isThere else { return }
        terminal.takeBack()
        kill(getpid(), SIGSTOP)
    }

    private func act(_ actions: [Leash.Action]) {
        for action in actions {
            switch action {
            case .say(let text): Self.say(text)
            case .freeze:
                group.send(SIGSTOP)
                // So that an interrupt from the keyboard reaches somebody who can act on it.
                terminal.takeBack()
                group.awaitStill(within: Self.standstill)
            case .thaw:
                terminal.give()
                group.send(SIGCONT)
            case .end:
                group.send(SIGTERM)
                terminal.give()
                group.send(SIGCONT)
            case .kill: group.send(SIGKILL)
            }
        }
    }

    // MARK: The end

    private func finish(_ code: Int32) -> Int32 {
        if leash.isEnding { endTheRest() }
        // Its leader was killed while it was stopped: what it has started is not ours to keep so.
        if leash.isFrozen { group.send(SIGCONT) }
        terminal.takeBack()
        awaitLastLines()
        if let problem = hold.end(with: "settle") {
            Self.say("the hold could not be settled and ends by itself within \(hold.ttl) s: \(problem)")
        }
        lastWord?.isNotNeeded()
        return code
    }

    /// The last lines it wrote are read in a moment. Known before the hold ends, they are its spend; after it, overrun.
    private func awaitLastLines() {
        let due = SteadyClock.now + Self.lastLines
        while SteadyClock.now < due { _ = signals.next(within: due - SteadyClock.now) }
    }

    /// Work that had to end must end whole: what its leader left behind is killed after the same grace.
    private func endTheRest() {
        let due = SteadyClock.now + grace
        while !group.isEmpty {
            guard SteadyClock.now < due else { return group.send(SIGKILL) }
            _ = signals.next(within: Self.lookAgain)
        }
    }
}
