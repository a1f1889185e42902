import GovernorCore

/// Codex's `rollout-*.jsonl`: who works where (`session_meta`, `turn_context`), and after each call the session's running
/// totals (`event_msg` of type `token_count`).
///
/// A call that compacts the conversation may be in no total (openai/codex issue 47003: not where the provider does it,
/// while a summary written by an ordinary call is). It is told of by a `token_usage_record`, which since 0.153 goes before
/// every growth of the totals, and the `compacted` line behind it names the same response: where no event in between
/// holds it, it is booked by that.
///
/// A fork, which every subagent is, may begin with a copy of its parent's events, with their own times or with the
/// fork's. What is surely copied is dropped. For the rest the identity decides, which is the same wherever an event
/// stands: the turn it belongs to, whose id is copied with it, and the totals it names. Versions without turns fall back
/// on the eldest session the file tells of.
struct RolloutParser: LineParser {
    private enum Field: Int, SkimField {
        case type, timestamp, ordinal, payload

        static let keys: SkimKeys = ["type", "timestamp", "ordinal", "payload"]
    }

    private enum MetaField: Int, SkimField {
        typealias Lanes = SIMD16<UInt32>

        case id, timestamp, folder, provider, forkedFrom, parent, threadSource, source, start

        static let keys: SkimKeys = [
            "id", "timestamp", "cwd", "model_provider", "forked_from_id", "parent_thread_id", "thread_source", "source",
            "subagent_history_start_ordinal",
        ]
    }

    private enum TurnField: Int, SkimField {
        case folder, model

        static let keys: SkimKeys = ["cwd", "model"]
    }

    private enum EventField: Int, SkimField {
        case type, turn, info

        static let keys: SkimKeys = ["type", "turn_id", "info"]
    }

    private enum InfoField: Int, SkimField {
        case total, last

        static let keys: SkimKeys = ["total_token_usage", "last_token_usage"]
    }

    private enum ResponseField: Int, SkimField {
        case id, thread, usage

        static let keys: SkimKeys = ["response_id", "thread_id", "usage"]
    }

    private enum CompactionField: Int, SkimField {
        case response

        static let keys: SkimKeys = ["compaction_response_id"]
    }

    private let context: LineContext
    private var thread = RolloutThread()

    init?(state: String?, context: LineContext) {
        self.context = context
        // Behind its start a rollout can't be read without knowing whose it is and how far its totals had come.
        guard context.isStart || state != nil else { return nil }
        guard let state else { return }
        guard let json = ParserState.object(state), let thread = RolloutThread(json) else { return nil }
        self.thread = thread
    }

