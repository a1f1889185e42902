import GovernorCore

/// A coding agent's transcript line (`facts/claude-code.md`): a record when it holds `message.usage`, or, in the
/// `progress` lines of old versions, usage under `data.message`.
enum TranscriptLine {
    private enum Field: Int, SkimField {
        typealias Lanes = SIMD16<UInt32>

        case message, request, timestamp, session, folder, isSidechain, agent, line, cost, isError, data

        static let keys: SkimKeys = [
            "message", "requestId", "timestamp", "sessionId", "cwd", "isSidechain", "agentId", "uuid", "costUSD",
            "isApiErrorMessage", "data",
        ]
    }

    private enum MessageField: Int, SkimField {
        case id, model, usage, content

        static let keys: SkimKeys = ["id", "model", "usage", "content"]
    }

    private enum ProgressField: Int, SkimField {
        case message, agent

        static let keys: SkimKeys = ["message", "agentId"]
    }

    /// What `data.message` may hold beside the message: it is the line of a subagent, or its message at once.
    private enum NestedField: Int, SkimField {
        case message, request, timestamp, isSidechain, line

        static let keys: SkimKeys = ["message", "requestId", "timestamp", "isSidechain", "uuid"]
    }

    /// A message and its usage, gone through once.
    private struct Message {
        var fields: ObjectSkim<MessageField>
        var usage: ObjectSkim<TranscriptUsage.Field>?

        init(_ scanner: inout JSONOutline) throws(LineProblem) {
            var usage: ObjectSkim<TranscriptUsage.Field>?
            fields = try ObjectSkim(&scanner) { (field, scanner) throws(LineProblem) in
                guard field == .usage, scanner.isAtObject else { return false }
                usage = try ObjectSkim(&scanner)
                return true
            }
            self.usage = usage
        }

        init?(_ text: UnsafeRawBufferPointer?) throws(LineProblem) {
            guard let text, text.first == UInt8(ascii: "{") else { return nil }
            var scanner = JSONOutline(text: text)
            try self.init(&scanner)
        }
    }

    /// What the message itself says, wherever it stood.
    private struct Call {
        var message: Message
        var nested: ObjectSkim<NestedField>?
        var agent: String?
    }

    /// What the lines before had in common with this one, as they mostly do; it changes no record.
    struct Memo {
        fileprivate var models = KnownTexts()
        fileprivate var sessions = KnownTexts()
        fileprivate var folders = KnownTexts()
        fileprivate var agents = KnownTexts()
        fileprivate var messages = KnownTexts()
        fileprivate var requests = KnownTexts()
        fileprivate var speakers: [(said: Speaker, labels: Labels)] = []
        /// The line of the last record, and where it stands.
        fileprivate var last: (said: Said, offset: Int64)?

        /// Who a line is about, by what it says itself.
        fileprivate struct Speaker: Equatable {
            var model: KnownTexts.Number
            var session: KnownTexts.Number
            var folder: KnownTexts.Number
            var agent: KnownTexts.Number
        }

        /// Which call a line is about, and who made it.
        fileprivate struct Said: Equatable {
            var speaker: Speaker
            var message: KnownTexts.Number
            var request: KnownTexts.Number
            var isSidechain: Bool
        }
    }

    /// Reads one line into the records of the lines before, the last of which it may be a copy of; it adds nothing when it
    /// is about no call.
    static func read(
        _ place: SourceLine, zone: Zone, _ memo: inout Memo, into records: inout [UsageRecord]
    ) throws(LineProblem) {
        var spoken: Message?
        let line = try ObjectSkim<Field>(place.bytes) { (field, scanner) throws(LineProblem) in
            guard field == .message, scanner.isAtObject else { return false }
            spoken = try Message(&scanner)
            return true
        }
        guard let call = try call(of: line, spoken),
            let usage = try call.message.usage.map({ usage throws(LineProblem) in try TranscriptUsage(usage) })
        else { return }
        let said = try said(call, line, &memo)
        let copy = CallCopy(
            time: try LineTime.instant(call.nested?[.timestamp] ?? line[.timestamp], zone), tokens: usage.tokens,
            terms: usage.terms, reportedCost: LineNumbers.cost(try line.value(.cost)), offset: place.offset)
        let isError = line.isTrue(.isError)
        // Of a nested line others than these say who and what it is about.
        let mayBeCopy = call.nested == nil && said.message != 0 && !isError
        if mayBeCopy, let last = memo.last, last.said == said, let place = records.indices.last,
            records[place].raw?.offset == last.offset
        {
            memo.last?.offset = records[place].unite(with: copy)
            return
        }
        records.append(
            UsageRecord(
                identity: try identity(call, line: line, said, of: place, memo), growth: .larger, time: copy.time,
                labels: try labels(of: said, besides: call, &memo), tokens: copy.tokens, terms: copy.terms,
                reportedCost: copy.reportedCost, outcome: isError ? .error : .success,
                errorKind: isError ? errorKind(call.message.fields[.content]) : nil, raw: place.place,
                workingFolder: memo.folders.text(said.speaker.folder)))
        memo.last = mayBeCopy ? (said, place.offset) : nil
    }

