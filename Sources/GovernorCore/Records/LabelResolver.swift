/// Gives records the labels their source does not write: what is known of the session, the policy's `labels:` rules, and
/// at last the session in the worker's place.
package struct LabelResolver: Sendable {
    /// What sessions are called: by whoever registered them (`label` on the control socket), else by their telemetry.
    private var named: [String: Labels]
    private var byWorker: [String: Set<String>] = [:]
    private var byTask: [String: Set<String>] = [:]
    private let rules: [LabelRule]

    package init(rules: [LabelRule] = [], named: [String: Labels] = [:]) {
        self.rules = rules
        self.named = named
        for (session, labels) in named { index(session, labels) }
    }

    /// The same names under other rules.
    package func with(rules: [LabelRule]) -> LabelResolver { LabelResolver(rules: rules, named: named) }

    /// Keeps what a session is called from now on.
    package mutating func name(_ session: String, _ labels: Labels) {
        if let old = named[session] {
            if let worker = old.worker { byWorker[worker]?.remove(session) }
            if let task = old.task { byTask[task]?.remove(session) }
        }
        named[session] = labels
        index(session, labels)
    }

    package func labels(of session: String) -> Labels? { named[session] }

    private mutating func index(_ session: String, _ labels: Labels) {
        if let worker = labels.worker { byWorker[worker, default: []].insert(session) }
        if let task = labels.task { byTask[task, default: []].insert(session) }
    }

    /// Completes a record's labels in place.
    ///
    /// For what an agent says of its own session, what the session is called goes before what it says and what a rule
    /// finds, and the session stands in for a worker that nothing names. Any other source names its own workers; what is
    /// known of the session only fills its gaps.
    ///
    /// - Parameter memo: what the rules found in the folder of the record before.
    package func resolve(_ record: inout UsageRecord, _ memo: inout FolderMemo) {
        let folder = record.workingFolder
        record.workingFolder = nil
        let known = record.labels.session.flatMap { named[$0] } ?? Labels()
        guard Self.isAgents(record.labels) else {
            record.labels = record.labels.filling(from: known)
            return
        }
        record.labels = known.filling(from: record.labels)
        if let folder, !rules.isEmpty {
            record.labels = record.labels.filling(from: memo.labels(in: folder, of: record.labels.source, rules))
        }
        if record.labels.worker == nil { record.labels.worker = record.labels.session }
    }

    /// A stored record's labels when its session is called `labels`.
    package static func relabelled(_ record: UsageRecord, with labels: Labels) -> UsageRecord {
        var record = record
        record.labels =
            isAgents(record.labels) ? labels.filling(from: record.labels) : record.labels.filling(from: labels)
        return record
    }

    /// Whether an agent itself tells of its session, and knows nothing of what others call it.
    private static func isAgents(_ labels: Labels) -> Bool {
        switch labels.source.flatMap(SourceKind.init(rawValue:)) {
        case .transcript, .telemetry, .traces, .metrics, .stream: true
        case .litellm, .coordinator, .push, .import, .provider, nil: false
        }
    }

    // MARK: Lines that name no session

    /// How far outside of what is known of a session's times a line may lie and still be about it.
    private static let reach = Span.days(1)

    /// Sessions that a coordinator's line without one may be about: those its worker was named for, else its task.
    package func candidates(for labels: Labels) -> Set<String> {
        guard labels.source == SourceKind.coordinator.rawValue, labels.session == nil else { return [] }
        if let worker = labels.worker, let sessions = byWorker[Labels.kept(worker)], !sessions.isEmpty {
            return sessions
        }
        return labels.task.flatMap { byTask[Labels.kept($0)] } ?? []
    }

    /// The session of a coordinator's line that names none: of the candidates the one whose times it lies in, or nearest
    /// to, at most a day away; nil when there is none, and the line counts as unbound.
    ///
    /// - Parameter states: of the candidates; one of which no times are known may be it.
    package func session(for record: UsageRecord, states: [String: SessionState]) -> String? {
        candidates(for: record.labels)
            .compactMap { session -> (distance: Span, since: Timestamp, session: String)? in
                let state = states[session]
                let distance = state?.distance(to: record.time) ?? .zero
                guard distance <= Self.reach else { return nil }
                return (distance, state?.since ?? state?.first ?? .distantPast, session)
            }
            // Of several whose times it lies in, the one that began last.
            .min { ($0.distance, $1.since, $0.session) < ($1.distance, $0.since, $1.session) }?.session
    }
}

/// What the policy's rules found in the last folder: the records of a session come together, and matching is what they
/// cost most.
package struct FolderMemo: Sendable {
    private var folder: ExactText?
    private var source: String?
    private var found = Labels()

    package init() {}

    mutating func labels(in folder: String, of source: String?, _ rules: [LabelRule]) -> Labels {
        let exact = ExactText(folder)
        if self.folder == exact, self.source == source { return found }
        found = Labels()
        for rule in rules where rule.source == source {
            found = found.filling(from: rule.workingFolder.labels(in: folder).kept)
        }
        (self.folder, self.source) = (exact, source)
        return found
    }
}
