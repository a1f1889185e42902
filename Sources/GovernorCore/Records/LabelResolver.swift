/// Gives records the labels their source does not write: what was registered for the session, the policy's `labels:`
/// rules, and at last the session in the worker's place.
package struct LabelResolver: Sendable {
    /// Labels registered by session (`label` on the control socket).
    package private(set) var registered: [String: Labels]
    private let rules: [LabelRule]

    package init(rules: [LabelRule] = [], registered: [String: Labels] = [:]) {
        self.rules = rules
        self.registered = registered
    }

    /// The same registrations under other rules.
    package func with(rules: [LabelRule]) -> LabelResolver { LabelResolver(rules: rules, registered: registered) }

    /// Keeps what was registered for a session; a later registration adds to and overrides an earlier one.
    package mutating func register(_ labels: Labels, session: String) {
        registered[session] = labels.filling(from: registered[session] ?? Labels())
    }

    /// Completes a record's labels in place.
    ///
    /// For a transcript, what was registered goes before what a rule finds, and the session stands in for a worker that
    /// nothing names. Any other source names its own workers; a registration only fills its gaps.
    package func resolve(_ record: inout UsageRecord) {
        let folder = record.workingFolder
        record.workingFolder = nil
        let known = record.labels.session.flatMap { registered[$0] } ?? Labels()
        guard record.labels.source == Self.transcript else {
            record.labels = record.labels.filling(from: known)
            return
        }
        record.labels = known.filling(from: record.labels)
        if let folder {
            for rule in rules where rule.source == Self.transcript {
                record.labels = record.labels.filling(from: rule.workingFolder.labels(in: folder).kept)
            }
        }
        if record.labels.worker == nil { record.labels.worker = record.labels.session }
    }

    /// A stored record's labels after `labels` were registered for its session.
    package static func relabelled(_ record: UsageRecord, with labels: Labels) -> UsageRecord {
        var record = record
        record.labels =
            record.labels.source == transcript
            ? labels.filling(from: record.labels) : record.labels.filling(from: labels)
        return record
    }

    private static let transcript = "transcript"
}