    private static func said(
        _ call: Call, _ line: ObjectSkim<Field>, _ memo: inout Memo
    ) throws(LineProblem) -> Memo.Said {
        let message = call.message.fields
        let model = try message.number(.model, &memo.models)
        guard model != 0 else { throw LineProblem("usage without a model") }
        return Memo.Said(
            speaker: Memo.Speaker(
                model: model, session: try line.number(.session, &memo.sessions),
                folder: try line.number(.folder, &memo.folders), agent: try line.number(.agent, &memo.agents)),
            message: try message.number(.id, &memo.messages), request: try line.number(.request, &memo.requests),
            isSidechain: line.isTrue(.isSidechain) || call.nested?.isTrue(.isSidechain) == true)
    }

    /// - Parameter call: a subagent's, of which its nested line may say who it was.
    private static func labels(
        of said: Memo.Said, besides call: Call, _ memo: inout Memo
    ) throws(LineProblem) -> Labels {
        let speaker = said.speaker
        let isKnown = call.agent == nil || speaker.agent != 0
        if isKnown, let known = memo.speakers.first(where: { $0.said == speaker }) { return known.labels }
        var labels = Labels()
        labels.source = SourceKind.transcript.rawValue
        if let model = memo.models.text(speaker.model) { labels.model = try LineText.model(model) }
        labels.session = LineText.label(memo.sessions.text(speaker.session))
        labels.project = memo.folders.text(speaker.folder).flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        if let agent = LineText.label(memo.agents.text(speaker.agent) ?? call.agent) { labels.tags["agent"] = agent }
        guard isKnown else { return labels }
        if memo.speakers.count >= 4 { memo.speakers.removeFirst() }
        memo.speakers.append((speaker, labels))
        return labels
    }

    private static func call(of line: ObjectSkim<Field>, _ spoken: Message?) throws(LineProblem) -> Call? {
        if let spoken { return Call(message: spoken) }
        guard let progress = try line.object(.data, as: ProgressField.self),
            let nested = try progress.object(.message, as: NestedField.self)
        else { return nil }
        // Without a line of its own around it, the message is what `message` holds.
        let inner = try Message(nested[.message])
        let outer = inner == nil ? try Message(progress[.message]) : nil
        guard let message = inner ?? outer else { return nil }
        return Call(message: message, nested: nested, agent: try progress.text(.agent))
    }

    private static func identity(
        _ call: Call, line: ObjectSkim<Field>, _ said: Memo.Said, of place: SourceLine, _ memo: Memo
    ) throws(LineProblem) -> CallIdentity {
        var request = try call.nested?.text(.request)
        if request == nil { request = memo.requests.text(said.request) }
        guard let id = memo.messages.text(said.message) else {
            // A file written anew holds other lines at the same places: the line's own id tells them apart.
            if request == nil { request = try call.nested?.text(.line) }
            if request == nil { request = try line.text(.line) }
            return CallIdentity(
                key: "transcript/\(place.file)@\(place.offset)", request: request, isSidechain: said.isSidechain,
                joinsByKey: false)
        }
        guard id.utf8.count <= Labels.valueLimit, request?.utf8.count ?? 0 <= Labels.valueLimit else {
            throw LineProblem("message.id or requestId is longer than \(Labels.valueLimit) bytes")
        }
        return .message(id, request: request, isSidechain: said.isSidechain)
    }

    /// `isApiErrorMessage` lines say what went wrong in their content: `Claude AI usage limit reached|1736100000`.
    private static func errorKind(_ content: UnsafeRawBufferPointer?) -> String {
        guard let content else { return "other" }
        return ErrorKind.classify(String(decoding: content.prefix(2000), as: UTF8.self))
    }
}
