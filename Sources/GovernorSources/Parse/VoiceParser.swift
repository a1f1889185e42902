import GovernorCore

/// A voice agent's `voice-agent.jsonl`, beside the transcripts of its folder: a line a call with `uuid`, `timestamp`,
/// `model` and the token counts at its top level. The cache counts are named as the agent's logger names them, or as the
/// provider does.
struct VoiceParser: LineParser {
    private enum Field: Int, SkimField {
        typealias Lanes = SIMD16<UInt32>

        case id, timestamp, model, input, output, cacheRead, cacheReadInput, cacheCreation, cacheCreationInput, cost,
            session, folder

        static let keys: SkimKeys = [
            "uuid", "timestamp", "model", "input_tokens", "output_tokens", "cache_read_tokens",
            "cache_read_input_tokens", "cache_creation_tokens", "cache_creation_input_tokens", "cost_usd", "sessionId",
            "cwd",
        ]
    }

    private let context: LineContext

    init?(state: String?, context: LineContext) { self.context = context }

    var state: String? { nil }
    var source: SourceKind { .transcript }

    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool { true }

    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        let skim = try ObjectSkim<Field>(line.bytes)
        // A line about something else than a call has no counts.
        guard skim[.input] != nil || skim[.output] != nil else { return }
        guard let model = try skim.text(.model) else { throw LineProblem("usage without a model") }
        let time = try LineTime.instant(skim[.timestamp], context.zone)
        var labels = Labels()
        labels.source = SourceKind.transcript.rawValue
        labels.model = try LineText.model(model)
        labels.session = LineText.label(try skim.text(.session))
        let folder = try skim.text(.folder)
        labels.project = folder.flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        labels.tags["agent"] = "voice"
        let id = LineText.label(try skim.text(.id)) ?? "\(line.file)@\(line.offset)"
        records.append(
            UsageRecord(
                identity: CallIdentity(key: "transcript/voice/\(id)"), growth: .larger, time: time, labels: labels,
                tokens: TokenCounts(
                    input: try skim.count(.input), output: try skim.count(.output),
                    cacheRead: try skim.count(skim[.cacheRead] == nil ? .cacheReadInput : .cacheRead),
                    cacheWrite5m: try skim.count(skim[.cacheCreation] == nil ? .cacheCreationInput : .cacheCreation)),
                reportedCost: LineNumbers.cost(try skim.value(.cost)), raw: line.place, workingFolder: folder))
    }
}
