import GovernorCore

/// What a worker prints as `stream-json` (`facts/claude-code.md`): a line a message, and after each turn a `result` whose
/// `modelUsage` and `total_cost_usd` are the sums of its process so far, subagents included.
///
/// A record per process and model, which grows with every result. The messages themselves are not booked: each is printed
/// once per block, with a placeholder for its output. After a kill there is no result, and the transcript alone tells.
struct StreamOutput {
    private enum Field: Int, SkimField {
        typealias Lanes = SIMD16<UInt32>

        case type, session, id, timestamp, message, folder, model, subtype, isError, cost, usage, modelUsage, index,
            duration, firstToken

        static let keys: SkimKeys = [
            "type", "session_id", "uuid", "timestamp", "message", "cwd", "model", "subtype", "is_error",
            "total_cost_usd", "usage", "modelUsage", "result_index", "duration_ms", "ttft_ms",
        ]
    }

    private enum MessageField: Int, SkimField {
        case id, model, usage

        static let keys: SkimKeys = ["id", "model", "usage"]
    }

    /// The sums of the last result of a process, by which the next result is known to be of the same.
    private struct Sums {
        var process: String
        var session: String?
        /// Tokens of all prompts, cache included.
        var prompt: Int64
        /// Nano-dollars.
        var cost: Int64
        /// `result_index` of newer versions, which counts from 0 in every process.
        var index: Int64?
    }

    /// What one model did.
    private struct Use {
        var model: String
        var tokens: TokenCounts
        var terms: Terms
        var cost: Money?
    }

    /// Messages whose ids are remembered, as subagents' lines come between the lines of one message.
    private static let remembered = 16

    private let context: LineContext
    private var session: String?
    private var folder: String?
    private var model: String?
    private var time: Timestamp?
    private var last: Sums?
    /// The id of the first line behind the last result: what a process that began there is called.
    private var first: String?
    /// Prompt tokens of the messages printed since the last result, each counted once.
    private var printed: Int64 = 0
    private var messages: [UInt64] = []

    init(context: LineContext) { self.context = context }

    /// Reads one line of the file.
    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        // Between its lines a worker's output may hold words of its own, about which there is nothing to report.
        guard line.bytes.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{") else { return }
        let skim = try ObjectSkim<Field>(line.bytes)
        if let named = LineText.label(try skim.text(.session)) { session = named }
        if first == nil { first = LineText.label(try skim.text(.id)) }
        if skim[.timestamp] != nil { time = try LineTime.instant(skim[.timestamp], context.zone) }
        switch try skim.text(.type) {
        case "system":
            guard try skim.text(.subtype) == "init" else { return }
            folder = ParserState.folder(try skim.text(.folder)) ?? folder
            model = LineText.label(try skim.text(.model)) ?? model
        case "assistant": try note(message: skim)
        case "result": try take(result: skim, of: line, into: &records)
        default: return
        }
    }

    private mutating func note(message line: ObjectSkim<Field>) throws(LineProblem) {
        guard let message = try line.object(.message, as: MessageField.self) else { return }
        if let named = LineText.label(try message.text(.model)), named != "<synthetic>" { model = named }
        guard message.hasObject(.usage), let usage = message[.usage], let id = try message.text(.id) else { return }
        let hash = StableHash.value(id)
        guard !messages.contains(hash) else { return }
        messages.append(hash)
        if messages.count > Self.remembered { messages.removeFirst() }
        // A message that makes no sense is nobody's spend here: the result has the sums.
        do throws(LineProblem) { printed = printed.saturatingAdding(try TranscriptUsage(usage).tokens.prompt) } catch {}
    }

    private mutating func take(
        result line: ObjectSkim<Field>, of place: SourceLine, into records: inout [UsageRecord]
    ) throws(LineProblem) {
        let cost = LineNumbers.cost(try line.value(.cost)) ?? .zero
        let index = try line.integer(.index)
        var uses = try Self.uses(try line.value(.modelUsage)?.members ?? [])
        var prompt = uses.reduce(Int64(0)) { $0.saturatingAdding($1.tokens.prompt) }
        if uses.count == 1, uses[0].cost == nil, cost > .zero { uses[0].cost = cost }
        // Versions before `modelUsage` say what the turn used, without its subagents, and what the process has cost.
        let turn =
            line[.modelUsage] == nil && line.hasObject(.usage) ? try line[.usage].map(TranscriptUsage.init) : nil
        if let turn {
            prompt = last?.prompt.saturatingAdding(printed).saturatingAdding(turn.tokens.prompt) ?? turn.tokens.prompt
        }
        let before = last.flatMap { continues($0, prompt: prompt, cost: cost, index: index) ? $0 : nil }
        let process =
            before?.process ?? first ?? "\(StableHash.hex(place.file))@\(place.offset)"
        var key = "stream/\(process)"
        if let turn {
            guard let model else { throw LineProblem("usage without a model") }
            let rest = cost.nanodollars - (before?.cost ?? 0)
            uses = [
                Use(
                    model: model, tokens: turn.tokens, terms: turn.terms,
                    cost: rest > 0 ? Money(nanodollars: rest) : nil)
            ]
            key += "/" + (LineText.label(try line.text(.id)) ?? "\(place.offset)")
        }
        for use in uses where use.tokens.total > 0 || use.cost != nil {
            var record = try record(use, key: "\(key)/\(use.model)", result: line, of: place)
            if uses.count == 1 {
                record.durationMilliseconds = try line.integer(.duration).flatMap { $0 >= 0 ? $0 : nil }
                record.firstTokenMilliseconds = try line.integer(.firstToken).flatMap { $0 >= 0 ? $0 : nil }
            }
            records.append(record)
        }
        last = Sums(process: process, session: session, prompt: prompt, cost: cost.nanodollars, index: index)
        (first, time, printed, messages) = (nil, nil, 0, [])
    }

