/// Whose word counts where several sources report one session (`contract/usage.md`, "Several witnesses").
///
/// Sources that share an id for a call are united call by call and are one group; of the others only the best group that
/// has reported a session counts, and what the rest say of it is kept and shadowed.
package struct Authority: Hashable, Sendable {
    /// Sources that speak with one voice.
    package enum Group: UInt8, CaseIterable, Sendable {
        /// Agents' transcripts, and telemetry events that name the request they are about.
        case agents
        /// Telemetry events that name no request.
        case events
        case traces, litellm, stream, coordinator, push, metrics
        case `import`, provider
    }

    /// Groups, as they are stored.
    package struct Groups: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) { self.rawValue = rawValue }
        package init(_ group: Group) { self.init(rawValue: 1 << group.rawValue) }

        /// Whether it holds more than one.
        package var areSeveral: Bool { rawValue & (rawValue &- 1) != 0 }
    }

    /// All groups, the best first.
    package let order: [Group]

    /// The order where a policy names none.
    package static let usual = Authority([])

    /// - Parameter listed: kinds in the order a policy wants; the others follow as usual.
    package init(_ listed: [SourceKind]) {
        var order: [Group] = []
        for group in listed.flatMap(Self.groups(of:)) + Group.allCases where !order.contains(group) {
            order.append(group)
        }
        self.order = order
    }

    /// The best of those that reported a session.
    package func best(of groups: Groups) -> Group? { order.first { groups.contains(Groups($0)) } }

    /// Whether `group` counts before `other`.
    package func prefers(_ group: Group, to other: Group) -> Bool {
        order.first { $0 == group || $0 == other } == group && group != other
    }

    /// The group that speaks in a record; nil for a hold's own record, which is nobody's report.
    package static func group(of record: UsageRecord) -> Group? {
        guard let source = record.labels.source, source != Reservation.source else { return nil }
        // A caller may call its own source what it likes.
        let kind = record.witnesses.first ?? SourceKind(rawValue: source) ?? .push
        return group(kind, namesRequest: record.identity.request != nil)
    }

    private static func group(_ kind: SourceKind, namesRequest: Bool) -> Group {
        switch kind {
        case .transcript: .agents
        case .telemetry: namesRequest ? .agents : .events
        case .traces: .traces
        case .metrics: .metrics
        case .litellm: .litellm
        case .stream: .stream
        case .coordinator: .coordinator
        case .push: .push
        case .import: .import
        case .provider: .provider
        }
    }

    private static func groups(of kind: SourceKind) -> [Group] {
        switch kind {
        case .transcript, .telemetry: [.agents, .events]
        default: [group(kind, namesRequest: true)]
        }
    }

    /// `agents events litellm …`: tells whether the order of a stored ledger is the present one.
    package var text: String { order.map { "\($0)" }.joined(separator: " ") }
}

/// What is known of one session: who names it what, when it was busy, and who reports it.
package struct SessionState: Hashable, Sendable {
    /// What was registered for it over the control socket.
    package var labels: Labels?
    /// What its telemetry's attributes say.
    package var attributes: Labels?
    /// When it was first named.
    package var since: Timestamp?
    /// About when its first and its last call were made; to the hour.
    package var first: Timestamp?
    package var last: Timestamp?
    package var groups: Authority.Groups

    package init(
        labels: Labels? = nil, attributes: Labels? = nil, since: Timestamp? = nil, first: Timestamp? = nil,
        last: Timestamp? = nil, groups: Authority.Groups = []
    ) {
        self.labels = labels
        self.attributes = attributes
        self.since = since
        self.first = first
        self.last = last
        self.groups = groups
    }

    /// What it is called: what was registered goes before what telemetry says.
    package var named: Labels? {
        guard labels != nil || attributes != nil else { return nil }
        return (labels ?? Labels()).filling(from: attributes ?? Labels())
    }

    /// Takes a call in; rounded, so that a session's row changes once an hour and not with every call.
    /// - Returns: whether that was new.
    mutating func saw(_ time: Timestamp, _ group: Authority.Group) -> Bool {
        let hour = Span.hours(1).milliseconds
        let start = time.milliseconds.saturatingAdding(-time.milliseconds.modulo(hour))
        let (from, until) = (Timestamp(milliseconds: start), Timestamp(milliseconds: start.saturatingAdding(hour)))
        let (oldFirst, oldLast, oldGroups) = (first, last, groups)
        first = min(first ?? from, from)
        last = max(last ?? until, until)
        groups.insert(Authority.Groups(group))
        return first != oldFirst || last != oldLast || groups != oldGroups
    }

    /// How far a call at `time` lies outside the times the session was busy or was named at; nil when nothing is known.
    func distance(to time: Timestamp) -> Span? {
        let starts = [since, first].compactMap { $0 }
        let ends = [since, last].compactMap { $0 }
        guard let start = starts.min(), let end = ends.max() else { return nil }
        return max(.zero, start - time, time - end)
    }
}
