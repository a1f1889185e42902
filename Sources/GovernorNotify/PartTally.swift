import GovernorCore

/// Adds up how the parts of one letter ended.
struct PartTally {
    private let parts: [String]
    /// Those of earlier attempts; they count as taken.
    private let before: Set<String>
    private var settled: Set<String> = []
    private var lost: [String: DeliveryFailure] = [:]
    private var failed: Set<String> = []
    private var failure: DeliveryOutcome?

    init(_ parts: [String], settled before: Set<String>) {
        self.parts = parts
        self.before = before.intersection(parts)
    }

    /// Whether the part still needs an attempt.
    func isOpen(_ part: String) -> Bool { !before.contains(part) && !settled.contains(part) }
    var hasFailed: Bool { failure != nil }

    /// The part needs no further attempt.
    mutating func settle(_ part: String, _ outcome: DeliveryOutcome) {
        settled.insert(part)
        if case .refused(let failure) = outcome { lost[part] = failure }
    }

    /// What is open and was not tried in this attempt is refused for good.
    mutating func loseRest(_ failure: DeliveryFailure) {
        for part in parts where isOpen(part) && !failed.contains(part) { settle(part, .refused(failure)) }
    }

    /// The part is worth another attempt; of several failures the first is the one that is told.
    mutating func fail(_ part: String, _ outcome: DeliveryOutcome) {
        failed.insert(part)
        failure = failure ?? outcome
    }

    var result: DeliveryResult {
        let isAnyTaken = !before.isEmpty || settled.contains { lost[$0] == nil }
        let outcome: DeliveryOutcome =
            if let failure { failure } else if !isAnyTaken, let first = parts.lazy.compactMap({ lost[$0] }).first {
                .refused(first)
            } else { .delivered }
        return DeliveryResult(outcome, settled: settled, lost: lost)
    }
}

extension DeliveryFailure {
    /// What a failure before anything was sent comes to.
    var outcome: DeliveryOutcome {
        switch reason {
        // The policy has to change before this can work.
        case .badAddress, .addressNotAllowed, .credentials: .refused(self)
        default: .failed(self, retryAfter: nil)
        }
    }
}
