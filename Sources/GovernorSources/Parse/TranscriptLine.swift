import GovernorCore

/// A coding agent's transcript line (`facts/claude-code.md`): a record when it holds `message.usage`, or, in the
/// `progress` lines of old versions, usage under `data.message`.
enum TranscriptLine {
    private enum Field: Int, SkimField {
        case message, request, timestamp, session, folder, isSidechain, agent, line, cost, isError, data

        static let keys: [StaticString] = [
            "message", "requestId", "timestamp", "sessionId", "cwd", "isSidechain", "agentId", "uuid", "costUSD",
            "isApiErrorMessage", "data",
        ]
    }

    private enum MessageField: Int, SkimField {
        case id, model, usage, content

        static let keys: [StaticString] = ["id", "model", "usage", "content"]
    }

    private enum ProgressField: Int, SkimField {
        case message, agent

        static let keys: [StaticString] = ["message", "agentId"]
    }

    /// What `data.message` may hold beside the message: it is the line of a subagent, or its message at once.
    private enum NestedField: Int, SkimField {
        case message, request, timestamp, isSidechain, line

        static let keys: [StaticString] = ["message", "requestId", "timestamp", "isSidechain", "uuid"]
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
        fileprivate var identity: (message: String, identity: CallIdentity)?
        fileprivate var labels: [Said] = []

        /// Who a line is about, as it says itself.
        fileprivate struct Said {
            var model: String
            var session: String?
            var folder: String?
            var agent: String?
            var labels = Labels()

            func isSame(as other: Said) -> Bool {
                ExactText(model) == ExactText(other.model) && Said.areSame(session, other.session)
                    && Said.areSame(folder, other.folder) && Said.areSame(agent, other.agent)
            }

            private static func areSame(_ left: String?, _ right: String?) -> Bool {
                left.map(ExactText.init) == right.map(ExactText.init)
            }
        }
    }

    /// Reads one line.
    /// - Returns: nil when the line is about no call.
    static func record(_ place: SourceLine, zone: Zone, _ memo: inout Memo) throws(LineProblem) -> UsageRecord? {
        var spoken: Message?
        let line = try ObjectSkim<Field>(place.bytes) { (field, scanner) throws(LineProblem) in
            guard field == .message, scanner.isAtObject else { return false }
            spoken = try Message(&scanner)
            return true
        }
        guard let call = try call(of: line, spoken) else { return nil }
        let message = call.message.fields
        guard let usage = try call.message.usage.map({ usage throws(LineProblem) in try TranscriptUsage(usage) })
        else { return nil }
        guard let named = try message.text(.model, &memo.models) else { throw LineProblem("usage without a model") }
        let said = Memo.Said(
            model: try LineText.model(named), session: try line.text(.session, &memo.sessions),
            folder: try line.text(.folder, &memo.folders), agent: try line.text(.agent, &memo.agents) ?? call.agent)
        let time = try LineTime.instant(call.nested?[.timestamp] ?? line[.timestamp], zone)
        let isError = line.isTrue(.isError)
        var record = UsageRecord(
            identity: try identity(call, line: line, of: place, &memo), growth: .larger, time: time,
            labels: labels(of: said, &memo), tokens: usage.tokens, terms: usage.terms,
            reportedCost: LineNumbers.cost(try line.value(.cost)),
            outcome: isError ? .error : .success,
            errorKind: isError ? errorKind(message[.content]) : nil,
            raw: place.place)
        record.workingFolder = said.folder
        return record
    }

    private static func labels(of said: Memo.Said, _ memo: inout Memo) -> Labels {
        if let known = memo.labels.firstIndex(where: { $0.isSame(as: said) }) { return memo.labels[known].labels }
        var labels = Labels()
        labels.source = SourceKind.transcript.rawValue
        labels.model = said.model
        labels.session = LineText.label(said.session)
        labels.project = said.folder.flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        if let agent = LineText.label(said.agent) { labels.tags["agent"] = agent }
        if memo.labels.count >= 4 { memo.labels.removeFirst() }
        var known = said
        known.labels = labels
        memo.labels.append(known)
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
        _ call: Call, line: ObjectSkim<Field>, of place: SourceLine, _ memo: inout Memo
    ) throws(LineProblem) -> CallIdentity {
        let request = try own(call.nested?.text(.request)) { () throws(LineProblem) in
            try line.text(.request, &memo.requests)
        }
        let isSidechain = line.isTrue(.isSidechain) || call.nested?.isTrue(.isSidechain) == true
        guard let id = try call.message.fields.text(.id, &memo.messages) else {
            // A file written anew holds other lines at the same places: the line's own id tells them apart.
            let lineId = try own(call.nested?.text(.line)) { () throws(LineProblem) in try line.text(.line) }
            return CallIdentity(
                key: "transcript/\(place.file)@\(place.offset)", request: request ?? lineId, isSidechain: isSidechain,
                joinsByKey: false)
        }
        guard id.utf8.count <= Labels.valueLimit, request?.utf8.count ?? 0 <= Labels.valueLimit else {
            throw LineProblem("message.id or requestId is longer than \(Labels.valueLimit) bytes")
        }
        if let (message, known) = memo.identity, ExactText(message) == ExactText(id),
            known.request.map(ExactText.init) == request.map(ExactText.init), known.isSidechain == isSidechain
        {
            return known
        }
        let identity = CallIdentity.message(id, request: request, isSidechain: isSidechain)
        memo.identity = (id, identity)
        return identity
    }

    /// What the nested line of a `progress` line says, else the line itself.
    private static func own(
        _ nested: String?, orElse line: () throws(LineProblem) -> String?
    ) throws(LineProblem) -> String? {
        if let nested { return nested }
        return try line()
    }

    /// `isApiErrorMessage` lines say what went wrong in their content: `Claude AI usage limit reached|1736100000`.
    private static func errorKind(_ content: UnsafeRawBufferPointer?) -> String {
        guard let content else { return "other" }
        return ErrorKind.classify(String(decoding: content.prefix(2000), as: UTF8.self))
    }
}
