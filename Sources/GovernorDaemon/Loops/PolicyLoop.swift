import GovernorCore
import GovernorPolicy
import Logging

/// Takes a changed policy folder in: when its files change, and when it is told to.
struct PolicyLoop: Sendable {
    let governor: Governor
    let loader: PolicyLoader
    let folder: String
    let logger: Logger

    /// Why to look at the files.
    enum Nudge: Sendable {
        /// They may have changed.
        case look
        /// Somebody wants them read; told what is wrong with them, nil for nothing.
        case reload(@Sendable (String?) -> Void)
    }

    /// - Parameter initial: the stamp of the files the daemon started with.
    func run(initial: PolicyStamp, nudges: some AsyncSequence<Nudge, Never> & Sendable) async {
        var seen = initial
        // An earlier run may have ended while its files had an error; these have none.
        await settle(nil)
        for await nudge in nudges {
            let stamp = PolicyStamp(folder: folder)
            switch nudge {
            case .look: if stamp != seen { await reload() }
            case .reload(let completion):
                await reload()
                completion(governor.read { $0.policyError })
            }
            seen = stamp
        }
    }

    /// Fires or resolves the alert about the files.
    private func settle(_ problem: String?) async {
        // The writer has logged why; the next change of the files tries again.
        do { try await governor.submit(.policyProblem(problem)) } catch { return }
    }

    private func reload() async {
        let loading = loader.load(folder: folder)
        for diagnostic in loading.diagnostics { logger.warning("policy", metadata: ["problem": "\(diagnostic)"]) }
        guard let policy = loading.policy else {
            let problems = loading.diagnostics.filter { $0.severity == .error }
            let text = problems.map(\.description).joined(separator: "\n")
            governor.update { $0.policyError = text }
            logger.error("the policy has errors; the old one stays", metadata: ["errors": "\(problems.count)"])
            let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
            await settle((problems.first?.description ?? "it can't be read") + more)
            return
        }
        do {
            try await governor.submit(.adopt(policy))
            try await governor.submit(.policyProblem(nil))
            try await governor.submit(.tick)
            logger.notice(
                "policy reloaded", metadata: ["revision": "\(policy.revision)", "policy": "\(policy.sizeText)"])
        } catch {
            let problem = "the new policy could not be taken: \(error)"
            governor.update { $0.policyError = problem }
            await settle(problem)
        }
    }
}
