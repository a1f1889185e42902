import GovernorCore

/// Reads a `*.jsonl` of an agent, which is one of two things: its own transcript, or what a worker printed as
/// `stream-json` and somebody kept. The names don't tell; the first lines do.
struct TranscriptParser: LineParser {
    private enum Mode {
        /// So many lines told nothing.
        case unknown(lines: Int)
        case transcript
        case stream(StreamOutput)
    }

    private enum Field: Int, SkimField {
        case type, session, streamSession, parent, leaf, message

        static let keys: SkimKeys = [
            "type", "sessionId", "session_id", "parentUuid", "leafUuid", "message",
        ]
    }

    /// Lines after which a file that told nothing is a transcript: a worker's output may begin with words of its own.
    private static let linesToTell = 32

    private let context: LineContext
    private var mode: Mode
    private var memo = TranscriptLine.Memo()

    init?(state: String?, context: LineContext) {
        self.context = context
        guard let state else {
            // A transcript leaves no state.
            mode = context.isStart ? .unknown(lines: 0) : .transcript
            return
        }
        guard let json = ParserState.object(state) else { return nil }
        if let lines = json["lines"]?.integer, (0..<Int64(Self.linesToTell)).contains(lines) {
            mode = .unknown(lines: Int(lines))
        } else if let stream = StreamOutput(json["stream"], context: context) {
            mode = .stream(stream)
        } else {
            return nil
        }
    }

    var state: String? {
        switch mode {
        case .unknown(let lines): ParserState.text { $0.field("lines", Int64(lines)) }
        case .transcript: nil
        case .stream(let stream): ParserState.text { $0.field("stream", object: stream.write) }
        }
    }

    var source: SourceKind { if case .stream = mode { .stream } else { .transcript } }

    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool {
        if case .transcript = mode { ByteSearch.containsUsageKey(line) } else { true }
    }

    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        guard case .transcript = mode else { return try readOther(line, into: &records) }
        try TranscriptLine.read(line, zone: context.zone, &memo, into: &records)
    }

    /// A line of a stream, or of what may be one.
    private mutating func readOther(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        if case .unknown(let lines) = mode { mode = Self.mode(by: line.bytes, after: lines, context) }
        if case .stream(var stream) = mode {
            // Its texts are held once while it changes.
            mode = .transcript
            defer { mode = .stream(stream) }
            return try stream.read(line, into: &records)
        }
        guard ByteSearch.containsUsageKey(line.bytes) else { return }
        try TranscriptLine.read(line, zone: context.zone, &memo, into: &records)
    }

    /// A transcript's lines name their `sessionId` or the line they follow; those of a stream a `session_id` and a type.
    private static func mode(by line: UnsafeRawBufferPointer, after lines: Int, _ context: LineContext) -> Mode {
        let undecided: Mode = lines + 1 < linesToTell ? .unknown(lines: lines + 1) : .transcript
        let skim: ObjectSkim<Field>
        // What is wrong with a line is for its reader to say.
        do throws(LineProblem) { skim = try ObjectSkim<Field>(line) } catch { return undecided }
        if skim[.session] != nil || skim[.parent] != nil || skim[.leaf] != nil { return .transcript }
        if skim[.streamSession] != nil, skim[.type] != nil { return .stream(StreamOutput(context: context)) }
        return skim.hasObject(.message) ? .transcript : undecided
    }
}
