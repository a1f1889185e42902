import Foundation

/// The terminal on standard input, which is the work's while it runs and ours while it is stopped.
///
/// It moves only between the two of us: in the background it is a shell's, and stays so.
struct ForegroundTerminal {
    private let own = getpgrp()
    private let group: ProcessGroup
    /// Whether there is one.
    let isThere = isatty(STDIN_FILENO) == 1

    init(for group: ProcessGroup) { self.group = group }

    /// Gives it to the work if it is ours.
    func give() { move(from: own, to: group.id) }

    /// Takes it back if the work has it.
    func takeBack() { move(from: group.id, to: own) }

    /// Whether it is the work's or ours.
    var isForeground: Bool { isThere && [own, group.id].contains(tcgetpgrp(STDIN_FILENO)) }

    private func move(from one: pid_t, to other: pid_t) {
        if isThere, tcgetpgrp(STDIN_FILENO) == one { tcsetpgrp(STDIN_FILENO, other) }
    }
}
