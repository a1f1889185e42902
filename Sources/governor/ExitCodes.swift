import ArgumentParser

/// The exit codes of `contract/cli.md`, after `sysexits.h` where it has one.
extension ExitCode {
    static let failedCheck = ExitCode(1)
    static let paused = ExitCode(2)
    static let badUsage = ExitCode(64)
    static let badInput = ExitCode(65)
    static let unavailable = ExitCode(69)
    static let io = ExitCode(74)
    static let throttled = ExitCode(75)
}
