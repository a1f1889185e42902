/// The kinds of places usage comes from; their names are the label `source` of records.
package enum SourceKind: String, CaseIterable, Sendable {
    /// Agents' own files: Claude Code transcripts, Codex rollouts, voice agents.
    case transcript
    /// OpenTelemetry log events, one a call.
    case telemetry
    /// OpenTelemetry spans of model calls, for senders without events.
    case traces
    /// OpenTelemetry metrics, for senders without events and spans.
    case metrics
    /// LiteLLM's callback, spend logs and log files.
    case litellm
    /// What a worker printed as `stream-json`: sums per process.
    case stream
    /// A coordinator's `api-calls-*.jsonl`.
    case coordinator
    /// Sent by a caller over the control socket or HTTP.
    case push
    /// Files an operator imported: provider exports, Governor's own.
    case `import`
    /// A provider's usage and cost reports, polled.
    case provider

    /// Its place in `SourceKinds`; once released it never changes.
    var bit: UInt16 {
        switch self {
        case .transcript: 0
        case .telemetry: 1
        case .traces: 2
        case .metrics: 3
        case .litellm: 4
        case .stream: 5
        case .coordinator: 6
        case .push: 7
        case .import: 8
        case .provider: 9
        }
    }
}

/// A set of kinds of sources, as it is stored.
package struct SourceKinds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(_ kind: SourceKind) { self.init(rawValue: 1 << kind.bit) }

    package var kinds: [SourceKind] { SourceKind.allCases.filter { contains(SourceKinds($0)) } }

    /// The first of them in the order of `SourceKind`, which is that of their bits.
    var first: SourceKind? {
        rawValue == 0 ? nil : SourceKind.allCases[min(rawValue.trailingZeroBitCount, SourceKind.allCases.count - 1)]
    }
}
