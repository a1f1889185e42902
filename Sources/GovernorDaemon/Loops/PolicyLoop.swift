import GovernorCore
import GovernorPolicy
import Logging

/// Takes a changed policy folder in: when its files change, and when it is told to.
struct PolicyLoop: Sendable {
    let governor: Governor
    let loader: PolicyLoader
    let folder: String
    let logger: Logger

    /// - Parameters:
    ///   - initial: the stamp of the files the daemon started with.
    ///   - nudges: true to reload whatever the files look like, false to look whether they changed.
    func run(initial: PolicyStamp, nudges: some AsyncSequence<Bool, Never> & Sendable) async {
        var seen = initial
        for await isForced in nudges {
            let stamp = PolicyStamp(folder: folder)
            guard isForced || stamp != seen else { continue }
            seen = stamp
            await reload()
        }
    }

    private func reload() async {
        let loading = loader.load(folder: folder)
        for diagnostic in loading.diagnostics { logger.warning("policy", metadata: ["problem": "\(diagnostic)"]) }
        guard let policy = loading.policy else {
            let problems = loading.diagnostics.filter { $0.severity == .error }
            let text = problems.map(\.description).joined(separator: "\n")
            governor.update { $0.policyError = text }
            logger.error("the policy has errors; the old one stays", metadata: ["errors": "\(problems.count)"])
            return
        }
        do {
            try await governor.submit(.adopt(policy))
            try await governor.submit(.tick)
            logger.notice(
                "policy reloaded", metadata: ["revision": "\(policy.revision)", "budgets": "\(policy.budgets.count)"])
        } catch {
            governor.update { $0.policyError = "the new policy could not be taken: \(error)" }
        }
    }
}
