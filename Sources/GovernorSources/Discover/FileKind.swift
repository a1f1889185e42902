package import GovernorCore

/// What a file holds, told by its name.
package enum FileKind: String, CaseIterable, Sendable {
    /// An agent's transcript, or what a worker printed as `stream-json`: the lines tell which.
    case transcript
    /// A coordinator's `api-calls-*.jsonl`.
    case coordinator
    /// A session of Codex.
    case rollout
    /// A voice agent's calls.
    case voice
    /// LiteLLM's log as plain text.
    case litellm

    /// `api-calls-*.jsonl` is a coordinator's log, `rollout-*.jsonl` a session of Codex, `voice-agent.jsonl` a voice
    /// agent's, any other `*.jsonl` a transcript, and `litellm*.log` what it says; a number behind any of them
    /// (`api-calls-2026-11-20.jsonl.1`, `….jsonl-20261121`) is what a rotation left. Compressed files are none of ours:
    /// they were read before they were compressed.
    ///
    /// - Parameter path: a path or a file name.
    /// - Returns: nil for any other name.
    package init?(path: some StringProtocol) {
        let utf8 = Array(path.utf8)
        let name = utf8[((utf8.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
        var stem = name
        while let last = stem.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) { stem = stem.dropLast() }
        if stem.count < name.count {
            guard let joint = stem.last, joint == UInt8(ascii: ".") || joint == UInt8(ascii: "-") else { return nil }
            stem = stem.dropLast()
        }
        if stem.suffix(4).elementsEqual(".log".utf8), stem.starts(with: "litellm".utf8) {
            self = .litellm
            return
        }
        guard stem.suffix(6).elementsEqual(".jsonl".utf8), stem.count > 6 else { return nil }
        if stem.starts(with: "api-calls-".utf8) {
            self = .coordinator
        } else if stem.starts(with: "rollout-".utf8) {
            self = .rollout
        } else if stem.elementsEqual("voice-agent.jsonl".utf8) {
            self = .voice
        } else {
            self = .transcript
        }
    }

    /// Where the records of such a file come from. A transcript may turn out to be a worker's output: its batches say so
    /// (`SourceBatch.source`).
    package var source: SourceKind {
        switch self {
        case .transcript, .rollout, .voice: .transcript
        case .coordinator: .coordinator
        case .litellm: .litellm
        }
    }
}
