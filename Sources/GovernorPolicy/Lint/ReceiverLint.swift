import GovernorCore

/// Who is told too late to do anything about it.
extension PolicyLint {
    /// Work that is held back now, and said only in a digest.
    func checkDigests(of budget: Budget, _ reading: inout Reading) {
        for threshold in budget.thresholds {
            checkDigests(threshold.actions, mode: budget.mode, at: place(of: threshold, budget), &reading)
        }
    }

    func checkDigests(of rule: Rule, _ reading: inout Reading) {
        checkDigests(rule.actions, mode: rule.mode, at: place(of: rule.name), &reading)
    }

    private func checkDigests(_ actions: Actions, mode: Mode, at place: Place, _ reading: inout Reading) {
        guard actions.blocks, mode == .enforce, policy.mode == .enforce else { return }
        let told = actions.notify.compactMap(policy.receiver).filter { !$0.isOff }
        guard told.allSatisfy({ $0.digest != nil }) else { return }
        for receiver in told {
            guard let digest = receiver.digest else { continue }
            reading.warning(
                "\(receiver.name) gathers a digest, so it will hear of this \(actions.stop ? "stop" : "pause") only "
                    + digest.whenText, at: place, hint: "notify a receiver without a digest too")
        }
    }
}
