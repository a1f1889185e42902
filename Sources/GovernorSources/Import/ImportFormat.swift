import GovernorCore

/// What a file of an import holds.
package enum ImportFormat: String, CaseIterable, Sendable {
    /// A provider's export.
    case anthropic, openai, gemini
    /// Rows of a provider that has no format of its own here, which the caller named.
    case rows
    /// LiteLLM's payloads or spend logs.
    case litellm
    /// Governor's own export.
    case governor
    /// A coding agent's own file, a line a message.
    case transcript
    /// A voice agent's `voice-agent.jsonl`.
    case voice
    case codex
    case stream = "stream-json"
    case coordinator
    /// The text that a LiteLLM proxy logs.
    case litellmLog = "litellm-log"

    /// Whether its rows are read by their columns.
    var hasColumns: Bool {
        switch self {
        case .anthropic, .openai, .gemini, .rows, .litellm, .governor: true
        case .transcript, .voice, .codex, .stream, .coordinator, .litellmLog: false
        }
    }
}

/// How rows are written one after another.
package enum ImportShape: String, CaseIterable, Sendable { case csv, json, jsonl }

/// What the caller of an import says about its file; nothing, for the file to say it itself.
package struct ImportOptions: Hashable, Sendable {
    package var format: ImportFormat?
    package var shape: ImportShape?
    /// The provider of the rows, in place of what their columns say.
    package var provider: String?

    package init(format: ImportFormat? = nil, shape: ImportShape? = nil, provider: String? = nil) {
        self.format = format
        self.shape = shape
        self.provider = provider
    }

    /// Options as the command line and `POST /upload` name them: `--format csv`, `--format litellm`, `--provider openai`.
    /// - Throws: for a format there is none of, or a provider that can't be a label.
    package init(format: String?, provider: String?) throws(ImportError) {
        let format = format.map { ImportColumns.shown($0) }.flatMap { $0.isEmpty ? nil : $0 }
        shape = format.flatMap { ImportShape(rawValue: $0 == "ndjson" ? "jsonl" : $0) }
        self.format = format.flatMap { ImportFormat(rawValue: $0) }
        if let format, shape == nil, self.format == nil { throw .unknownFormat(format) }
        self.provider = provider.map { ImportColumns.shown($0) }.flatMap { $0.isEmpty ? nil : $0 }
        guard self.provider?.utf8.count ?? 0 <= Labels.valueLimit else { throw .unknownFormat("a provider that long") }
    }

    package static let formatNames = ImportShape.allCases.map(\.rawValue) + ImportFormat.allCases.map(\.rawValue)
}

/// Why a file can't be imported at all, for people. What was read before it stays.
package enum ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No such `--format`.
    case unknownFormat(String)
    /// Its columns are nobody's.
    case undecidable(columns: [String])
    /// It is no text in UTF-8.
    case unreadable(String)
    /// It is compressed and damaged.
    case compressed(Inflater.Failure)

    package var description: String {
        switch self {
        case .unknownFormat(let name):
            "there is no format \"\(name.prefix(60))\"; there are \(ImportOptions.formatNames.joined(separator: ", "))"
        case .undecidable(let columns):
            (columns.isEmpty
                ? "nothing in it is known"
                : "its columns are nobody's that is known: \(columns.joined(separator: ", "))")
                + "; say --provider anthropic, openai or gemini when it is a provider's export, else --format"
        case .unreadable(let what): what
        case .compressed(let failure): failure.description
        }
    }
}
