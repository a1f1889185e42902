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

    /// What an error of the control socket exits with: 64 for a question that was wrong, 1 for a hold that is not as it
    /// was thought to be, 69 for a daemon that can't or won't.
    init(controlError code: String) {
        switch code {
        case "bad_request", "key_reused", "too_large": self = .badUsage
        case "not_found", "already_settled", "already_released", "expired": self = .failedCheck
        default: self = .unavailable
        }
    }
}