    var state: String? { ParserState.text(thread.write) }
    var source: SourceKind { .transcript }

    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool {
        // Nearly all bytes are in lines of this type, which is named at their beginning.
        let head = UnsafeRawBufferPointer(rebasing: line.prefix(160))
        if ByteSearch.contains("\"type\":\"response_item\"", in: head) { return false }
        if ByteSearch.contains("\"token_usage_record\"", in: head) || ByteSearch.contains("\"compacted\"", in: head) {
            return true
        }
        return ByteSearch.contains("\"token_count\"", in: line) || ByteSearch.contains("\"turn_context\"", in: line)
            || ByteSearch.contains("\"task_started\"", in: line) || ByteSearch.contains("\"session_meta\"", in: line)
    }

    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        let skim = try ObjectSkim<Field>(line.bytes)
        switch try skim.text(.type) {
        case "session_meta":
            guard let meta = try skim.object(.payload, as: MetaField.self) else { return }
            try take(meta: meta)
        case "turn_context":
            guard let turn = try skim.object(.payload, as: TurnField.self) else { return }
            if let model = try turn.text(.model) { thread.model = try LineText.model(model) }
            thread.folder = ParserState.folder(try turn.text(.folder)) ?? thread.folder
        case "token_usage_record":
            guard let told = try skim.object(.payload, as: ResponseField.self) else { return }
            try take(response: told)
        case "compacted":
            guard let compaction = try skim.object(.payload, as: CompactionField.self) else { return }
            if let record = try record(compaction, line: skim, of: line) { records.append(record) }
        case "event_msg":
            guard let event = try skim.object(.payload, as: EventField.self) else { return }
            switch try event.text(.type) {
            case "task_started": thread.turn = LineText.label(try event.text(.turn))
            case "token_count":
                guard let info = try event.object(.info, as: InfoField.self) else { return }
                if let record = try record(info, line: skim, of: line) { records.append(record) }
            default: return
            }
        default: return
        }
    }

    /// The first one is the file's own; others came with what was copied.
    private mutating func take(meta: ObjectSkim<MetaField>) throws(LineProblem) {
        guard let id = LineText.label(try meta.text(.id)) else { return }
        guard thread.id == nil || thread.id == id else {
            thread.isFork = true
            if thread.counters.steps.isEmpty { thread.eldest = id }
            return
        }
        thread.id = id
        thread.provider = LineText.label(try meta.text(.provider)) ?? thread.provider
        thread.folder = ParserState.folder(try meta.text(.folder)) ?? thread.folder
        thread.created =
            meta[.timestamp] == nil ? thread.created : try LineTime.instant(meta[.timestamp], context.zone)
        thread.start = try meta.integer(.start) ?? thread.start
        let (forkedFrom, parent) = (try meta.text(.forkedFrom), try meta.text(.parent))
        thread.eldest = thread.eldest ?? LineText.label(forkedFrom ?? parent)
        let isSubagent = try meta.text(.threadSource) == "subagent"
        let source = meta[.source].map { ByteSearch.contains("\"subagent\"", in: $0) } ?? false
        if thread.eldest != nil || isSubagent || source { thread.isFork = true }
    }

    private mutating func take(response: ObjectSkim<ResponseField>) throws(LineProblem) {
        thread.response = nil
        // Another thread's was copied; that thread tells of it itself.
        guard let id = LineText.label(try response.text(.id)), try response.text(.thread) ?? thread.id == thread.id,
            response.hasObject(.usage), let usage = response[.usage]
        else { return }
        thread.response = RolloutThread.Response(id: id, usage: try RolloutUsage(usage))
    }

    /// The call that compacted the conversation, unless the totals hold it.
    private mutating func record(
        _ compaction: ObjectSkim<CompactionField>, line: ObjectSkim<Field>, of place: SourceLine
    ) throws(LineProblem) -> UsageRecord? {
        guard let response = thread.response, LineText.label(try compaction.text(.response)) == response.id else {
            return nil
        }
        thread.response = nil
        let time = try LineTime.instant(line[.timestamp], context.zone)
        return try record(of: response.id, response.usage.tokens, at: time, line: line, place)
    }

    private mutating func record(
        _ info: ObjectSkim<InfoField>, line: ObjectSkim<Field>, of place: SourceLine
    ) throws(LineProblem) -> UsageRecord? {
        guard info.hasObject(.total), let text = info[.total] else { return nil }
        let total = try RolloutUsage(text)
        let last = try info.hasObject(.last) ? info[.last].map(RolloutUsage.init) : nil
        let time = try LineTime.instant(line[.timestamp], context.zone)
        let used = thread.counters.add(total: total, last: last, inherits: thread.isFork)
        // An event that is written again adds nothing and still says what it held.
        if used != RolloutUsage() || last == thread.response?.usage { thread.response = nil }
        let call = "\(thread.origin(in: place.file))/\(total.text)"
        return try record(of: call, used.tokens, at: time, line: line, place)
    }

    /// - Returns: nil when nothing was used, or another session tells of it.
    private func record(
        of call: String, _ tokens: TokenCounts, at time: Timestamp, line: ObjectSkim<Field>, _ place: SourceLine
    ) throws(LineProblem) -> UsageRecord? {
        guard tokens.total > 0, !thread.isCopied(ordinal: try line.integer(.ordinal), time: time) else { return nil }
        if let name = tokens.outOfRange { throw LineProblem("\(name) grew by more than a call can use") }
        var labels = Labels()
        labels.source = SourceKind.transcript.rawValue
        labels.provider = thread.provider ?? "openai"
        labels.model = thread.modelLabel
        labels.session = thread.id
        labels.project = thread.folder.flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        return UsageRecord(
            // Of an event in two files that of the session it happened in is kept.
            identity: CallIdentity(key: "transcript/\(call)", isSidechain: thread.isFork && thread.turn == nil),
            growth: .larger, time: time, labels: labels, tokens: tokens, raw: place.place,
            workingFolder: thread.folder)
    }
}