    private func record(
        _ use: Use, key: String, result: ObjectSkim<Field>, of place: SourceLine
    ) throws(LineProblem) -> UsageRecord {
        var labels = Labels()
        labels.source = SourceKind.stream.rawValue
        labels.model = use.model
        labels.session = session
        labels.project = folder.flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        let failed = result.isTrue(.isError)
        // A result names no time itself: it comes right behind the last message, which does.
        var record = UsageRecord(
            identity: CallIdentity(key: key), growth: .larger,
            time: time ?? context.modified ?? Timestamp(milliseconds: 0), labels: labels, tokens: use.tokens,
            terms: use.terms, reportedCost: use.cost, outcome: failed ? .error : .success,
            errorKind: failed ? ErrorKind.classify(try result.text(.subtype) ?? "") : nil, raw: place.place,
            workingFolder: folder)
        record.timeIsArrival = time == nil && context.modified == nil
        return record
    }

    /// Whether a result is of the process of the one before. Several processes may write into one file, the next one
    /// resuming the session of the last, and each begins its sums anew. The sums of one that goes on hold what they held
    /// and everything it has printed since.
    private func continues(_ last: Sums, prompt: Int64, cost: Money, index: Int64?) -> Bool {
        guard last.session == session else { return false }
        if let index, let before = last.index { return index > before }
        return prompt >= last.prompt.saturatingAdding(printed) && cost.nanodollars >= last.cost
    }

    private static func uses(_ models: [JSON.Member]) throws(LineProblem) -> [Use] {
        var uses: [Use] = []
        for member in models {
            uses.append(
                Use(
                    model: try LineText.model(plain(member.key)), tokens: try tokens(member.value),
                    terms: Terms(webSearches: try count(member.value, "webSearchRequests")),
                    cost: LineNumbers.cost(member.value["costUSD"])))
        }
        return uses
    }

    /// One model's sums.
    private static func tokens(_ usage: JSON) throws(LineProblem) -> TokenCounts {
        var tokens = TokenCounts(
            input: try count(usage, "inputTokens"), output: try count(usage, "outputTokens"),
            cacheRead: try count(usage, "cacheReadInputTokens"),
            cacheWrite5m: try count(usage, "cacheCreationEphemeral5mInputTokens"),
            cacheWrite1h: try count(usage, "cacheCreationEphemeral1hInputTokens"),
            reasoning: try count(usage, "thinkingTokens"))
        let written = try count(usage, "cacheCreationInputTokens")
        tokens.cacheWrite5m += max(0, written - tokens.cacheWrite5m - tokens.cacheWrite1h)
        return tokens
    }

    private static func count(_ usage: JSON, _ name: String) throws(LineProblem) -> Int64 {
        guard let value = usage[name], !value.isNull else { return 0 }
        return try LineNumbers.count(value, name: "modelUsage: \(name)")
    }

    /// The model as transcripts name it: `claude-sonnet-4-5[1m]` is that model with a longer context.
    private static func plain(_ model: String) -> String {
        guard model.hasSuffix("]"), let open = model.lastIndex(of: "["), open > model.startIndex else { return model }
        return String(model[..<open])
    }
}

extension StreamOutput {
    /// What `write` wrote; nil when it didn't.
    init?(_ json: JSON?, context: LineContext) {
        guard let json, json.members != nil else { return nil }
        self.init(context: context)
        session = json["session"]?.string
        folder = json["folder"]?.string
        model = json["model"]?.string
        time = json["time"]?.integer.map { Timestamp(milliseconds: $0) }
        first = json["first"]?.string
        printed = max(0, json["printed"]?.integer ?? 0)
        messages = (json["messages"]?.array ?? []).compactMap { $0.integer.map { UInt64(bitPattern: $0) } }
        guard let sums = json["last"] else { return }
        guard let process = sums["process"]?.string, let prompt = sums["prompt"]?.integer, prompt >= 0,
            let cost = sums["cost"]?.integer, cost >= 0
        else { return nil }
        last = Sums(
            process: process, session: sums["session"]?.string, prompt: prompt, cost: cost,
            index: sums["index"]?.integer)
    }

    /// What the next read has to know.
    func write(_ json: inout JSONWriter) {
        json.field("session", ifPresent: session)
        json.field("folder", ifPresent: folder)
        json.field("model", ifPresent: model)
        if let time { json.field("time", time.milliseconds) }
        json.field("first", ifPresent: first)
        if printed > 0 { json.field("printed", printed) }
        if !messages.isEmpty {
            json.field("messages", array: messages) { $0.value(Int64(bitPattern: $1)) }
        }
        guard let last else { return }
        json.field(
            "last",
            object: { json in
                json.field("process", last.process)
                json.field("session", ifPresent: last.session)
                json.field("prompt", last.prompt)
                json.field("cost", last.cost)
                if let index = last.index { json.field("index", index) }
            })
    }
}
